from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.redacting.pseudonyms import Pseudonyms
from hub.redacting.shapes import folded, shape_of

KEY = b"k" * 32
IDENTIFIERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40)


def form(text: str) -> list[str]:
    return ["9" if each.isdigit() else "A" if each.isupper() else "a" if each.islower() else each for each in text]


@given(value=IDENTIFIERS)
def test_a_pseudonym_has_letters_for_letters_digits_for_digits_and_all_else_as_it_was(value: str) -> None:
    pseudonym = Pseudonyms(KEY).of(value)

    assert form(pseudonym) == form(value)


@given(value=st.text(max_size=90))
def test_a_pseudonym_is_as_long_in_characters_and_in_bytes(value: str) -> None:
    pseudonym = Pseudonyms(KEY).of(value)

    assert len(pseudonym) == len(value)
    assert len(pseudonym.encode()) == len(value.encode())


@given(value=IDENTIFIERS, other=IDENTIFIERS)
def test_two_values_have_two_pseudonyms_unless_they_differ_in_capitals_only(value: str, other: str) -> None:
    pseudonyms = Pseudonyms(KEY)

    assert (folded(pseudonyms.of(value)) == folded(pseudonyms.of(other))) == (folded(value) == folded(other))


@pytest.mark.parametrize("pattern", ["{:03}", "{:03x}", "A{:03}", "10.0.{}.1", "{}", "x{:x}", "ab:cd:{:02x}"])
def test_a_thousand_values_of_like_forms_never_meet(pattern: str) -> None:
    pseudonyms = Pseudonyms(KEY)
    values = [pattern.format(number) for number in range(256 if "10.0" in pattern or "ab" in pattern else 1000)]

    given_ = [pseudonyms.of(value) for value in values]

    assert len(set(given_)) == len(values)


@given(value=IDENTIFIERS.filter(lambda value: len(shape_of(folded(value)).slots) > 3))
def test_no_value_is_its_own_pseudonym(value: str) -> None:
    assert folded(Pseudonyms(KEY).of(value)) != folded(value)


@given(value=IDENTIFIERS)
def test_runs_with_one_key_agree(value: str) -> None:
    assert Pseudonyms(KEY).of(value) == Pseudonyms(KEY).of(value)


def test_runs_with_two_keys_do_not_agree() -> None:
    assert Pseudonyms(KEY).of("a-long-identity-42") != Pseudonyms(b"o" * 32).of("a-long-identity-42")


def test_capitals_follow_the_value() -> None:
    pseudonyms = Pseudonyms(KEY)

    assert pseudonyms.of("dEaDtag") == "".join(
        new.upper() if old.isupper() else new for old, new in zip("dEaDtag", pseudonyms.of("deadtag"), strict=True)
    )


@given(digits=st.from_regex(r"[0-9A-F]{14}", fullmatch=True))
def test_hexadecimal_stays_hexadecimal(digits: str) -> None:
    pseudonym = Pseudonyms(KEY).of(digits)

    assert set(pseudonym) <= set("0123456789ABCDEF")
    assert len(pseudonym) == len(digits)


@given(address=st.ip_addresses())
def test_an_address_stays_one_and_tells_public_from_private(address: object) -> None:
    pseudonym = ip_address(Pseudonyms(KEY).of(str(address)))

    assert pseudonym.is_global == ip_address(str(address)).is_global


def test_loopbacks_stay_and_private_networks_keep_what_makes_them_private() -> None:
    pseudonyms = Pseudonyms(KEY)

    assert pseudonyms.of("127.0.0.1") == "127.0.0.1"
    assert pseudonyms.of("::1") == "::1"
    assert pseudonyms.of("192.168.17.4").startswith("192.168.")
    assert pseudonyms.of("10.11.12.13").startswith("10.")


def test_a_number_of_json_stays_one() -> None:
    for number in ("604213", "-17", "0.25", "1e10", "12.50"):
        pseudonym = Pseudonyms(KEY).of(number)

        assert not pseudonym.removeprefix("-").startswith("0") or number.startswith("0")
        float(pseudonym)


def test_a_certificate_keeps_its_lines_and_its_padding() -> None:
    pem = f"-----BEGIN CERTIFICATE-----\n{'MIIBszCCAVmgAwIBAgIU' * 3}\nZm9v+/8=\n-----END CERTIFICATE-----\n"

    lines = Pseudonyms(KEY).of(pem).split("\n")

    assert lines[0] == "-----BEGIN CERTIFICATE-----"
    assert lines[3:] == ["-----END CERTIFICATE-----", ""]
    assert lines[1] != pem.split("\n")[1]
    assert lines[2].endswith("=")


def test_one_character_over_and_over_stays_that() -> None:
    pseudonyms = Pseudonyms(KEY)

    assert pseudonyms.of("********") == "********"
    assert len(set(pseudonyms.of("000000"))) == 1
    assert pseudonyms.of("000000") != "000000"


def test_a_tag_that_goes_on_after_another_does_so_in_its_pseudonym() -> None:
    pseudonyms = Pseudonyms(KEY)

    pseudonyms.relate(["BA86I250X5", "BA86I250X5-", "BA86I250X5G6", "C0FFEE"])

    assert pseudonyms.of("BA86I250X5-") == pseudonyms.of("BA86I250X5") + "-"
    assert pseudonyms.of("BA86I250X5G6").startswith(pseudonyms.of("BA86I250X5"))
    assert pseudonyms.of("C0FFEE") == Pseudonyms(KEY).of("C0FFEE")


@given(octets=st.binary(min_size=8, max_size=200))
def test_bytes_become_as_many_others(octets: bytes) -> None:
    pseudonyms = Pseudonyms(KEY)

    assert len(pseudonyms.of_bytes(octets)) == len(octets)
    assert pseudonyms.of_bytes(octets) != octets
