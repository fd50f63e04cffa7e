"""`plugfest watch`: the dashboard over a recording, or over a hub's feed."""

import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

from hub.salvaging.damage import damage_of
from tui.app import run_dashboard
from tui.commands.damaged import readable
from tui.event_clock import phase_told
from tui.reading.presence import look_at_feed
from tui.reading.source import Source
from tui.terminal_driver import HUNG_UP


def leave_on_hangup() -> None:
    """Let a closed terminal end the program in order: what it keeps in a temporary folder goes with it.

    While the dashboard is there, it takes the signal itself: nothing is to be raised in the middle of what it does.
    """
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(HUNG_UP))


def run_watch(
    source: str,
    *,
    with_secrets: bool = False,
    ca: Path | None = None,
    rules_file: Path | None = None,
    token: str | None = None,
) -> None:
    """Show a recording or a running hub; secrets in payloads are hidden, unless asked for. `ca` verifies a hub at wss://.

    `rules_file` is what the event makes of the rules. `token` is shown to a hub on another machine.

    Raises:
        HubError: the source cannot be watched.
    """
    if "://" not in source:
        leave_on_hangup()
        with readable(Path(source), thorough=False) as path:
            is_damaged = path != Path(source) and damage_of(Path(source), thorough=False)
            name = f"{path.name}, damaged" if is_damaged else ""
            run_dashboard(Source(path, name=name, with_secrets=with_secrets, rules_file=rules_file))
        return
    from hub.mirror import feed_url, mirrored

    leave_on_hangup()
    with tempfile.TemporaryDirectory(prefix="plugfest-") as folder:
        path = Path(folder) / "feed.recording"
        with mirrored(source, path, ca, token) as mirror:
            run_dashboard(
                Source(
                    path,
                    name=str(feed_url(source).origin()),
                    hub=source,
                    hub_ca=ca,
                    hub_token=token,
                    look=look_at_feed(mirror),
                    told_phase=partial(phase_told, mirror),
                    with_secrets=with_secrets,
                    rules_file=rules_file,
                )
            )
