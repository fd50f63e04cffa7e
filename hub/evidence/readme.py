"""The first page of a bundle, in Markdown: what was found, by which clause, shown by which messages, replayed how."""

import shlex
from collections.abc import Iterator
from typing import Final

from hub.evidence.bundle import Bundle, Product
from hub.evidence.markdown import block, code
from hub.evidence.opening import RECORDING
from matrix import __version__
from matrix.rule import rule_named
from matrix.safe import safe
from matrix.trace import Closed, Disturbed, Frame, Opcode, Opened, Session, Side, Traffic

MESSAGES = "messages.jsonl"
ARTEFACTS: Final = 20
"""Findings that come of what is left out and are listed; finding.json has all."""
_WHO = {Side.STATION: "station", Side.CSMS: "CSMS"}


def readme(bundle: Bundle) -> str:
    """Return the page; peers' words in it are code."""
    return "\n".join(_lines(bundle)) + "\n"


def replay_command(bundle: Bundle, recording: str = RECORDING) -> str:
    """Return the command that plays the other side of the one that is blamed, so that its fix can be tried.

    Nobody can be played who was never let in: such a session is tried again through a hub.
    """
    session = bundle.finding.session
    if not all(each.upgraded for each in bundle.sessions if each.id == session):
        return "plugfest serve --listen 127.0.0.1:9000 --csms csms=ws://CSMS-HOST:PORT/PATH --recording again.recording"
    played = f"plugfest replay {shlex.quote(recording)} --session {session}"
    if bundle.finding.side is Side.CSMS:
        return f"{played} --as station --to ws://CSMS-HOST:PORT/PATH"
    return f"{played} --as csms --listen 127.0.0.1:9000"


def finding_lines(finding_of: Bundle) -> Iterator[str]:
    """Yield what was found, as a list."""
    finding, rule = finding_of.finding, rule_named(finding_of.finding.rule)
    frame = "the handshake" if finding.frame is None else f"frame {finding.frame}"
    yield f"- **Found:** a {finding.severity} by the {_WHO[finding.side]}, in session {finding.session}, {frame}"
    yield f"- **Seen:** {code(finding.text, 1_000)}"
    if finding.pointer:
        yield f"- **At:** {code(finding.pointer)} of the payload"
    yield f"- **Asked:** {safe(rule.sentence)} ({safe(rule.clause)})"
    if finding_of.regrade is not None:
        yield f"- **At this event:** {safe(finding_of.regrade.in_words)}"
    yield f"- **Whose doing it is:** {finding.ground.confidence}: {code(finding.ground.why, 1_000)}"


def _lines(bundle: Bundle) -> Iterator[str]:
    finding = bundle.finding
    yield f"# {finding.rule}: {safe(rule_named(finding.rule).sentence)}"
    yield ""
    yield from finding_lines(bundle)
    yield f"- **Station:** {_product(bundle.station)}"
    yield f"- **CSMS:** {_product(bundle.csms)}"
    yield f"- **Version:** OCPP {safe(bundle.version, 20)}"
    yield f"- **Rule set:** {bundle.ruleset}"
    yield f"- **Recording:** {bundle.recording}"
    yield ""
    yield from _about(bundle)
    yield ""
    yield from _artefacts(bundle)
    yield "## Messages"
    start = bundle.traffic[0]
    since = start.session.opened_at if isinstance(start, Opened) else 0
    for item in bundle.traffic:
        yield ""
        yield from _item(item, since, is_it=isinstance(item, Frame) and item.id == finding.frame)
    yield ""
    yield from _checking(bundle)


def _about(bundle: Bundle) -> Iterator[str]:
    least = "fewer may do"
    if bundle.is_minimal:
        least = "without any one of them it is gone, or something is found that the recording does not show"
    yield f"The messages below show it: {least}."
    if bundle.left_out:
        yield f"{_frames(bundle.left_out)} of the same sessions are left out, among them what would show that"
        yield "something did *not* happen: the finding was made with all of them. So are answers: what seems unanswered"
        yield "here may have been answered."
    if bundle.others:
        yield f"The same was found {bundle.others} {'time' if bundle.others == 1 else 'times'} more in the recording."
    yield ""
    if bundle.sought is None:
        yield "**Nothing is redacted:** identities, idTags, addresses and passwords are as they were."
    else:
        yield "Identities, idTags, serial numbers, addresses, certificates, passwords and free text are replaced by"
        yield "pseudonyms of the same form; times, message ids and what the standard lists are as they were."


def _frames(count: int) -> str:
    return f"{count} more frame{'' if count == 1 else 's'}"


def _artefacts(bundle: Bundle) -> Iterator[str]:
    """Yield what is not to be believed, and why."""
    if not bundle.artefacts:
        return
    yield "**Not in the recording:** judged alone, the messages below show the following, too. It comes of what is left"
    yield "out: all of the recording disproves it, and nobody is accused of it."
    yield ""
    for finding in bundle.artefacts[:ARTEFACTS]:
        frame = "the handshake" if finding.frame is None else f"frame {finding.frame}"
        where = f"{_WHO[finding.side]}, session {finding.session}, {frame}"
        yield f"- {finding.rule} ({where}): {code(finding.text, 300)}"
    if len(bundle.artefacts) > ARTEFACTS:
        yield f"- and {len(bundle.artefacts) - ARTEFACTS} more, which finding.json lists"
    yield ""


def _item(item: Traffic, since: int, *, is_it: bool) -> Iterator[str]:
    match item:
        case Opened(_, session):
            yield from _handshake(session)
        case Closed(_, session):
            yield f"**Session {session.id}** ended: {session.ending or 'unknown'}"
        case Disturbed():
            yield f"**Disturbed on purpose**, {item.phase}: {code(item.text)}"
        case Frame():
            mark = " **<- here**" if is_it else ""
            yield f"**{_WHO[item.side]}**, frame {item.id}, {(item.at - since) / 1e9:+.3f} s{_form(item)}{mark}"
            yield ""
            yield _payload(item)


def _handshake(session: Session) -> Iterator[str]:
    answer = "no answer" if session.status is None else f"{session.status} {session.reason}"
    yield f"**Session {session.id}**: {code(f'GET {session.path}')} answered with {code(answer)}"
    lines = [f"{name}: {value}" for name, value in session.request]
    lines += ["", *(f"{name}: {value}" for name, value in session.response)] if session.response else []
    if lines:
        yield ""
        yield block("\n".join(lines), "http")


def _form(frame: Frame) -> str:
    if frame.opcode == Opcode.TEXT and frame.fin and not frame.rsv:
        return ""
    name = Opcode(frame.opcode).name.lower() if frame.opcode in Opcode.__members__.values() else f"{frame.opcode}"
    return f", {name}{'' if frame.fin else ', not the last fragment'}"


def _payload(frame: Frame) -> str:
    if isinstance(frame.payload, bytes):
        return block(frame.payload.hex(" "))
    return block(frame.payload, "json")


def _product(product: Product) -> str:
    return code(product.name) + (f", {code(product.version)}" if product.version else "")


_BY_HAND: Final = """\
import hashlib, json
before = json.load(open("finding.json"))["recording"]
for line in open("messages.jsonl", encoding="utf-8", newline="\\n"):
    item = line.rstrip("\\n").partition(', "item": ')[2][:-1]
    before = hashlib.sha256(f"{before}\\n{item}".encode()).hexdigest()
    assert json.loads(line)["sha256"] == before, line
print("the chain holds")"""


def _checking(bundle: Bundle) -> Iterator[str]:
    yield "## Checking it"
    yield ""
    yield f"With `plugfest` {__version__} or newer, in this folder:"
    yield ""
    yield block("\n".join(_commands(bundle)), "sh")
    yield ""
    yield from _about_the_replay(bundle)
    yield f"`{MESSAGES}` holds the same, an item a line, in a chain: `sha256` is the SHA-256 of the one before it, in"
    yield "hexadecimal (for the first, of the recording's id above), a line end, and `item` byte for byte. Python alone"
    yield "can look whether it holds:"
    yield ""
    yield block(_BY_HAND, "python")


def _commands(bundle: Bundle) -> Iterator[str]:
    command = replay_command(bundle)
    yield f"plugfest judge {RECORDING}"
    yield command
    if command.startswith("plugfest replay"):
        yield f"plugfest diff {RECORDING} replay.recording"


def _about_the_replay(bundle: Bundle) -> Iterator[str]:
    if not replay_command(bundle).startswith("plugfest replay"):
        yield "Nobody was let in here, so there is nothing to play: the second line is a hub between a CSMS and a"
        yield "station, which connects to ws://127.0.0.1:9000/csms/IDENTITY; judge again.recording to see how it went."
    elif bundle.finding.side is Side.CSMS:
        yield "The second line plays the station for a newer CSMS, and records that; the third one says what is better"
        yield "now."
    else:
        yield "The second line plays the CSMS for a newer station, which connects to ws://127.0.0.1:9000/IDENTITY, and"
        yield "records that; the third one says what is better now."
    yield ""
