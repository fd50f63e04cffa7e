"""The one writer: what arrives together is committed together, and only then handed on (ADR 2)."""
