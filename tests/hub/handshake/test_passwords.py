"""The password file: what it holds, and that it tells right from wrong."""

from pathlib import Path

import pytest

from hub.handshake.passwords import Hash, PasswordFileError, Passwords, password_line


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


async def test_the_lines_that_are_made_are_the_lines_that_are_read(tmp_path: Path) -> None:
    lines = [password_line("CS|1", b"hunter2"), "", "# of the second hall", password_line("CS 2", b"\xff\x00")]

    passwords = Passwords.open(written(tmp_path / "passwords", *lines))

    assert await passwords.match("CS|1", b"hunter2")
    assert await passwords.match("CS 2", b"\xff\x00")
    assert not await passwords.match("CS 2", b"hunter2")
    assert not await passwords.match("CS3", b"hunter2")


async def test_a_password_that_has_fitted_still_tells_right_from_wrong() -> None:
    passwords = Passwords({"CS1": Hash.of(b"hunter2")})

    answers = [await passwords.match("CS1", guess) for guess in (b"hunter2", b"hunter2", b"hunter3", b"")]

    assert answers == [True, True, False, False]


def test_a_line_holds_no_password() -> None:
    line = password_line("CS1", b"hunter2")

    assert line.startswith("CS1:$scrypt$ln=12,r=8,p=1$")
    assert "hunter2" not in line
    assert line != password_line("CS1", b"hunter2")


def test_the_hash_is_that_of_rfc_7914() -> None:
    first_half = bytes.fromhex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")

    known = Hash.parse(str(Hash(b"SodiumChloride", first_half, cost_log2=14)))

    assert known.fits(b"pleaseletmein")


@pytest.mark.parametrize("identity", ["", "a:b", "#CS1", "CS\n1"])
def test_an_identity_that_no_line_can_hold_is_an_error(identity: str) -> None:
    with pytest.raises(PasswordFileError, match="an identity with a password cannot be"):
        password_line(identity, b"x")


@pytest.mark.parametrize(
    "line",
    ["CS1", "CS1:hunter2", "CS1:$scrypt$ln=40,r=8,p=1$c2FsdHNhbHQ$" + "A" * 43, "CS1:$scrypt$ln=12,r=8,p=1$c$d", "x"],
)
def test_a_line_that_is_not_like_that_is_named_and_not_quoted(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "passwords", "# first", line)

    with pytest.raises(PasswordFileError) as caught:
        Passwords.open(path)

    assert str(caught.value).startswith(f"line 2 of the password file {str(path)!r} is not IDENTITY:HASH")
    assert "hunter2" not in str(caught.value)


def test_an_identity_that_comes_twice_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path / "passwords", password_line("CS1", b"a"), password_line("CS1", b"b"))

    with pytest.raises(PasswordFileError, match=r"line 2 .* names 'CS1' again"):
        Passwords.open(path)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b"CS\xe9:x")

    with pytest.raises(PasswordFileError, match="cannot be read: No such file"):
        Passwords.open(tmp_path / "none")
    with pytest.raises(PasswordFileError, match="is not UTF-8"):
        Passwords.open(tmp_path / "latin")
