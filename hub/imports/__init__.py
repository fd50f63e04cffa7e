"""Logs of OCPP traffic that others wrote, made into recordings: what `plugfest import` does (docs/importing.md)."""
