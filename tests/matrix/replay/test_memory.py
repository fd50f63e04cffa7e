from matrix.replay.fields import Found, Id
from matrix.replay.memory import Memory

OLD, OTHER = Id("transaction", "17"), Id("transaction", "18")


def given(found: Id) -> list[Found]:
    return [Found(("transactionId",), found, gives=True)]


def named(found: Id) -> list[Found]:
    return [Found(("transactionId",), found, gives=False)]


def test_what_a_live_message_gives_stands_for_the_recorded_id_from_then_on() -> None:
    memory = Memory("a")

    memory.learn(given(OLD), given(Id("transaction", "4711")))

    assert memory.live(OLD) == "4711"
    assert memory.recorded(Id("transaction", "4711")) == "17"
    assert memory.live(Id("log", "17")) is None


def test_a_number_that_is_given_anew_means_the_new_thing() -> None:
    memory = Memory("a")
    memory.learn(given(OLD), given(Id("transaction", "1")))

    memory.learn(given(OLD), given(Id("transaction", "2")))

    assert memory.live(OLD) == "2"


def test_what_only_names_an_id_changes_nothing_that_is_known() -> None:
    memory = Memory("a")
    memory.learn(given(OLD), given(Id("transaction", "1")))

    memory.learn(named(OLD), named(Id("transaction", "2")))

    assert memory.live(OLD) == "1"


def test_ids_in_other_places_do_not_stand_for_each_other() -> None:
    memory = Memory("a")

    memory.learn(given(OLD), [Found(("reservationId",), Id("reservation", "9"), gives=True)])

    assert memory.live(OLD) is None


def test_message_ids_are_fresh_and_alike_only_where_the_recorded_ones_are() -> None:
    one, other = Memory("run 1"), Memory("run 2")

    ids = [one.message_id("1"), one.message_id("1"), one.message_id("2"), other.message_id("1")]

    assert ids[0] == ids[1]
    assert len({*ids}) == 3
    assert all(len(each) == 36 for each in ids)


def test_a_station_of_2x_names_its_transactions_anew() -> None:
    transaction = Id("transaction", '"tx-1"')
    one, other = (Memory(seed, mints_transactions=True) for seed in "ab")

    fresh = one.live(transaction)

    assert fresh == one.live(transaction)
    assert fresh not in (None, '"tx-1"', other.live(transaction))


def test_what_was_not_given_is_missing_until_it_is() -> None:
    memory = Memory("a")
    memory.miss([OLD, OTHER])

    memory.learn(given(OLD), given(Id("transaction", "1")))

    assert [*memory.missing([OLD, OTHER])] == [OTHER]
