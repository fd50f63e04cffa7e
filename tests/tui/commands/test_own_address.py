"""How other machines reach a hub that listens on every address."""

from tui.commands.own_address import for_others, own_address


def test_a_door_on_every_address_is_said_to_have_one_that_stations_can_use() -> None:
    hint = for_others(["ws://127.0.0.1:9000", "wss://0.0.0.0:9443"])

    own = own_address()
    such = f", such as wss://{own}:9443" if own else ""
    assert hint == f"0.0.0.0 is every address of this machine: stations use one of them, or its name{such}"


def test_a_door_on_one_address_needs_no_such_words() -> None:
    assert for_others(["ws://127.0.0.1:9000", "wss://[::1]:9443"]) is None


def test_a_door_on_every_address_of_ipv6_is_one_too() -> None:
    assert (for_others(["ws://[::]:9000"]) or "").startswith(":: is every address of this machine: ")
