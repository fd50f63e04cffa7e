"""A payload that does not fit, in every message of a script: turned down, or let pass."""

from collections.abc import Iterator

from mutation.payload_changes import Change
from mutation.script import RULE_OF_THE_OTHER, Draft, Mutant, Said, Script, error
from payloads import places

from matrix.dialect import V16

UNFIT_CODES = {V16: "FormationViolation"}


def changed(said: Said, change: Change) -> Iterator[str]:
    """Yield the line of a message with each change of its payload."""
    found = [*places(said.payload, said.version, said.action, said.part)]
    for payload in change(said.payload, found, said.version):
        yield said.saying(payload)


def turned_down(script: Script, change: Change) -> Iterator[Mutant]:
    """A CALL does not fit, is answered by a CALLERROR, and sent again as it should be."""
    for call, _ in script.exchanges():
        found = [*places(call.payload, call.version, call.action, call.part)]
        for payload in change(call.payload, found, call.version):
            code = UNFIT_CODES.get(call.version, "FormatViolation")
            lines = call.saying(payload, message_id="unfit"), error(call.side.other, "unfit", code)
            yield Draft(script).before(call.line, *lines).mutant(call.side)


def let_pass(script: Script, change: Change) -> Iterator[Mutant]:
    """A CALL does not fit, and is answered as if it did; or a SEND, which nobody answers."""
    for said in script.said:
        if said.is_call or said.is_send:
            for line in changed(said, change):
                draft = Draft(script).put(said.line, line).mark(said.other)
                yield draft.mutant(said.side, shared=RULE_OF_THE_OTHER)


def in_answers(script: Script, change: Change) -> Iterator[Mutant]:
    """A CALLRESULT does not fit, and everybody goes on."""
    for _, answer in script.exchanges():
        for line in changed(answer, change):
            yield Draft(script).put(answer.line, line).mark(answer.other).mutant(answer.side)
