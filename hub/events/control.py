"""Moving stations from another program: `/-/event/pairs` and so on, and a client for it.

Programs of the hub's own user on its own machine may, by its badge (ADR 32), and organizers anywhere, over TLS, by a
token that was made for it (ADR 31).
"""

import logging
from datetime import timedelta
from typing import Final, Literal

import msgspec
from aiohttp import web

from hub.access.refusals import WHO
from hub.disturbing.control import HubAt, read_order
from hub.events.countdown import PhaseShown, phase_shown
from hub.events.desk import EventDesk
from hub.events.pairing import Move, PairingError
from hub.events.remarks import remark_on_pair
from hub.feed import HERE, VIEWING
from matrix.safe import safe

PATH: Final = "/-/event/pairs"
SWAP_PATH: Final = "/-/event/swap"
CLOCK_PATH: Final = "/-/event/clock"
LONGEST_SHIFT_S: Final = 7 * 86_400
NO_EVENT: Final = "this hub runs without an event file; `plugfest serve EVENT.toml` gives it one"
DESK: Final = web.AppKey("desk", EventDesk)

log = logging.getLogger(__name__)


class MoveOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks for: a station, by product or identity, and the CSMS that it is for from now on.

    `seen` is the CSMS that it was for when somebody chose that; where it is for another one by now, it is not moved.
    """

    station: str
    csms: str
    seen: str | msgspec.UnsetType | None = msgspec.UNSET


class SwapOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What a client asks for: two stations, by product or identity, that change places; `seen` is as in MoveOrder."""

    one: str
    other: str
    seen: tuple[str | None, str | None] | None = None


class PairShown(msgspec.Struct):
    """A station of the event, and the CSMS that it is for now.

    In a list, `is_connected` says whether it has come by ws://HUB/IDENTITY, and is there.
    `remark` says why the two will hardly understand each other, or that a move is not kept; "" where all is well.
    """

    identity: str
    product: str
    csms: str | None
    before: str | None = None
    by_hand: bool = False
    is_connected: bool = False
    remark: str = ""


class ClockOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What is to be done with the clock of the rounds: it stops, goes on, or what is to come is shifted."""

    what: Literal["pause", "resume", "shift"]
    by_s: float = 0.0


class PairsShown(msgspec.Struct):
    """The stations of the event, and the names of the CSMSes that there are."""

    pairs: list[PairShown]
    csmses: list[str]


def add_event_control(app: web.Application, desk: EventDesk | None) -> None:
    """Let the hub's application show and change the pairing; without a desk it says that there is no event."""
    if desk is not None:
        app[DESK] = desk
    app.router.add_get(PATH, list_pairs)
    app.router.add_post(PATH, move)
    app.router.add_post(SWAP_PATH, swap)
    app.router.add_get(CLOCK_PATH, show_clock)
    app.router.add_post(CLOCK_PATH, set_clock)


async def list_pairs(request: web.Request) -> web.Response:
    """Say which station is for which CSMS."""
    desk = _desk_of(request)
    pairs = [_listed(desk, identity, csms) for identity, csms in desk.pairing.pairs.items()]
    return _answer(PairsShown(pairs, [*desk.event.csmses]))


async def move(request: web.Request) -> web.Response:
    """Move a station."""
    desk = _desk_of(request)
    wanted = await read_order(request, MoveOrder)
    _say_whose(request, f"moves {wanted.station!r} to {wanted.csms!r}")
    try:
        if wanted.seen is not msgspec.UNSET:
            desk.pairing.check_unchanged((wanted.station, wanted.seen))
        moves = desk.move(wanted.station, wanted.csms)
    except PairingError as exc:
        raise web.HTTPBadRequest(text=f"{exc}\n") from exc
    trouble = await desk.kept()
    return _answer([_shown(desk, each, trouble) for each in moves])


async def swap(request: web.Request) -> web.Response:
    """Let two stations change places."""
    desk = _desk_of(request)
    wanted = await read_order(request, SwapOrder)
    _say_whose(request, f"swaps {wanted.one!r} and {wanted.other!r}")
    try:
        if wanted.seen is not None:
            desk.pairing.check_unchanged(*zip((wanted.one, wanted.other), wanted.seen, strict=True))
        moves = desk.swap(wanted.one, wanted.other)
    except PairingError as exc:
        raise web.HTTPBadRequest(text=f"{exc}\n") from exc
    trouble = await desk.kept()
    return _answer([_shown(desk, each, trouble) for each in moves])


async def show_clock(request: web.Request) -> web.Response:
    """Say where the event stands."""
    return _clock(_desk_of(request))


async def set_clock(request: web.Request) -> web.Response:
    """Pause, resume or shift the rounds."""
    desk = _desk_of(request)
    wanted = await read_order(request, ClockOrder)
    if not abs(wanted.by_s) <= LONGEST_SHIFT_S:  # NaN, too
        raise web.HTTPBadRequest(text=f"rounds are shifted by a week at most, not by {wanted.by_s} s\n")
    by = f" by {wanted.by_s:+g} s" if wanted.what == "shift" else ""
    _say_whose(request, f"has the rounds {wanted.what}{by}")
    match wanted.what:
        case "pause":
            desk.pause()
        case "resume":
            desk.resume()
        case "shift":
            desk.shift(timedelta(seconds=wanted.by_s))
    await desk.kept()
    return _clock(desk)


def _clock(desk: EventDesk) -> web.Response:
    return web.Response(body=msgspec.json.encode(phase_shown(desk)), content_type="application/json")


def _desk_of(request: web.Request) -> EventDesk:
    request.app.get(VIEWING, HERE).admit_order(request)
    desk = request.app.get(DESK)
    if desk is None:
        raise web.HTTPNotFound(text=f"{NO_EVENT}\n")
    return desk


def _say_whose(request: web.Request, order: str) -> None:
    """Write into the log who had this done, where that was somebody on another machine."""
    if who := request.get(WHO):
        log.info("%s, from %s, %s", who, request.remote, safe(order.strip(), 200))


def _shown(desk: EventDesk, each: Move, trouble: str = "") -> PairShown:
    product = desk.event.product_of(each.identity)
    remarks = [remark_on_pair(desk.event, each.identity, each.after) if each.after else "", trouble]
    remark = "; ".join(filter(None, remarks))
    return PairShown(each.identity, product.name if product else "", each.after, each.before, remark=remark)


def _listed(desk: EventDesk, identity: str, csms: str | None) -> PairShown:
    shown, by_hand = _shown(desk, Move(identity, None, csms)), identity in desk.pairing.moved
    return msgspec.structs.replace(shown, by_hand=by_hand, is_connected=desk.is_connected(identity))


def _answer(shown: PairsShown | list[PairShown]) -> web.Response:
    return web.Response(body=msgspec.json.encode(shown), content_type="application/json")


# -- the client -------------------------------------------------------------------------------------------------------


class DeskAt(HubAt):
    """The event desk of a running hub, as another program asks it.

    Everything raises ControlError where the hub says no, or cannot be reached; TlsError, where `ca` is none.
    """

    __slots__ = ()

    async def pairs(self) -> PairsShown:
        """Return which station is for which CSMS."""
        return await self.ask(PATH, None, PairsShown)

    async def move(self, wanted: MoveOrder) -> list[PairShown]:
        """Have a station moved; return those that are for another CSMS by it."""
        return await self.ask(PATH, wanted, list[PairShown])

    async def swap(self, wanted: SwapOrder) -> list[PairShown]:
        """Have two stations change places; return those that are for another CSMS by it."""
        return await self.ask(SWAP_PATH, wanted, list[PairShown])

    async def clock(self, wanted: ClockOrder | None = None) -> PhaseShown:
        """Return where the event stands, after its clock was set, if that is wanted."""
        return await self.ask(CLOCK_PATH, wanted, PhaseShown)
