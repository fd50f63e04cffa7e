"""Copies of recordings that can be handed on: every value that says who or where is replaced by a pseudonym."""
