"""`plugfest watch`: the dashboard over a recording, or over a hub's feed."""

import tempfile
from pathlib import Path

from tui.app import run_dashboard


def run_watch(source: str) -> None:
    """Show a recording or a running hub.

    Raises:
        HubError: the source cannot be watched.
    """
    if "://" not in source:
        run_dashboard(Path(source))
        return
    from hub.mirror import mirrored

    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        mirror = Path(folder) / "feed.recording"
        with mirrored(source, mirror):
            run_dashboard(mirror)
