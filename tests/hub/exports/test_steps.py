"""A session as the steps of a diagram."""

from pathlib import Path
from typing import Any

import pytest
from drawing import draw
from exported import contents_of, drawn_into

from hub.exports import steps
from hub.exports.steps import Arrow, Remark, Step, steps_of
from hub.recording.reading import Recording
from matrix.trace import Traffic


def drawn_steps(folder: Path, traffic: list[Traffic], **fields: Any) -> list[Step]:
    with Recording.open(drawn_into(folder / "drawn.recording", traffic)) as recording:
        return [*steps_of(contents_of(recording, **fields))]


def names(found: list[Step]) -> list[str]:
    return [step.name if isinstance(step, Arrow) else step.text for step in found]


def test_steps_are_handshake_messages_pauses_disturbances_and_end(tmp_path: Path) -> None:
    lines = ('> [2,"a","Heartbeat",{}]', "+31s", "! begun stall 1s", '< [4,"a","GenericError","",{}]', "> close 1000")

    found = drawn_steps(tmp_path, draw(*lines))

    assert names(found) == [
        "GET /acme/CS001", "101", "Heartbeat", "31 s later", "disturbed on purpose: stall 1s", "Heartbeat GenericError",
        "close 1000", "closed by the station",
    ]  # fmt: skip
    error = found[5]
    assert isinstance(error, Arrow)
    assert (error.is_answer, error.is_error) == (True, True)


def test_step_has_what_was_found_in_its_frame(tmp_path: Path) -> None:
    found = drawn_steps(tmp_path, draw('> [2,"a","Heartbeat",{"x":1}]', offered=(), chosen=None, status=404))

    arrows = {step.name: [each.rule for each in step.findings] for step in found if isinstance(step, Arrow)}
    assert "HS-01" in arrows["GET /acme/CS001"]


def test_refused_and_unanswered_handshakes_are_steps(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()

    refused = drawn_steps(tmp_path, draw(status=401, reason="Unauthorized"))
    unanswered = drawn_steps(tmp_path / "a", draw(status=None, fault="nobody answers at ws://acme"))

    assert isinstance(refused[1], Arrow)
    assert refused[1].is_error
    assert unanswered[1] == Remark(unanswered[1].at, "nobody answers at ws://acme")


def test_no_secret_and_no_character_that_acts_is_told(tmp_path: Path) -> None:
    lines = (
        '< [2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"01234567"}]',
        "> \x1b[2J{",
        "> ping \x9b",
    )

    found = drawn_steps(tmp_path, draw(*lines, identity="\u202ex"), with_secrets=False)

    told = " ".join(step.name + step.detail if isinstance(step, Arrow) else step.text for step in found)
    assert "01234567" not in told
    assert told.isprintable()


def test_long_diagram_says_what_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "MOST", 3)

    found = drawn_steps(tmp_path, draw(*["> ping x"] * 5))

    assert names(found)[2:] == ["ping", "ping", "3 more frames are not drawn"]
