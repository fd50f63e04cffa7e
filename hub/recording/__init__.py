"""The recording as a file: its tables, who may open it, and reading it."""
