"""AU: passwords, user names and TLS, as far as a recording without secrets shows them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, NamedTuple

from matrix.dialect import JUDGED, V16, V21, V201
from matrix.exchange import Conversation, Exchange
from matrix.fields import objects, text
from matrix.finding import Remark, Severity, info, violation, warning
from matrix.known import Known
from matrix.rule import note, on_handshake, on_opened, on_result, rule
from matrix.secrets import told
from matrix.trace import Session, Side

KEY: Final = "AuthorizationKey"
SHORTEST_HEX: Final = 32
LONGEST_HEX: Final = 40
OLD_TLS: Final = ("SSLv2", "SSLv3", "TLSv1 ", "TLSv1.0", "TLSv1.1")
UNFIT: Final = {"-15": "fewer than 16 characters", "65-": "more than 64 characters"}
"""Lengths of a password that no edition of 2.x allows, as the recording gives them."""
_BASIC: Final = re.compile(
    r"basic user=(?P<user>.*) password=(?P<digest>\S+?)(?: form=(?P<length>[\d-]+)(?:,(?P<kind>\w+))?)?",
    re.IGNORECASE | re.DOTALL,
)
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*", re.ASCII)
_MASK: Final = re.compile(r"(.)\1*", re.DOTALL)
"""One character, over and over: asterisks in the place of a secret."""


class Basic(NamedTuple):
    """A Basic credential as it is recorded: the user's name, and a digest of the password by the hub's key.

    `length` is the range that the password's length is in: `-15`, `16-20`, `21-64` or `65-`; `kind` is `hex` where it
    is 32 to 40 hexadecimal digits, `binary` where it is no UTF-8. None: neither, or a recording that does not tell.
    """

    user: str
    digest: str
    length: str | None
    kind: str | None


def _basic(session: Session) -> Basic | None:
    match = _BASIC.fullmatch(session.header("Authorization") or "")
    return Basic(*match.group("user", "digest", "length", "kind")) if match else None


def _other_user(session: Session) -> Iterator[Remark]:
    basic = _basic(session)
    if basic is not None and session.identity.startswith(f"{basic.user}:"):
        return  # a user name ends at the first colon (RFC 7617 §2): such an identity cannot be one
    if basic is not None and basic.user != session.identity:
        user, identity = told(basic.user, 60), told(session.identity, 60)
        yield violation(Side.STATION, f'the user name is "{user}", the identity in the URL is "{identity}"')


@rule(
    "AU-01",
    "The user name of Basic authentication is the identity in the URL",
    clause="Security whitepaper ed. 2 A00.FR.204; OCPP-J 1.6 §6.2.2",
    versions={V16},
    on=on_handshake(),
    stands_alone=True,
)
def other_user_name(session: Session, _known: Known) -> Iterator[Remark]:
    """Report an Authorization whose user name is not the percent-decoded identity.

    Breach: `/ocpp/CS001` with `Authorization: Basic` for the user `admin`.
    Correct: `/ocpp/CS001` with `Authorization: Basic` for the user `CS001`.
    """
    yield from _other_user(session)


@rule(
    "AU-02",
    "The password is the AuthorizationKey decoded from its hexadecimal form, of 16 to 20 bytes",
    clause="Security whitepaper ed. 2 A00.FR.205, A00.FR.304",
    versions={V16},
    severity=Severity.WARNING,
    on=on_handshake(),
)
def password_sent_as_hex(session: Session, _known: Known) -> Iterator[Remark]:
    """Report a password of 32 to 40 hexadecimal digits: the key as it is configured, and not the bytes it stands for.

    A recording holds no password, only a keyed digest of it and its form; somebody may have chosen such a password, so
    it is a warning. Where a password is no UTF-8 and the CSMS answers 401 or 403, there is an info: a CSMS that reads
    it as text cannot know it, and traffic does not show whether it was the right one.

    Breach: the 40 hexadecimal digits themselves as the password.
    Correct: the 20 bytes that they stand for.
    """
    basic = _basic(session)
    if basic is None:
        return
    if basic.kind == "hex":
        yield warning(Side.STATION, "the password is 32 to 40 hexadecimal digits, not the bytes that they stand for")
    elif basic.kind == "binary" and session.status in (401, 403) and session.fault is None:
        text_of = f"answered {session.status} to a password that is no UTF-8: has it been read as bytes?"
        yield info(Side.CSMS, text_of)


@rule(
    "AU-03",
    "The user name of Basic authentication is the identity in the URL, the password 16 to 40 characters of UTF-8",
    clause="Part 2 A00.FR.204, A00.FR.205, A00.FR.303, A00.FR.304",
    versions={V201, V21},
    on=on_handshake(),
    stands_alone=True,
)
def other_user_name_in_2x(session: Session, _known: Known) -> Iterator[Remark]:
    """Report an Authorization whose user name is not the percent-decoded identity.

    A password of fewer than 16 or more than 64 characters (the most that any edition allows), or of bytes that are no
    UTF-8, is a warning: somebody else may have set it. A recording does not hold it, only its form.

    Breach: `/ocpp/CS001` with `Authorization: Basic` for the user `admin`.
    Correct: `/ocpp/CS001` with `Authorization: Basic` for the user `CS001`.
    """
    yield from _other_user(session)
    basic = _basic(session)
    if basic is None:
        return
    if basic.length in UNFIT:
        yield warning(Side.STATION, f"the password has {UNFIT[basic.length]}")
    if basic.kind == "binary":
        yield warning(Side.STATION, "the password is no UTF-8")


@rule(
    "AU-04",
    "Basic authentication without TLS is used in trusted networks only",
    clause="Security whitepaper ed. 2 A00.FR.201; Part 2 A00.FR.201",
    severity=Severity.INFO,
    on=on_handshake(),
)
def password_in_the_open(session: Session, _known: Known) -> Iterator[Remark]:
    """Tell of a password that came from a public address without TLS. Whether a VPN was around it does not show.

    Breach: `ws://` with `Authorization` from a public address.
    Correct: `wss://`, or `ws://` within a private network.
    """
    if session.tls is None and _basic(session) is not None and _is_public(session.remote):
        yield info(Side.STATION, f"a password without TLS, from the public address {told(session.remote, 60)}")


def _is_public(remote: str) -> bool:
    """Tell whether `HOST:PORT` or `[HOST]:PORT` names a public address."""
    host = remote.rpartition(":")[0].strip("[]") or remote
    try:
        return ip_address(host).is_global
    except ValueError:
        return False


@rule(
    "AU-05",
    "TLS is of version 1.2 or newer",
    clause="Part 2 A00.FR.313",
    versions={V201, V21},
    on=on_handshake(),
    stands_alone=True,
)
def old_tls(session: Session, _known: Known) -> Iterator[Remark]:
    """Report a station that negotiated an older TLS with the hub. In 1.6, that is allowed for stations of old.

    Breach: TLS 1.1.
    Correct: TLS 1.2 or 1.3.
    """
    if session.tls is not None and f"{session.tls} ".startswith(OLD_TLS):
        yield violation(Side.STATION, f"the connection uses {told(session.tls, 60)}")


@rule(
    "AU-06",
    "GetConfiguration does not give away the AuthorizationKey",
    clause="OCPP-J 1.6 §6.2.2, errata 2025-04 §3.12",
    versions={V16},
    on=on_result("GetConfiguration", by=Side.CSMS),
)
def key_given_away(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report an AuthorizationKey with a value. The key is write-only; a value in another form than it has is a warning.

    The value itself is not shown. A mask of one repeated character is none.

    Breach: `{"key":"AuthorizationKey","readonly":false,"value":"4F43415F4F4354545F61646D696E5F7465737400"}`.
    Correct: the key without a value, or not at all.
    """
    for number, entry in enumerate(objects(exchange.response, "configurationKey")):
        value = text(entry, "value") or ""
        if text(entry, "key") != KEY or _MASK.fullmatch(value) or not value:
            continue
        place = f"/configurationKey/{number}/value"
        if len(value) >= SHORTEST_HEX and _HEX.fullmatch(value):
            yield violation(Side.STATION, f"the {KEY} was given away", pointer=place)
        else:
            yield warning(Side.STATION, f"the {KEY}, which is write-only, has a value", pointer=place)


@rule(
    "AU-07",
    "The AuthorizationKey is set as 32 to 40 hexadecimal digits",
    clause="OCPP-J 1.6 §6.2.2; Security whitepaper ed. 2 A00.FR.205",
    versions={V16},
    severity=Severity.WARNING,
    on=on_result("ChangeConfiguration", by=Side.CSMS),
)
def key_not_hexadecimal(exchange: Exchange, _known: Known) -> Iterator[Remark]:
    """Report a key that is set in clear text, or too short. Many backends do so, and stations take it: a warning.

    Breach: `{"key":"AuthorizationKey","value":"hunter2"}`.
    Correct: `{"key":"AuthorizationKey","value":"4F43415F4F4354545F61646D696E5F7465737400"}`.
    """
    value = text(exchange.request, "value")
    if text(exchange.request, "key") != KEY or value is None:
        return
    if not _HEX.fullmatch(value):
        yield warning(Side.CSMS, f"the {KEY} is not written in hexadecimal digits, two a byte", pointer="/value")
    elif not SHORTEST_HEX <= len(value) <= LONGEST_HEX:
        yield warning(
            Side.CSMS,
            f"the {KEY} has {len(value)} hexadecimal digits, {SHORTEST_HEX} to {LONGEST_HEX} are allowed",
            pointer="/value",
        )


@dataclass(slots=True)
class PasswordStory:
    """The digest of the password of the last session, and whether that password was changed since it began."""

    digest: str | None = None
    is_changed: bool = False


@note(on_opened())
def remember_password(conversation: Conversation, known: Known) -> None:
    """Remember which password the CSMS let in."""
    story, basic = known.story(PasswordStory), _basic(conversation.session)
    story.digest, story.is_changed = (basic.digest if basic else None), False


@note(on_result("ChangeConfiguration", "SetVariables", by=Side.CSMS))
def remember_change(exchange: Exchange, known: Known) -> None:
    """Remember that the station has taken a new password."""
    if _changes_password(exchange):
        known.story(PasswordStory).is_changed = True


def _changes_password(exchange: Exchange) -> bool:
    if exchange.action == "ChangeConfiguration":
        return text(exchange.request, "key") == KEY and text(exchange.response, "status") == "Accepted"
    results = objects(exchange.response, "setVariableResult")
    names = [text(each, "variable", "name") for each in results if text(each, "attributeStatus") == "Accepted"]
    return "BasicAuthPassword" in names


@rule(
    "AU-08",
    "After a password was changed, the station connects with the new one, and the old one is not accepted",
    clause="Security whitepaper ed. 2 A01; Part 2 A01.FR.03",
    versions=JUDGED,
    severity=Severity.INFO,
    on=on_handshake(),
)
def old_password_used(session: Session, known: Known) -> Iterator[Remark]:
    """Tell of a station that comes back with the password from before an accepted change, and is let in.

    Whether a password is the new one does not show in a recording; that it is the old one does, within one run of a
    hub. The new password may be the same as the old one.

    Breach: the AuthorizationKey is changed, and the next connection uses the password of the one before.
    Correct: the next connection uses another password.
    """
    story, basic = known.story(PasswordStory), _basic(session)
    if session.upgraded and basic is not None and story.is_changed and basic.digest == story.digest:
        yield info(Side.CSMS, "let in with the password from before it was changed")
