from hub.page.seats import LASTS_S, MOST, Seats
from hub.tokens import Token

TOKEN = Token(name="volta-1", digest="sha256:0")


def test_a_browser_is_known_by_its_secret_and_by_nothing_else() -> None:
    seats = Seats()
    secret = seats.take(TOKEN, now=0)

    assert seats.token(secret, now=1) is TOKEN
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

    assert len(seats._seats) == MOST
    assert seats.token(taken[-1], now=60) is TOKEN
    assert not {*taken} & {*seats._seats}
