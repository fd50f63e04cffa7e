"""How a script is made out of a recorded session: the steps of the replayed side, and the cues that it waits for."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from matrix.comparing.aside import IDLE
from matrix.replay.causes import Causes
from matrix.replay.fields import Found, Place, ids_in, stamps_in
from matrix.replay.said import Said, answers_in, said_in
from matrix.replay.script import GARBLED, Answer, Cue, Event, Extract, Kind, Script, Step
from matrix.replay.template import MessageId, Slot, Template, slots_of, template_of
from matrix.schemas import Part
from matrix.trace import Ending, Frame, Opcode, Session, Side
from matrix.wire import Call, CallError, CallResult, CallResultError, Flaw, Garbled, Send

CUT_NS: Final = 2_000_000_000
"""A CALL that came this shortly before the session's end may have been left open by the end alone, if nothing was said
after it.
"""

MESSAGE_ID: Final[Place] = (1,)


def script_of(session: Session, frames: Iterable[Frame], side: Side, extract: Extract | None = None) -> Script:
    """Return the script of one side of a recorded session; of its parts, where an extract says which."""
    return _Writer(session, [*frames], side, extract or Extract()).write()


class _Writer:
    """Goes through a session once, with what is open on both sides."""

    def __init__(self, session: Session, frames: Sequence[Frame], side: Side, extract: Extract) -> None:
        self._session = session
        self._frames = frames
        self._side = side
        self._extract = extract
        self._dialect, self._said = said_in(session, frames)
        self._answers = answers_in(self._said)
        self._answering = {answer.frame for answer in self._answers.values()}
        self._last_own = max((each.frame for each in self._said if each.side is side and each.message), default=0)
        self._last_at = frames[-1].at if frames else session.opened_at
        self._ends_at = session.closed_at or self._last_at
        self._causes = Causes(side, self._dialect.version)
        self._answered_by: dict[int, int] = {}
        self._steps: list[Step] = []
        self._cues: list[Cue] = []
        self._events: list[Event] = []
        self._latest_at = session.opened_at

    def write(self) -> Script:
        for each in self._said:
            if each.side is self._side:
                self._take_own(each)
            else:
                self._take_other(each)
            self._latest_at = each.at
        self._end()
        unread = sum(1 for frame in self._frames if frame.side is self._side and frame.unread is not None)
        begins_at = max(self._session.answered_at or self._session.opened_at, self._extract.since)
        return Script(
            self._session, self._side, self._dialect, tuple(self._steps), tuple(self._cues), tuple(self._events),
            begins_at, self._last_at, unread,
        )  # fmt: skip

    # -- the replayed side --------------------------------------------------------------------------------------------

    def _take_own(self, said: Said) -> None:
        match said.message:
            case Call() | Send() as call:
                self._add(self._call_step(said, call))
            case CallResultError(id=message_id):
                slots: dict[Place, Slot] = {MESSAGE_ID: MessageId(message_id)}
                template = template_of(said.text, slots)
                self._add(self._step(Kind.RESULT_ERROR, said, message_id=message_id, template=template))
            case Garbled(answers=answers) if answers is None or said.frame not in self._answering:
                self._add(self._step(Kind.RAW, said, raw=said.bytes))
            case None if said.opcode == Opcode.PING:
                self._add(self._step(Kind.PING, said, raw=said.bytes))

    def _call_step(self, said: Said, call: Call | Send) -> Step:
        payload = call.payload or {}
        ids = (*ids_in(payload, self._dialect.version, call.action, Part.REQUEST),)
        names = self._causes.names(call, ids)
        return self._step(
            Kind.SEND if isinstance(call, Send) else Kind.CALL,
            said,
            action=call.action,
            message_id=call.id,
            payload=call.payload,
            template=self._template(said, call.id, payload, ids, (call.action, Part.REQUEST, 3)),
            names=names,
            gives=tuple(found.id for found in ids if found.gives),
            needs=self._causes.needs(call, names),
            answer=self._answer(self._answers.get(said.frame), call.action),
        )

    def _step(self, kind: Kind, said: Said, **fields: Any) -> Step:
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

    def _take_other(self, said: Said) -> None:
        match said.message:
            case Call() | Send() as call:
                self._take_cue(said, call)
            case CallResult() | CallError() | Garbled(answers=str()):
                self._take_answer(said)

    def _take_cue(self, said: Said, call: Call | Send) -> None:
        answer = self._answers.get(said.frame)
        ids = (*ids_in(call.payload or {}, self._dialect.version, call.action, Part.REQUEST),)
        self._causes.note(len(self._cues), call, answer.message if answer else None, ids)
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

    def _take_answer(self, said: Said) -> None:
        number = self._answered_by.get(said.frame)
        if number is not None:
            self._steps[number] = replace(self._steps[number], event=len(self._events))
            self._events.append(Event(said.at, said.frame, step=number))

    def _is_cut(self, said: Said) -> bool:
        """Tell whether the session's end may be why there was no answer."""
        is_sudden = self._session.ending in (None, Ending.HUB, Ending.UNSEEN) or self._ends_at - said.at < CUT_NS
        return is_sudden and self._last_own < said.frame

    # -- answers and templates ----------------------------------------------------------------------------------------

    def _answer(self, said: Said | None, action: str) -> Answer | None:
        if said is None:
            return None
        match said.message:
            case CallResult(id=message_id, payload=payload):
                ids = (*ids_in(payload or {}, self._dialect.version, action, Part.RESPONSE),)
                template = self._template(said, message_id, payload or {}, ids, (action, Part.RESPONSE, 2))
                return Answer(said.frame, said.at, payload, "", ids, template)
            case CallError(id=message_id, code=code):
                slots: dict[Place, Slot] = {MESSAGE_ID: MessageId(message_id)}
                return Answer(said.frame, said.at, None, code, (), template_of(said.text, slots))
            case Garbled(answers=str(message_id)):
                before, quoted, rest = said.text.partition(f'"{message_id}"')
                kept: Template = (before, MessageId(message_id), rest) if quoted else (before,)
                return Answer(said.frame, said.at, None, GARBLED, (), kept)
        return None

    def _template(
        self, said: Said, message_id: str, payload: dict[str, Any], ids: Collection[Found], what: tuple[str, Part, int]
    ) -> Template:
        action, part, index = what
        stamps = stamps_in(payload, self._dialect.version, action, part)
        slots = slots_of(payload, ids, stamps, index)
        if not (said.message and any(defect.flaw is Flaw.ID for defect in said.message.defects)):
            slots[MESSAGE_ID] = MessageId(message_id)
        return template_of(said.text, slots)

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
        self._steps.append(Step(kind=kind, frame=0, at=at, after=after, code=code, needs=self._causes.end_needs()))
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
