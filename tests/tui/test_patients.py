from pathlib import Path

from click.testing import CliRunner
from drawing import Pen
from recorded import record

from matrix.doctor import Health
from matrix.trace import Ending, Opened
from tui.cli import main
from tui.patients import ATTEMPTS, patients


def recorded(path: Path) -> Path:
    refused = Pen().session([], status=404, ending=Ending.REFUSED, offered=("ocpp1.6",))
    well = Pen().session([], identity="CS002", offered=("ocpp1.6",), chosen="ocpp1.6")
    return record(path, well, refused)


def test_who_tried_last_comes_first_with_the_latest_attempt_first() -> None:
    pen = Pen()
    names = ["A", "B", *["A"] * ATTEMPTS, "C"]
    drawn = [pen.session([], identity=name, chosen="ocpp1.6", offered=("ocpp1.6",)) for name in names]
    sessions = [items[0].session for items in drawn if isinstance(items[0], Opened)]

    found = patients(sessions)

    assert [patient.name for patient in found] == ["C", "A", "B"]
    assert [attempt.session.id for attempt in found[1].attempts] == [7, 6, 5, 4, 3]
    assert {patient.health for patient in found} == {Health.WELL}


def test_the_doctor_tells_each_attempt_and_exits_with_1_where_the_latest_failed(tmp_path: Path) -> None:
    path = recorded(tmp_path / "event.recording")

    of_all = CliRunner().invoke(main, ["doctor", str(path)])
    of_one = CliRunner().invoke(main, ["doctor", str(path), "CS002"])
    of_nobody = CliRunner().invoke(main, ["doctor", str(path), "CS003"])

    assert (of_all.exit_code, of_one.exit_code, of_nobody.exit_code) == (1, 0, 2)
    assert of_all.output.splitlines() == [
        "CS001",
        '  10:00:00  session 2  ✗ the CSMS does not know the identity "CS001" at this path: the CSMS refused with 404',
        "CS002",
        "  10:00:00  session 1  ✓ connected, speaking ocpp1.6",
    ]
    assert "nobody with the identity 'CS003' has tried to connect" in of_nobody.output
