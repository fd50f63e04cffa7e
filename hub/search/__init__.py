"""Searching a recording: a language of filters, what it is held against, and an index (docs/searching.md)."""
