from hub.writing.calling_back import call, call_back


class Account:
    """Owns callbacks; notes what is done, and what it is told of."""

    def __init__(self, *, is_hopeless: bool = False) -> None:
        self.done: list[object] = []
        self.told: list[str] = []
        self._is_hopeless = is_hopeless

    def do(self, argument: object) -> None:
        self.done.append(argument)

    def break_down(self, argument: object = None) -> None:
        raise KeyError(argument)

    def fail(self, exc: Exception) -> None:
        self.told.append(type(exc).__name__)
        if self._is_hopeless:
            raise RuntimeError("not even this")


def test_who_owns_what_failed_is_told_and_nobody_else_goes_without() -> None:
    mine, yours = Account(), Account()

    call_back([(mine.do, 1), (mine.break_down, 2), (yours.do, 3), (mine.do, 4)])

    assert (mine.done, mine.told) == ([1, 4], ["KeyError"])
    assert (yours.done, yours.told) == ([3], [])


def test_owner_may_be_what_a_function_is_given() -> None:
    account = Account()

    call_back([(Account.break_down, account)])

    assert account.told == ["KeyError"]


def test_owner_that_cannot_even_be_told_takes_nothing_from_the_others() -> None:
    hopeless, other = Account(is_hopeless=True), Account()

    call_back([(hopeless.break_down, 1), (other.do, 2)])

    assert (hopeless.told, other.done) == (["KeyError"], [2])


def test_owner_of_what_nobody_waits_for_is_told_too() -> None:
    account = Account()

    call(Account().break_down, account)

    assert account.told == ["KeyError"]
