"""Enters outcomes on the board: an exchange or a connection counts once, with its latest outcome."""

from collections.abc import Callable
from typing import Final

from matrix import verdict
from matrix.blaming.reactions import Reaction, reactions_to
from matrix.boards.board import Board
from matrix.boards.pair import CONNECT, Evidence
from matrix.disturbed.disturbances import Disturbances
from matrix.disturbed.unrest import EXCUSED
from matrix.exchange import Conversation, Exchange
from matrix.finding import Finding, Severity
from matrix.outcome import Outcome, gravest

_PASSED: Final = Outcome.PASSED


class Ledger:
    """The board; `tell` is who wants to know about exchanges."""

    def __init__(self, board: Board, tell: Callable[[Exchange], None] | None, disturbances: Disturbances) -> None:
        self.board = board
        self.reactions: list[Reaction] = []
        self._tell = tell
        self._disturbances = disturbances

    def tell(self, exchange: Exchange) -> None:
        """Say that an exchange was opened, or that its outcome has changed."""
        if self._disturbances.are_any:
            self._disturbances.witness(exchange)
        if self._tell is not None:
            self._tell(exchange)

    def settle(
        self, exchange: Exchange, outcome: Outcome, evidence: Evidence | None, *, is_timed: bool = False
    ) -> None:
        """Count an exchange with its outcome, instead of the one before; `is_timed` when its answer has just come."""
        if outcome in EXCUSED:
            session = exchange.conversation.session
            outcome, evidence = self._disturbances.excused(session, exchange.at, outcome, evidence)
            if exchange.answerer is session.played:
                outcome, evidence = verdict.played(exchange, evidence)
        before, exchange.outcome, exchange.evidence = exchange.outcome, outcome, evidence
        exchange.is_presumed = False
        if exchange.worst is not None:
            self.reactions += reactions_to(exchange)
        latency = exchange.answered_at - exchange.at if is_timed and exchange.answered_at is not None else 0
        self.board.settle(
            exchange.session,
            exchange.row,
            outcome,
            at=exchange.answered_at or exchange.at,
            evidence=evidence,
            latency_ns=latency,
            instead_of=before,
        )
        self.tell(exchange)

    def settle_answered(self, exchange: Exchange) -> None:
        """Count an exchange that has just been answered."""
        at, outcome = exchange.answered_at, exchange.outcome
        if outcome is not None or not at or not verdict.is_plain(exchange):
            self.settle(exchange, *verdict.answered(exchange), is_timed=True)
            return
        exchange.outcome = _PASSED
        self.board.passed(exchange.session, exchange.row, at, at - exchange.at)
        self.tell(exchange)

    def settle_connect(self, conversation: Conversation, outcome: Outcome, evidence: Evidence | None, at: int) -> None:
        """Count a connection with its outcome, instead of the one before."""
        outcome, evidence = self._disturbances.excused(conversation.session, at, outcome, evidence)
        before, conversation.connect_outcome = conversation.connect_outcome, outcome
        session = conversation.session.id
        self.board.settle(session, CONNECT, outcome, at=at, evidence=evidence, instead_of=before)

    def worsen_connect(self, conversation: Conversation, findings: list[Finding], at: int) -> None:
        """Let what was found about a connection later count, unless something as grave counts already."""
        worst, before = verdict.worst(findings), conversation.connect_outcome
        if worst is None:
            return
        outcome = verdict.conformity(worst)
        if before is None or gravest((before, outcome)) is not before:
            self.settle_connect(conversation, outcome, verdict.evidence_of(worst), at)

    def worsen_row(self, row: str, findings: list[Finding], at: int) -> None:
        """Count what was found about a message that did not come, in its row."""
        worst = verdict.worst(findings)
        if worst is not None and worst.severity is not Severity.INFO:
            outcome, evidence = verdict.conformity(worst), verdict.evidence_of(worst)
            self.board.settle(worst.session, row, outcome, at=at, evidence=evidence)
