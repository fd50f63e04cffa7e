"""HS: the upgrade, before any OCPP message: subprotocol, URL, identity, compression."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from matrix.dialect import JUDGED, SUBPROTOCOLS, V16, V21, V201
from matrix.exchange import EXTENSIONS, OddFrame, Oddity, Spoken
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.rule import on_first_words, on_handshake, on_odd_frame, rule, undecidable
from matrix.safe import safe
from matrix.secrets import told
from matrix.trace import Session, Side

SUBPROTOCOL: Final = "Sec-WebSocket-Protocol"
IDENTITY_LENGTH: Final = 48
HASTY_NS: Final = 5_000_000_000
HASTY_IN_A_ROW: Final = 10
NOT_KNOWN: Final = frozenset({401, 403, 404})
"""How CSMSes answer an identity that they do not know."""
_NOT_PCHAR: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~%!$&'()*+,;=:@]")
"""What may not stand in a path segment: RFC 3986 §3.3."""


@rule(
    "HS-01",
    "The station offers a subprotocol that names an OCPP version",
    clause="OCPP-J 1.6 §3.1.2; Part 4 §3.1.2",
    on=on_handshake(),
    stands_alone=True,
)
def no_subprotocol_offered(session: Session, _known: Known) -> Iterator[Remark]:
    """Report an upgrade request whose `Sec-WebSocket-Protocol` is missing or names no OCPP version.

    Breach: a request without `Sec-WebSocket-Protocol`; many CSMSes answer 400.
    Correct: `Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6`.
    """
    if not session.request or any(offer in SUBPROTOCOLS for offer in session.offered):
        return
    if not session.offered:
        yield violation(Side.STATION, f"the upgrade request offers no subprotocol ({SUBPROTOCOL} is missing or empty)")
    else:
        offers = ", ".join(told(offer, 40) for offer in session.offered[:5])
        yield violation(Side.STATION, f"none of the offered subprotocols names an OCPP version: {offers}")


@rule(
    "HS-02",
    "The CSMS selects exactly one subprotocol, and one that was offered",
    clause="RFC 6455 §4.2.2; OCPP-J 1.6 §3.2; Part 4 §3.2",
    on=on_handshake(),
    stands_alone=True,
)
def chosen_but_not_offered(session: Session, _known: Known) -> Iterator[Remark]:
    """Report a 101 whose `Sec-WebSocket-Protocol` is not one of the offers, or is several.

    Breach: offered `ocpp1.6`, answered `Sec-WebSocket-Protocol: ocpp2.0.1`.
    Correct: offered `ocpp2.0.1, ocpp1.6`, answered `ocpp1.6`.
    """
    if session.status == 101 and session.chosen and session.chosen not in session.offered:
        yield violation(Side.CSMS, f'the CSMS selected "{told(session.chosen, 60)}", which the station did not offer')


@rule(
    "HS-03",
    "A CSMS that supports none of the offered subprotocols completes the handshake without one and closes at once",
    clause="OCPP-J 1.6 §3.2; Part 4 §3.2",
    on=on_first_words(),
    stands_alone=True,
)
def goes_on_without_subprotocol(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report a CSMS that selected none of the offered subprotocols and talks OCPP all the same.

    A refusal by HTTP status instead is common and accepted. Where the station offered nothing, HS-01 says so and the
    CSMS is not blamed for being lenient.

    Breach: offered `ocpp1.6`, 101 without `Sec-WebSocket-Protocol`, then CALLRESULTs from the CSMS.
    Correct: 101 without `Sec-WebSocket-Protocol`, then a close frame.
    """
    session = spoken.conversation.session
    if spoken.side is Side.CSMS and not session.chosen and any(offer in SUBPROTOCOLS for offer in session.offered):
        yield violation(Side.CSMS, "the CSMS selected none of the offered subprotocols, and talks all the same")


@rule(
    "HS-05",
    "After 404 the station waits longer and longer before it tries again",
    clause="OCPP-J 1.6 errata 2025-04 §3.4",
    severity=Severity.WARNING,
    versions={V16},
    on=on_handshake(),
)
def retries_hastily(session: Session, known: Known) -> Iterator[Remark]:
    """Report more than ten attempts in a row, each answered 404, less than five seconds apart.

    Breach: eleven requests for an unknown identity within ten seconds.
    Correct: attempts after 10, 20, 40 ... seconds.
    """
    since = known.refused_since_ns[-HASTY_IN_A_ROW - 1 :]
    hasty = all(later - earlier < HASTY_NS for earlier, later in pairwise(since))
    if session.status == 404 and len(since) > HASTY_IN_A_ROW and hasty:
        yield warning(Side.STATION, f"{len(since)} attempts in a row, less than 5 s apart, after being answered 404")


@rule(
    "HS-06",
    "The identity is the last segment of the URL's path, percent-encoded",
    clause="OCPP-J 1.6 §3.1.1; Part 4 §3.1.1; RFC 3986 §3.3",
    on=on_handshake(),
    stands_alone=True,
)
def identity_not_encoded(session: Session, _known: Known) -> Iterator[Remark]:
    """Report a path without an identity, or with characters in it that have to be percent-encoded.

    Where a CSMS answers 401, 403 or 404 to an identity that is percent-encoded as it should be, there is an info: it
    may have looked for the encoded one, which traffic does not show.

    Breach: `/ocpp/RDAM|123`, or `/` alone.
    Correct: `/ocpp/RDAM%7C123`.
    """
    if not session.request:
        return
    segment = session.path.partition("?")[0].rpartition("/")[2]
    wrong = _NOT_PCHAR.search(segment)
    if not segment:
        yield violation(Side.STATION, f'the path "{told(session.path, 80)}" ends without an identity')
    elif wrong:
        yield violation(Side.STATION, f'the path holds "{safe(wrong.group())}", which has to be percent-encoded')
    elif "%" in segment and session.status in NOT_KNOWN and session.fault is None:
        asked = f'has "{told(segment, 60)}" been decoded?'
        yield info(Side.CSMS, f"answered {session.status} to an identity that is percent-encoded: {asked}")


@rule(
    "HS-07",
    'The identity has at most 48 characters and no ":"',
    clause="Part 4 §3.1.1",
    versions={V201, V21},
    on=on_handshake(),
    stands_alone=True,
)
def identity_too_long(session: Session, _known: Known) -> Iterator[Remark]:
    """Report an identity of more than 48 characters, or with a colon in it. 2.0.1 words the colon as a warning.

    Breach: `CS:001`, or 60 characters.
    Correct: `CS-001`.
    """
    if session.origin is not None:  # a log may call a station what it likes
        return
    if len(session.identity) > IDENTITY_LENGTH:
        yield violation(
            Side.STATION,
            f"the identity has {len(session.identity)} characters, {IDENTITY_LENGTH} are allowed",
        )
    if ":" in session.identity:
        text = f'the identity "{told(session.identity, 60)}" holds a colon'
        yield (violation if session.chosen == "ocpp2.1" else warning)(Side.STATION, text)


@rule(
    "HS-09",
    "The CSMS supports permessage-deflate",
    clause="Part 4 (2.0.1) §3.3; Part 4 (2.1) §3.4; RFC 7692",
    severity=Severity.WARNING,
    versions={V201, V21},
    on=on_handshake(),
    stands_alone=True,
)
def compression_not_accepted(session: Session, _known: Known) -> Iterator[Remark]:
    """Report a CSMS that was offered permessage-deflate and did not take it up. Stations may leave it out.

    Breach: offered `permessage-deflate`, 101 without `Sec-WebSocket-Extensions`.
    Correct: offered and accepted, or never offered.
    """
    offered = session.header(EXTENSIONS) or ""
    accepted = session.header(EXTENSIONS, of=Side.CSMS) or ""
    if session.upgraded and "permessage-deflate" in offered and "permessage-deflate" not in accepted:
        yield warning(Side.CSMS, "the station offered permessage-deflate, and the CSMS did not accept it")


@rule(
    "HS-10",
    "OCPP messages are JSON text in UTF-8, in text frames, with no reserved bit that was not negotiated",
    clause="OCPP-J 1.6 §4.1.2; Part 4 §4.1.2; RFC 6455 §5.2",
    on=on_odd_frame(),
    stands_alone=True,
)
def not_a_text_frame(odd: OddFrame, _known: Known) -> Iterator[Remark]:
    """Report binary frames, text that is not UTF-8, and compressed frames where compression was not negotiated.

    Breach: a frame with RSV1 set in a session without `permessage-deflate`.
    Correct: a text frame of UTF-8.
    """
    match odd.oddity:
        case Oddity.BINARY:
            yield violation(odd.frame.side, "a binary frame; OCPP messages are text")
        case Oddity.NOT_UTF8:
            yield violation(odd.frame.side, "a text frame that is not UTF-8")
        case Oddity.RESERVED_BITS:
            yield violation(
                odd.frame.side, f"reserved bits {odd.frame.rsv:03b} are set, and no extension was negotiated"
            )


@rule(
    "HS-11",
    "The upgrade request has the headers that RFC 6455 asks for",
    clause="RFC 6455 §4.1, by OCPP-J 1.6 §3.1 and Part 4 §3.1",
    on=on_handshake(),
    stands_alone=True,
)
def upgrade_headers_missing(session: Session, _known: Known) -> Iterator[Remark]:
    """Report an upgrade request without `Upgrade: websocket`, `Connection: Upgrade`, a key, or version 13.

    Breach: a request without `Connection`.
    Correct: `Connection: keep-alive, Upgrade` and the other three.
    """
    if not session.request:
        return
    for name, wanted in (
        ("Upgrade", "websocket"),
        ("Connection", "upgrade"),
        ("Sec-WebSocket-Version", "13"),
    ):
        value = session.header(name)
        if value is None:
            yield violation(Side.STATION, f"the upgrade request lacks {name}")
        elif wanted not in [token.strip().lower() for token in value.split(",")]:
            yield violation(Side.STATION, f'{name} is "{told(value, 60)}", and does not say "{wanted}"')
    if not session.header("Sec-WebSocket-Key"):
        yield violation(Side.STATION, "the upgrade request lacks Sec-WebSocket-Key")


@rule(
    "HS-12",
    "A station has one connection to a CSMS at a time",
    clause="no clause: OCPP describes one connection, and does not say what becomes of a second",
    severity=Severity.INFO,
    on=on_handshake(),
)
def second_connection(session: Session, known: Known) -> Iterator[Remark]:
    """Remark on a session that is opened while another one of the same identity is open at the same CSMS.

    It may be a station that has lost its network and come back before anybody noticed, two stations that were given
    the same identity, or somebody who takes a station's place. Traffic does not show which: nobody is charged.

    Breach: 101 for CS001 at acme, while another session of CS001 at acme is open.
    Correct: the first is closed before, or the second is refused.
    """
    others = sorted(known.open_sessions.keys() - {session.id})
    if session.upgraded and others:
        which = (
            f"session {others[-1]}" if len(others) == 1 else f"{len(others)} others, the latest session {others[-1]}"
        )
        yield info(Side.STATION, f"this identity was connected to this CSMS already, in {which}")


@rule(
    "HS-13",
    "A station masks its frames, and a CSMS does not",
    clause="RFC 6455 §5.1",
    on=on_first_words(),
    stands_alone=True,
)
def masked_the_wrong_way(spoken: Spoken, _known: Known) -> Iterator[Remark]:
    """Report a station whose first message is not masked, and a CSMS whose is: the other side has to close with 1002.

    A log that was imported does not show masks.

    Breach: a text frame of the station that begins with the bytes `81 13` (the second without its highest bit).
    Correct: `81 93`, four bytes of a key, and the payload masked with it.
    """
    if spoken.conversation.session.origin is None and spoken.masked != (spoken.side is Side.STATION):
        how = "are masked" if spoken.masked else "are not masked"
        yield violation(spoken.side, f"the frames of {spoken.side.label} {how}, which the other side must not accept")


@undecidable(
    "HS-04",
    "A CSMS answers an unknown identity with 404",
    clause="OCPP-J 1.6 §3.2",
    severity=Severity.WARNING,
    why="traffic does not show which identities a CSMS knows; 401, 403 and a close after 101 are all seen in the field",
)
def unknown_identity_answer() -> None:
    """Ask for 404 where the identity is unknown.

    Breach: 101, then a close.
    Correct: `404 Not Found`.
    """


@undecidable(
    "HS-08",
    "The URL's path does not determine the OCPP version; the subprotocol does",
    clause="2.0.1 errata 2025-09, Part 4 §4.2; Part 4 (2.1) §3.1.2",
    versions=JUDGED[2:],
    severity=Severity.INFO,
    why="how a CSMS came to its choice does not show; the hub itself judges by the subprotocol only",
)
def version_in_path() -> None:
    """Ask that a CSMS chooses by the subprotocol.

    Breach: `/ocpp/2.0.1/CS001` with `Sec-WebSocket-Protocol: ocpp1.6` taken as 2.0.1.
    Correct: taken as 1.6.
    """
