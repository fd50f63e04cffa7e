import stat
from pathlib import Path

import pytest

from hub.access.tokens import Token
from hub.page.seats import LASTS_S, MOST, Seats, SeatsError, load_seats, save_seats

TOKEN = Token(name="volta-1", digest="sha256:0")


def test_a_browser_is_known_by_its_secret_and_by_nothing_else() -> None:
    seats = Seats()
    secret = seats.take(TOKEN, now=0)

    assert seats.token(secret, now=1) == TOKEN
    assert [seats.token(guess, now=1) for guess in ("", "guessed", secret[:-1], TOKEN.digest)] == [None] * 4


def test_a_seat_ends_with_the_day_or_when_its_browser_leaves() -> None:
    seats = Seats()
    first, second = seats.take(TOKEN, now=0), seats.take(TOKEN, now=0)
    seats.leave(first)

    assert [seats.token(each, now=LASTS_S - 1) for each in (first, second)] == [None, TOKEN]
    assert seats.token(second, now=LASTS_S) is None


def test_secrets_are_kept_as_hashes_and_not_without_bound() -> None:
    seats = Seats()

    taken = [seats.take(TOKEN, now=number / 100) for number in range(MOST + 5)]

    assert len(seats.by_digest) == MOST
    assert seats.token(taken[-1], now=60) == TOKEN
    assert not {*taken} & {*seats.by_digest}


def test_who_has_come_in_is_known_after_a_restart_for_as_long_as_before(tmp_path: Path) -> None:
    before, after, later = Seats(), Seats(), Seats()
    secret = before.take(TOKEN, now=0)
    save_seats(tmp_path / "seats", before.by_digest)

    after.put_back(load_seats(tmp_path / "seats"), now=100)
    later.put_back(load_seats(tmp_path / "seats"), now=LASTS_S)

    assert (after.token(secret, now=100), later.token(secret, now=LASTS_S)) == (TOKEN, None)
    assert secret not in (tmp_path / "seats").read_text()
    assert stat.S_IMODE((tmp_path / "seats").stat().st_mode) == 0o600


def test_a_seat_of_the_far_future_is_none() -> None:
    seats, other = Seats(), Seats()
    secret = other.take(TOKEN, now=10 * LASTS_S)

    seats.put_back(other.by_digest, now=0)

    assert seats.token(secret, now=0) is None


def test_what_is_no_such_file_is_told_and_none_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("[7]")

    with pytest.raises(SeatsError, match="cannot be read from"):
        load_seats(tmp_path / "broken")
    with pytest.raises(SeatsError, match="cannot be kept in"):
        save_seats(tmp_path / "nowhere" / "seats", {})

    assert load_seats(tmp_path / "none") == {}
