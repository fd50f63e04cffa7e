"""Orders to the event desk of a running hub: by token from another machine, and by a client that keeps the token."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import trustme
from aiohttp import web
from event_texts import TWO_STATIONS

from hub.access import token_file
from hub.access.tokens import Role, Token, new_token, revoke
from hub.disturbing.control import ControlError
from hub.doors import Door
from hub.events.control import PATH, ClockOrder, DeskAt, MoveOrder, PairsShown, SwapOrder, add_event_control
from hub.events.desk import EventDesk
from hub.events.desk_state import state_path
from hub.events.file import read_event
from hub.server import Hub, HubSettings
from hub.tls.contexts import TlsPolicy

AFAR = {"Via": "1.1 a-proxy"}
"""What a request carries that does not come from the hub's own machine."""
ORDER = {"station": "V1", "csms": "deep"}


class Place:
    """A hub with a plain door and one for TLS, and the token of an organizer who may move stations."""

    def __init__(self, hub: Hub, token: str, ca: Path, http: aiohttp.ClientSession) -> None:
        self.hub, self.token, self.ca, self._http = hub, token, ca, http

    @property
    def desk(self) -> EventDesk:
        assert self.hub.desk is not None
        return self.hub.desk

    async def post(self, url: str, **fields: str) -> int:
        shown = AFAR | {"Authorization": f"Bearer {self.token}"} | fields
        async with self._http.post(f"{url}{PATH}", json=ORDER, headers=shown, ssl=False) as answer:
            return answer.status


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(token_file, "LOOK_S", 0.01)
    (tmp_path / "event.toml").write_text(TWO_STATIONS)
    token = new_token(tmp_path / "tokens.toml", Token(name="anna", digest="", role=Role.ORGANIZER, may_move=True))
    ca, context, app = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), web.Application()
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    desk = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy())
    add_event_control(app, desk)
    settings = HubSettings(
        recording=tmp_path / "event.db", csmses={}, port=0, more_doors=[Door("127.0.0.1", 0, context)],
        tokens=tmp_path / "tokens.toml",
    )  # fmt: skip
    async with Hub(settings, app=app, desk=desk) as hub, aiohttp.ClientSession() as http:
        yield Place(hub, token, tmp_path / "ca.pem", http)


@pytest.fixture
def secure(place: Place) -> str:
    return place.hub.urls[1].replace("wss:", "https:")


@pytest.fixture
def plain(place: Place) -> str:
    return place.hub.url.replace("ws:", "http:")


async def test_organizer_moves_stations_from_another_machine_by_token_over_tls(place: Place, secure: str) -> None:
    status = await place.post(secure)

    assert status == 200
    assert place.desk.pairing.csms_of("V1") == "deep"


async def test_token_moves_nothing_without_tls(place: Place, plain: str) -> None:
    status = await place.post(plain)

    assert status == 403
    assert place.desk.pairing.csms_of("V1") == "lotus"


async def test_token_moves_nothing_for_a_web_page(place: Place, secure: str) -> None:
    status = await place.post(secure, Origin=secure)

    assert status == 403
    assert place.desk.pairing.csms_of("V1") == "lotus"


async def test_token_that_was_revoked_moves_nothing(place: Place, secure: str) -> None:
    assert place.hub.settings.tokens is not None
    revoke(place.hub.settings.tokens, "anna")
    assert place.hub.tunnels.tokens is not None
    place.hub.tunnels.tokens.look()

    status = await place.post(secure)

    assert status == 401
    assert place.desk.pairing.csms_of("V1") == "lotus"


async def test_who_moves_a_station_is_told_that_a_restart_would_forget_it(place: Place, tmp_path: Path) -> None:
    await place.desk.kept()
    state_path(tmp_path / "event.toml").unlink()
    state_path(tmp_path / "event.toml").mkdir()

    (moved,) = await DeskAt(place.hub.urls[1], place.ca, place.token).move(MoveOrder("V1", "deep"))

    assert moved.remark.startswith("what is changed by hand cannot be kept in")
    assert moved.remark.endswith("a restart of the hub would forget it")
    assert place.desk.pairing.csms_of("V1") == "deep"


async def test_client_gives_every_order_over_tls(place: Place) -> None:
    desk = DeskAt(place.hub.urls[1], place.ca, place.token)

    await desk.move(MoveOrder("V1", "deep", seen="lotus"))
    await desk.swap(SwapOrder("V1", "V2", seen=("deep", None)))
    phase = await desk.clock(ClockOrder("pause"))
    shown = await desk.pairs()

    assert phase.is_paused
    assert [(each.identity, each.csms) for each in shown.pairs] == [("V1", None), ("V2", "deep")]


async def test_client_shows_its_token_to_nobody_whose_certificate_it_takes_at_its_word(tmp_path: Path) -> None:
    shown: list[str | None] = []

    async def listen(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Authorization"))
        return web.json_response({"pairs": [], "csmses": []})

    ca, context, app = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), web.Application()
    ca.issue_cert("127.0.0.1").configure_cert(context)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    app.router.add_get(PATH, listen)
    recording = tmp_path / "event.db"
    async with Hub(HubSettings(recording=recording, csmses={}, port=0, tls=context), app=app) as hub:
        await DeskAt(str(recording), token="plugfest_secret").pairs()
        await DeskAt(hub.url, tmp_path / "ca.pem", "plugfest_secret").pairs()

    assert shown == [None, "Bearer plugfest_secret"]


async def test_client_shows_its_token_to_nobody_without_tls(tmp_path: Path) -> None:
    shown: list[str | None] = []

    async def listen(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Authorization"))
        return web.json_response({"pairs": [], "csmses": []})

    app = web.Application()
    app.router.add_get(PATH, listen)
    settings = HubSettings(recording=tmp_path / "event.db", csmses={}, port=0)
    async with Hub(settings, app=app) as hub:
        pairs = await DeskAt(hub.url, token="plugfest_secret").pairs()

    assert (pairs, shown) == (PairsShown([], []), [None])


async def test_swap_of_what_has_changed_meanwhile_is_refused(place: Place) -> None:
    with pytest.raises(ControlError, match="'V2' is for no CSMS by now, and not for deep: nobody was moved"):
        await DeskAt(place.hub.url).swap(SwapOrder("V1", "V2", seen=("lotus", "deep")))

    assert place.desk.pairing.moved == {}


async def test_move_to_a_csms_without_a_version_in_common_is_made_and_remarked_on(tmp_path: Path) -> None:
    text = TWO_STATIONS.replace('versions = ["1.6"]\nidentities = ["V2"]', 'versions = ["2.0.1"]\nidentities = ["V2"]')
    (tmp_path / "event.toml").write_text(text)
    desk, app = EventDesk(read_event(tmp_path / "event.toml"), TlsPolicy()), web.Application()
    add_event_control(app, desk)
    async with Hub(HubSettings(recording=tmp_path / "event.db", csmses={}, port=0), app=app, desk=desk) as hub:
        (one,) = await DeskAt(hub.url).move(MoveOrder("one", "deep"))
        (other,) = await DeskAt(hub.url).move(MoveOrder("two", "deep"))

    assert (one.csms, one.remark) == ("deep", "")
    assert (other.csms, desk.pairing.csms_of("V2")) == ("deep", "deep")
    assert other.remark == "they have no version in common: 'V2' speaks 2.0.1, and deep speaks 1.6"
