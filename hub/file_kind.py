"""What a file is, told by its first bytes."""

from pathlib import Path


def begins_with(path: Path, magic: bytes) -> bool:
    """Tell whether a file begins with these bytes; False where it is none, or cannot be read."""
    try:
        if not path.is_file():  # a pipe would have us wait
            return False
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError:
        return False
