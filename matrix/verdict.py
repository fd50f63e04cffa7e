"""What an exchange, a handshake or a message came to: DESIGN's table of outcomes, as functions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from matrix.blaming import blame
from matrix.boards.pair import Evidence
from matrix.exchange import Conversation, Exchange
from matrix.finding import Finding, Severity
from matrix.outcome import Outcome
from matrix.secrets import told
from matrix.trace import UNTOLD, Frame, Session, Side
from matrix.wire import CallError, Garbled, Message

NOT_SUPPORTED: Final = frozenset({"NotImplemented", "NotSupported"})
"""Error codes that refuse an action legitimately."""

_PLANNED_CLOSES: Final = frozenset({1001, 1012, 1013})
"""Close codes (RFC 6455 §7.4.1 and its registry) of a server that goes away, restarts, or asks to come again later."""

SENT_AWAY_NS: Final = 10_000_000_000
"""A connection that a CSMS drops later than this, without a word, was not turned away."""

_CRASHED: Final = "a rule crashed on it: {}"
_WEIGHT: Final = {Severity.INFO: 0, Severity.WARNING: 1, Severity.VIOLATION: 2}
_CONFORMS: Final = (Outcome.PASSED, Outcome.REMARKED, Outcome.DEVIATED)

Verdict = tuple[Outcome, Evidence | None]
"""An outcome, and what shows it; a pass needs no evidence."""

PASSED: Final = (Outcome.PASSED, None)


def worst(findings: Iterable[Finding | None]) -> Finding | None:
    """Return the gravest finding, the first of equals; None where there is none."""
    return max((each for each in findings if each), key=lambda each: _WEIGHT[each.severity], default=None)


def conformity(finding: Finding | None) -> Outcome:
    """Return the outcome of something that works, by the gravest finding about it."""
    return Outcome.PASSED if finding is None else _CONFORMS[_WEIGHT[finding.severity]]


def evidence_of(finding: Finding) -> Evidence:
    """Return a finding as evidence of an outcome."""
    return Evidence(finding.session, finding.frame, finding.text, blame.for_finding(finding))


def answered(exchange: Exchange) -> Verdict:
    """Judge an exchange that was answered, or a SEND, which is not."""
    if is_plain(exchange):
        return PASSED
    if isinstance(exchange.answer, CallError) and not exchange.crashed:
        return _answered_by_error(exchange, exchange.answer)
    if exchange.crashed or not _is_checkable(exchange):
        frame = exchange.answer_frame or exchange.call_frame
        return Outcome.INCONCLUSIVE, Evidence(exchange.session, frame, _why_inconclusive(exchange))
    outcome = conformity(exchange.worst)
    if exchange.worst is None or outcome is Outcome.PASSED:
        return outcome, None
    return outcome, replace(evidence_of(exchange.worst), blame=blame.for_deviation(exchange, exchange.worst))


def is_plain(exchange: Exchange) -> bool:
    """Tell whether nothing at all speaks against an exchange: nearly all are like that."""
    is_blemished = exchange.worst or exchange.crashed or exchange.is_ambiguous or type(exchange.answer) is CallError
    return exchange.has_schema and not is_blemished


def _answered_by_error(exchange: Exchange, error: CallError) -> Verdict:
    why = told(error.description, 200)
    text = f"{exchange.answerer.label} answered {told(error.code, 60)} {why}".strip()
    evidence = Evidence(exchange.session, exchange.answer_frame, text)
    if error.code in NOT_SUPPORTED:
        forbids = _breach_by_answer(exchange)
        if forbids is None:
            return Outcome.REFUSED, evidence
        return Outcome.FAILED, replace(evidence, text=f"{forbids.text}; {text}", blame=blame.for_finding(forbids))
    if exchange.worst is not None and exchange.worst.severity is Severity.VIOLATION:
        evidence = replace(evidence, frame=exchange.worst.frame, text=f"{exchange.worst.text}; {text}")
    elif not _is_checkable(exchange):
        return Outcome.INCONCLUSIVE, evidence
    return Outcome.FAILED, replace(evidence, blame=blame.for_error(exchange, error.code))


def _breach_by_answer(exchange: Exchange) -> Finding | None:
    """Return the rule that the answer itself breaks: some CALLs have to be answered by a CALLRESULT."""
    worst = exchange.worst
    if worst is None or worst.severity is not Severity.VIOLATION or worst.action != exchange.row:
        return None
    return worst if worst.frame == exchange.answer_frame else None


def _is_checkable(exchange: Exchange) -> bool:
    """Tell whether a verdict is more than a guess: there are schemas, or the version does not have the action."""
    dialect = exchange.conversation.dialect
    if exchange.is_ambiguous or not dialect.is_judged:
        return False
    return exchange.has_schema or not dialect.has(exchange.action)


def _why_inconclusive(exchange: Exchange) -> str:
    if exchange.crashed:
        return _CRASHED.format(exchange.crashed)
    if exchange.is_ambiguous:
        return "two CALLs had this message id at once: which of them was answered cannot be told"
    return "there is no schema to judge it by"


def overdue(exchange: Exchange, answer_time_ns: int) -> Verdict:
    """Judge a CALL that is open after the time in which it should have been answered."""
    if exchange.conversation.voices[exchange.answerer].holed:
        text = "the recording lacks some of what was answered"
        return Outcome.INCONCLUSIVE, Evidence(exchange.session, exchange.call_frame, text)
    text = f"no answer within {answer_time_ns // 1_000_000_000} s"
    return Outcome.UNANSWERED, Evidence(exchange.session, exchange.call_frame, text, blame.for_silence(exchange))


def played(exchange: Exchange, evidence: Evidence | None) -> Verdict:
    """Judge an exchange that did not work, and whose answerer was played by a replay: that proves nothing of it."""
    frame = exchange.call_frame if evidence is None else evidence.frame
    what = f": {evidence.text}" if evidence else ""
    return Outcome.INCONCLUSIVE, Evidence(exchange.session, frame, f"a replay played {exchange.answerer.label}{what}")


def turned_away(conversation: Conversation, session: Session) -> Evidence | None:
    """Return what shows that the CSMS ended a session before a word was said; None where it did not, or may have to.

    Where it did not say why, it has to be soon: a CSMS that is restarted later drops stations that have nothing to say.
    """
    silent = not any(voice.has_spoken or voice.holed for voice in conversation.voices.values())
    if not silent or session.closed_by is not Side.CSMS or not session.chosen or session.csms_close in _PLANNED_CLOSES:
        return None
    lasted = (session.closed_at or session.opened_at) - (session.answered_at or session.opened_at)
    if session.csms_close is None and lasted > SENT_AWAY_NS:
        return None
    how = f"closed with {session.csms_close}" if session.csms_close else "dropped the connection"
    return Evidence(session.id, None, f"the CSMS {how} before a message was sent", blame.for_sending_away())


def cut_short(conversation: Conversation, exchange: Exchange, session: Session) -> Verdict:
    """Judge a CALL that was open when its session ended."""
    answerer = conversation.voices[exchange.answerer]
    evidence = Evidence(exchange.session, exchange.call_frame, "")
    if session.ending in UNTOLD:
        return Outcome.INCONCLUSIVE, replace(evidence, text=session.fault or UNTOLD[session.ending])
    if answerer.holed:
        return Outcome.INCONCLUSIVE, replace(evidence, text="the recording lacks some of what was answered")
    if answerer.error_close is not None:
        code, frame, _ = answerer.error_close
        text = f"{exchange.answerer.label} closed with {code} instead of answering"
        whose = blame.for_close(exchange, exchange.answerer, is_unfit=bool(exchange.request_breaches))
        return Outcome.FAILED, replace(evidence, frame=frame, text=text, blame=whose)
    who = session.closed_by.label if session.closed_by else "somebody"
    text = f"{who} ended the session before an answer came"
    return Outcome.UNANSWERED, replace(evidence, text=text, blame=blame.for_end(exchange, session))


def handshake(session: Session, findings: Sequence[Finding], *, crashed: str) -> Verdict:
    """Judge the connection by its upgrade; `crashed` names a rule that crashed on it."""
    if crashed:
        return Outcome.INCONCLUSIVE, Evidence(session.id, None, _CRASHED.format(crashed))
    if session.fault is not None and not session.upgraded:
        return Outcome.INCONCLUSIVE, Evidence(session.id, None, session.fault)
    if session.status is None:
        return Outcome.INCONCLUSIVE, Evidence(session.id, None, "the station left before the CSMS answered")
    gravest = worst(findings)
    if not session.upgraded:
        text = f"the CSMS refused the upgrade: {session.status} {told(session.reason, 80)}".strip()
        return Outcome.FAILED, Evidence(session.id, None, text, blame.for_refusal(session.status, gravest))
    outcome = conformity(gravest)
    if gravest and outcome is not Outcome.PASSED:
        return outcome, evidence_of(gravest)
    if not session.chosen:
        offers = ", ".join(told(offer, 40) for offer in session.offered[:5])
        text = f"no common version: the station offered {offers}, and the CSMS selected none"
        return Outcome.REFUSED, Evidence(session.id, None, text)
    return outcome, None


def framing(frame: Frame, message: Message, findings: Sequence[Finding], *, crashed: str) -> Verdict:
    """Judge the form of one message; `crashed` names a rule that crashed on it."""
    if crashed:
        return Outcome.INCONCLUSIVE, Evidence(frame.session, frame.id, _CRASHED.format(crashed))
    gravest = worst(findings)
    if isinstance(message, Garbled):
        text = gravest.text if gravest else message.defects[0].text
        return Outcome.FAILED, Evidence(frame.session, frame.id, text, blame.for_garble(frame.side))
    outcome = conformity(gravest)
    return outcome, evidence_of(gravest) if gravest and outcome is not Outcome.PASSED else None
