"""Fragments without the secrets of their messages."""

from pathlib import Path

import msgspec
import orjson
import pytest
from drawing import draw, judged
from exported import drawn_as, findings_in

from hub.exports.exporter import Format
from hub.exports.fragments import MOST_ITEMS, Fragments
from hub.imports.sessions import import_sessions
from matrix.trace import Frame, Traffic

SECRET = '[2,"a","ChangeConfiguration",{"key":"AuthorizationKey","value":"0123456789abcdef"}]'
HIDDEN = SECRET.replace("0123456789abcdef", "***")


def told(traffic: list[Traffic]) -> list[str | bytes | None]:
    fragments = Fragments()
    return [fragments.payload(item) for item in fragments.ahead(traffic) if isinstance(item, Frame)]


def test_fragments_of_a_message_without_a_secret_are_as_they_were() -> None:
    assert told(draw('> part [2,"a","Hea', "> ping x", "> next rtb", '> last eat",{}]'))[::3] == [
        '[2,"a","Hea',
        'eat",{}]',
    ]


@pytest.mark.parametrize("at", range(20, len(SECRET), 7))
def test_secret_is_in_no_fragment_wherever_it_is_cut(at: int) -> None:
    pieces = told(draw(f"< part {SECRET[:at]}", f"< last {SECRET[at:]}"))

    assert "".join(map(str, pieces)) == HIDDEN
    assert pieces[0] == HIDDEN[:at]


def test_message_that_does_not_go_on_is_told_without_what_may_be_a_secret() -> None:
    pieces = told(draw(f"< part {SECRET[:70]}", "< ping x", '< [2,"b","Heartbeat",{}]'))

    assert pieces == [HIDDEN.removesuffix("}]"), None, None]


def test_fragment_without_a_beginning_and_one_of_a_message_that_takes_too_long_are_unknown() -> None:
    endless = ["< part [", *["> ping x"] * MOST_ITEMS, "< last ]"]

    assert told(draw("< last x"))[0] is None
    assert {*told(draw(*endless))} == {None}


def test_character_that_is_cut_in_two_is_put_together(tmp_path: Path) -> None:
    first, second = '[2,"a","DataTransfer",{"vendorId":"é"}]'.encode().split(b"\xa9")
    opened, part, last, *end = draw("> part x", "> last x")
    assert isinstance(part, Frame)
    assert isinstance(last, Frame)
    cut = [
        msgspec.structs.replace(part, payload=first),
        msgspec.structs.replace(last, payload=b"\xa9" + second),
    ]

    record = orjson.loads(drawn_as(tmp_path, Format.TRACE, [opened, *cut, *end]))

    assert record["payload"] == {"vendorId": "é"}


def test_message_in_fragments_is_judged_alike_once_it_is_exported_and_imported(tmp_path: Path) -> None:
    traffic = draw('> part [2,"a","Hea', '> last rtbeat",{}]', '< [3,"a",{"currentTime":"2026-01-01T12:00:00Z"}]')
    (tmp_path / "a.har").write_bytes(drawn_as(tmp_path, Format.HAR, traffic, with_secrets=False))

    import_sessions([tmp_path / "a.har"], tmp_path / "b.recording", "imported", lambda _share: None)

    assert findings_in(tmp_path / "b.recording") == judged(traffic).findings
