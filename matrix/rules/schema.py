"""RPC-16, RPC-19: payloads against their JSON schemas."""

from collections.abc import Iterator

from matrix.dialect import V21, V201
from matrix.exchange import Exchange
from matrix.finding import Remark
from matrix.known import Known
from matrix.rule import on_unfit, rule
from matrix.soundness import fits_as_newer


def _remarks(exchange: Exchange, *, about_emptiness: bool) -> Iterator[Remark]:
    if fits_as_newer(exchange):
        return
    side = exchange.side if exchange.answer is None else exchange.answerer
    for breach in exchange.latest_breaches:
        if breach.is_emptiness == about_emptiness:
            yield Remark(breach.severity, side, breach.text, breach.pointer)


@rule(
    "RPC-16",
    "An optional field that is absent is left out: no null, no empty array in its place",
    clause="Part 4 §4.1.5",
    versions={V201, V21},
    on=on_unfit(),
    stands_alone=True,
)
def empty_field(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report null, and empty arrays where the schema asks for at least one item.

    Breach: `{"idToken": null}`, or `{"sampledValue": []}`.
    Correct: the field is left out.
    """
    yield from _remarks(exchange, about_emptiness=True)


@rule(
    "RPC-19",
    "The payload fits the JSON schema of its version, action and kind",
    clause="OCPP-J 1.6 errata 2025-04 §3.2, §3.8; Part 4 §4.1.7",
    on=on_unfit(),
    stands_alone=True,
)
def payload_does_not_fit(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report every place where a payload does not fit, formats included; ten places at most.

    `customData` (2.x) may hold anything. 1.6 has no place for extensions: a field that does not exist is a breach.

    Breach: `{"sampledValue":[{"value":604.213}]}` (a number where a string belongs).
    Correct: `{"sampledValue":[{"value":"604.213"}]}`.
    """
    if exchange.conversation.version not in (V201, V21):  # there RPC-16 says it
        yield from _remarks(exchange, about_emptiness=True)
    yield from _remarks(exchange, about_emptiness=False)
