"""What a judge came to, whoever judged: one judge, or several that shared a recording by identity."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from matrix.blaming.reactions import Reaction
from matrix.boards.board import Board
from matrix.disturbed.resilience import Resilience
from matrix.exchange import Exchange
from matrix.finding import Finding
from matrix.outcome import Outcome
from matrix.policy import Policy
from matrix.rulebook import Crash


class Judgement(Protocol):
    """What reports are made of; `matrix.judge.Judge` is one."""

    @property
    def policy(self) -> Policy:
        """What the event made of the rules."""

    @property
    def board(self) -> Board:
        """Outcomes by session and action."""

    @property
    def findings(self) -> Sequence[Finding]:
        """Everything that was found."""

    @property
    def reactions(self) -> Sequence[Reaction]:
        """How messages that something was found about were taken."""

    @property
    def crashes(self) -> Sequence[Crash]:
        """Rules that raised."""

    @property
    def disturbances(self) -> Sequence[Resilience]:
        """What was done to sessions on purpose, in the order in which it began."""


class Part(msgspec.Struct, frozen=True):
    """What one of several judges came to about its share; complete in itself, so that it can cross processes.

    `outcomes` are those of exchanges by the frames of their calls and answers, where anybody wants to know them.
    """

    board: Board
    findings: list[Finding]
    reactions: list[Reaction]
    crashes: list[Crash]
    disturbances: list[Resilience]
    outcomes: dict[int, Outcome]


class Whole(msgspec.Struct, frozen=True):
    """A judgement put together from parts."""

    policy: Policy
    board: Board
    findings: list[Finding]
    reactions: list[Reaction]
    crashes: list[Crash]
    disturbances: list[Resilience]
    outcomes: dict[int, Outcome]


def note_outcome(outcomes: dict[int, Outcome], exchange: Exchange) -> None:
    """Keep what an exchange has come to by now, by its frames."""
    if exchange.outcome is None:
        return
    outcomes[exchange.call_frame] = exchange.outcome
    if exchange.answer_frame is not None:
        outcomes[exchange.answer_frame] = exchange.outcome


def part(judgement: Judgement, outcomes: dict[int, Outcome]) -> Part:
    """Return what a judge came to, without the judge."""
    return Part(
        judgement.board,
        [*judgement.findings],
        [*judgement.reactions],
        [*judgement.crashes],
        [*judgement.disturbances],
        outcomes,
    )


def whole(parts: Iterable[Part], policy: Policy) -> Whole:
    """Put together what several judges came to, each about the sessions of other identities."""
    board, findings, crashes, disturbances = Board(), list[Finding](), list[Crash](), list[Resilience]()
    reactions, outcomes = list[Reaction](), dict[int, Outcome]()
    for each in parts:
        board.absorb(each.board)
        findings += each.findings
        reactions += each.reactions
        crashes += each.crashes
        disturbances += each.disturbances
        outcomes |= each.outcomes
    disturbances.sort(key=lambda each: each.number)
    reactions.sort(key=lambda each: each.frame)
    return Whole(policy, board, in_order(findings), reactions, crashes_in_order(crashes), disturbances, outcomes)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by session, frame and rule: the same order, whoever found them, live or later."""
    return sorted(findings, key=lambda each: (each.session, each.frame or 0, each.rule, each.pointer))


def crashes_in_order(crashes: Iterable[Crash]) -> list[Crash]:
    """Return crashes by session, frame and rule."""
    return sorted(crashes, key=lambda each: (each.session, each.frame or 0, each.rule))
