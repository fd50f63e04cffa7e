"""Runs the rules of an event, then its notes; the one place where a crash of ours is caught."""

import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from matrix.alarms import Alarm
from matrix.blaming.blame import PLAYED, ground_of
from matrix.disturbed.disturbances import Disturbances
from matrix.exchange import Conversation, Exchange
from matrix.finding import Finding, Remark, Severity
from matrix.index import Concern, Index, Topic, Topics
from matrix.policy import AS_WRITTEN, Policy
from matrix.rule import Event, Note, Reading, Rule, all_rules
from matrix.secrets import told
from matrix.trace import Clock, Side

TIMELESS: Final[Mapping[Clock | None, str]] = {
    Clock.LOCAL: "the log that it was imported from names no time zone",
    Clock.NONE: "the log that it was imported from has no times",
}
"""Why what a rule finds is information only, unless one message proves it by itself."""
PLAYED_BY: Final = "a replay played this side: it repeats, and makes up what it has no answer to"


class Crash(msgspec.Struct, frozen=True):
    """A rule (or note) that raised: our mistake, which makes what it judged inconclusive and nothing else.

    `traceback` is that of the first one that was raised in the same way.
    """

    rule: str
    session: int
    frame: int | None
    traceback: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The traceback as it may be shown: what was raised may quote a peer."""
        return tuple(told(line, 200) for line in self.traceback.splitlines())


class Rulebook:
    """The rules as an event takes them, and what they found."""

    def __init__(
        self,
        rules: Iterable[Rule] | None = None,
        policy: Policy = AS_WRITTEN,
        disturbances: Disturbances | None = None,
    ) -> None:
        self.findings: list[Finding] = []
        self.crashes: list[Crash] = []
        self._tracebacks: dict[str, str] = {}
        self.policy = policy
        self._disturbances = Disturbances() if disturbances is None else disturbances
        self._index = Index(rule for rule in (all_rules() if rules is None else rules) if not _is_off(rule, policy))

    def topics(self, version: str, by: Side) -> Topics:
        """Return what is known of the actions of a version that a side calls, by their names."""
        return self._index.topics(version, by)

    def topic(self, version: str, action: str, by: Side) -> Topic:
        """Return what is known of an action that a side calls; it is among `topics` from then on."""
        return self._index.topic(version, action, by)

    def watching(self, event: Event, conversation: Conversation, by: Side) -> Concern:
        """Return the rules and notes that watch an event of a side."""
        return self._index.watching(conversation.version, event, by=by)

    def crashed_since(self, crashes: int) -> str:
        """Return which rule crashed after so many crashes, the last of them; "" if none did."""
        return self.crashes[-1].rule if len(self.crashes) > crashes else ""

    def read(self, exchange: Exchange, reading: Reading) -> None:
        """Let a CALL be read."""
        try:
            exchange.reading = reading.read(exchange)
        except Exception:  # the boundary, as for rules
            self._note_crash(reading.name, exchange.conversation, exchange.call_frame, exchange)

    def run(
        self,
        event: Event,
        subject: Any,
        conversation: Conversation,
        frame: int | None,
        row: str,
        *,
        name: str = "",
        by: Side | None = None,
    ) -> list[Finding]:
        """Return what the rules that watch an event (of an alarm's name, of a side) find."""
        concern = self._index.watching(conversation.version, event, name, by)
        return self.ask(concern, subject, conversation, frame, row, None)

    def suspect(self, alarm: Alarm) -> frozenset[str]:
        """Return the rules that would find something if an alarm came now. Nothing is filed, and no note is taken."""
        findings, crashes = len(self.findings), len(self.crashes)
        conversation = alarm.conversation
        concern = self._index.watching(conversation.version, Event.ALARM, alarm.name)
        found, _ = self._speak(concern, alarm, conversation, alarm.frame, alarm.row, None)
        del self.findings[findings:], self.crashes[crashes:]
        return frozenset(each.rule for each in found)

    def ring(self, alarm: Alarm) -> list[Finding]:
        """Return what the rules that watch an alarm find; of one that has suspects, what those find."""
        before = len(self.findings)
        found = self.run(Event.ALARM, alarm, alarm.conversation, alarm.frame, alarm.row, name=alarm.name)
        if alarm.suspects is not None:
            found = self.findings[before:] = [each for each in found if each.rule in alarm.suspects]
        return found

    def run_exchange(self, event: Event, exchange: Exchange, frame: int) -> list[Finding]:
        """Return what the rules that watch an event of an exchange's action find."""
        concern = self._index.watching_exchange(event, exchange)
        return self.ask(concern, exchange, exchange.conversation, frame, exchange.row, exchange)

    def ask(
        self,
        concern: Concern,
        subject: Any,
        conversation: Conversation,
        frame: int | None,
        row: str,
        exchange: Exchange | None,
    ) -> list[Finding]:
        """Return what the rules of a concern find; nearly every message has no more than questions and notes."""
        found: list[Finding] = []
        known, notes = conversation.known, concern.notes
        try:
            for when in concern.questions:
                if when(subject, known):
                    speaks = True
                    break
            else:
                speaks = False
        except Exception:  # whose it is shows when each is asked again
            speaks = True
        if speaks:
            found, notes = self._speak(concern, subject, conversation, frame, row, exchange)
        for note in notes:
            try:
                note.update(subject, known)
            except Exception:  # the same boundary as that of rules: what was not remembered puts in doubt what is known
                self._note_crash(note.name, conversation, frame, exchange)
                known.note_gap(known.gap_at)
        return found

    def _speak(
        self,
        concern: Concern,
        subject: Any,
        conversation: Conversation,
        frame: int | None,
        row: str,
        exchange: Exchange | None,
    ) -> tuple[list[Finding], tuple[Note, ...]]:
        """Return what the rules find whose questions are answered by yes, and which notes have to be taken."""
        found: list[Finding] = []
        notes = concern.notes
        for when, rules, more_notes in concern.groups:
            try:
                if not when(subject, conversation.known):
                    continue
            except Exception:  # the boundary, see below: a question's crash is that of each that asks it
                for name in (*(rule.code for rule in rules), *(note.name for note in more_notes)):
                    self._note_crash(name, conversation, frame, exchange)
                continue
            found += self._check(rules, subject, conversation, frame, row, exchange)
            notes = (*notes, *more_notes)
        found.sort(key=lambda each: each.rule)  # as without groups: the first of equals is the evidence
        self.findings += found
        return found, notes

    def _check(
        self,
        rules: tuple[Rule, ...],
        subject: Any,
        conversation: Conversation,
        frame: int | None,
        row: str,
        exchange: Exchange | None,
    ) -> Iterator[Finding]:
        for rule in rules:
            try:
                remarks = [*rule.check(subject, conversation.known)]
            except Exception:  # the boundary: a rule's crash costs its own verdict and no other
                self._note_crash(rule.code, conversation, frame, exchange)
                continue
            if remarks:
                excuse = self._excuse(rule, subject, conversation, exchange)
                for remark in remarks:
                    yield self._finding(rule, conversation, frame, row, remark, excuse)

    def _note_crash(self, name: str, conversation: Conversation, frame: int | None, exchange: Exchange | None) -> None:
        way = "".join(traceback.format_tb(sys.exc_info()[2]))
        first = self._tracebacks.setdefault(way, traceback.format_exc())
        self.crashes.append(Crash(name, conversation.session.id, frame, first))
        if exchange is not None:
            exchange.crashed = name

    def _excuse(self, rule: Rule, subject: Any, conversation: Conversation, exchange: Exchange | None) -> str | None:
        """Return what else may have brought about what a rule found: a disturbance, a log without times; or None."""
        if rule.stands_alone:
            return None
        if conversation.session.clock in TIMELESS:
            return TIMELESS[conversation.session.clock]
        if not self._disturbances.are_any:
            return None
        since = subject.since if isinstance(subject, Alarm) else exchange.at if exchange else self._disturbances.now
        cause = self._disturbances.cause(conversation.session, since)
        return cause and f"disturbed on purpose: {cause}"

    def _finding(
        self,
        rule: Rule,
        conversation: Conversation,
        frame: int | None,
        row: str,
        remark: Remark,
        excuse: str | None,
    ) -> Finding:
        extrapolated = conversation.dialect.is_extrapolated
        ground = ground_of(rule, remark, is_extrapolated=extrapolated, is_excused=excuse is not None)
        regrade = self.policy.get(rule.code)
        if regrade is not None:
            remark = regrade.applied_to(remark, rule)
        severity, text = remark.severity, remark.text
        if extrapolated and severity is Severity.VIOLATION:
            severity, text = Severity.WARNING, f"{text} (as in 2.0.1; the text of 2.0 was not at hand)"
        if not rule.stands_alone and remark.side is conversation.session.played:
            excuse, ground = PLAYED_BY, PLAYED
        if excuse is not None and severity is not Severity.INFO:
            severity, text = Severity.INFO, f"{text} ({excuse})"
        session = conversation.session.id
        place = remark.frame or frame
        return Finding(rule.code, severity, remark.side, session, place, row, remark.pointer, text, ground)


def _is_off(rule: Rule, policy: Policy) -> bool:
    regrade = policy.get(rule.code)
    return regrade is not None and regrade.severity is None
