from pathlib import Path

import pytest
from drawing import Pen, draw
from recorded import record

from hub.replay.repertoire import Choice, RepertoireError, scripts_of
from matrix.replay.script import Kind
from matrix.trace import Ending, Side

SAMPLE = Path(__file__).parents[3] / "sessions" / "samples" / "16-clean.session"
HEARTBEAT = ('> [2,"1","Heartbeat",{}]', '< [3,"1",{"currentTime":"x"}]')


def three(path: Path) -> Path:
    """Record two sessions that were open, and one that was refused between them."""
    pen = Pen()
    refused = {"status": 401, "ending": Ending.REFUSED}
    return record(
        path,
        pen.session(HEARTBEAT, identity="A", chosen="ocpp1.6"),
        pen.session([], identity="B", **refused),  # type: ignore[arg-type]  # passed on
        pen.session(["+60s", *HEARTBEAT], identity="A", chosen="ocpp1.6"),
    )


def test_all_sessions_that_were_open_are_played_in_the_order_of_their_opening(tmp_path: Path) -> None:
    scripts = scripts_of(three(tmp_path / "event.recording"), Choice())

    assert [script.session.id for script in scripts] == [1, 3]


def test_a_session_that_was_never_open_is_told_apart(tmp_path: Path) -> None:
    source = three(tmp_path / "event.recording")

    with pytest.raises(RepertoireError, match="session 2 was never open, and holds nothing to play: 401"):
        scripts_of(source, Choice(sessions=[2]))


def test_a_handshake_alone_is_played_where_its_session_is_named(tmp_path: Path) -> None:
    source = record(tmp_path / "event.recording", draw())

    assert [script.session.id for script in scripts_of(source, Choice(sessions=[1]))] == [1]
    for choice in (Choice(), Choice(sessions=[1], only=["Heartbeat"])):
        with pytest.raises(RepertoireError, match="there is nothing of the station to play"):
            scripts_of(source, choice)


@pytest.mark.parametrize(
    ("since", "until", "played"),
    [
        (None, "30s", [1]),
        ("30s", None, [3]),
        ("0", "1h", [1, 3]),
        ("2026-11-01T10:00:30Z", None, [3]),
        ("0.5m", "2m", [3]),
    ],
)
def test_a_part_is_what_lies_between_two_times(
    tmp_path: Path, since: str | None, until: str | None, played: list[int]
) -> None:
    scripts = scripts_of(three(tmp_path / "event.recording"), Choice(since=since, until=until))

    spoken = [script.session.id for script in scripts if any(step.kind is Kind.CALL for step in script.steps)]
    assert spoken == played


def test_a_session_file_is_played_like_a_recording() -> None:
    (script,) = scripts_of(SAMPLE, Choice(side=Side.CSMS))

    assert script.side is Side.CSMS
    assert script.cues


def test_a_session_file_holds_one_session_alone() -> None:
    with pytest.raises(RepertoireError, match=r"holds session [0-9]+ alone"):
        scripts_of(SAMPLE, Choice(sessions=[4711]))


def test_a_session_without_a_word_is_nothing_to_play(tmp_path: Path) -> None:
    source = record(tmp_path / "event.recording", draw("> ping x"))

    with pytest.raises(RepertoireError, match="there is nothing of the CSMS to play"):
        scripts_of(source, Choice(side=Side.CSMS))
