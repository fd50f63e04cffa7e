"""Disturbing sessions on purpose: how it is asked for, and what does it (docs/disturbing.md)."""
