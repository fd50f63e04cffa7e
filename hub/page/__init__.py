"""The web page of a hub: read only, live, and judged by a process of its own (docs/page.md)."""
