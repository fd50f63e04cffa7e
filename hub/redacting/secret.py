"""The secret that pseudonyms depend on: of one run, or in a file for several recordings."""

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Final

from hub.errors import HubError
from hub.redacting.pseudonyms import KEY_BYTES

SHORTEST: Final = 16
_PRIVATE: Final = 0o600


class KeyFileError(HubError):
    """The file with the secret cannot be used; the message says why."""


def random_key() -> bytes:
    """Return a secret that is written nowhere: nobody can tell pseudonyms of two runs from each other's."""
    return secrets.token_bytes(KEY_BYTES)


def key_from(path: Path) -> tuple[bytes, bool]:
    """Return the secret that a file holds, and whether the file was made for it: it is, where there is none yet.

    Raises:
        KeyFileError: it cannot be read or made, or holds fewer than SHORTEST bytes.
    """
    is_new = _made(path)
    try:
        held = path.read_bytes()
    except OSError as exc:
        raise KeyFileError(f"the key file {str(path)!r} cannot be read: {exc.strerror}") from exc
    if len(held.strip()) < SHORTEST:
        raise KeyFileError(
            f"the key file {str(path)!r} holds {len(held.strip())} bytes; a secret has {SHORTEST} or more"
        )
    return sha256(held.strip()).digest(), is_new


def _made(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError:
        return False
    except OSError as exc:
        raise KeyFileError(f"the key file {str(path)!r} cannot be made: {exc.strerror}") from exc
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    return True
