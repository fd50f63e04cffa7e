"""Stations and CSMSes of two independent packages are recorded, and each side is replayed against both of them."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from drawing import judged
from peers.implementations import IDENTITIES, csmses, stations

from hub.demo import talk2x, talk16
from hub.demo.csms import Csms, serving
from hub.demo.products import CsmsProduct
from hub.demo.talk import CsmsTalk
from hub.demo.wiring import Payload
from hub.doors import Door
from hub.handshake.switchboard import checked_csms
from hub.recording.reading import Recording
from hub.replay.house import House
from hub.replay.plan import Plan
from hub.replay.repertoire import Choice, scripts_of
from hub.replay.station import Target
from hub.replay.tour import tour
from hub.server import Hub, HubSettings
from hub.writing.recorders import open_recorder
from matrix.comparing.couples import Couple
from matrix.comparing.diff import Row, SessionDiff
from matrix.comparing.difference import Difference
from matrix.dialect import V16, V201
from matrix.outcome import Outcome
from matrix.replay.acts import SECOND, Tempo
from matrix.replay.report import SessionReport, What
from matrix.trace import Side, session_of
from tui.reading.side_by_side import SideBySide

PACKAGES: Final = ("ocpp", "ocpp-rpc")
VERSIONS: Final = (V16, V201)
AT_ONCE: Final = Tempo(math.inf, 3 * SECOND)
WITH_STRANGERS: Final = Tempo(math.inf, SECOND)

Outcomes = Mapping[str, Outcome]


class Recorded(NamedTuple):
    """The recording of a version: every station with every CSMS; sessions by their names."""

    version: str
    path: Path
    sessions: Mapping[tuple[str, str], int]


RecordedOf = Callable[[str], Recorded]


@pytest.fixture(scope="module")
def recorded_of(npm: None, tmp_path_factory: pytest.TempPathFactory) -> RecordedOf:  # noqa: ARG001 - first
    """Record both stations with both CSMSes of a version, once."""

    @cache
    def made(version: str) -> Recorded:
        path = tmp_path_factory.mktemp("recorded") / "event.recording"
        asyncio.run(_record(version, path))
        with Recording.open(path) as recording:
            found = {(IDENTITIES[each.identity], each.csms): each.id for each in recording.sessions()}
        return Recorded(version, path, found)

    return made


@pytest.fixture(params=VERSIONS)
def recorded(recorded_of: RecordedOf, request: pytest.FixtureRequest) -> Recorded:
    """Return the recording of a version."""
    return recorded_of(request.param)


@pytest.fixture(params=[V16, pytest.param(V201, marks=pytest.mark.nightly)])
def recorded_for_strangers(recorded_of: RecordedOf, request: pytest.FixtureRequest) -> Recorded:
    """Return the same: what strangers do not say is waited for, and 2.0.1 has much of it."""
    return recorded_of(request.param)


async def _record(version: str, path: Path) -> None:
    async with live_csms(version, "ocpp") as one, live_csms(version, "ocpp-rpc") as other:
        urls = {"ocpp": one, "ocpp-rpc": other}
        async with Hub(HubSettings(recording=path, csmses=urls, port=0)) as hub:
            endpoints = [f"{hub.url}/{name}" for name in urls]
            await asyncio.gather(*(stations(version)[package](version, endpoints) for package in PACKAGES))


@asynccontextmanager
async def live_csms(version: str, package: str) -> AsyncIterator[str]:
    async with csmses(version)[package](version) as url:
        yield url


def outcomes_of(path: Path, session: int) -> Outcomes:
    """Return what the judge makes of one session, by action."""
    with Recording.open(path) as recording:
        traffic = [item for item in recording.all_traffic() if session_of(item) == session]
    (pair,) = judged(traffic).board.view().pairs
    return {row.action: _but_for_remarks(row.outcome) for row in pair.rows if row.outcome is not Outcome.UNTESTED}


def _but_for_remarks(outcome: Outcome) -> Outcome:
    """Take remarks away: a station that waits longer sends more Heartbeats, which HB-02 remarks upon."""
    return Outcome.PASSED if outcome is Outcome.REMARKED else outcome


def plan_of(recorded: Recorded, session: int, side: Side, tempo: Tempo = AT_ONCE) -> Plan:
    scripts = scripts_of(recorded.path, Choice(sessions=[session], side=side))
    return Plan(recording=recorded.path, scripts=scripts, tempo=tempo, speed="max", seed="test")


async def replay_station(plan: Plan, url: str, path: Path) -> SessionReport:
    recorder = open_recorder(path)
    try:
        (report,) = await tour(plan, Target(checked_csms("live", url)), recorder, lambda _: None)
    finally:
        await recorder.close()
    return report


async def replay_csms(plan: Plan, version: str, package: str, path: Path) -> SessionReport:
    recorder = open_recorder(path)
    try:
        async with House(plan, [Door(port=0)], recorder, lambda _: None) as house:
            await stations(version)[package](version, [f"{house.urls[0]}/ocpp"])
            await house.until_played(20)
            return house.reports[0]
    finally:
        await recorder.close()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("csms", PACKAGES)
async def test_a_replayed_station_comes_to_the_same_outcomes_with_the_csms_that_it_met(
    recorded: Recorded, tmp_path: Path, package: str, csms: str
) -> None:
    session = recorded.sessions[package, csms]
    path = tmp_path / "replay.recording"

    async with live_csms(recorded.version, csms) as url:
        report = await replay_station(plan_of(recorded, session, Side.STATION), url, path)

    assert outcomes_of(path, report.session) == outcomes_of(recorded.path, session)
    assert report.departures == ()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("csms", PACKAGES)
async def test_a_replayed_csms_comes_to_the_same_outcomes_with_the_station_that_it_met(
    recorded: Recorded, tmp_path: Path, package: str, csms: str
) -> None:
    session = recorded.sessions[package, csms]
    path = tmp_path / "replay.recording"

    report = await replay_csms(plan_of(recorded, session, Side.CSMS), recorded.version, package, path)

    assert outcomes_of(path, report.session) == outcomes_of(recorded.path, session)
    assert {each.what for each in report.departures} <= {What.ASKED_DIFFERENTLY}  # its meter runs on meanwhile


@pytest.mark.parametrize("package", PACKAGES)
async def test_a_replayed_station_does_no_worse_with_a_csms_that_it_never_met(
    recorded_for_strangers: Recorded, tmp_path: Path, package: str
) -> None:
    recorded, other = recorded_for_strangers, _other(package)
    path = tmp_path / "replay.recording"

    async with live_csms(recorded.version, other) as url:
        plan = plan_of(recorded, recorded.sessions[package, package], Side.STATION, WITH_STRANGERS)
        report = await replay_station(plan, url, path)

    assert worse(recorded, report, path, (package, package), (package, other)) == {}


@pytest.mark.parametrize("package", PACKAGES)
async def test_a_replayed_csms_does_no_worse_with_a_station_that_it_never_met(
    recorded_for_strangers: Recorded, tmp_path: Path, package: str
) -> None:
    recorded, other = recorded_for_strangers, _other(package)
    path = tmp_path / "replay.recording"

    plan = plan_of(recorded, recorded.sessions[package, package], Side.CSMS, WITH_STRANGERS)
    report = await replay_csms(plan, recorded.version, other, path)

    assert worse(recorded, report, path, (package, package), (other, package)) == {}


def _other(package: str) -> str:
    return PACKAGES[1 - PACKAGES.index(package)]


def worse(recorded: Recorded, report: SessionReport, path: Path, *sessions: tuple[str, str]) -> Outcomes:
    """Return what came out badly in a replay, and in none of these sessions as it did there."""
    known = [outcomes_of(recorded.path, recorded.sessions[names]) for names in sessions]
    found = outcomes_of(path, report.session)
    assert len(found) > 20
    return {
        action: outcome
        for action, outcome in found.items()
        if outcome is not Outcome.PASSED and outcome not in {each.get(action) for each in known}
    }


class Planted(NamedTuple):
    """The one thing that a changed CSMS answers otherwise, and how that is told."""

    action: str
    answer: Payload
    pointer: str


PLANTED: Final = {
    V16: Planted("StopTransaction", {"idTagInfo": {"status": "Expired"}}, "/idTagInfo/status"),
    V201: Planted("Authorize", {"idTokenInfo": {"status": "Expired"}}, "/idTokenInfo/status"),
}


class Picky(Csms):
    """The CSMS of the `ocpp` package, with one difference: it turns down whoever it accepted."""

    def _talk(self, version: str) -> CsmsTalk:
        talk, planted = super()._talk(version), PLANTED[version]
        talk.replies = {**talk.replies, planted.action: lambda _: planted.answer}
        return talk


@pytest.mark.parametrize("version", [V16, pytest.param(V201, marks=pytest.mark.nightly)])
async def test_exactly_the_one_difference_of_a_changed_csms_is_reported(
    npm: None, tmp_path: Path, version: str  # noqa: ARG001 - first
) -> None:  # fmt: skip
    planted, source, output = PLANTED[version], tmp_path / "event.recording", tmp_path / "replay.recording"
    async with (
        live_csms(version, "ocpp") as url,
        Hub(HubSettings(recording=source, csmses={"ocpp": url}, port=0)) as hub,
    ):
        await stations(version)["ocpp-rpc"](version, [f"{hub.url}/ocpp"])
    recorded = Recorded(version, source, {("ocpp-rpc", "ocpp"): 1})

    questions = talk16.QUESTIONS if version == V16 else talk2x.QUESTIONS
    async with serving(Picky(CsmsProduct(name="picky", versions=(version,), questions=questions))) as url:
        report = await replay_station(plan_of(recorded, 1, Side.STATION), url, output)

    assert {(each.what.value, each.action, each.text) for each in report.departures} == {
        ("answered differently", planted.action, f'{planted.pointer}: "Accepted" -> "Expired"')
    }
    diff = side_by_side(source, 1, output, report.session)
    found = {(row.turn.action, each.pointer, each.after) for row in diff.rows for each in changes(diff, row)}
    assert found == {(planted.action, planted.pointer, "Expired")}
    assert {row.turn.action for row in diff.rows if row.differs} == {planted.action}


def side_by_side(before: Path, origin: int, after: Path, session: int) -> SessionDiff:
    """Put a replayed station's session beside what it was played from."""
    with Recording.open(before) as one, Recording.open(after) as other:
        couple = Couple(one.session(origin), other.session(session), Side.STATION)
    return SideBySide(before, after, [couple]).read(0)


def changes(diff: SessionDiff, row: Row) -> list[Difference]:
    return [each for each in diff.differences(row) if each.aside is None]
