"""How a script is made out of a recorded session: what was said because of what, and what each step needs."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from matrix.aside import IDLE
from matrix.dialect import SUBPROTOCOLS, UNKNOWN, dialect
from matrix.exchange import join
from matrix.recognise import version_shown_by
from matrix.replay.fields import Found, Id, Place, ids_in, stamps_in
from matrix.replay.script import GARBLED, Answer, Cue, Event, Extract, Kind, Script, Step
from matrix.replay.template import MessageId, Slot, Template, slots_of, template_of
from matrix.schemas import Part
from matrix.trace import Ending, Frame, Opcode, Session, Side
from matrix.wire import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Defects,
    Flaw,
    Garbled,
    Message,
    Send,
    read,
)

FOLLOWS: Final = {
    "FirmwareStatusNotification": "UpdateFirmware",
    "DiagnosticsStatusNotification": "GetDiagnostics",
    "CertificateSigned": "SignCertificate",
}
"""What is said because of what without an id that says so, and makes no sense without it."""
CAUSES: Final = {
    "RemoteStartTransaction": "StartTransaction",
    "RemoteStopTransaction": "StopTransaction",
}
"""What is said because of what, and may be said without it too."""
TRIGGERS: Final = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})
"""They name what is said because of them."""
CUT_NS: Final = 2_000_000_000
"""A CALL that came this shortly before the session's end may have been left open by the end alone, if nothing was said
after it.
"""

MESSAGE_ID: Final[Place] = (1,)
_BOOT: Final = "BootNotification"
_ENDED: Final = "TransactionEvent Ended"
_END: Final = "(end)"


@dataclass(frozen=True, slots=True)
class _Said:
    """A message, or a control frame, of either side."""

    frame: int
    at: int
    side: Side
    opcode: int
    text: str | bytes
    message: Message | None


def script_of(session: Session, frames: Iterable[Frame], side: Side, extract: Extract | None = None) -> Script:
    """Return the script of one side of a recorded session; of its parts, where an extract says which."""
    return _Writer(session, side, extract or Extract()).write([*frames])


class _Writer:
    """Goes through a session once, with what is open on both sides."""

    def __init__(self, session: Session, side: Side, extract: Extract) -> None:
        self._session = session
        self._side = side
        self._extract = extract
        self._dialect = dialect(UNKNOWN)
        self._answers: dict[int, _Said] = {}
        self._answered_by: dict[int, int] = {}
        self._steps: list[Step] = []
        self._cues: list[Cue] = []
        self._events: list[Event] = []
        self._given_by: dict[Id, int] = {}
        self._own: set[Id] = set()
        self._causes: dict[str, int] = {}
        self._latest_at = session.opened_at

    def write(self, frames: list[Frame]) -> Script:
        said = self._read(frames)
        self._pair(said)
        self._last_own = max((each.frame for each in said if each.side is self._side and each.message), default=0)
        self._answering = {answer.frame for answer in self._answers.values()}
        ends_at = frames[-1].at if frames else self._session.opened_at
        self._ends_at = self._session.closed_at or ends_at
        for each in said:
            if each.side is self._side:
                self._take_own(each)
            else:
                self._take_other(each)
            self._latest_at = each.at
        self._end()
        unread = sum(1 for frame in frames if frame.side is self._side and frame.unread is not None)
        begins_at = max(self._session.answered_at or self._session.opened_at, self._extract.since)
        return Script(
            self._session, self._side, self._dialect, tuple(self._steps), tuple(self._cues), tuple(self._events),
            begins_at, ends_at, unread,
        )  # fmt: skip

    # -- reading ------------------------------------------------------------------------------------------------------

    def _read(self, frames: list[Frame]) -> list[_Said]:
        texts = [*whole_messages(frames)]
        self._dialect = dialect(_version(self._session, texts))
        types = self._dialect.message_types
        return [
            _Said(
                frame.id, frame.at, frame.side, opcode, text,
                read(text, types) if opcode in (Opcode.TEXT, Opcode.BINARY) else None,
            )
            for frame, opcode, text in texts
        ]  # fmt: skip

    def _pair(self, said: list[_Said]) -> None:
        """Find what answered which CALL, for both sides; keyed by the CALL's frame."""
        waiting: dict[tuple[Side, str], _Said] = {}
        for each in said:
            match each.message:
                case Call(id=message_id):
                    waiting[each.side, message_id] = each
                case CallResult(id=message_id) | CallError(id=message_id):
                    if (call := waiting.pop((each.side.other, message_id), None)) is not None:
                        self._answers[call.frame] = each
                case Garbled(answers=str(message_id)):
                    if (call := waiting.pop((each.side.other, message_id), None)) is not None:
                        self._answers[call.frame] = each

    # -- the replayed side --------------------------------------------------------------------------------------------

    def _take_own(self, said: _Said) -> None:
        match said.message:
            case Call() | Send() as call:
                self._add(self._call_step(said, call))
            case CallResultError(id=message_id):
                slots: dict[Place, Slot] = {MESSAGE_ID: MessageId(message_id)}
                template = template_of(_text(said.text), slots)
                self._add(self._step(Kind.RESULT_ERROR, said, message_id=message_id, template=template))
            case Garbled(answers=answers) if answers is None or said.frame not in self._answering:
                self._add(self._step(Kind.RAW, said, raw=_bytes(said.text)))
            case None if said.opcode == Opcode.PING:
                self._add(self._step(Kind.PING, said, raw=_bytes(said.text)))

    def _call_step(self, said: _Said, call: Call | Send) -> Step:
        payload = call.payload or {}
        ids = (*ids_in(payload, self._dialect.version, call.action, Part.REQUEST),)
        self._own |= {found.id for found in ids if found.id not in self._given_by}
        names = [found.id for found in ids if not found.gives]
        if (about := Id(FOLLOWS.get(call.action, ""), "")) in self._given_by:
            names.append(about)
        return self._step(
            Kind.SEND if isinstance(call, Send) else Kind.CALL,
            said,
            action=call.action,
            message_id=call.id,
            payload=call.payload,
            template=self._template(said, call.id, payload, ids, (call.action, Part.REQUEST, 3)),
            names=tuple(names),
            gives=tuple(found.id for found in ids if found.gives),
            needs=self._needs(call, names),
            answer=self._answer(self._answers.get(said.frame), call.action),
        )

    def _needs(self, call: Call | Send, names: list[Id]) -> tuple[int, ...]:
        needs = {self._given_by[each] for each in names if each in self._given_by}
        is_ended = call.action == "TransactionEvent" and (call.payload or {}).get("eventType") == "Ended"
        for cause in (call.action, _ENDED) if is_ended else (call.action,):
            if (number := self._causes.pop(cause, None)) is not None:
                needs.add(number)
        if self._side is Side.CSMS and _BOOT in self._causes:
            needs.add(self._causes[_BOOT])
        return tuple(sorted(needs))

    def _step(self, kind: Kind, said: _Said, **fields: Any) -> Step:
        opcode = said.opcode if said.opcode in (Opcode.TEXT, Opcode.BINARY) else int(Opcode.TEXT)
        return Step(kind=kind, frame=said.frame, at=said.at, after=len(self._events), opcode=opcode, **fields)

    def _add(self, step: Step) -> None:
        if not self._extract.has(step):
            return
        if step.kind is Kind.CALL and step.answer is None:
            # nobody answered it: what came next came that much later
            step = replace(step, event=len(self._events))
            self._events.append(Event(step.at, step.frame, step=len(self._steps), until=step.at))
        elif step.answer is not None:
            self._answered_by[step.answer.frame] = len(self._steps)
        self._steps.append(step)

    # -- the other side -----------------------------------------------------------------------------------------------

    def _take_other(self, said: _Said) -> None:
        match said.message:
            case Call() | Send() as call:
                self._take_cue(said, call)
            case CallResult() | CallError() | Garbled(answers=str()):
                self._take_answer(said)

    def _take_cue(self, said: _Said, call: Call | Send) -> None:
        answer = self._answers.get(said.frame)
        ids = (*ids_in(call.payload or {}, self._dialect.version, call.action, Part.REQUEST),)
        self._note_cause(call, answer, ids)
        cue = Cue(
            frame=said.frame, at=said.at, action=call.action, payload=call.payload, ids=ids,
            answer=self._answer(answer, call.action), is_cut=answer is None and self._is_cut(said),
            event=len(self._events),
        )  # fmt: skip
        if isinstance(call, Call) and call.action != IDLE and self._extract.awaits(said.at):
            self._events.append(Event(said.at, said.frame, cue=len(self._cues), gap=said.at - self._latest_at))
        else:
            cue = replace(cue, event=None)
        self._cues.append(cue)

    def _note_cause(self, call: Call | Send, answer: _Said | None, ids: Collection[Found]) -> None:
        """Note what a CALL of the other side leads to: ids that it, or its answer, brings up, and actions."""
        number = len(self._cues)
        response = answer.message if answer is not None else None
        payload = (response.payload or {}) if isinstance(response, CallResult) else {}
        for found in (*ids, *ids_in(payload, self._dialect.version, call.action, Part.RESPONSE)):
            if found.id not in self._own and (found.gives or found.id not in self._given_by):
                self._given_by[found.id] = number
        if not isinstance(response, CallResult) or payload.get("status") == "Rejected":
            return
        caused = CAUSES.get(call.action)
        if call.action in TRIGGERS:
            caused = str((call.payload or {}).get("requestedMessage"))
        elif call.action == "Reset":
            caused = _END
        elif call.action == "RequestStopTransaction":
            caused = _ENDED
        elif call.action == _BOOT:
            caused = _BOOT
        if caused:
            self._causes.setdefault(caused, number)
        if call.action in FOLLOWS.values():
            self._given_by[Id(call.action, "")] = number

    def _take_answer(self, said: _Said) -> None:
        number = self._answered_by.get(said.frame)
        if number is not None:
            self._steps[number] = replace(self._steps[number], event=len(self._events))
            self._events.append(Event(said.at, said.frame, step=number))

    def _is_cut(self, said: _Said) -> bool:
        """Tell whether the session's end may be why there was no answer."""
        is_sudden = self._session.ending in (None, Ending.HUB, Ending.UNSEEN) or self._ends_at - said.at < CUT_NS
        return is_sudden and self._last_own < said.frame

    # -- answers and templates ----------------------------------------------------------------------------------------

    def _answer(self, said: _Said | None, action: str) -> Answer | None:
        if said is None:
            return None
        match said.message:
            case CallResult(id=message_id, payload=payload):
                ids = (*ids_in(payload or {}, self._dialect.version, action, Part.RESPONSE),)
                template = self._template(said, message_id, payload or {}, ids, (action, Part.RESPONSE, 2))
                return Answer(said.frame, said.at, payload, "", ids, template)
            case CallError(id=message_id, code=code):
                slots: dict[Place, Slot] = {MESSAGE_ID: MessageId(message_id)}
                return Answer(said.frame, said.at, None, code, (), template_of(_text(said.text), slots))
            case Garbled(answers=str(message_id)):
                before, quoted, rest = _text(said.text).partition(f'"{message_id}"')
                kept: Template = (before, MessageId(message_id), rest) if quoted else (before,)
                return Answer(said.frame, said.at, None, GARBLED, (), kept)
        return None

    def _template(
        self, said: _Said, message_id: str, payload: dict[str, Any], ids: Collection[Found], what: tuple[str, Part, int]
    ) -> Template:
        action, part, index = what
        stamps = stamps_in(payload, self._dialect.version, action, part)
        slots = slots_of(payload, ids, stamps, index)
        if not any(defect.flaw is Flaw.ID for defect in _defects(said.message)):
            slots[MESSAGE_ID] = MessageId(message_id)
        return template_of(_text(said.text), slots)

    # -- the end ------------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """Add how the session ends, and what an answer's absence was waited for."""
        session, after = self._session, len(self._events)
        at = min(self._ends_at, self._extract.until)
        own_close = session.station_close if self._side is Side.STATION else session.csms_close
        code = own_close if own_close is not None and 1000 <= own_close < 5000 else 1000
        kind = Kind.CLOSE
        if session.closed_by is self._side.other and self._extract.until > self._ends_at:
            kind = Kind.WAIT
        elif session.closed_by is self._side and session.ending in (Ending.DROPPED, Ending.RESET):
            kind = Kind.DROP
        needs = (self._causes[_END],) if _END in self._causes else ()
        self._steps.append(Step(kind=kind, frame=0, at=at, after=after, code=code, needs=needs))
        self._note_early()
        self._note_patience()

    def _note_early(self) -> None:
        own = [step.frame for step in self._steps[:-1]]
        for number, cue in enumerate(self._cues):
            following = bisect_right(own, cue.frame)
            if cue.answer is not None and following < len(own) and own[following] < cue.answer.frame:
                self._cues[number] = replace(cue, settles_early=True)

    def _note_patience(self) -> None:
        for place, event in enumerate(self._events):
            if event.until is not None and event.step is not None:
                following = self._steps[min(event.step + 1, len(self._steps) - 1)]
                self._events[place] = replace(event, until=max(following.at, event.at))


def whole_messages(frames: Iterable[Frame]) -> Iterator[tuple[Frame, int, str | bytes]]:
    """Yield messages and control frames in order: the last frame of each, the opcode of the first, what it says.

    What the recording could not read is left out.
    """
    begun: dict[Side, tuple[int, list[str | bytes]]] = {}
    for frame in frames:
        if frame.unread is not None or frame.opcode == Opcode.UNREAD:
            begun.pop(frame.side, None)
        elif frame.opcode >= Opcode.CLOSE:
            yield frame, frame.opcode, frame.payload
        elif frame.opcode == Opcode.CONTINUATION and frame.side not in begun:
            continue
        else:
            if frame.opcode != Opcode.CONTINUATION:
                begun[frame.side] = (frame.opcode, [])
            opcode, pieces = begun[frame.side]
            pieces.append(frame.payload)
            if frame.fin:
                del begun[frame.side]
                yield frame, opcode, join(pieces)


def _version(session: Session, texts: list[tuple[Frame, int, str | bytes]]) -> str:
    """Return the version that was agreed upon, else the one that the messages show."""
    if (agreed := SUBPROTOCOLS.get(session.chosen or "")) is not None:
        return agreed
    every = dialect(UNKNOWN).message_types
    for _, opcode, text in texts:
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            shown = version_shown_by(read(text, every))
            if shown != UNKNOWN:
                return shown
    return UNKNOWN


def _defects(message: Message | None) -> Defects:
    return () if message is None else message.defects


def _text(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
