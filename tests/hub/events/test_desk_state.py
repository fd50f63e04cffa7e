"""What was changed by hand, and who met whom: kept beside the event file, and the same after every restart."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from desks import EVENT, GAP, MINUTE, NINE, Clock, Floor, desk_of
from event_texts import TWO_CSMSES, TWO_STATIONS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.events import desk as event_desk
from hub.events import desk_state
from hub.events.desk import EventDesk
from hub.events.file import read_event
from hub.events.pairing import Move, PairingError
from hub.tls.contexts import TlsPolicy

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


def test_restart_goes_on_with_what_was_changed_by_hand(path: Path, clock: Clock) -> None:
    before, _ = desk_of(path)
    clock.now = NINE
    before.tick()
    before.move("V2", "lotus")
    before.shift(15 * MINUTE)

    after, floor = desk_of(path)
    after.tick()

    assert after.pairing.pairs == {"V1": "deep", "V2": "lotus"}
    assert after.phase.left == 45 * MINUTE
    assert floor.moves == []


def test_restart_leaves_rounds_shifted_that_are_written_as_before(path: Path, clock: Clock) -> None:
    before, _ = desk_of(path)
    clock.now = NINE
    before.tick()
    before.shift(15 * MINUTE)
    path.write_text(EVENT.replace("09:30:00", "10:30:00"))

    after, _ = desk_of(path)
    clock.now = NINE + 50 * MINUTE

    assert after.timetable.at(NINE).left == 45 * MINUTE
    assert after.phase.left == 40 * MINUTE


def test_restart_after_an_edit_between_two_rounds_moves_nobody(path: Path, clock: Clock) -> None:
    path.write_text(GAP)
    before, _ = desk_of(path)
    clock.now = NINE
    before.tick()
    clock.now = NINE + 40 * MINUTE
    before.move("V2", "lotus")
    path.write_text(GAP.replace('["two", "deep"]', '["two", "lotus"]'))
    before.take_up(read_event(path))

    after, floor = desk_of(path)
    after.tick()

    assert after.pairing.pairs == before.pairing.pairs == {"V1": "deep", "V2": "lotus"}
    assert floor.moves == []


def test_restart_after_the_rounds_that_are_over_were_taken_out_begins_the_next_one(path: Path, clock: Clock) -> None:
    path.write_text(GAP)
    before, _ = desk_of(path)
    clock.now = NINE
    before.tick()
    clock.now = NINE + 40 * MINUTE
    path.write_text(TWO_STATIONS + GAP.rpartition("[[rounds]]")[1] + GAP.rpartition("[[rounds]]")[2])
    before.take_up(read_event(path))

    after, floor = desk_of(path)
    clock.now = NINE + 60 * MINUTE
    after.tick()

    assert (after.phase.number, after.phase.of) == (1, 1)
    assert floor.moves == [Move("V1", "deep", None), Move("V2", None, "deep")]


def test_edit_while_no_hub_runs_is_as_one_while_a_hub_runs(path: Path, clock: Clock) -> None:
    before, _ = desk_of(path)
    clock.now = NINE
    before.tick()
    before.pause()
    before.swap("V1", "V2")
    path.write_text(EVENT.replace('["one", "deep"]', '["one", "lotus"]'))

    after, _ = desk_of(path)
    before.take_up(read_event(path))

    assert after.pairing.pairs == before.pairing.pairs == {"V1": "lotus", "V2": "deep"}
    assert after.phase == before.phase
    assert after.phase.is_paused


def test_round_that_begins_while_no_hub_runs_is_begun_by_the_restart(path: Path, clock: Clock) -> None:
    before, _ = desk_of(path)
    clock.now = NINE
    before.tick()
    before.move("V1", "lotus")

    clock.now = NINE + 31 * MINUTE
    after, _ = desk_of(path)

    assert after.pairing.pairs == {"V1": None, "V2": "deep"}


def test_restart_without_the_csms_and_the_station_of_a_move_forgets_it(path: Path, clock: Clock) -> None:
    path.write_text(EVENT.partition("[[rounds]]")[0])
    before, _ = desk_of(path)
    before.move("V1", "deep")
    before.move("V2", "lotus")
    text = path.read_text().replace('"V2"', '"V3"')
    path.write_text(text.replace(text[text.index("[csmses.deep]") : text.index("[stations.one]")], ""))

    after, _ = desk_of(path)

    assert clock.now < NINE
    assert after.pairing.pairs == {"V1": "lotus", "V3": None}
    assert after.pairing.moved == {}


@pytest.mark.parametrize(
    "state", ["{ not this", '{"begun": 3}', '{"begun": 0}', '{"paused_at": "2026-11-23T09:00:00"}']
)
def test_state_that_is_none_is_said_and_begun_anew(
    path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    desk_state.state_path(path).write_text(state)
    clock.now = NINE

    desk, _ = desk_of(path)

    assert "cannot be read from" in caplog.text
    assert desk.phase.number == 1


def test_stations_that_are_swapped_stay_so_over_a_restart(path: Path, clock: Clock) -> None:
    before, floor = desk_of(path)
    clock.now = NINE
    before.tick()
    before.swap("one", "V2")

    after, _ = desk_of(path)

    assert floor.moves[-2:] == [Move("V1", "deep", None), Move("V2", None, "deep")]
    assert after.pairing.pairs == {"V1": None, "V2": "deep"}


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
