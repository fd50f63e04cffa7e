"""Moving stations from another program on the hub's machine: `/-/event/pairs`, and a client for it."""

import ssl
from typing import Final

import msgspec
from aiohttp import web
from yarl import URL

from hub.control import ask, read_order
from hub.event_desk import EventDesk
from hub.feed import refuse_strangers
from hub.pairing import Move, PairingError

PATH: Final = "/-/event/pairs"
NO_EVENT: Final = "this hub runs without an event file; `plugfest serve EVENT.toml` gives it one"
DESK: Final = web.AppKey("desk", EventDesk)


class MoveOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks for: a station, by product or identity, and the CSMS that it is for from now on."""

    station: str
    csms: str


class PairShown(msgspec.Struct):
    """A station of the event, and the CSMS that it is for now."""

    identity: str
    product: str
    csms: str | None
    before: str | None = None


def add_event_control(app: web.Application, desk: EventDesk | None) -> None:
    """Let the hub's application show and change the pairing; without a desk it says that there is no event."""
    if desk is not None:
        app[DESK] = desk
    app.router.add_get(PATH, list_pairs)
    app.router.add_post(PATH, move)


async def list_pairs(request: web.Request) -> web.Response:
    """Say which station is for which CSMS."""
    desk = _desk_of(request)
    return _answer([_shown(desk, Move(identity, None, csms)) for identity, csms in desk.pairing.pairs.items()])


async def move(request: web.Request) -> web.Response:
    """Move a station."""
    desk = _desk_of(request)
    wanted = await read_order(request, MoveOrder)
    try:
        return _answer([_shown(desk, each) for each in desk.move(wanted.station, wanted.csms)])
    except PairingError as exc:
        raise web.HTTPBadRequest(text=f"{exc}\n") from exc


async def show_pairs(url: URL, tls: ssl.SSLContext | bool = True) -> list[PairShown]:
    """Ask a hub for its pairing.

    Raises:
        ControlError: the hub said no, or cannot be reached.
    """
    return await ask(url, None, list[PairShown], tls)


async def order_move(url: URL, station: str, csms: str, tls: ssl.SSLContext | bool = True) -> list[PairShown]:
    """Have a hub move a station; return those that are for another CSMS by it.

    Raises:
        ControlError: the hub said no, or cannot be reached.
    """
    return await ask(url, MoveOrder(station, csms), list[PairShown], tls)


def _desk_of(request: web.Request) -> EventDesk:
    refuse_strangers(request)
    desk = request.app.get(DESK)
    if desk is None:
        raise web.HTTPNotFound(text=f"{NO_EVENT}\n")
    return desk


def _shown(desk: EventDesk, each: Move) -> PairShown:
    product = desk.event.product_of(each.identity)
    return PairShown(each.identity, product.name if product else "", each.after, each.before)


def _answer(pairs: list[PairShown]) -> web.Response:
    return web.Response(body=msgspec.json.encode(pairs), content_type="application/json")
