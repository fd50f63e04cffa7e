"""Recordings in the formats of others: what `plugfest export` does (docs/exporting.md)."""
