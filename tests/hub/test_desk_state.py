"""What was changed by hand, and who met whom: kept beside the event file, and the same after every restart."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from event_texts import TWO_CSMSES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import desk_state, event_desk
from hub.event_desk import EventDesk
from hub.event_file import read_event
from hub.pairing import Move, PairingError
from hub.tls import TlsPolicy

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pairs = st.permutations(["a", "b", "c"]).map(lambda names: [*zip(names, ("lotus", "deep"), strict=False)])
lengths = st.lists(st.tuples(st.sampled_from([5, 10, 30]), st.sampled_from([0, 5]), pairs), max_size=4)
stations = st.sampled_from(["a", "b", "c", "a1", "b2"])
steps = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0.3, 30.0, 300.0, 900.0, -1.0, -59.0, -1800.0])),
    st.tuples(st.just("edit"), lengths),
    st.tuples(st.just("move"), stations, st.sampled_from(["lotus", "deep"])),
    st.tuples(st.just("swap"), stations, stations),
    st.tuples(st.sampled_from(["pause", "resume"])),
    st.tuples(st.just("shift"), st.sampled_from([-20, -5, 5, 20])),
)


class Floor:
    """A hub without stations."""

    def take_up_event(self) -> None: ...

    def take_up_moves(self, moves: list[Move]) -> None: ...

    def is_connected(self, identity: str) -> bool:
        return identity == ""


class Event:
    """An event file, the desk of a hub that runs it, and the time."""

    def __init__(self, path: Path) -> None:
        self.path, self.now = path, NINE
        self.write([])
        self.desk = self.started()

    def started(self) -> EventDesk:
        """Return the desk of a hub that is started now."""
        desk = EventDesk(read_event(self.path), TlsPolicy())
        desk.attach(Floor())
        return desk

    def write(self, rounds: list[tuple[int, int, list[tuple[str, str]]]]) -> None:
        text, starts = TWO_CSMSES, NINE
        for name in ("a", "b", "c"):
            text += f'[stations.{name}]\nparticipant = "volta"\nversions = ["1.6"]\n'
            text += f'identities = ["{name}1", "{name}2"]\ncsms = "lotus"\n'
        for minutes, gap, meeting in rounds:
            listed = ", ".join(f'["{station}", "{csms}"]' for station, csms in meeting)
            text += f"[[rounds]]\nstarts = {starts.isoformat()}\nminutes = {minutes}\npairs = [{listed}]\n"
            starts += (minutes + gap) * MINUTE
        self.path.write_text(text)

    def step(self, what: str, *how: Any) -> None:
        acts: dict[str, Callable[..., object]] = {
            "wait": self.wait,
            "edit": self.edit,
            "move": self.desk.move,
            "swap": self.desk.swap,
            "pause": self.desk.pause,
            "resume": self.desk.resume,
            "shift": lambda minutes: self.desk.shift(minutes * MINUTE),
        }
        with suppress(PairingError):  # they are for the same CSMS
            acts[what](*how)
        self.desk.tick()

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def edit(self, rounds: list[tuple[int, int, list[tuple[str, str]]]]) -> None:
        """Write the file, and have both read it: the hub that runs, and one that was not running meanwhile."""
        self.write(rounds)
        kept = desk_state.state_path(self.path).read_bytes()
        self.desk.take_up(read_event(self.path))
        seen = facts(self.desk)
        desk_state.state_path(self.path).write_bytes(kept)
        assert facts(self.started()) == seen


def facts(desk: EventDesk) -> object:
    return desk.pairing.pairs, desk.pairing.moved, desk.phase


@pytest.mark.nightly
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(steps, max_size=12))
def test_restart_changes_nothing_whatever_was_done_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: list[tuple[Any, ...]]
) -> None:
    desk_state.state_path(tmp_path / "event.toml").unlink(missing_ok=True)
    event = Event(tmp_path / "event.toml")
    monkeypatch.setattr(event_desk, "_now", lambda: event.now)
    monkeypatch.setattr("os.fsync", lambda _file: None)

    for each in done:
        event.step(*each)
        again = event.started()

        assert facts(again) == facts(event.desk)
