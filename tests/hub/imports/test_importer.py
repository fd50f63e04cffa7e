"""Logs into recordings, and the same verdicts by them."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
import said16
from drawing import draw, judged, read_drawing, with_unseen_ends
from hypothesis import given, settings
from hypothesis import strategies as st
from ocpp.charge_point import LOGGER
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from written_logs import FORMATS, messages

from hub.imports import files, importer
from hub.imports.entries import ImportLogError
from hub.imports.importer import Imported, import_logs
from hub.imports.source import Told
from hub.recording.reading import Recording
from matrix.boards.pair import CONNECT
from matrix.finding import Severity
from matrix.judge import Judge
from matrix.outcome import Outcome
from matrix.trace import Clock, Ending, Opcode, Opened, Traffic

SESSIONS: Final = Path(__file__).parents[3] / "sessions"
NUMBERS: Final = count(1)
OF_CONNECTIONS: Final = ("HS", "AU", "CN", "PG")
"""Families about what no log holds."""


def imported_into(folder: Path, *logs: str, told: Told | None = None, **options: Any) -> tuple[Path, Imported]:
    """Import logs, each from a file of its own; return the recording and what came of it."""
    number = next(NUMBERS)
    paths = [folder / f"{number}-{place}.log" for place in range(len(logs))]
    for path, text in zip(paths, logs, strict=True):
        path.write_text(text)
    recording = folder / f"{number}.recording"
    done = import_logs(paths, recording, told or Told(), options.get("csms", "acme"), lambda _bytes: None)
    return recording, done


def judged_again(recording: Path) -> Judge:
    with Recording.open(recording) as opened:
        return judged(opened.all_traffic())


def found_in(judge: Judge, *, severity: bool = True) -> Counter[tuple[str, ...]]:
    """Count findings by what they say, without the frames that they point to."""
    return Counter(
        (each.rule, str(each.severity) if severity else "", str(each.side), each.action, each.pointer)
        for each in judge.findings
        if not each.rule.startswith(OF_CONNECTIONS)
    )


def clean_session() -> list[Traffic]:
    return draw(
        *said16.boot(), *said16.report(1, "Available"), *said16.authorize(), *said16.start(7), *said16.meter(7),
        *said16.stop(7), *said16.beat(), *said16.ask("Reset", type="Soft"),
    )  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_clean_session_is_as_clean_by_its_log(tmp_path: Path, name: str) -> None:
    recording, done = imported_into(tmp_path, FORMATS[name](clean_session()))

    judge = judged_again(recording)

    assert judge.findings == []
    (pair,) = judge.board.view().pairs
    assert (pair.outcome, pair.version, pair.csms, pair.station.vendor) == (Outcome.PASSED, "1.6", "acme", "Volt")
    assert {row.outcome for row in pair.rows if row.action == CONNECT} == {Outcome.UNTESTED}
    assert (done.messages, done.lines_skipped, done.logs[0].count.unanswered) == (16, 0, 0)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "drawing",
    ["status16/impossible", "transactions16/ids", "reservations20/cancelled-twice", "transactions20/two-on-one-evse"],
)
def test_golden_is_judged_the_same_by_its_log(tmp_path: Path, name: str, drawing: str) -> None:
    path = next(SESSIONS.rglob(f"{Path(drawing).name}.session"))
    traffic = read_drawing(path)
    version = next(item.session.chosen for item in traffic if isinstance(item, Opened)) or ""
    has_times = name != "ocpp_without_times"

    recording, _ = imported_into(tmp_path, FORMATS[name](traffic), told=Told(version=version.removeprefix("ocpp")))

    new, old = judged_again(recording), judged(with_unseen_ends(traffic))
    is_graded = has_times and not any(session.clock is Clock.LOCAL for session in sessions_of(recording))
    assert found_in(new, severity=is_graded) <= found_in(old, severity=is_graded)
    if is_graded:
        assert found_in(new) == found_in(old)


def sessions_of(recording: Path) -> list[Any]:
    with Recording.open(recording) as opened:
        return opened.sessions()


@st.composite
def drawn_sessions(draw_: st.DrawFn) -> list[Traffic]:
    """Sessions of exchanges in any order, some of them unanswered, refused, or with wrong payloads."""
    exchange: st.SearchStrategy[Callable[[], list[str]]] = st.sampled_from(
        [
            lambda: said16.boot("Accepted"),
            lambda: said16.boot("Pending"),
            said16.beat,
            lambda: said16.report(1, "Charging"),
            lambda: said16.report(7, "Dancing"),
            lambda: said16.start(3),
            lambda: said16.stop(3),
            lambda: said16.stop(99, idTag="X" * 30),
            lambda: said16.meter(3, value="warm"),
            lambda: said16.ask("Reset", type="Soft"),
            lambda: said16.ask("UnlockConnector", status="Maybe", connectorId=1),
            lambda: said16.exchange(">", "Heartbeat", {}, None),
            lambda: said16.exchange("<", "GetConfiguration", {}, "NotSupported"),
            lambda: said16.exchange(">", "Reset", {"type": "Hard"}, "NotImplemented"),
            lambda: ["+45s"],
        ]
    )
    first = ['> [2,"first","BootNotification",{"chargePointVendor":"Volt","chargePointModel":"V2"}]']
    first.append('< [3,"first",{"status":"Accepted","currentTime":"$NOW","interval":300}]')
    chosen = draw_(st.lists(exchange, max_size=8))
    return draw(*first, *(line for each in chosen for line in each()))


@settings(max_examples=25)
@given(traffic=drawn_sessions(), name=st.sampled_from(sorted(FORMATS)))
def test_log_of_any_session_accuses_nobody_of_more_than_the_session_does(
    tmp_path_factory: pytest.TempPathFactory, traffic: list[Traffic], name: str
) -> None:
    recording, done = imported_into(tmp_path_factory.mktemp("any"), FORMATS[name](traffic))

    new, old = judged_again(recording), judged(with_unseen_ends(traffic))

    assert (done.messages, done.lines_skipped) == (len(messages(traffic)), 0)
    assert found_in(new, severity=False) <= found_in(old, severity=False)
    graver = [each for each in new.findings if each.severity is not Severity.INFO]
    assert {each.rule for each in graver} <= {each.rule for each in old.findings}


@settings(max_examples=25)
@given(
    log=st.binary(max_size=400),
    rest=st.lists(st.sampled_from([b"[2,", b'"a"', b"> ", b"{", b"}", b"]", b"\n", b"\xff"])),
)
def test_any_bytes_in_a_log_are_imported_or_named(
    tmp_path_factory: pytest.TempPathFactory, log: bytes, rest: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "x.log").write_bytes(b'2026-01-01T10:00:00Z > [2,"1","Heartbeat",{}]\n' + log + b"".join(rest))

    try:
        import_logs([folder / "x.log"], folder / "x.recording", Told(), "acme", lambda _bytes: None)
    except ImportLogError:
        assert [path.name for path in folder.iterdir()] == ["x.log"]
    else:
        judged_again(folder / "x.recording")


def test_recording_holds_what_the_log_does_and_nothing_more(tmp_path: Path) -> None:
    recording, _ = imported_into(tmp_path, FORMATS["arrows"](draw('> [2,"a","Heartbeat",{}]')))

    with Recording.open(recording) as opened:
        (session,) = opened.sessions()
        (frame,) = opened.frames(session.id)

    assert session.origin == f"{recording.stem}-0.log (lines)"
    assert (session.ending, session.closed_by) == (Ending.UNSEEN, None)
    assert (session.status, session.request, session.response, session.offered) == (None, (), (), ())
    assert (frame.opcode, frame.payload, frame.size, frame.masked) == (Opcode.TEXT, '[2,"a","Heartbeat",{}]', 0, False)


def test_call_that_a_log_ends_with_is_held_against_nobody(tmp_path: Path) -> None:
    recording, done = imported_into(tmp_path, FORMATS["steve"](draw(*said16.boot(), '> [2,"last","Heartbeat",{}]')))

    (pair,) = judged_again(recording).board.view().pairs

    assert done.logs[0].count.unanswered == 1
    assert [row.outcome for row in pair.rows if row.action == "Heartbeat"] == [Outcome.INCONCLUSIVE]


def test_answers_to_calls_of_before_the_log_are_orphans_and_nobodys_breach(tmp_path: Path) -> None:
    recording, done = imported_into(tmp_path, FORMATS["trace_11"](draw('< [3,"before",{}]', *said16.boot())))

    assert done.logs[0].count.orphans == 1
    assert judged_again(recording).findings == []


def test_later_answer_to_no_call_is_a_breach(tmp_path: Path) -> None:
    traffic = draw(*said16.boot(), "+300s", *said16.beat(), '< [3,"never",{}]')

    recording, _ = imported_into(tmp_path, FORMATS["trace_11"](traffic))

    assert "RPC-08" in [each.rule for each in judged_again(recording).findings]


def test_call_that_a_log_notes_before_the_answer_to_the_one_before_is_nobodys_breach(tmp_path: Path) -> None:
    lines = ['> [2,"a","Heartbeat",{}]', '> [2,"b","Heartbeat",{}]']
    answers = [f'< [3,"{each}",{{"currentTime":"$NOW"}}]' for each in "ab"]
    traffic = draw(*said16.boot(), *lines, *answers)

    recording, _ = imported_into(tmp_path, FORMATS["trace_11"](traffic))

    assert "RPC-09" in [each.rule for each in judged(traffic).findings]
    assert judged_again(recording).findings == []


def test_lost_line_makes_its_sessions_inconclusive_and_no_more(tmp_path: Path) -> None:
    lines = FORMATS["trace_11"](clean_session()).splitlines()
    del lines[-1]
    lines[5] = lines[5][:80]

    recording, done = imported_into(tmp_path, "\n".join(lines))

    judge = judged_again(recording)
    assert [(each.line, each.file) for each in done.skipped] == [(6, f"{recording.stem}-0.log")]
    assert {row.outcome for pair in judge.board.view().pairs for row in pair.rows} == {
        Outcome.PASSED, Outcome.UNTESTED, Outcome.INCONCLUSIVE,
    }  # fmt: skip
    assert [each for each in judge.findings if each.severity is not Severity.INFO] == []


def test_logs_of_several_stations_are_put_in_the_order_of_time(tmp_path: Path) -> None:
    def line(second: int, identity: str) -> str:
        return f'2026-01-01T10:00:0{second}Z INFO:ocpp:{identity}: send [2,"{second}","Heartbeat",{{}}]\n'

    recording, done = imported_into(tmp_path, line(1, "A") + line(3, "A"), line(2, "B") + line(4, "B"))

    with Recording.open(recording) as opened:
        frames = [item.payload for item in opened.all_traffic() if hasattr(item, "payload")]
    assert [str(payload)[4] for payload in frames] == ["1", "2", "3", "4"]
    assert done.sessions == 2


def test_logs_of_both_sides_of_a_session_are_not_mixed(tmp_path: Path) -> None:
    traffic = clean_session()

    with pytest.raises(ImportLogError, match="'CS001' is in both"):
        imported_into(tmp_path, FORMATS["ocpp_of_station"](traffic), FORMATS["ocpp_of_csms"](traffic))


def test_logs_that_follow_each_other_are_sessions_that_follow_each_other(tmp_path: Path) -> None:
    lines = FORMATS["ocpp_of_csms"](clean_session()).splitlines(keepends=True)

    recording, done = imported_into(tmp_path, "".join(lines[:7]), "".join(lines[7:]))

    assert done.sessions == 2
    assert [each for each in judged_again(recording).findings if each.severity is not Severity.INFO] == []


def test_existing_recording_is_left_as_it_is(tmp_path: Path) -> None:
    log, recording = tmp_path / "x.log", tmp_path / "x.recording"
    log.write_text('> [2,"a","Heartbeat",{}]')
    recording.write_text("dear to me")

    with pytest.raises(ImportLogError, match="already"):
        import_logs([log], recording, Told(), "acme", lambda _bytes: None)

    assert recording.read_text() == "dear to me"


def test_import_that_is_broken_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "WRITTEN_TOGETHER", 2)
    log = tmp_path / "x.log"
    log.write_text(FORMATS["arrows"](clean_session()))

    def interrupted(_bytes: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_logs([log], tmp_path / "x.recording", Told(), "acme", interrupted)

    assert [path.name for path in tmp_path.iterdir()] == ["x.log"]


def test_long_import_is_written_in_batches_and_folded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "WRITTEN_TOGETHER", 3)
    monkeypatch.setattr(importer, "FOLDED_EVERY", 5)
    places: list[int] = []
    log = tmp_path / "x.log"
    log.write_text(FORMATS["arrows"](clean_session()))

    import_logs([log], tmp_path / "x.recording", Told(), "acme", places.append)

    assert places == sorted(places)
    assert 0 < places[0] < log.stat().st_size
    assert judged_again(tmp_path / "x.recording").findings == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.log", "x.recording"]


class Station(ChargePoint):  # type: ignore[misc]  # the package has no types
    """The real thing, so that its log is."""

    @on("Reset")  # type: ignore[untyped-decorator]  # the package has no types
    async def reset(self, **_more: Any) -> call_result.Reset:
        return call_result.Reset(status="Accepted")


class Wire:
    """One end of two queues, as the package wants a connection."""

    def __init__(self, sends: asyncio.Queue[str], receives: asyncio.Queue[str]) -> None:
        self._sends, self._receives = sends, receives

    async def send(self, text: str) -> None:
        await self._sends.put(text)

    async def recv(self) -> str:
        return await self._receives.get()


class Csms(ChargePoint):  # type: ignore[misc]  # the package has no types
    @on("BootNotification")  # type: ignore[untyped-decorator]  # the package has no types
    async def boot(self, **_more: Any) -> call_result.BootNotification:
        return call_result.BootNotification(current_time="2026-11-01T10:00:00Z", interval=300, status="Accepted")


async def test_log_of_the_ocpp_package_itself_is_imported(tmp_path: Path) -> None:
    log = tmp_path / "csms.log"
    handler = logging.FileHandler(log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    quiet = logging.getLogger("quiet")
    quiet.propagate = False
    up, down = asyncio.Queue[str](), asyncio.Queue[str]()
    station, csms = Station("CS 1", Wire(up, down), logger=quiet), Csms("CS 1", Wire(down, up))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    tasks = [asyncio.create_task(station.start()), asyncio.create_task(csms.start())]
    await station.call(call.BootNotification(charge_point_vendor="Volt", charge_point_model="V2"))
    await csms.call(call.Reset(type="Soft"))
    for task in tasks:
        task.cancel()
    LOGGER.removeHandler(handler)
    handler.close()

    done = import_logs([log], tmp_path / "x.recording", Told(), "acme", lambda _bytes: None)

    judge = judged_again(tmp_path / "x.recording")
    assert (done.messages, done.lines_skipped) == (4, 0)
    assert [pair.station.vendor for pair in judge.board.view().pairs] == ["Volt"]
    assert [each for each in judge.findings if each.severity is not Severity.INFO] == []


BOOT_2X: Final = (
    '> [2,"b2","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Volt","model":"V2"}}]'
)
BOOTED_2X: Final = '< [3,"b2",{"status":"Accepted","currentTime":"$NOW","interval":300}]'
STATUS_2X: Final = (
    '> [2,"s2","StatusNotification",{"timestamp":"$NOW","connectorStatus":"Available","evseId":1,"connectorId":1}]'
)


@pytest.mark.parametrize("surveyed", [files.SURVEYED, 250], ids=["survey sees both", "survey sees the first"])
@pytest.mark.parametrize("name", FORMATS)
def test_station_that_boots_in_another_generation_has_a_session_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, surveyed: int
) -> None:
    monkeypatch.setattr(files, "SURVEYED", surveyed)
    newer = [BOOT_2X, BOOTED_2X, STATUS_2X, '< [3,"s2",{}]']
    beats = [line for _ in range(3) for line in said16.beat()]
    traffic = draw(*said16.boot(), *said16.report(1, "Available"), "+60s", *newer, *beats, "+60s", *said16.boot())

    recording, done = imported_into(tmp_path, FORMATS[name](traffic))

    judge = judged_again(recording)
    assert done.sessions == 3
    assert sorted({pair.version for pair in judge.board.view().pairs}) == ["1.6", "2.0.1"]
    assert [each for each in judge.findings if each.severity is not Severity.INFO] == []


def test_version_that_is_said_is_not_put_in_question_by_a_boot(tmp_path: Path) -> None:
    traffic = draw(*said16.boot(), "+60s", BOOT_2X, BOOTED_2X)

    recording, done = imported_into(tmp_path, FORMATS["steve"](traffic), told=Told(version="1.6"))

    assert done.sessions == 1
    assert "RPC-19" in [each.rule for each in judged_again(recording).findings]
