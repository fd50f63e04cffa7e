"""`plugfest`: the command line. Imports what a command needs when it runs, so that `--help` is there at once."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import rich_click as click

from hub.limits import described
from matrix import __version__
from matrix.dialect import JUDGED
from tui.cli_errors import Plugfest
from tui.cli_errors import fail as _fail
from tui.cli_errors import reported as _report_errors
from tui.diff_cli import diff
from tui.evidence_cli import evidence
from tui.export_cli import export
from tui.redact_cli import redact
from tui.replay_cli import replay
from tui.rewriting_cli import compact, merge, trim
from tui.search_cli import search
from tui.secure_options import SECURE_NAMES, SecureOptions, secure_options
from tui.tunnel_cli import tokens, tunnel

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from hub.recording import Recording
    from matrix.policy import Policy

CLEAN: Final = 0
FAILED: Final = 1
UNUSABLE: Final = 2

RECORDING: Final = click.Path(path_type=Path, dir_okay=False)
EVENT_FILE: Final = click.Path(path_type=Path, dir_okay=False)

CA: Final = click.option(
    "--ca", type=RECORDING, metavar="FILE", help="Verify a hub at wss://HOST:PORT against this CA, in PEM."
)

RULES: Final = click.option(
    "--rules",
    "rules_file",
    type=RECORDING,
    metavar="FILE.toml",
    help="Rules that are off or graded otherwise, each with its reason.  See docs/outcomes.md",
)

SECRETS: Final = click.option(
    "--secrets", is_flag=True, help="Show passwords and key codes in payloads, which are hidden otherwise."
)


def _list_limits(context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """List the limits and end where one is called `help`, before anything else is asked for."""
    if "help" in given:
        click.echo("--limit NAME=VALUE, with these names and defaults; 0 is no limit where that is possible.\n")
        click.echo("\n".join(described()))
        context.exit()
    return given


@click.group(cls=Plugfest, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="plugfest")
def main() -> None:
    """Relay, record and judge OCPP traffic between charging stations and CSMSes.

    Try `plugfest demo` first: a hub with stations and CSMSes of different habits, and the dashboard over it.
    """


@main.command(epilog="Example: plugfest demo --no-tui --seconds 15")
@click.option("--no-tui", is_flag=True, help="Print the matrix as a table at the end instead of the dashboard.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.1), help="End by itself after this long.  [default without dashboard: 15]"
)
@click.option("--recording", type=RECORDING, help="Keep the recording here.  [default: a temporary file]")
@click.option(
    "--from",
    "start",
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="Begin with these recorded sessions: a .session or HAR file, or all that are in a folder.",
)
def demo(*, no_tui: bool, seconds: float | None, recording: Path | None, start: Path | None) -> None:
    """Show the hub at work: stations and CSMSes of different vendors and habits, on this machine only.

    Without a terminal it prints the matrix as a table, as with --no-tui.
    """
    from tui.demo import run_demo
    from tui.terminal import has_terminal

    with_tui = not no_tui and has_terminal()
    _report_errors(lambda: run_demo(recording, seconds, start, with_tui=with_tui))


@main.command(epilog="Example: plugfest serve --csms acme=ws://127.0.0.1:9100/ocpp --recording event.recording")
@click.argument("event", required=False, metavar="[EVENT.toml]", type=EVENT_FILE)
@click.option(
    "--listen",
    multiple=True,
    metavar="HOST:PORT",
    help="Where stations connect by ws://; port 0 takes a free one. Repeatable.  "
    "[default: 127.0.0.1:9000, if there is no --listen-tls]",
)
@click.option(
    "--csms",
    "csmses",
    multiple=True,
    metavar="NAME=URL",
    help="A CSMS: ws://HUB/NAME/IDENTITY reaches URL/IDENTITY. Repeatable. NAME=tunnel: for one that its participant"
    " brings by `plugfest tunnel`.",
)
@click.option(
    "--tokens",
    "tokens_file",
    type=RECORDING,
    metavar="FILE",
    help="Who may see what and bring a tunnel: what `plugfest tokens` writes. Changes are taken up while the hub runs.",
)
@click.option(
    "--recording",
    type=RECORDING,
    default=Path("plugfest.recording"),
    show_default=True,
    help="Where the traffic is kept; an existing recording goes on.",
)
@click.option(
    "--answer-timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a CSMS may take to answer an upgrade.",
)
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "replace", "both"]),
    default="both",
    show_default=True,
    help="A second connection with an identity that is connected: answered with 409, put in the first one's place once"
    " the CSMS has accepted it, or left to the CSMS and remarked on.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A web page that may open sessions, such as https://test.example, or * for all. Repeatable.  [default: none]",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_list_limits,
    is_eager=True,
    help="Change what a peer may cost the hub; `--limit help` lists the names. Repeatable.",
)
@click.option(
    "--durability",
    type=click.Choice(["kill", "power"]),
    default="kill",
    show_default=True,
    help="What the record of a forwarded frame survives: the hub being killed, or a power cut too.",
)
@click.option(
    "--strict", "is_strict", is_flag=True, help="Forward nothing while nothing can be recorded.  [default: go on]"
)
@click.option("--allow-disturb", is_flag=True, help="Let programs on this machine disturb sessions on purpose.")
@click.option(
    "--page",
    type=click.Choice(["off", "here", "hall", "outcomes", "everything"]),
    default="here",
    show_default=True,
    help="What the web page at http://HUB/ shows to those without a token: all of it on this machine; to everybody what"
    " the event file shows the hall; outcomes without names and payloads; or everything.",
)
@secure_options
@click.option_panel("Stations and CSMSes", options=["--listen", "--csms", "--tokens", "--answer-timeout"])
@click.option_panel("Secure", options=SECURE_NAMES)
@click.option_panel("Recording", options=["--recording", "--durability", "--strict"])
@click.option_panel("Limits and policies", options=["--limit", "--duplicates", "--allow-origin", "--page"])
@click.option_panel("Disturbing", options=["--allow-disturb"])
def serve(
    event: Path | None, listen: tuple[str, ...], csmses: tuple[str, ...], tokens_file: Path | None, recording: Path,
    answer_timeout: float, *, duplicates: str, origins: tuple[str, ...], limits: tuple[str, ...], durability: str,
    is_strict: bool, allow_disturb: bool, page: str, secure: SecureOptions,
) -> None:  # fmt: skip
    """Run the hub: relay between stations and CSMSes, and record every frame before it is forwarded.

    With an event file, stations connect to ws://HUB/IDENTITY too, and reach the CSMS that they are paired with.
    """
    from tui.serving import Custody, Guard, run_serve

    guard, custody = Guard(duplicates, origins, limits), Custody(durability, is_strict)
    _report_errors(
        lambda: run_serve(
            event,
            listen,
            csmses,
            recording,
            answer_timeout,
            guard,
            custody,
            secure,
            may_disturb=allow_disturb,
            tokens=tokens_file,
            page=page,
        )
    )


@main.command(epilog="Example: plugfest certs event-certs --host hub.example --station CS001")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A name or address of the hub. Repeatable.")
@click.option("--station", "stations", multiple=True, metavar="IDENTITY", help="Make its certificate. Repeatable.")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long they are valid.")
@click.option("--rsa-stations", is_flag=True, help="Make the stations' keys RSA, not ECDSA.")
def certs(folder: Path, hosts: tuple[str, ...], stations: tuple[str, ...], days: int, *, rsa_stations: bool) -> None:
    """Make an event's CA, the hub's certificates and those of stations, in FOLDER.

    What is there and still serves is kept: run it again with another --station or --host to have more issued.
    """
    from tui.certs import run_certs

    _report_errors(lambda: run_certs(folder, hosts, stations, days, rsa_stations=rsa_stations))


@main.command(epilog="Example: plugfest password CS001 >> passwords")
@click.argument("identity")
@click.option("--hex", "is_hex", is_flag=True, help="It is given in hex, as OCPP 1.6 writes AuthorizationKey.")
@click.option(
    "--password",
    envvar="PLUGFEST_PASSWORD",
    help="Asked for where it is not given, or read from standard input where that is no terminal.",
)
def password(identity: str, password: str | None, *, is_hex: bool) -> None:
    """Print a line for the --password-file of `plugfest serve`: the station's identity and a hash."""
    from tui.certs import run_password

    try:
        password = _asked_for() if password is None else password
        secret = bytes.fromhex(password) if is_hex else password.encode(errors="surrogateescape")
    except ValueError:
        _fail("--hex wants pairs of hexadecimal digits")
    _report_errors(lambda: run_password(identity, secret))


@main.command(epilog="Example: plugfest watch event.recording")
@click.argument("source", metavar="RECORDING|HUB-URL")
@RULES
@SECRETS
@CA
@click.option(
    "--token",
    envvar="PLUGFEST_TOKEN",
    help="For a hub on another machine: an organizer sees everything, a participant their own sessions.  "
    "[env: PLUGFEST_TOKEN]",
)
def watch(source: str, *, rules_file: Path | None, secrets: bool, ca: Path | None, token: str | None) -> None:
    """Open the dashboard over a recording, or over a running hub (ws://HOST:PORT, wss://HOST:PORT).

    A recording that a hub is writing to is followed live.  It needs a terminal: `plugfest judge` and `plugfest show`
    print what a recording holds without one.
    """
    from tui.terminal import check_terminal

    _report_errors(check_terminal)
    from tui.watching import run_watch

    _report_errors(lambda: run_watch(source, with_secrets=secrets, ca=ca, rules_file=rules_file, token=token))


@main.group()
def event() -> None:
    """Write and check an event file, and move stations from one CSMS to another."""


@event.command("init", epilog="Example: plugfest event init event.toml")
@click.argument("file", type=EVENT_FILE)
def event_init(file: Path) -> None:
    """Write a commented event file, where there is none yet."""
    from tui.event import run_init

    _report_errors(lambda: run_init(file))


@event.command("check", epilog="Example: plugfest event check event.toml")
@click.argument("file", type=EVENT_FILE)
def event_check(file: Path) -> None:
    """Say what an event file holds, or name each mistake in it by its line; exit status 2 then."""
    from tui.event import run_check

    _report_errors(lambda: run_check(file))


@event.command("pairs", epilog="Example: plugfest event pairs event.recording")
@click.argument("source", metavar="RECORDING|HUB-URL")
@CA
def event_pairs(source: str, *, ca: Path | None) -> None:
    """Print which station is for which CSMS now, at a hub on this machine."""
    from tui.event import run_pairs

    _report_errors(lambda: run_pairs(source, ca))


@event.command("move", epilog="Example: plugfest event move event.recording VOLTA-1 lotus")
@click.argument("source", metavar="RECORDING|HUB-URL")
@click.argument("station", metavar="STATION")
@click.argument("csms", metavar="CSMS")
@CA
def event_move(source: str, station: str, csms: str, *, ca: Path | None) -> None:
    """Pair a station, by its product or identity, with another CSMS.

    Its session is closed with 1012 (service restart), so that it connects again and reaches the new one. That is so for
    stations that connect to ws://HUB/IDENTITY; one that names its CSMS in the URL stays there.
    """
    from tui.event import run_move

    _report_errors(lambda: run_move(source, station, csms, ca))


@event.command("swap", epilog='Example: plugfest event swap event.recording "Volta One" "Volta Two"')
@click.argument("source", metavar="RECORDING|HUB-URL")
@click.argument("one", metavar="STATION")
@click.argument("other", metavar="STATION")
@CA
def event_swap(source: str, one: str, other: str, *, ca: Path | None) -> None:
    """Let two stations, by their products or identities, change places: each meets the CSMS of the other.

    Their sessions are closed as by `move`. A station that rests may be one of them: the other one rests then.
    """
    from tui.event import run_swap

    _report_errors(lambda: run_swap(source, one, other, ca))


@event.command("schedule", epilog="Example: plugfest event schedule event.toml --start 2026-11-23T09:00:00+01:00")
@click.argument("file", type=EVENT_FILE)
@click.option(
    "--start", required=True, metavar="TIME", help="When the first round begins, with an offset from UTC; or now."
)
@click.option("--minutes", type=click.IntRange(1, 1440), default=30, show_default=True, help="How long a round lasts.")
@click.option("--pause", type=click.IntRange(0, 1440), default=5, show_default=True, help="Minutes between two rounds.")
@click.option("--skip-own", is_flag=True, help="Leave out pairs of one participant.")
def event_schedule(file: Path, start: str, minutes: int, pause: int, *, skip_own: bool) -> None:
    """Print a round-robin plan, as TOML to add to the event file.

    Every station product meets every CSMS that it has a version in common with, nobody two at a time, in as few rounds
    as there can be; who is absent is left out.
    """
    from datetime import datetime, timedelta

    from tui.event import run_schedule

    try:
        soon = datetime.now().astimezone().replace(second=0, microsecond=0) + timedelta(minutes=1)
        begins = soon if start == "now" else datetime.fromisoformat(start)
    except ValueError:
        _fail(f"--start wants a time such as 2026-11-23T09:00:00+01:00, or now, got {start!r}")
    if begins.tzinfo is None:
        _fail(f"--start has no offset from UTC: {start!r}; write Z, or one such as +01:00")
    lasts, between = timedelta(minutes=minutes), timedelta(minutes=pause)
    _report_errors(lambda: run_schedule(file, begins, lasts, between, with_own=not skip_own))


@event.command("coverage", epilog="Example: plugfest event coverage event.toml event.recording")
@click.argument("file", type=EVENT_FILE)
@click.argument("recording", type=RECORDING)
@click.option("--json", "as_json", is_flag=True, help="One JSON array: what there is of each meeting.")
def event_coverage(file: Path, recording: Path, *, as_json: bool) -> None:
    """Say which pairs of the event are untested, and which meeting is worth most next: that comes first."""
    _report_errors(lambda: _coverage(file, recording, as_json=as_json))


def _coverage(file: Path, path: Path, *, as_json: bool) -> None:
    from hub.coverage import coverage
    from hub.event_file import read_event
    from tui.event import show_coverage
    from tui.judging import judge_all

    event = read_event(file)
    with _opened(path) as recording:
        view = judge_all(recording, event.policy).board.view()
        show_coverage(coverage(event, recording.sessions(), view), as_json=as_json)


@event.command("clock", epilog="Example: plugfest event clock event.recording shift 10")
@click.argument("source", metavar="RECORDING|HUB-URL")
@click.argument("what", type=click.Choice(["show", "pause", "resume", "shift"]), default="show")
@click.argument("minutes", type=float, required=False)
@CA
def event_clock(source: str, what: str, minutes: float | None, *, ca: Path | None) -> None:
    """Say which round is on at a hub on this machine, pause or resume its rounds, or shift them by MINUTES.

    A shift makes the round that is on longer, and what comes later later; with -10, shorter and earlier by ten minutes.
    """
    from hub.event_control import LONGEST_SHIFT_S, ClockOrder
    from tui.event import run_clock

    if (minutes is not None) != (what == "shift"):
        _fail("shift wants the minutes: shift 10, or shift -- -10" if minutes is None else f"{what} takes no minutes")
    if minutes is not None and not abs(minutes) * 60 <= LONGEST_SHIFT_S:  # NaN, too
        _fail(f"rounds are shifted by a week at most, {LONGEST_SHIFT_S // 60} minutes, not by {minutes:g}")
    wanted = None if what == "show" else ClockOrder(what, (minutes or 0.0) * 60)  # type: ignore[arg-type]  # click's choice
    _report_errors(lambda: run_clock(source, wanted, ca))


@main.command(epilog="Example: plugfest disturb event.recording 4 stall 10s")
@click.argument("source", metavar="RECORDING|HUB-URL")
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
    from tui.disturbing import run_disturb

    _report_errors(lambda: run_disturb(source, target, " ".join(what), stop, is_list=is_list, ca=ca))


@main.command(
    epilog='Example: plugfest note event.recording add --session 4 --action MeterValues --by Volt "it is ours"'
)
@click.argument("source", metavar="RECORDING|HUB-URL")
@click.argument("what", type=click.Choice(["list", "add", "resolve"]), default="list")
@click.argument("words", nargs=-1, metavar="[NUMBER] [TEXT]")
@click.option("--by", "author", default="", metavar="NAME", help="Who says it.")
@click.option("--session", type=int, help="A session of the pair that is meant.")
@click.option("--action", default="", help="The message type, or Connect or Framing.  [default: the pair as a whole]")
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
    from tui.noting import run_note

    cell = Order(author=author, text="", session=session, action=action, frame=frame, rule=rule)
    _report_errors(lambda: run_note(source, what, words, cell, as_json=as_json, ca=ca))


@main.command(epilog="Example: plugfest show event.recording --session 4")
@click.argument("recording", type=RECORDING)
@click.option("--session", type=int, help="Show the messages of this session.")
@click.option(
    "--filter",
    "wanted",
    metavar="FILTER",
    help="Show only messages that a filter lets through, of all sessions or of one: 'action:MeterValues"
    " outcome:failed'.  See docs/searching.md",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--full", is_flag=True, help="Do not cut long payloads.")
@click.option("--frame", type=int, help="With --as: the message that ends with this frame.")
@click.option(
    "--as",
    "form",
    type=click.Choice(["websocat", "wscat", "python", "markdown"]),
    help="Print a message as something to paste: a command line, a Python program, Markdown for a bug tracker.",
)
@click.option("-o", "--output", type=RECORDING, metavar="FILE", help="With --as: write it to a new file.")
@RULES
@SECRETS
def show(
    recording: Path, *, session: int | None, wanted: str | None, as_json: bool, full: bool, frame: int | None,
    form: str | None, output: Path | None, rules_file: Path | None, secrets: bool,
) -> None:  # fmt: skip
    """List the sessions of a recording, the messages of one, or what a filter lets through; or copy a message.

    --frame and --as copy a message.
    """
    from tui import printing

    if (frame is None) != (form is None):
        raise click.UsageError("--frame says which message, --as what to make of it: one wants the other")
    if frame is not None and form is not None:
        from hub.evidence.copy_as import Form
        from tui.copying import run_copy

        _report_errors(lambda: run_copy(recording, frame, Form(form), output, with_secrets=secrets))
        return

    def work() -> None:
        with _opened(recording) as opened:
            if wanted is not None:
                from tui.filtering import found_by

                found = found_by(opened, wanted, session, _policy_in(rules_file), with_secrets=secrets)
                printing.show_found(found, as_json=as_json, full=full, with_secrets=secrets)
            elif session is None:
                printing.show_sessions(opened, as_json=as_json)
            else:
                printing.show_messages(opened, session, as_json=as_json, full=full, with_secrets=secrets)

    _report_errors(work)


@main.command(name="import", epilog="Example: plugfest import steve.log --csms steve -o steve.recording")
@click.argument("logs", nargs=-1, required=True, type=RECORDING, metavar="FILE...")
@click.option("-o", "--output", required=True, type=RECORDING, metavar="RECORDING", help="A new recording.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["session", "har", "open-ocpp-trace", "steve", "ocpp", "json", "csv", "lines"]),
    help="How the logs are written.  [default: told by what they hold]",
)
@click.option("--csms", default="imported", show_default=True, metavar="NAME", help="The CSMS, as the matrix names it.")
@click.option("--identity", default="", metavar="ID", help="The station of logs that name none.  [default: file name]")
@click.option("--version", type=click.Choice(JUDGED), help="The OCPP version of logs that name none.")
@click.option(
    "--logged-by",
    type=click.Choice(["station", "csms"]),
    help="Whose program wrote the logs, and so who sent what it `sent`.  [default: told by the messages]",
)
@click.option(
    "--timezone", metavar="ZONE", help="Of times that name none: UTC, +02:00, Europe/Berlin.  [default: by the CSMS's]"
)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as one JSON object.")
def import_(
    logs: tuple[Path, ...], output: Path, *, format_: str | None, csms: str, identity: str, version: str | None,
    logged_by: str | None, timezone: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Make a recording of exported sessions, or of logs that others wrote.

    Sessions: `.session`, HAR. Logs: Open OCPP Trace, SteVe, the `ocpp` package, JSON, CSV, plain lines.

    Lines that cannot be read are named and skipped. What a log does not hold (handshakes, pings, closes) is unknown in
    the recording, and is not held against anybody.  See docs/importing.md
    """
    from tui.importing import Wishes, run_import

    wishes = Wishes(format_, identity, version or "", logged_by, timezone)
    _report_errors(lambda: run_import(logs, output, csms, wishes, as_json=as_json))


@main.command(epilog="Example: plugfest judge event.recording --json | jq .findings")
@click.argument("recording", type=RECORDING)
@click.option("--json", "as_json", is_flag=True, help="Print outcomes and findings as one JSON object.")
@click.option(
    "--save", is_flag=True, help="Keep outcomes and findings in the recording too, for the sqlite3 shell and Datasette."
)
@click.option("--history", is_flag=True, help="Say how outcomes have changed, and what flaps.")
@click.option(
    "--errata",
    is_flag=True,
    help="Print only what three or more independent vendors do otherwise: questions to the standard.",
)
@RULES
@click.option(
    "--since-ruleset",
    "since",
    is_flag=False,
    flag_value="",
    metavar="[NAME]",
    help="Say only what has changed since --save: outcomes, and findings by rule. NAME is the beginning of the rule"
    " set's name that the kept verdicts are to have.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    help="How many processes judge, each some of the stations.  [default: one, or all cores for a long recording]",
)
def judge(
    recording: Path, *, as_json: bool, save: bool, history: bool, errata: bool, rules_file: Path | None,
    since: str | None, jobs: int | None,
) -> None:  # fmt: skip
    """Judge a recording from scratch: what worked, what conformed, and who broke which clause.

    Exit code 0: nothing failed and no rule was broken. 1: something failed, was never answered, or broke a rule. 2: the
    input cannot be used.

    With --since-ruleset, 0: nothing is worse than before. 1: an outcome is worse, or a violation is new. 2: there is
    nothing to compare with. What was recorded after --save is left out.
    """
    if save and since is not None:
        raise click.UsageError("--since-ruleset only compares; --save keeps the new verdicts afterwards")
    from tui.rejudging import Wanted, judge_and_print, print_changes

    policy = _policy_in(rules_file)
    wanted = Wanted(as_json=as_json, save=save, history=history, errata=errata, jobs=jobs)
    if since is not None:
        is_bad = _report_errors(lambda: print_changes(recording, policy, since, wanted))
    else:
        is_bad = _report_errors(lambda: judge_and_print(recording, policy, wanted))
    sys.exit(FAILED if is_bad else CLEAN)


@main.group(invoke_without_command=True, epilog="Example: plugfest schemas add ocpp-0.26.0-py3-none-any.whl")
@click.pass_context
def schemas(context: click.Context) -> None:
    """Say by which schemas payloads are judged, and where they come from."""
    if context.invoked_subcommand is None:
        from tui.schemas import run_schemas

        _report_errors(run_schemas)


@schemas.command(name="add", epilog="Example: plugfest schemas add ocpp-0.26.0-py3-none-any.whl")
@click.argument("source", type=click.Path(path_type=Path), metavar="WHEEL|FOLDER")
def schemas_add(source: Path) -> None:
    """Keep the schemas of OCPP 2.0, which come with the `ocpp` package up to release 0.26.0 only.

    They are checked and copied; the wheel is not installed. `pip download --no-deps ocpp==0.26.0` gets it.
    """
    from tui.schemas import run_schemas_add

    _report_errors(lambda: run_schemas_add(source))


@main.command(epilog="Example: plugfest doctor event.recording CS001")
@click.argument("recording", type=RECORDING)
@click.argument("identity", required=False)
def doctor(recording: Path, identity: str | None) -> None:
    """Say what became of the latest attempts to connect, of all stations or of one, each in a sentence.

    Exit code 1: the latest attempt of a station that is shown has failed.
    """
    from matrix.doctor import Health
    from tui.patients import patients
    from tui.printing import show_patients

    def work() -> int:
        with _opened(recording) as opened:
            found = patients(opened.sessions())
        shown = [each for each in found if identity in (None, each.name)]
        if identity is not None and not shown:
            _fail(f"nobody with the identity {identity!r} has tried to connect")
        show_patients(shown)
        return FAILED if any(each.health is Health.ILL for each in shown) else CLEAN

    sys.exit(_report_errors(work))


@main.command(epilog="Example: plugfest rules RPC-05")
@click.argument("code", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
def rules(code: str | None, *, as_json: bool) -> None:
    """List the rules, or explain one: what it asks, where the standard says so, a breach and correct traffic."""
    from matrix.rule import all_rules, rule_named
    from tui import printing

    if code is None:
        _report_errors(lambda: printing.show_rules(all_rules(), as_json=as_json))
        return
    try:
        printing.show_rule(rule_named(code), as_json=as_json)
    except KeyError:
        _fail(f"there is no rule {code!r}; `plugfest rules` lists them")


main.add_command(export)
main.add_command(diff)
main.add_command(merge)
main.add_command(trim)
main.add_command(compact)
main.add_command(tunnel)
main.add_command(tokens)
main.add_command(redact)
main.add_command(evidence)
main.add_command(replay)
main.add_command(search)


def _asked_for() -> str:
    """Return a password from the terminal, typed twice, or else from a line of standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    line = sys.stdin.readline().rstrip("\r\n")
    return line or _fail("there is no password: give one with --password, or as a line on standard input")


def _policy_in(path: Path | None) -> "Policy":
    """Read what an event makes of the rules: the table `rules` of a TOML file; nothing without one."""
    from tui.rules_file import read_rules_file

    policy: Policy = _report_errors(lambda: read_rules_file(path))
    return policy


def _opened(path: Path) -> "AbstractContextManager[Recording]":
    """Open a recording as far as it is whole; what is missing is said on stderr."""
    from tui.damaged import readable_recording

    return readable_recording(path)


if __name__ == "__main__":
    main()
