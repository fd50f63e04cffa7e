"""Completion in bash: where it breaks words, and what it would act upon."""

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from drawing import draw
from hypothesis import given
from hypothesis import strategies as st
from recorded import record

from tui.cli import main
from tui.typed.shells import Typed, quoted, read_line

ROOT = Path(__file__).parents[3]
VENDOR = '> [2,"b","BootNotification",{"chargePointVendor":"%s","chargePointModel":"One"}]'
HOSTILE = "$(touch x) `y`"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return record(tmp_path / "a.recording", *(draw(VENDOR % name, identity="CS") for name in ("Alder", HOSTILE)))


def offered(line: str, replaced: str) -> list[str]:
    """Return what is put in the place of `replaced`, with which the line ends."""
    environment = {"_PLUGFEST_COMPLETE": "bash_complete", "COMP_LINE": line, "COMP_REPLACED": replaced}
    result = CliRunner().invoke(main, env=environment, prog_name="plugfest")
    assert result.exit_code == 0, result.output
    return [each.removeprefix("plain,") for each in result.stdout.splitlines() if each]


@pytest.mark.parametrize(
    ("line", "typed"),
    [
        ("", Typed()),
        ("a b", Typed(("a",), "b", "b")),
        ("a b ", Typed(("a", "b"))),
        ("a '' ", Typed(("a", ""))),
        ("a --f='x y:z", Typed(("a",), "--f='x y:z", "--f=x y:z", "'")),
        (r'a "x\$ \n', Typed(("a",), r'"x\$ \n', r"x$ \n", '"')),
        ("a 'b'c", Typed(("a",), "'b'c", "bc")),
        (r"a v:\"b\ c", Typed(("a",), r"v:\"b\ c", 'v:"b c')),
        ("a b\\", Typed(("a",), "b\\", "b")),
        ('a "b\\', Typed(("a",), '"b\\', "b", '"')),
    ],
)
def test_a_line_is_cut_as_bash_does(line: str, typed: Typed) -> None:
    assert read_line(line) == typed


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1), st.sampled_from(["", "'"]))
def test_what_is_quoted_is_read_as_it_was_meant(text: str, quote: str) -> None:
    written = quoted(text, quote)

    assert written is None or shlex.split(f"{quote}{written}{quote}") == [text]


@pytest.mark.parametrize(
    ("line", "replaced", "put_in"),
    [
        ("search R side:s", "s", ["station"]),
        ("search R 'side:s", "side:s", ["side:station"]),
        ("show R --filter=side:s", "s", ["station"]),
        ("show R --filter='a or side:s", "a or side:s", ["a or side:station"]),
        ("search R vendor:$", "$", [r"\"\$\(touch\ x\)\ \`y\`\""]),
        ('search R "vendor:$', "vendor:$", [r'vendor:\"\$(touch x) \`y\`\""']),
        ("search R 'vendor:$", "vendor:$", [f'vendor:"{HOSTILE}"']),
        ("search R lat", "lat", ["latency:", "latency=", r"latency\>", r"latency\<"]),
    ],
)
def test_what_goes_after_the_last_break_is_put_in(
    recording: Path, line: str, replaced: str, put_in: list[str]
) -> None:  # fmt: skip
    assert offered(f"plugfest {line.replace(' R ', f' {recording} ')}", replaced) == put_in


def test_what_cannot_be_said_within_a_quote_is_not_offered() -> None:
    assert quoted("it's", "'") is None
    assert quoted("go!", '"') is None
    assert quoted("it's!", "") == r"it\'s\!"


@pytest.mark.nightly
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("plugfest show a.recording --filter act\t", ["show", "a.recording", "--filter", "action:"]),
        ("plugfest show a.rec\t--filter 'action:Met\t", ["show", "a.recording", "--filter", "action:MeterValues"]),
        ("plugfest search a.recording vendor:al\t", ["search", "a.recording", "vendor:Alder"]),
        ("plugfest search a.recording vendor:$\t", ["search", "a.recording", f'vendor:"{HOSTILE}"']),
        ('plugfest search a.recording "vendor:$\t', ["search", "a.recording", f'vendor:"{HOSTILE}"']),
    ],
)
def test_an_interactive_bash_completes(recording: Path, typed: str, words: list[str]) -> None:
    folder = recording.parent
    program = folder / "plugfest"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from tui.cli import main\nmain(prog_name='plugfest')\n"
    )
    program.chmod(0o755)
    (folder / "rc").write_text(
        "PS1='ready> '\neval \"$(_PLUGFEST_COMPLETE=bash_source plugfest)\"\nplugfest() { printf '<%s>\\n' \"$@\"; }\n"
    )

    shown = _typed_into_bash(folder, f"{typed}\n")

    assert [line[1:-1] for line in shown.splitlines() if line.startswith("<")] == words
    assert not (folder / "x").exists()


def _typed_into_bash(folder: Path, typed: str) -> str:
    ours, theirs = pty.openpty()
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "TERM": "dumb", "HOME": str(folder)}
    command = ["bash", "--noprofile", "--rcfile", "rc", "-i"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=environment
    ) as bash:  # fmt: skip
        os.close(theirs)
        try:
            _read_until(ours, "ready> ")
            os.write(ours, typed.encode())
            return _read_until(ours, "\nready> ")
        finally:
            bash.kill()
            os.close(ours)


def _read_until(terminal: int, text: str) -> str:
    shown = ""
    while text not in shown and select.select([terminal], [], [], 20)[0]:
        shown += os.read(terminal, 4096).decode()
    return shown
