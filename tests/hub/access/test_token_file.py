"""A token file that changes while the hub runs, and addresses that fail too often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tunnels import eventually

from hub.access.token_file import Failures, TokenFile, allows
from hub.access.tokens import Token, TokenError, new_token, revoke


@asynccontextmanager
async def followed(path: Path) -> AsyncIterator[tuple[TokenFile, asyncio.Event]]:
    file, changed = TokenFile(path, look_s=0.005), asyncio.Event()
    task = asyncio.create_task(file.follow(changed.set))
    try:
        yield file, changed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_edit_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    secret = new_token(path, Token(name="lab", digest=""))
    async with followed(path) as (file, changed):
        was_good = file.tokens.match(secret) is not None

        revoke(path, "lab")
        await changed.wait()

        assert was_good
        assert file.tokens.match(secret) is None


async def test_a_broken_edit_is_refused_with_its_reason(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "tokens.toml"
    secret = new_token(path, Token(name="lab", digest=""))
    async with followed(path) as (file, changed):
        path.write_text("[tokens.lab]\nhash = 1\n")
        await eventually(lambda: caplog.records)

        assert file.tokens.match(secret) is not None
        assert not changed.is_set()
        assert "tokens.toml:2: tokens.lab.hash has to be a text, it is 1" in caplog.text


async def test_a_file_that_is_gone_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "tokens.toml"
    secret = new_token(path, Token(name="lab", digest=""))
    async with followed(path) as (file, _):
        path.unlink()
        await eventually(lambda: caplog.records)

        assert file.tokens.match(secret) is not None


async def test_who_looks_does_not_wait_and_others_are_still_told(tmp_path: Path) -> None:
    path, changed = tmp_path / "tokens.toml", asyncio.Event()
    secret = new_token(path, Token(name="first", digest=""))
    file = TokenFile(path, look_s=0.01)
    revoke(path, "first")

    file.look()
    seen = file.tokens.match(secret)
    following = asyncio.create_task(file.follow(changed.set))
    await changed.wait()
    following.cancel()

    assert seen is None


def test_a_hub_does_not_start_with_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens.toml"
    path.write_text("x")

    with pytest.raises(TokenError):
        TokenFile(path)


def test_an_address_that_fails_too_often_waits_until_it_has_paid() -> None:
    failures = Failures(most=3, again_s=10)

    for _ in range(3):
        failures.note("a", now=100.0)

    assert failures.is_too_many("a", now=100.0)
    assert failures.is_too_many("a", now=109.0)
    assert not failures.is_too_many("a", now=110.0)
    assert not failures.is_too_many("b", now=100.0)


def test_an_address_that_failed_long_ago_begins_anew() -> None:
    failures = Failures(most=2, again_s=10)
    failures.note("a", now=0.0)
    failures.note("a", now=0.0)

    failures.note("a", now=1_000.0)

    assert not failures.is_too_many("a", now=1_000.0)


def test_addresses_are_forgotten_before_they_are_too_many_to_keep() -> None:
    failures = Failures(most=1, again_s=10, most_known=100)

    for number in range(1_000):
        failures.note(str(number), now=0.0)

    assert len(failures._paid_until) == 100
    assert failures.is_too_many("999", now=0.0)


@pytest.mark.parametrize(
    ("csmses", "stations", "refused"),
    [
        ({"acme"}, False, None),
        ({"acme"}, True, "the token 'lab' brings no stations: the organizer allows it by `stations = true`"),
        ({"acme", "volta"}, False, "the token 'lab' is not for the CSMS 'volta'; it is for 'acme'"),
        (set(), False, None),
    ],
)
def test_a_token_allows_what_it_names(csmses: set[str], stations: bool, refused: str | None) -> None:
    token = Token(name="lab", digest="", csmses=("acme",))

    assert allows(token, csmses, stations=stations) == refused
