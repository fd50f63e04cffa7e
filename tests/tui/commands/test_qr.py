import re
import stat
from pathlib import Path

import pytest
import segno

from hub.access.tokens import MOVES_PREFIX
from tui.commands.qr import BORDER, QrError, drawn, page_link, write_svg

TOKEN = "plugfest_" + "a1-_" * 10
LINK = f"https://hub.example/-/page/enter#{TOKEN}"
BLOCKS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


@pytest.mark.parametrize(
    ("hub", "origin"),
    [
        ("https://hub.example", "https://hub.example"),
        ("wss://hub.example/", "https://hub.example"),
        ("http://192.0.2.7:9000", "http://192.0.2.7:9000"),
        ("ws://[2001:db8::1]:9000/-/page/hall", "http://[2001:db8::1]:9000"),
    ],
)
def test_link_has_the_token_where_no_browser_sends_it(hub: str, origin: str) -> None:
    assert page_link(hub, TOKEN) == f"{origin}/-/page/enter#{TOKEN}"


@pytest.mark.parametrize("hub", ["hub.example", "ftp://hub.example", "https://", "https://hub:x", ""])
def test_what_is_no_url_of_a_hub_is_named(hub: str) -> None:
    with pytest.raises(QrError, match=re.escape(repr(hub))):
        page_link(hub, TOKEN)


@pytest.mark.parametrize("token", ["", "secret", "plugfest_short", f"{TOKEN}?x", f"{TOKEN}\n"])
def test_what_is_no_token_is_refused_and_not_told(token: str) -> None:
    with pytest.raises(QrError, match="this is no token") as refused:
        page_link("https://hub.example", token)

    assert not token or token not in str(refused.value)


def test_token_that_moves_stations_gets_no_link_and_the_reason() -> None:
    with pytest.raises(QrError, match="this token moves stations, and whoever sees a link"):
        page_link("https://hub.example", f"{MOVES_PREFIX}{'a' * 43}")


def test_drawing_is_the_code_module_for_module_with_its_light_frame() -> None:
    lines = [re.sub("\x1b\\[[0-9;]*m", "", line) for line in drawn(LINK).splitlines()]

    rows = [[BLOCKS[block][half] for block in line] for line in lines for half in (0, 1)]
    code = [[int(bool(module)) for module in row] for row in segno.make_qr(LINK).matrix_iter(border=BORDER)]

    assert rows[: len(code)] == code
    assert len(lines) <= 27
    assert max(map(len, lines)) <= 60


def test_picture_is_for_its_owner_only_and_never_takes_another_files_place(tmp_path: Path) -> None:
    write_svg(LINK, tmp_path / "volta.svg")

    with pytest.raises(QrError, match=r"there is a file at .* already"):
        write_svg(LINK, tmp_path / "volta.svg")
    with pytest.raises(QrError, match="cannot be written"):
        write_svg(LINK, tmp_path / "nowhere" / "volta.svg")

    assert stat.S_IMODE((tmp_path / "volta.svg").stat().st_mode) == 0o600
    assert "<svg" in (tmp_path / "volta.svg").read_text()
