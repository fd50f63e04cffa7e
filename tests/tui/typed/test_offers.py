"""What a shell offers for a filter, of a recording that is typed already."""

from pathlib import Path

import pytest
from drawing import draw
from recorded import record
from recordings import RecordingBuilder

from tui.typed import offers as offering
from tui.typed.offers import Known, offers

BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"Big Corp","chargePointModel":"One","firmwareVersion":"1.0"}]'


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("se", ["session:", "severity:"]),
        ("sid", ["side:station", "side:csms"]),
        ("a or not lat", ["a or not latency:", "a or not latency=", "a or not latency>", "a or not latency<"]),
        ("ven", ["vendor:", "vendor="]),
        ("type:callresult", ["type:callresult", "type:callresulterror"]),
        ("action:MeterValues", ["action:MeterValues"]),
        ("type:rag", ["type:fragment"]),
        ("type:o", []),
        ("zz", []),
    ],
)
def test_all_that_goes_on_from_what_is_typed_is_offered(text: str, offered: list[str]) -> None:
    assert offers(text, Known(None)) == offered


def test_a_value_that_wants_quotes_goes_on_from_what_is_typed_without_them() -> None:
    values = {"vendor": ["Big Corp", "Big Two", "Not so big"]}

    assert offers("vendor:big", values) == ['vendor:"Big Corp"', 'vendor:"Big Two"']


def test_a_recording_says_who_was_there(tmp_path: Path) -> None:
    known = Known(record(tmp_path / "a.recording", draw(BOOT, identity="CS-1"), draw(identity="CS-0")))

    assert {field: known[field] for field in ("identity", "vendor", "model", "firmware", "session")} == {
        "identity": ["CS-0", "CS-1"], "vendor": ["Big Corp"], "model": ["One"], "firmware": ["1.0"],
        "session": ["1", "2"],
    }  # fmt: skip


def test_every_field_that_has_values_of_its_own_is_known_and_no_other() -> None:
    known = Known(None)

    assert len([known[field] for field in known]) == len(known)
    assert {field for field in known if known[field]} == {"action", "rule"}
    assert known.get("zanzibar") is None


def test_a_recording_is_read_for_a_moment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offering, "READING_S", -1.0)
    known = Known(record(tmp_path / "a.recording", draw(BOOT, identity="CS-1")))

    assert (known["identity"], known["vendor"]) == (["CS-1"], [])


@pytest.mark.parametrize("content", [b"", b"not a recording", b"SQLite format 3\x00" + bytes(4096)])
def test_what_is_no_recording_says_nothing_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.recording"
    path.write_bytes(content)

    assert offers("vendor:a", Known(path)) == []
    assert [each.name for each in tmp_path.iterdir()] == ["a.recording"]
    assert path.read_bytes() == content


def test_a_recording_that_a_hub_is_writing_says_who_was_there_by_now(tmp_path: Path) -> None:
    with RecordingBuilder(tmp_path / "live.recording") as builder:
        builder.say(builder.session("CS-1", "acme"), BOOT)
        files = {each.name for each in tmp_path.iterdir()}

        assert Known(tmp_path / "live.recording")["vendor"] == ["Big Corp"]
        assert {each.name for each in tmp_path.iterdir()} == files
