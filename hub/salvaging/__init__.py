"""Damaged recordings: what is wrong with the file, and what can still be read of it."""
