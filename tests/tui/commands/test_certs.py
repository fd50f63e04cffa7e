"""`plugfest certs` and `plugfest password`, and that what they make is what `plugfest serve` takes."""

import shlex
from pathlib import Path

from click.testing import CliRunner, Result

from hub.handshake.passwords import Passwords
from tui.cli import main


def run(*arguments: object, **options: str) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)  # type: ignore[arg-type]  # passed on


def test_certs_makes_what_the_command_that_it_prints_uses(tmp_path: Path) -> None:
    folder = tmp_path / "my certs"

    result = run("certs", folder, "--host", "hub.example", "--station", "CS001")

    assert result.exit_code == 0
    words = shlex.split(result.stdout.splitlines()[-1])
    assert words[:2] == ["plugfest", "serve"]
    named = [Path(word) for word in words if word.startswith(str(folder))]
    assert {path.name for path in named} == {
        "ca.pem", "server-ecdsa.pem", "server-ecdsa.key", "server-rsa.pem", "server-rsa.key"
    }  # fmt: skip
    assert all(path.is_file() for path in named)
    assert (folder / "station-CS001.key").is_file()


def test_certs_says_what_it_kept(tmp_path: Path) -> None:
    run("certs", tmp_path)

    result = run("certs", tmp_path, "--station", "CS\x1b[2J")

    done = [line.split()[0] for line in result.stdout.splitlines()[:4]]
    assert done == ["kept", "kept", "kept", "made"]
    assert "\x1b" not in result.stdout


def test_certs_for_a_host_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    result = run("certs", tmp_path, "--host", "ws://hub")

    assert result.exit_code == 2
    assert result.stderr == "plugfest: 'ws://hub' is neither a host name (in ASCII) nor an address\n"


async def test_password_prints_a_line_that_the_hub_reads(tmp_path: Path) -> None:
    lines = [
        run("password", "CS001", "--password", "hunter2").stdout,
        run("password", "CS002", "--hex", "--password", "00ff41").stdout,
    ]
    (tmp_path / "passwords").write_text("".join(lines))

    passwords = Passwords.open(tmp_path / "passwords")

    assert await passwords.match("CS001", b"hunter2")
    assert await passwords.match("CS002", b"\x00\xffA")


def test_password_in_hex_that_is_none_is_a_sentence() -> None:
    result = run("password", "CS001", "--hex", "--password", "xyz")

    assert result.exit_code == 2
    assert result.stderr == "plugfest: --hex wants pairs of hexadecimal digits\n"


async def test_password_is_a_line_of_standard_input_where_that_is_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "passwords").write_text(run("password", "CS001", input="hunter2\n").stdout)

    passwords = Passwords.open(tmp_path / "passwords")

    assert await passwords.match("CS001", b"hunter2")


def test_no_password_on_standard_input_is_a_sentence() -> None:
    result = run("password", "CS001", input="")

    assert result.exit_code == 2
    assert result.stderr == (
        "plugfest: there is no password: give one with --password, or as a line on standard input\n"
    )
