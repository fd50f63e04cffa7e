"""How fast a replay is, and how punctual: `python tests/bench/replay.py [exchanges]`.

A recorded station with MeterValues of about 330 bytes against a CSMS that echoes, in a process of its own: as fast as
it answers, with 1 station and with 50, and at speed 1. Everything is recorded, as by `plugfest replay`.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

import uvloop
from recordings import RecordingBuilder

from hub.handshake.switchboard import checked_csms
from hub.replay.plan import Plan
from hub.replay.repertoire import Choice, scripts_of
from hub.replay.station import Target
from hub.replay.tour import tour
from hub.writing.recorders import open_recorder
from matrix.replay.acts import Tempo
from matrix.replay.report import SessionReport
from tui.garbage import collect_seldom

METER = (
    '"MeterValues",{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2026-11-01T10:00:00Z","sampledValue":'
    '[{"value":"1234.5","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","location":"Outlet",'
    '"unit":"Wh"},{"value":"16.0","measurand":"Current.Import","unit":"A"}]}]}'
)


def recorded(path: Path, exchanges: int, *, step_ms: int) -> Path:
    """Write the recording that is played."""
    with RecordingBuilder(path, step_ms=step_ms) as builder:
        session = builder.session("CS001", "echo")
        builder.many(session, exchanges, METER)
        builder.close(session)
    return path


def played(folder: Path, source: Path, port: int, *, speed: float, clones: int) -> tuple[list[SessionReport], float]:
    """Play a recording; return the reports, and how long it took."""
    scripts = scripts_of(source, Choice())
    name = "max" if speed == float("inf") else f"{speed:g}"
    plan = Plan(
        recording=source, scripts=scripts, tempo=Tempo(speed), speed=name, seed="bench", clones=clones,
        name_of=lambda identity, clone: f"{identity}-{clone}",
    )  # fmt: skip

    async def main() -> tuple[list[SessionReport], float]:
        recorder = open_recorder(folder / f"replay-{name}-{clones}.recording")
        began = time.perf_counter()
        reports = await tour(plan, Target(checked_csms("echo", f"ws://127.0.0.1:{port}/ocpp")), recorder, _nothing)
        took = time.perf_counter() - began
        await recorder.close()
        return reports, took

    return uvloop.run(main())


def _nothing(_: SessionReport) -> None:
    """Tell nobody."""


def main(exchanges: int) -> None:
    collect_seldom()
    command = [sys.executable, str(Path(__file__).parent / "echo.py")]
    with tempfile.TemporaryDirectory() as name, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as echo:
        folder = Path(name)
        try:
            assert echo.stdout is not None
            port = int(echo.stdout.readline())
            for clones in (1, 50):
                source = recorded(folder / f"{clones}.recording", exchanges // clones, step_ms=7)
                reports, took = played(folder, source, port, speed=float("inf"), clones=clones)
                sent = sum(report.counts["sent"] for report in reports)
                assert all(report.went_as_recorded for report in reports)
                print(f"max, {clones} stations: {sent / took:,.0f} CALLs/s, {2 * sent / took:,.0f} messages/s")
            source = recorded(folder / "timing.recording", 200, step_ms=25)
            reports, _ = played(folder, source, port, speed=1, clones=20)
            timings = [report.timing for report in reports if report.timing]
            late = max(timing.p95_ms for timing in timings)
            print(
                f"speed 1, 20 stations of 20 CALLs/s: p95 of the error {late} ms, at most "
                f"{max(timing.most_ms for timing in timings)} ms, {sum(each.messages for each in timings)} CALLs"
            )
        finally:
            echo.terminate()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
