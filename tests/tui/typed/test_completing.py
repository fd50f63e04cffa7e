"""Tab in a shell, by the protocol that click has with its scripts; `test_shells.py` has what is special in bash."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from drawing import draw
from recorded import record

from tui.cli import main

BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"%s","chargePointModel":"One"}]'


def offered(*words: str, shell: str = "zsh") -> list[str]:
    """Press Tab after these words, the last of which is unfinished; return what is offered, or the type of a file."""
    environment = {
        "_PLUGFEST_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(["plugfest", *words]),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words)),
    }
    result = CliRunner().invoke(main, env=environment, prog_name="plugfest")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    return [line.split(",")[1] for line in lines if line] if shell == "fish" else lines[1::3] or lines


@pytest.fixture
def recording(tmp_path: Path) -> str:
    hostile = (draw(BOOT % name, identity=name) for name in ("Alder", "Al\\u001b[31m", "Al\\nnus", "A, B"))
    return str(record(tmp_path / "a.recording", *hostile))


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_filter_is_completed_as_an_option_and_as_words(recording: str, shell: str) -> None:
    assert offered("show", recording, "--filter", "vendor:ald", shell=shell) == ["vendor:Alder"]
    assert offered("search", recording, "type:call", "action:Met", shell=shell) == ["action:MeterValues"]


def test_what_would_act_on_the_terminal_is_not_offered(recording: str) -> None:
    assert offered("search", recording, "vendor:al") == ["vendor:Alder"]


def test_fish_is_offered_nothing_that_its_script_would_cut(recording: str) -> None:
    assert offered("search", recording, "vendor:a", shell="fish") == ["vendor:Alder"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("rules", "rpc-05"), ["RPC-05"]),
        (("evidence", "RECORDING", "RPC-05"), ["RPC-05"]),
        (("doctor", "RECORDING", "ald"), ["Alder"]),
        (("trim", "RECORDING", "--vendor", "ald"), ["Alder"]),
        (("show", "RECORDING", "--session", ""), ["1", "2", "3", "4"]),
        (("replay", "RECORDING", "--only", "metervalues"), ["MeterValues"]),
        (("note", "RECORDING", "add", "--action", "metervalues"), ["MeterValues"]),
        (("note", "RECORDING", "add", "--session", "3"), ["3"]),
    ],
)
def test_what_stands_alone_is_completed_too(recording: str, words: tuple[str, ...], found: list[str]) -> None:
    assert offered(*(recording if word == "RECORDING" else word for word in words)) == found


@pytest.mark.parametrize(
    "words", [("show",), ("watch",), ("diff",), ("diff", "a.recording"), ("merge", "a"), ("event", "move"), ("note",)]
)
def test_a_recording_is_completed_as_a_file(words: tuple[str, ...]) -> None:
    assert offered(*words, "b.rec") == ["b.rec"]
    assert offered(*words, "b.rec", shell="fish") == ["b.rec"]


def test_a_recording_at_home_is_found_by_its_tilde(recording: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path(recording).parent))

    assert offered("search", "~/a.recording", "vendor:ald") == ["vendor:Alder"]


@pytest.mark.parametrize("nothing", ["", "absent.recording", "ws://localhost:1"])
def test_without_a_recording_it_is_quiet(nothing: str, tmp_path: Path) -> None:
    assert offered("search", nothing or str(tmp_path), "vendor:a") == [""]
