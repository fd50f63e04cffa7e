"""The rules, one file per family. A file that is put here is found; nothing else has to know of it."""
