"""Sessions at random: payloads are made of the JSON schemas, then spoiled: what rules read is there, of any type."""

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from drawing import START_NS
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from payloads import example

from matrix.dialect import SUBPROTOCOLS, V16, V20, V21, V201, dialect
from matrix.schemas import Part, schema
from matrix.trace import Closed, Ending, Frame, Headers, Opcode, Opened, Session, Side, Traffic

NAMES: Final = {version: name for name, version in SUBPROTOCOLS.items()}
SECOND_NS: Final = 1_000_000_000
TIMES: Final = ("2026-11-01T10:00:00Z", "2026-11-01T10:00:00", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "")
SPOILED: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e308, "", "0", "-1", "1" * 400, *TIMES]),
    st.sampled_from(["Accepted", "Rejected", "Pending", "Started", "Ended", "\u202e\x00\ud7ff", "a" * 3_000]),
    st.sampled_from([[], {}, [[]], [None], [{}], {"": {}}, [[[[[]]]]], {"id": None}, [1, "1", None]]),
)
SLOW: Final = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def spoil(payload: Any, draw: st.DrawFn) -> Any:
    """Put something else at a place of a payload, leave a field out, or add one; a few times, anywhere."""
    payload = copy.deepcopy(payload)
    for _ in range(draw(st.integers(0, 3))):
        places = [*_places(payload)]
        if not places:
            break
        parent, key = draw(st.sampled_from(places))
        if isinstance(parent, dict) and draw(st.integers(0, 4)) == 0:
            del parent[key]
        else:
            parent[key] = copy.deepcopy(draw(SPOILED))
    return payload


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in pairs:
        yield value, key
        yield from _places(each)


def _example(version: str, action: str, part: Part, *, full: bool) -> dict[str, Any]:
    version = V201 if version == V20 else version
    return example(version, action, part, full=full) if schema(version, action, part) else {}


@st.composite
def exchanges(draw: st.DrawFn, version: str) -> list[tuple[Side, Any]]:
    """Draw a CALL with its answer: of a right action, rarely by the right side, spoiled here and there."""
    actions = sorted(dialect(version).actions)
    action = draw(st.sampled_from(actions) | st.just("Nonsense"))
    caller = draw(st.sampled_from(Side))
    message_id = draw(st.sampled_from(["1", "2", "3", "", 7, None, "x" * 40]))
    full = draw(st.booleans())
    known = action in actions
    request = spoil(_example(version, action, Part.REQUEST, full=full) if known else {}, draw)
    response = spoil(_example(version, action, Part.RESPONSE, full=full) if known else {}, draw)
    answer = draw(st.sampled_from([
        [3, message_id, response], [3, message_id, response], [3, message_id, response], None, [3, "9", response],
        [4, message_id, "SecurityError", "", {}], [4, message_id], [5, message_id, "GenericError", "", {}],
    ]))  # fmt: skip
    call = (caller, [draw(st.sampled_from([2, 2, 2, 6])), message_id, action, request])
    return [call] if answer is None else [call, (caller.other, answer)]


@st.composite
def frames(draw: st.DrawFn, version: str, session: int = 1) -> list[Frame]:
    """Draw what is said in a session: exchanges mostly, and in between anything that a WebSocket lets through."""
    made: list[Frame] = []
    for _ in range(draw(st.integers(1, 8))):
        if draw(st.integers(0, 5)):
            said = draw(exchanges(version))
            made += [Frame(0, session, 0, side, Opcode.TEXT, json.dumps(array)) for side, array in said]
        else:
            made.append(draw(odd_frames(session)))
    waits = draw(st.lists(st.sampled_from([0, 1, 10, 10, 31, 61, 301, 10_000]), min_size=len(made), max_size=len(made)))
    at, timed = START_NS, list[Frame]()
    for frame, wait in zip(made, waits, strict=True):
        at += wait * SECOND_NS + 10_000_000
        timed.append(msgspec.structs.replace(frame, at=at, payload=_now(frame.payload, at)))
    return timed


def _now(payload: str | bytes, at: int) -> str | bytes:
    second = (at // SECOND_NS) % 60
    return payload.replace("$NOW", f"2026-11-01T10:00:{second:02}Z") if isinstance(payload, str) else payload


def odd_frames(session: int) -> st.SearchStrategy[Frame]:
    return st.builds(
        Frame,
        id=st.just(0),
        session=st.just(session),
        at=st.just(0),
        side=st.sampled_from(Side),
        opcode=st.sampled_from([-1, 0, 1, 1, 1, 2, 3, 8, 9, 10, 11, 15]),
        payload=st.one_of(st.binary(max_size=40), st.text(max_size=40), st.just("[" * 3_000), JSON_TEXTS),
        fin=st.booleans(),
        rsv=st.sampled_from([0, 0, 1, 2, 4, 7]),
        unread=st.sampled_from([None, None, None, "not recorded: disk full"]),
    )


JSON_TEXTS: Final = st.recursive(
    SPOILED, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
).map(lambda value: json.dumps([2, "a", value]))


@st.composite
def sessions(draw: st.DrawFn, number: int = 1) -> list[Traffic]:
    """Draw a session, upgraded or not, whose marks begin with 1."""
    version = draw(st.sampled_from([V16, V20, V201, V21]))
    chosen = draw(st.sampled_from([NAMES[version], NAMES[version], NAMES[version], None, "ocpp9"]))
    headers: Headers = (("Upgrade", draw(st.sampled_from(["websocket", "h2c"]))),)
    opened = Session(
        id=number, opened_at=START_NS, answered_at=START_NS, identity=f"CS{number}", csms=f"acme{number}",
        path=f"/acme{number}/CS{number}", offered=(NAMES[version],), chosen=chosen, status=101, request=headers,
    )  # fmt: skip
    said = draw(frames(version, number))
    end = said[-1].at if said else START_NS
    closed = msgspec.structs.replace(
        opened, closed_at=end, closed_by=draw(st.sampled_from([*Side, None])), ending=draw(st.sampled_from(Ending))
    )
    return numbered([Opened(0, opened), *said, Closed(0, closed)])


def numbered(items: list[Traffic]) -> list[Traffic]:
    """Give traffic its marks, in order."""
    marked: list[Traffic] = []
    for mark, item in enumerate(items, start=1):
        marked.append(
            msgspec.structs.replace(item, id=mark)
            if isinstance(item, Frame)
            else msgspec.structs.replace(item, mark=mark)
        )
    return marked
