"""The demo's peers through a hub: that the matrix fills fast, and shows what each product is there to show."""

import asyncio
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from drawing import judged

from hub.demo.event import run_csmses, run_hub, run_stations, visit_all
from hub.demo.products import CSMSES, STATIONS
from hub.demo.station import TOUR, Unit
from hub.recording.reading import Recording
from hub.redacting.copying import Plan, copied, why_not
from hub.redacting.kinds import REPLACED, Kind
from hub.redacting.secret import random_key
from hub.server import Hub, HubSettings
from matrix.blaming.errata import candidates
from matrix.blaming.witness import Witnesses
from matrix.boards.history import sentence
from matrix.boards.pair import CONNECT, FRAMING, BoardView, Pair
from matrix.finding import Severity
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.report import deviations_of

TOUR_S: Final = 6.0
GREEN: Final = {Outcome.PASSED, Outcome.REMARKED}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seconds of the demo."""
    path = tmp_path_factory.mktemp("demo") / "demo.recording"
    asyncio.run(_run_demo(path, TOUR_S))
    return path


@pytest.fixture(scope="module")
def demo(recorded: Path) -> Judge:
    """What a judge says of the first seconds of the demo."""
    return _judged(recorded)


@pytest.fixture(scope="module")
def view(demo: Judge) -> BoardView:
    return demo.board.view()


def test_every_station_meets_every_csms_in_the_tour(view: BoardView) -> None:
    met = {(pair.station.label, pair.csms) for pair in view.pairs}

    assert met == {(f"{station.vendor} {station.model}", csms.name) for station in STATIONS for csms in CSMSES}


def test_one_csms_is_met_through_a_tunnel_that_never_breaks(recorded: Path) -> None:
    with Recording.open(recorded) as recording:
        sessions = recording.sessions()

    assert {each.csms for each in sessions if each.tunnel} == {"harbour"}
    assert {each.tunnel for each in sessions if each.csms == "harbour"} == {"csms:harbour"}
    assert not any("tunnel" in (each.fault or "") for each in sessions)


def test_most_pairs_are_green_and_the_others_differ(view: BoardView) -> None:
    outcomes = [pair.outcome for pair in view.pairs]
    green = sum(outcome in GREEN for outcome in outcomes) / len(outcomes)

    assert 0.5 < green < 0.75
    assert {Outcome.DEVIATED, Outcome.FAILED, Outcome.REFUSED, Outcome.UNANSWERED, Outcome.UNREACHABLE} < {*outcomes}


def test_no_rule_crashes_on_the_demo(demo: Judge) -> None:
    assert demo.crashes == []


def test_a_copy_without_anybodys_names_is_judged_as_the_demo_is(recorded: Path, tmp_path: Path) -> None:
    plan = Plan(random_key(), REPLACED | {Kind.VENDOR})

    with Recording.open(recorded) as recording:
        done = copied(
            recording, tmp_path / "copy", plan, lambda each, _: _judged(each.path), lambda *_: None, by_force=False
        )

    assert why_not(done) == ()
    assert done.findings > 100


@pytest.mark.parametrize(
    ("station", "csms", "row", "outcome"),
    [
        ("Oakfield Homebox", "amberline", "MeterValues", Outcome.FAILED),
        ("Sable S2", "amberline", FRAMING, Outcome.FAILED),
        ("Sable S2", "amberline", "GetConfiguration", Outcome.FAILED),
        ("Sable S2", "mosaic", FRAMING, Outcome.DEVIATED),
        ("Sable S2", "mosaic", "SetChargingProfile", Outcome.REFUSED),
        ("Fjordmark Twin", "northgrid", "Authorize", Outcome.FAILED),
        ("Fjordmark Twin", "mosaic", "Authorize", Outcome.DEVIATED),
        ("Fjordmark Twin", "quayside", CONNECT, Outcome.FAILED),
        ("Ostra Mobility Duo", "mosaic", "DataTransfer", Outcome.REFUSED),
        ("Ostra Mobility Duo", "quayside", "DataTransfer", Outcome.UNANSWERED),
        ("Penrose Curb", "harbour", "GetLocalListVersion", Outcome.REFUSED),
        ("Brightwater Pier", "quayside", "StatusNotification", Outcome.DEVIATED),
        ("Voltarra Meridian", "quayside", "SecurityEventNotification", Outcome.FAILED),
        ("Tarn Valley One", "quayside", "BootNotification", Outcome.DEVIATED),
        ("Tarn Valley One", "mosaic", CONNECT, Outcome.FAILED),
        ("Lumenpost Corbel 22", "northgrid", CONNECT, Outcome.REFUSED),
        ("Lumenpost Corbel 22", "harbour", "StatusNotification", Outcome.PASSED),
    ],
)
def test_fault_of_a_product_shows_in_its_row(
    view: BoardView, station: str, csms: str, row: str, outcome: Outcome
) -> None:
    assert _pair(view, station, csms).row(row).history[0].outcome is outcome


def test_products_without_a_fault_are_never_accused(demo: Judge) -> None:
    accused = {finding.session for finding in demo.findings if finding.severity is Severity.VIOLATION}
    good = [_pair(demo.board.view(), "Kestrel Forge K7", csms.name) for csms in CSMSES]

    assert accused.isdisjoint(session for pair in good for session in pair.sessions)


def test_three_vendors_share_a_habit_that_is_a_question_to_the_standard(demo: Judge) -> None:
    (candidate,) = candidates(deviations_of(demo), demo.board.view())

    assert (candidate.deviation.rule, candidate.generation) == ("TM-02", "2.x")
    assert {each.vendor for each in candidate.sightings} == {"Penrose", "Sable", "Fjordmark"}


def test_the_matrix_bears_witness_in_every_way_it_can(demo: Judge) -> None:
    witnesses = Witnesses(deviations_of(demo), demo.board.view())

    told = {sentence for each in demo.findings if (said := witnesses.of(each)) for sentence in said.sentences}

    for expected in ("other CSMSes accepted a message", "does it with every CSMS", "only this pair", "do it too"):
        assert any(expected in sentence for sentence in told), expected


async def test_product_that_is_repaired_during_the_event_passes_since_its_new_firmware(tmp_path: Path) -> None:
    path = tmp_path / "repaired.recording"
    oakfield = next(product for product in STATIONS if product.vendor == "Oakfield")
    async with (
        run_csmses() as csmses,
        Hub(HubSettings(recording=path, csmses=csmses, port=0)) as hub,
        aiohttp.ClientSession() as http,
    ):
        unit = Unit(oakfield, "OAK-001")
        await unit.visit(http, f"{hub.url}/amberline", TOUR)
        unit.repair()
        await unit.visit(http, f"{hub.url}/amberline", TOUR)

    row = _pair(_judged(path).board.view(), "Oakfield Homebox", "amberline").row("MeterValues")
    assert row.outcome is Outcome.PASSED
    assert sentence(row.changes, row.outcome, lambda _: "then") == "failed until then, passed since firmware 2.1.1"


async def test_cancelling_the_stations_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()

    async with run_csmses() as csmses:
        stations = asyncio.create_task(visit_all(csmses))
        await asyncio.wait([stations], timeout=0.5)
        stations.cancel()
        await asyncio.wait([stations])

    assert stations.cancelled()
    assert asyncio.all_tasks() == before


async def _run_demo(path: Path, seconds: float) -> None:
    async with run_hub(path) as hub:
        stations = asyncio.create_task(run_stations(hub.url, [*hub.csmses]))
        await asyncio.wait([stations], timeout=seconds)
        stations.cancel()
        await asyncio.wait([stations])
    assert stations.cancelled()


def _pair(view: BoardView, station: str, csms: str) -> Pair:
    (pair,) = (pair for pair in view.pairs if pair.station.label == station and pair.csms == csms)
    return pair


def _judged(path: Path) -> Judge:
    with Recording.open(path) as recording:
        return judged(recording.all_traffic())
