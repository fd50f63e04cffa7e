"""`plugfest watch`: the dashboard over a recording, or over a hub's feed."""

import tempfile
from pathlib import Path

from tui.app import run_dashboard
from tui.presence import look_at_feed
from tui.source import Source


def run_watch(source: str, *, with_secrets: bool = False) -> None:
    """Show a recording or a running hub; secrets in payloads are hidden, unless asked for.

    Raises:
        HubError: the source cannot be watched.
    """
    if "://" not in source:
        run_dashboard(Source(Path(source), with_secrets=with_secrets))
        return
    from hub.mirror import feed_url, mirrored

    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        path = Path(folder) / "feed.recording"
        with mirrored(source, path) as mirror:
            name, look = str(feed_url(source).origin()), look_at_feed(mirror)
            run_dashboard(Source(path, name=name, hub=source, look=look, with_secrets=with_secrets))
