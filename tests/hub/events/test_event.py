"""What an event says of its participants and their products."""

from event_texts import WHOLE, parsed


def test_product_is_found_by_each_of_its_identities() -> None:
    event = parsed(WHOLE)

    found = [event.product_of(identity) for identity in ("VOLTA-2", "volta-2")]

    assert found == [event.stations["Volta One"], None]


def test_absent_participant_is_not_present() -> None:
    event = parsed(WHOLE)

    assert event.is_present("volta")
    assert not event.is_present("lotus")


def test_passwords_are_not_shown_with_the_event() -> None:
    assert "what lotus expects" not in repr(parsed(WHOLE))
