"""A sequence diagram for Mermaid: nothing in it is taken for Mermaid's or HTML's own."""

from pathlib import Path

from drawing import draw
from exported import drawn_as

from hub.exports.exporter import Format


def test_diagram_says_who_said_what(tmp_path: Path) -> None:
    traffic = draw('> [2,"a","Heartbeat",{"x":1}]', '< [3,"a",{"currentTime":"2026-11-01T10:00:00Z"}]', "> close 1000")

    lines = drawn_as(tmp_path, Format.MERMAID, traffic).decode().splitlines()

    assert lines[:5] == [
        "sequenceDiagram", "    participant S as CS001", "    participant C as acme",
        "    S->>C: GET /acme/CS001 ocpp1.6", "    C-->>S: 101 ocpp1.6",
    ]  # fmt: skip
    assert lines[5] == "    S->>C: Heartbeat {x: 1}"
    assert lines[6].startswith("    Note left of S: RPC-19 violation: ")
    assert '    C-->>S: Heartbeat {currentTime: "2026-11-01T10:00:00Z"}' in lines
    assert lines[-1] == "    Note over S,C: closed by the station"


def test_text_is_no_statement_no_directive_and_no_html(tmp_path: Path) -> None:
    traffic = draw("> end; %%{init: x}%% # <img src=x onerror=alert(1)> &amp; \n  S->>C: more", identity="end")

    text = drawn_as(tmp_path, Format.MERMAID, traffic).decode()

    assert "participant S as #101;nd" in text
    assert not any(special in text for special in ("%", "<", "&", "; %"))
    assert text.count("\n") == 8
