"""How things read: outcomes, times, messages and JSON as lines of safe, styled text."""
