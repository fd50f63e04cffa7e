"""Rounds and moves of an event: put in force at their time, changed by hand, and by an edit of the file."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from desks import EVENT, GAP, MINUTE, NINE, Clock, Floor, desk_of
from event_texts import a_round

from hub.errors import HubError
from hub.events import desk as event_desk
from hub.events.desk import EventDesk
from hub.events.desk_state import state_path
from hub.events.event import EventFile
from hub.events.file import read_event
from hub.events.pairing import Move
from hub.tls.contexts import TlsPolicy


def test_before_the_first_round_stations_are_for_the_csms_of_their_product(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)

    desk.tick()

    assert clock.now < NINE
    assert desk.pairing.pairs == {"V1": "lotus", "V2": None}


def test_round_that_begins_moves_its_stations_and_lets_others_rest(path: Path, clock: Clock) -> None:
    desk, floor = desk_of(path)

    clock.now = NINE
    desk.tick()
    clock.now = NINE + 30 * MINUTE
    desk.tick()

    assert floor.moves == [Move("V1", "lotus", "deep"), Move("V1", "deep", None), Move("V2", None, "deep")]


def test_hand_goes_before_the_round_until_the_next_begins(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)
    clock.now = NINE
    desk.tick()

    desk.move("V1", "lotus")
    by_hand = desk.pairing.csms_of("V1")
    clock.now = NINE + 30 * MINUTE
    desk.tick()

    assert (by_hand, desk.pairing.csms_of("V1")) == ("lotus", None)


def test_paused_round_stays_on(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)
    clock.now = NINE + 10 * MINUTE
    desk.tick()

    desk.pause()
    clock.now = NINE + 40 * MINUTE
    desk.tick()

    assert desk.phase.number == 1
    assert desk.pairing.csms_of("V1") == "deep"


def test_shift_to_earlier_begins_the_next_round_at_once(path: Path, clock: Clock) -> None:
    desk, floor = desk_of(path)
    clock.now = NINE + 25 * MINUTE
    desk.tick()

    phase = desk.shift(-10 * MINUTE)

    assert phase.number == 2
    assert floor.moves[-1] == Move("V2", None, "deep")


def test_edit_of_rounds_is_taken_up_while_a_round_is_on(path: Path, clock: Clock) -> None:
    desk, floor = desk_of(path)
    clock.now = NINE
    desk.tick()
    path.write_text(EVENT.replace('["one", "deep"]', '["two", "lotus"]'))

    desk.take_up(read_event(path))

    assert desk.pairing.pairs == {"V1": None, "V2": "lotus"}
    assert floor.moves[-1] == Move("V2", None, "lotus")


def test_edit_of_another_round_leaves_what_was_changed_by_hand(path: Path, clock: Clock) -> None:
    desk, floor = desk_of(path)
    clock.now = NINE
    desk.tick()
    desk.move("V2", "lotus")
    desk.shift(15 * MINUTE)
    told = [*floor.moves]
    path.write_text(EVENT.replace('["two", "deep"]', '["two", "lotus"]'))

    desk.take_up(read_event(path))
    clock.now = NINE + 44 * MINUTE
    desk.tick()

    assert floor.moves == told
    assert desk.phase.left == MINUTE
    assert desk.pairing.pairs == {"V1": "deep", "V2": "lotus"}


def test_round_that_is_added_comes_after_those_that_were_shifted(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)
    clock.now = NINE
    desk.tick()
    desk.shift(15 * MINUTE)
    path.write_text(EVENT + a_round(NINE + 60 * MINUTE, ("one", "lotus")))

    desk.take_up(read_event(path))
    clock.now = NINE + 75 * MINUTE
    desk.tick()

    assert desk.phase.number == 3
    assert desk.phase.left == 30 * MINUTE


def test_round_that_begins_just_before_an_edit_is_begun_by_it(path: Path, clock: Clock) -> None:
    desk, floor = desk_of(path)
    clock.now = NINE
    desk.tick()
    desk.move("V1", "lotus")
    desk.move("V2", "lotus")
    told = [*floor.moves]
    path.write_text(EVENT.replace('["two", "deep"]', '["one", "deep"]'))

    clock.now = NINE + 30 * MINUTE
    desk.take_up(read_event(path))
    desk.tick()

    assert desk.pairing.moved == {}
    assert floor.moves[len(told) :] == [Move("V1", "lotus", "deep"), Move("V2", "lotus", None)]


def test_edit_by_which_another_round_is_on_begins_it(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)
    clock.now = NINE + 20 * MINUTE
    desk.tick()
    desk.move("V1", "lotus")
    path.write_text(EVENT.replace("09:00:00", "08:40:00").replace("09:30:00", "09:20:00"))

    desk.take_up(read_event(path))

    assert desk.pairing.pairs == {"V1": None, "V2": "deep"}


@pytest.mark.parametrize(
    "edited",
    [
        GAP.replace("09:00:00Z", "09:05:00Z"),
        GAP.replace("[[rounds]]", "[[rounds]]\nstarts = 2026-11-23T08:00:00Z\n[[rounds]]", 1),
    ],
    ids=["later", "one before it"],
)
def test_edit_by_which_the_same_round_is_on_leaves_what_was_moved(path: Path, clock: Clock, edited: str) -> None:
    path.write_text(GAP)
    desk, _ = desk_of(path)
    clock.now = NINE + 20 * MINUTE
    desk.tick()
    desk.move("V1", "lotus")
    path.write_text(edited)

    desk.take_up(read_event(path))
    desk.tick()

    assert desk.pairing.pairs == {"V1": "lotus", "V2": None}


def test_round_that_is_made_longer_after_its_end_is_on_again_as_it_was(path: Path, clock: Clock) -> None:
    path.write_text(GAP)
    desk, _ = desk_of(path)
    clock.now = NINE
    desk.tick()
    clock.now = NINE + 31 * MINUTE
    desk.move("V1", "lotus")
    path.write_text(GAP.replace('pairs = [["one"', 'minutes = 40\npairs = [["one"'))

    desk.take_up(read_event(path))
    desk.tick()

    assert desk.phase.left == 9 * MINUTE
    assert desk.pairing.csms_of("V1") == "lotus"


def test_stations_rest_whose_csms_is_taken_out_between_two_rounds(path: Path, clock: Clock) -> None:
    path.write_text(GAP)
    desk, floor = desk_of(path)
    clock.now = NINE
    desk.tick()
    clock.now = NINE + 40 * MINUTE
    text = GAP.partition("[[rounds]]")[0]
    path.write_text(
        text.replace(text[text.index("[csmses.deep]") : text.index("[stations.one]")], "")
        + a_round(NINE + 60 * MINUTE, ("one", "lotus"))
    )

    desk.take_up(read_event(path))

    assert floor.moves[-1] == Move("V1", "deep", None)


def test_clock_that_is_set_back_a_little_begins_no_round_again(path: Path, clock: Clock) -> None:
    desk, floor = desk_of(path)
    clock.now = NINE + 30 * MINUTE
    desk.tick()
    desk.move("V1", "lotus")
    told = [*floor.moves]

    clock.now -= MINUTE
    desk.tick()
    desk.take_up(read_event(path))

    assert desk.phase.number == 2
    assert floor.moves == told
    assert desk.pairing.csms_of("V1") == "lotus"


def test_clock_that_is_set_to_another_time_of_day_begins_the_round_of_then(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)
    clock.now = NINE + 35 * MINUTE
    desk.tick()

    clock.now = NINE + 10 * MINUTE
    desk.tick()

    assert desk.phase.number == 1
    assert desk.pairing.pairs == {"V1": "deep", "V2": None}


def test_rounds_that_are_taken_out_leave_stations_to_their_products(path: Path, clock: Clock) -> None:
    desk, _ = desk_of(path)
    clock.now = NINE
    desk.tick()
    path.write_text(EVENT.partition("[[rounds]]")[0])

    desk.take_up(read_event(path))

    assert desk.pairing.pairs == {"V1": "lotus", "V2": None}


async def test_rounds_go_on_where_one_could_not_be_told(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Floor):
        def take_up_moves(self, moves: list[Move]) -> None:
            super().take_up_moves(moves)
            clock.now = NINE + 30 * MINUTE
            if len(self.moves) == 1:
                raise OSError("a session that cannot be ended")
            told.set()

    monkeypatch.setattr(event_desk, "LOOK_EVERY_S", 0)
    desk, floor, told = EventDesk(read_event(path), TlsPolicy()), Broken(), asyncio.Event()
    desk.attach(floor)
    clock.now = NINE

    following = asyncio.create_task(desk.follow())
    async with asyncio.timeout(30):
        await told.wait()
    following.cancel()

    assert floor.moves == [Move("V1", "lotus", "deep"), Move("V1", "deep", None), Move("V2", None, "deep")]


def test_edit_that_does_not_go_with_the_command_line_is_not_in_force(path: Path, clock: Clock) -> None:
    def check(event: EventFile) -> None:
        if "taken" in event.csmses:
            raise HubError("--csms names 'taken'")

    desk = EventDesk(read_event(path), TlsPolicy(), check=check)
    path.write_text(EVENT.replace("[csmses.lotus]", "[csmses.taken]").replace('"lotus"', '"taken"'))

    with pytest.raises(HubError, match="taken"):
        desk.take_up(read_event(path))

    assert clock.now < NINE
    assert desk.pairing.csms_of("V1") == "lotus"


@pytest.mark.parametrize(
    "change",
    [
        lambda desk: desk.move("V2", "lotus"),
        lambda desk: desk.swap("V1", "V2"),
        lambda desk: desk.shift(-15 * MINUTE),
    ],
    ids=["move", "swap", "round"],
)
def test_change_is_kept_also_where_a_fault_of_the_hub_keeps_it_from_being_told(
    path: Path, clock: Clock, change: Callable[[EventDesk], object]
) -> None:
    class Broken(Floor):
        def take_up_moves(self, moves: list[Move]) -> None:
            raise OSError(f"a session that cannot be ended: {moves}")

    clock.now = NINE - 10 * MINUTE
    desk = EventDesk(read_event(path), TlsPolicy())
    desk.attach(Broken())
    with pytest.raises(OSError, match="cannot be ended"):
        change(desk)

    after, _ = desk_of(path)

    assert (after.pairing.moved, after.phase.number) == (desk.pairing.moved, desk.phase.number)


async def test_slow_disk_holds_up_no_order_and_the_last_one_is_kept_last(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now, disk_goes_on, sync = NINE - 10 * MINUTE, threading.Event(), os.fsync

    def wait_for_disk(file: int) -> None:
        disk_goes_on.wait(30)
        sync(file)

    monkeypatch.setattr("os.fsync", wait_for_disk)
    desk, floor = desk_of(path)
    desk.move("V1", "deep")
    desk.move("V1", "lotus")
    keeping = asyncio.create_task(desk.kept())
    await asyncio.sleep(0)
    told, is_waiting = len(floor.moves), not keeping.done()
    disk_goes_on.set()
    await keeping
    after, _ = desk_of(path)
    await after.kept()

    assert (told, is_waiting) == (2, True)
    assert after.pairing.moved == {"V1": "lotus"}


async def test_who_waits_no_longer_for_an_order_to_be_kept_leaves_it_to_be_kept(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.now, disk_goes_on = NINE - 10 * MINUTE, threading.Event()
    monkeypatch.setattr("os.fsync", lambda _file: disk_goes_on.wait(30))
    desk, _ = desk_of(path)
    desk.move("V1", "deep")
    leaving = asyncio.create_task(desk.kept())
    await asyncio.sleep(0)

    leaving.cancel()
    await asyncio.wait([leaving])
    disk_goes_on.set()
    await desk.kept()

    assert '"V1":"deep"' in state_path(path).read_text()
