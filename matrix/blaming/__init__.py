"""Whose doing it is, and what the rest of the matrix says about it. No outcome comes from here (ADR 17)."""
