"""`plugfest watch`: the dashboard over a recording, or over a hub's feed."""

import tempfile
from pathlib import Path

from tui.app import run_dashboard
from tui.presence import look_at_feed
from tui.source import Source


def run_watch(source: str) -> None:
    """Show a recording or a running hub.

    Raises:
        HubError: the source cannot be watched.
    """
    if "://" not in source:
        run_dashboard(Source(Path(source)))
        return
    from hub.mirror import feed_url, mirrored

    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        path = Path(folder) / "feed.recording"
        with mirrored(source, path) as mirror:
            run_dashboard(Source(path, name=str(feed_url(source).origin()), look=look_at_feed(mirror)))
