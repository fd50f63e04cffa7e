"""The folder for what is kept for a user."""

import os
from pathlib import Path
from typing import Final

FOLDER_VARIABLE: Final = "PLUGFEST_DATA"


def data_folder() -> Path:
    """Return the folder for what the hub keeps for a user: $PLUGFEST_DATA, else as XDG has it.

    Raises:
        RuntimeError: the user has no home.
    """
    own = os.environ.get(FOLDER_VARIABLE)
    if own:
        return Path(own)
    base = os.environ.get("XDG_DATA_HOME") or ""
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "plugfest"
