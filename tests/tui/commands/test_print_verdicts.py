"""What `plugfest judge` prints, where the command line cannot bring it about."""

import json
from collections.abc import Iterator

import pytest
from drawing import draw, judged

from matrix.finding import Remark, Severity
from matrix.judge import Judge
from matrix.rule import Rule, on_called
from tui.commands.print_verdicts import show_verdicts


@pytest.fixture
def crashed() -> Judge:
    def broken(_event: object, _known: object) -> Iterator[Remark]:
        raise ZeroDivisionError
        yield

    crashing = Rule("X-1", "", "", Severity.INFO, frozenset({"1.6"}), (on_called("Heartbeat"),), broken)
    beat = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]')
    return judged(draw(*beat, *beat), rules=[crashing])


def test_rule_that_crashed_is_told_once_with_its_traceback(crashed: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    show_verdicts(crashed, as_json=False)

    printed = capsys.readouterr().out
    assert printed.count("rule X-1 crashed 2 times, first on session 1, frame 2") == 1
    assert printed.count("Traceback (most recent call last):") == 1


def test_programs_are_given_the_traceback_of_each_crash(crashed: Judge, capsys: pytest.CaptureFixture[str]) -> None:
    show_verdicts(crashed, as_json=True)

    crashes = json.loads(capsys.readouterr().out)["crashes"]
    assert [(each["rule"], each["session"], each["frame"]) for each in crashes] == [("X-1", 1, 2), ("X-1", 1, 4)]
    assert all(each["traceback"].endswith("ZeroDivisionError") for each in crashes)
