"""`plugfest disturb` and `plugfest note`, as they are typed: what is asked of a running hub."""

from pathlib import Path

import rich_click as click

from tui.typed.completing import actions, files, sessions
from tui.typed.errors import reported
from tui.typed.options import CA


@click.command(epilog="Example: plugfest disturb event.recording 4 stall 10s")
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@click.argument("target", required=False)
@click.argument("what", nargs=-1)
@click.option("--list", "is_list", is_flag=True, help="Say what is on.")
@click.option("--stop", type=int, metavar="NUMBER", help="End a disturbance: what it holds back goes on at once.")
@CA
def disturb(
    source: str, target: str | None, what: tuple[str, ...], *, is_list: bool, stop: int | None, ca: Path | None
) -> None:  # fmt: skip
    """Disturb a session on purpose, to see how a pair copes: it is recorded as that, and never charged to a vendor.

    The hub runs on this machine with --allow-disturb. TARGET is a session's number, a station's IDENTITY, or
    IDENTITY/CSMS.

    \b
    WHAT is one of:
      latency 300ms [jitter 100ms] [from station|csms] [for 60s]
      bandwidth 2kB/s [from station|csms] [for 60s]
      stall 10s [from station|csms]
      drop answer [2] [to ACTION] [from station|csms]
      delay answer [2] [to ACTION] [from station|csms] by 30s
      reset [station|csms]
      half-close station|csms
      close 1012 [station|csms]
      refuse 503   (the next handshake of a station)
    """  # noqa: D301 - click looks for the character itself
    from tui.commands.disturbing import run_disturb

    reported(lambda: run_disturb(source, target, " ".join(what), stop, is_list=is_list, ca=ca))


@click.command(
    epilog='Example: plugfest note event.recording add --session 4 --action MeterValues --by Volt "it is ours"'
)
@click.argument("source", metavar="RECORDING|HUB-URL", shell_complete=files)
@click.argument("what", type=click.Choice(["list", "add", "resolve"]), default="list")
@click.argument("words", nargs=-1, metavar="[NUMBER] [TEXT]")
@click.option("--by", "author", default="", metavar="NAME", help="Who says it.")
@click.option("--session", type=int, shell_complete=sessions, help="A session of the pair that is meant.")
@click.option(
    "--action",
    default="",
    shell_complete=actions,
    help="The message type, or Connect or Framing.  [default: the pair as a whole]",
)
@click.option("--frame", type=int, help="The frame that it is about.")
@click.option("--rule", default="", metavar="CODE", help="The rule whose finding it is about.")
@click.option("--json", "as_json", is_flag=True, help="Print the notes as JSON.")
@CA
def note(
    source: str, what: str, words: tuple[str, ...], *, author: str, session: int | None, action: str,
    frame: int | None, rule: str, as_json: bool, ca: Path | None,
) -> None:  # fmt: skip
    """Contest a cell of the matrix with a note, resolve that, or list the notes. An outcome is never changed by it.

    \b
    list                 all notes
    add TEXT             contest a message type of the pair that a session counts for
    resolve NUMBER TEXT  say how a note came to its end

    A hub that writes to the recording is asked to write the note, on this machine.
    """  # noqa: D301 - click looks for the character itself
    from hub.notes import Order
    from tui.commands.noting import run_note

    cell = Order(author=author, text="", session=session, action=action, frame=frame, rule=rule)
    reported(lambda: run_note(source, what, words, cell, as_json=as_json, ca=ca))
