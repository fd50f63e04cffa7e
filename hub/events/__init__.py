"""An event: its file, who meets whom and when, and what the organizer changes while it runs (docs/event.md)."""
