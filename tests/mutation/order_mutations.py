"""Messages that are right by themselves, and come at the wrong time, twice, or not at all."""

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import Final

from mutation.form_mutations import NEW, TRANSACTIONS
from mutation.script import Draft, Make, Mutant, Said, Script, error, result, written

from matrix.trace import Side

OVERLAP: Final = frozenset({"RPC-09", "RPC-10", "BT-01", "BT-08"})
"""What the caller breaks that does not wait for an answer; the answer to a BootNotification, too."""


def answered_twice(script: Script) -> Iterator[Mutant]:
    for _, answer in script.exchanges():
        yield (
            Draft(script)
            .mark(answer.line, answer.other)
            .after(answer.line, script.lines[answer.line])
            .mutant(answer.side)
        )


def answer_to_nobody(script: Script) -> Iterator[Mutant]:
    for _, answer in script.exchanges():
        yield Draft(script).after(answer.line, result(answer.side, "nobody", answer.payload)).mutant(answer.side)


def not_answered(script: Script) -> Iterator[Mutant]:
    """A CALL is not answered, given up after half a minute, and sent again; not where a timetable says when."""
    for call, answer in script.exchanges():
        if call.action not in TRANSACTIONS:
            lines = call.saying(call.payload, message_id=NEW), "+31s"
            yield Draft(script).before(call.line, *lines).mutant(answer.side)


def answered_before(script: Script) -> Iterator[Mutant]:
    for call, answer in script.exchanges():
        if call.action not in TRANSACTIONS:
            lines = result(answer.side, NEW, answer.payload), call.saying(call.payload, message_id=NEW), "+31s"
            yield Draft(script).before(call.line, *lines).mutant(answer.side)


def _in_a_row(script: Script) -> Iterator[tuple[Said, Said, Said, Said]]:
    """Yield two CALLs of one side with their answers that follow each other, and nothing in between."""
    exchanges = [*script.exchanges()]
    for (first, its_answer), (second, second_answer) in pairwise(exchanges):
        lines = first.line, its_answer.line, second.line, second_answer.line
        if first.side is second.side and lines == tuple(range(first.line, first.line + 4)):
            yield first, its_answer, second, second_answer


def two_at_once(script: Script) -> Iterator[Mutant]:
    """A CALL does not wait for the answer to the one before."""
    for first, its_answer, second, _ in _in_a_row(script):
        draft = Draft(script).mark(first.line)
        draft.put(its_answer.line, script.lines[second.line]).put(second.line, script.lines[its_answer.line])
        yield draft.mutant(first.side)


def ids_swapped(script: Script) -> Iterator[Mutant]:
    """Two CALLs are open, and each is answered under the id of the other; only where the payloads show it."""
    for first, its_answer, second, second_answer in _in_a_row(script):
        if set(its_answer.payload) != set(second_answer.payload):
            draft = Draft(script).mark(first.line).put(its_answer.line, script.lines[second.line])
            draft.put(second.line, result(its_answer.side, second.array[1], its_answer.payload))
            draft.put(second_answer.line, result(its_answer.side, first.array[1], second_answer.payload))
            yield draft.mutant(its_answer.side, shared=OVERLAP)


def id_used_again(script: Script) -> Iterator[Mutant]:
    """A CALL bears the id of the one before of the same side, which said something else."""
    latest: dict[Side, Said] = {}
    for call, answer in script.exchanges():
        earlier = latest.get(call.side)
        if earlier is not None and earlier.array[2:] != call.array[2:]:
            message_id = earlier.array[1]
            draft = Draft(script).put(call.line, call.saying(call.payload, message_id=message_id))
            yield draft.put(answer.line, result(answer.side, message_id, answer.payload)).mutant(call.side)
        latest[call.side] = call


def before_boot(script: Script) -> Iterator[Mutant]:
    """A station says something before its BootNotification, and is told that it may not."""
    boots = [call for call, _ in script.exchanges() if call.action == "BootNotification"]
    for call, _ in script.exchanges():
        if call.side is Side.STATION and call.action != "BootNotification":
            lines = call.saying(call.payload, message_id=NEW), error(Side.CSMS, NEW, "SecurityError")
            yield Draft(script).before(boots[0].line, *lines).mutant(Side.STATION)


def while_rejected(script: Script) -> Iterator[Mutant]:
    """A station is Rejected for a minute, and says something all the same."""
    boot, answer = next(each for each in script.exchanges() if each[0].action == "BootNotification")
    rejected = result(Side.CSMS, NEW, {**answer.payload, "status": "Rejected", "interval": 60})
    for call, _ in script.exchanges():
        if call.side is Side.STATION and call.action != "BootNotification":
            refused = call.saying(call.payload, message_id="early"), error(Side.CSMS, "early", "SecurityError")
            asked = boot.saying(boot.payload, message_id=NEW)
            yield Draft(script).before(boot.line, asked, rejected, "+10s", *refused, "+55s").mutant(Side.STATION)


def asked_while_rejected(script: Script) -> Iterator[Mutant]:
    """A CSMS asks something of a station that it has Rejected."""
    boot, answer = next(each for each in script.exchanges() if each[0].action == "BootNotification")
    rejected = result(Side.CSMS, NEW, {**answer.payload, "status": "Rejected", "interval": 60})
    for call, _ in script.exchanges():
        if call.side is Side.CSMS:
            refused = call.saying(call.payload, message_id="early"), error(Side.STATION, "early", "SecurityError")
            asked = boot.saying(boot.payload, message_id=NEW)
            yield Draft(script).before(boot.line, asked, rejected, "+10s", *refused, "+55s").mutant(Side.CSMS)


def silent(script: Script) -> Iterator[Mutant]:
    """Nothing is heard of a station for 20 minutes; it was told to beat every five."""
    boots = [call.line for call, _ in script.exchanges() if call.action == "BootNotification"]
    for call, _ in script.exchanges():
        if call.action == "Heartbeat" and call.line > boots[0] and call.line not in boots:
            yield Draft(script).before(call.line, "+20m").mark(call.line, call.other).mutant(Side.STATION)


def no_pong(script: Script) -> Iterator[Mutant]:
    for call, _ in script.exchanges():
        if call.action == "Heartbeat":
            lines = "< ping x", "+20s", *_beat("p1"), "+20s", *_beat("p2")
            yield Draft(script).before(call.line, *lines).mutant(Side.STATION)


def _beat(message_id: str) -> tuple[str, str]:
    return written(Side.STATION, [2, message_id, "Heartbeat", {}]), result(
        Side.CSMS, message_id, {"currentTime": "$NOW"}
    )


HEADERS: Final = {
    "no subprotocol is offered": (Side.STATION, ("offers: ", "chooses: nothing")),
    "the subprotocol names no version": (Side.STATION, ("offers: ocpp", "chooses: nothing")),
    "a subprotocol is chosen that was not offered": (Side.CSMS, ("offers: {offers}", "chooses: ocpp9.9")),
    "none of the subprotocols is chosen, and the CSMS talks": (Side.CSMS, ("offers: {offers}", "chooses: nothing")),
    "the path has no identity": (Side.STATION, ("offers: {offers}", "path: /acme/")),
    "the identity is not percent-encoded": (Side.STATION, ("offers: {offers}", "path: /acme/RD|1")),
    "the upgrade is for another version of WebSocket": (
        Side.STATION,
        ("offers: {offers}", "request: Sec-WebSocket-Version: 8"),
    ),
    "the upgrade has no key": (Side.STATION, ("offers: {offers}", "request: Sec-WebSocket-Key:")),
    "the upgrade does not say Connection: Upgrade": (
        Side.STATION,
        ("offers: {offers}", "request: Connection: keep-alive"),
    ),
}


def handshake(script: Script, name: str) -> Iterator[Mutant]:
    guilty, lines = HEADERS[name]
    for number, line in enumerate(script.lines):
        if line.startswith("offers: "):
            offers = line.removeprefix("offers: ")
            changed = [text.format(offers=offers) for text in lines]
            yield Draft(script).put(number, *changed).mutant(guilty, anywhere=True)


ORDER: Final[dict[str, Make]] = {
    "a CALL is answered twice": answered_twice,
    "an answer comes that nobody asked for": answer_to_nobody,
    "a CALL is not answered": not_answered,
    "an answer comes before its CALL": answered_before,
    "two CALLs of one side are open at once": two_at_once,
    "two answers have each other's ids": ids_swapped,
    "a message id is used again for another message": id_used_again,
    "a station speaks before its BootNotification": before_boot,
    "a station speaks while it is Rejected": while_rejected,
    "a CSMS asks a station that it has Rejected": asked_while_rejected,
    "a station says nothing for four intervals": silent,
    "a ping is not answered": no_pong,
    **{name: partial(handshake, name=name) for name in HEADERS},
}
