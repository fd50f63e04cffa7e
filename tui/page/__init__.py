"""The process behind the hub's web page, and what it shows to whom (docs/page.md)."""
