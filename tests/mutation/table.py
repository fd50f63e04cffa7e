"""The table of mutations: what is changed, in which scripts, and what came of judging all of it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Final

from drawing import drawn_lines
from mutation import form_mutations, order_mutations, payload_changes, payload_mutations, story_mutations
from mutation.script import Make, Mutant, Script, scripts

from matrix.exchange import Exchange
from matrix.finding import Finding, Severity
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Frame


@dataclass(frozen=True, slots=True)
class Mutation:
    """One thing to be done wrong; or (`is_legal`) to be done otherwise, and nothing wrong with it for the schemas."""

    family: str
    name: str
    make: Make
    is_legal: bool = False

    def mutants(self) -> Iterator[tuple[Script, Mutant]]:
        """Yield a mutant for each place in the clean sessions where it applies."""
        for script in scripts():
            for mutant in self.make(script):
                yield script, mutant


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a mutant: findings of warning or violation, and whether they, or an outcome, show the change."""

    findings: tuple[Finding, ...]
    is_shown: bool
    is_right: bool
    wrong: tuple[Finding, ...]
    crashed: bool


@dataclass(slots=True)
class Tally:
    """What came of one mutation; `missed` and `accused` count scripts by name."""

    places: int = 0
    detected: int = 0
    right: int = 0
    wrong: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


def judge_mutant(mutant: Mutant) -> Judged:
    """Judge a mutant as the hub would."""
    exchanges: dict[int, Exchange] = {}
    judge = Judge(on_exchange=lambda exchange: exchanges.__setitem__(exchange.call_frame, exchange))
    traffic = drawn_lines(mutant.lines)
    for item in traffic:
        judge.feed(item)
    frames = _frames_shown(mutant, [item.id for item in traffic if isinstance(item, Frame)])
    found = tuple(each for each in judge.findings if each.severity is not Severity.INFO)
    wrong = tuple(each for each in found if each.side is not mutant.guilty and each.rule not in mutant.shared)
    named = [each for each in found if not frames or each.frame in frames]
    broken = [each for each in exchanges.values() if _is_broken(each) and _is_of(each, frames)]
    right = any(each.side is mutant.guilty for each in named) or any(_charges(each, mutant) for each in broken)
    return Judged(found, bool(named or broken), right, wrong, bool(judge.crashes))


def _frames_shown(mutant: Mutant, frames: list[int]) -> frozenset[int]:
    said = [number for number, line in enumerate(mutant.lines) if line[:2] in ("> ", "< ")]
    of_line = dict(zip(said, frames, strict=True))
    return frozenset(of_line[line] for line in mutant.shows if line in of_line)


def _is_broken(exchange: Exchange) -> bool:
    return exchange.outcome not in (Outcome.PASSED, Outcome.REFUSED, None)


def _is_of(exchange: Exchange, frames: frozenset[int]) -> bool:
    return not frames or bool(frames & {exchange.call_frame, exchange.answer_frame})


def _charges(exchange: Exchange, mutant: Mutant) -> bool:
    """Tell whether an outcome that nobody was found to have brought about is the guilty side's by what it says."""
    return exchange.outcome in (Outcome.UNANSWERED, Outcome.FAILED) and exchange.answerer is mutant.guilty


def tally(mutation: Mutation) -> Tally:
    """Judge every mutant of a mutation."""
    total = Tally()
    for script, mutant in mutation.mutants():
        verdict = judge_mutant(mutant)
        total.places += 1
        total.detected += verdict.is_shown
        total.right += verdict.is_right
        total.wrong += bool(verdict.wrong)
        total.rules.update({each.rule for each in verdict.findings})
        if not verdict.is_shown:
            total.missed[script.name] += 1
    return total


def _payloads() -> Iterator[Mutation]:
    kinds = {
        "CALL, turned down": payload_mutations.turned_down,
        "CALL, let pass": payload_mutations.let_pass,
        "answer": payload_mutations.in_answers,
    }
    for kind, make in kinds.items():
        for name, change in payload_changes.CHANGES.items():
            yield Mutation(f"Payload: {kind}", name, partial(make, change=change))


def _legal() -> Iterator[Mutation]:
    for name, change in payload_changes.LEGAL.items():
        for kind, make in (("CALL", payload_mutations.let_pass), ("answer", payload_mutations.in_answers)):
            yield Mutation("Legal for the schema", f"{kind}: {name}", partial(make, change=change), is_legal=True)


def _stories() -> Iterator[Mutation]:
    for name, stories in story_mutations.STORIES.items():
        yield Mutation("Story", name, partial(_told, stories))
    for name, make in MORE_STORIES.items():
        yield Mutation("Story", name, make)


def _told(stories: tuple[story_mutations.Story, ...], script: Script) -> Iterator[Mutant]:
    return chain.from_iterable(story.mutants(script) for story in stories)


MORE_STORIES: Final[dict[str, Make]] = {
    "a station is two hours ahead": partial(story_mutations.clock, time="$NOW+2h"),
    "a station's clock was never set": partial(story_mutations.clock, time="1970-01-01T00:00:10Z"),
    "a transaction has no StartTransaction": partial(story_mutations.left_out_whole, action="StartTransaction"),
    "a transaction has no Started": partial(
        story_mutations.left_out_whole, action="TransactionEvent", eventType="Started"
    ),
    "an Updated is left out": partial(story_mutations.left_out_whole, action="TransactionEvent", eventType="Updated"),
    "a transaction starts where one runs": story_mutations.started_twice,
    "two transactions have the same id": story_mutations.id_given_twice,
    "the id of a transaction is 0": story_mutations.id_0_given,
    "a trigger is accepted and not followed": story_mutations.trigger_not_followed,
    "what belongs to a transaction is answered by an error": story_mutations.answered_by_error,
}

MUTATIONS: Final = (
    *_payloads(),
    *(Mutation("Form of a CALL", name, make) for name, make in form_mutations.CALLS.items()),
    *(Mutation("Form of an answer", name, make) for name, make in form_mutations.ANSWERS.items()),
    *(Mutation("Order and connection", name, make) for name, make in order_mutations.ORDER.items()),
    *_stories(),
    *_legal(),
)
