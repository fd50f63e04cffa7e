"""Which CSMS a station is for: `/NAME/REST` is `URL/REST`, byte for byte."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote, unquote

from yarl import URL

from hub.errors import HubError
from hub.handshake.heads import storable
from matrix.secrets import HIDDEN, masked_words

_NAME: Final = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]*")
_USERINFO: Final = re.compile(r"(?P<user>[^/:@\s]*):(?!//).*@")
_DOTS: Final = (".", "..")

RESTS: Final = "Retry-After: 10"
"""For a station that nobody is for at the moment (RFC 9110 §10.2.3)."""

TUNNEL: Final = "tunnel:"
"""Where a CSMS is that its participant brings by `plugfest tunnel`: what stands in the place of a URL."""


class SwitchboardError(HubError):
    """A CSMS cannot be called that, or cannot be at that URL; the message says why."""


class NotFoundError(HubError):
    """A request target leads to no CSMS; `status` is what HTTP calls that, `fields` go with it."""

    def __init__(self, message: str, status: int = 404, *fields: str) -> None:
        super().__init__(message)
        self.status = status
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Csms:
    """A CSMS by the name that it has in the hub's URLs.

    One that is tunnelled has a URL while its agent is connected, the one that the agent dials, and else `tunnel:`.
    """

    name: str
    url: URL
    is_tunnelled: bool = False

    @property
    def is_tls(self) -> bool:
        return self.url.scheme == "wss"

    @property
    def host(self) -> str:
        return self.url.host or ""

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.is_tls else 80)

    @property
    def authority(self) -> str:
        """The Host header of requests to it."""
        return self.url.host_port_subcomponent or ""

    def target(self, rest: str) -> str:
        """Return the request target for what follows the name in the station's, `/CS%20001?x=1`."""
        return self.url.raw_path.rstrip("/") + rest


@dataclass(frozen=True, slots=True)
class Route:
    """Where one request target leads; `is_paired` where the organizer's pairing says so, and not the target."""

    csms: Csms
    identity: str
    rest: str
    is_paired: bool = False

    @property
    def target(self) -> str:
        return self.csms.target(self.rest)

    @property
    def upstream(self) -> str:
        """The URL that is dialled; "" for a tunnelled CSMS of which nobody says where it is."""
        if not self.csms.host:
            return ""
        return f"{self.csms.url.scheme}://{self.csms.authority}{self.target}"


class Paired(Protocol):
    """Who knows which CSMS a station is for now (None is none), and which stations there are."""

    def csms_of(self, identity: str) -> str | None: ...
    def knows(self, identity: str) -> bool: ...


class Switchboard:
    """The CSMSes that stations can be connected to: by name, and, with a pairing, by who is for whom now."""

    def __init__(self, csmses: Mapping[str, str], pairing: Paired | None = None) -> None:
        self.csmses: dict[str, Csms]
        self.put(csmses)
        self._pairing = pairing

    def put(self, csmses: Mapping[str, str]) -> None:
        """Take these CSMSes, by name and URL, in the place of those that were there.

        Raises:
            SwitchboardError: one has an unusable name or URL.
        """
        self.csmses = {name: checked_csms(name, url) for name, url in csmses.items()}

    def route(self, target: str, shown: str) -> Route:
        """Return where a request target leads; `shown` is the same target without its secrets, for sentences.

        Raises:
            NotFoundError: nowhere; the message is for the person at the station.
        """
        name, rest, query = _parts(target)
        if not (csms := self.csmses.get(name)):
            if self._pairing is not None and name and "/" not in target[1:].partition("?")[0]:
                return self._paired(self._pairing, target)
            known = ", ".join(sorted(self.csmses)) or "none"
            raise NotFoundError(f"there is no CSMS named {_parts(shown)[0]!r} here; known: {known}")
        if any(segment in _DOTS for segment in unquote(rest).split("/")):
            raise NotFoundError(f"{shown!r} has a segment '.' or '..', which leads elsewhere", 400)
        if not (identity := identity_of(rest)):
            raise NotFoundError(f"{shown!r} names no station: connect to /{csms.name}/IDENTITY")
        return Route(csms, identity, f"/{rest}{query}")

    def is_still_so(self, route: Route) -> bool:
        """Tell whether a station that was led to its CSMS by the pairing is for that one still."""
        return not route.is_paired or self._pairing is None or self._pairing.csms_of(route.identity) == route.csms.name

    def _paired(self, pairing: Paired, target: str) -> Route:
        """Return where the station of `/IDENTITY` goes now."""
        identity = identity_of(target)
        name = pairing.csms_of(identity)
        if name is None or name not in self.csmses:
            known = ", ".join(sorted(self.csmses)) or "none"
            hint = f"connect to /NAME/{quote(identity, safe='')} for a certain one: {known}"
            if pairing.knows(
                identity
            ):  # 404 is what OCPP has for a station that nobody knows, and some never come back
                raise NotFoundError(f"{identity!r} rests: it is paired with no CSMS now; {hint}", 503, RESTS)
            raise NotFoundError(f"{identity!r} is no station of the event; {hint}")
        return Route(self.csmses[name], identity, target, is_paired=True)


def _parts(target: str) -> tuple[str, str, str]:
    """Split a target into the CSMS's name, decoded, what follows it, and the query with its question mark."""
    path, mark, query = target.partition("?")
    name, _, rest = path.partition("/")[2].partition("/")
    return unquote(name, errors="replace"), rest, mark + query


def identity_of(target: str) -> str:
    """Return a station's identity: the last segment of its path, percent-decoded."""
    return storable(unquote(target.partition("?")[0].rpartition("/")[2], errors="replace"))


def checked_csms(name: str, url: str) -> Csms:
    """Return a CSMS.

    Raises:
        SwitchboardError: it cannot be called that, or cannot be there.
    """
    if not _NAME.fullmatch(name) or name in _DOTS:
        raise SwitchboardError(f"a CSMS cannot be named {name!r}: use letters, digits, '.', '_' and '-' (not first)")
    if url == TUNNEL:
        return Csms(name, URL(TUNNEL), is_tunnelled=True)
    return Csms(name, checked_url(url, f"the URL of {name!r}"))


def checked_url(url: str, what: str) -> URL:
    """Return the URL of a CSMS; `what` is what people know it by.

    Raises:
        SwitchboardError: no CSMS can be there.
    """
    try:
        parsed = URL(url, encoded=True)
        wrong = _wrong_with(parsed)
    except ValueError as exc:
        raise SwitchboardError(f"{what} is not one: {shown_url(url)!r}: {exc}") from exc
    if wrong:
        raise SwitchboardError(f"{what} {wrong}: {shown_url(url)!r}")
    return parsed


def shown_url(url: str) -> str:
    """Return a URL (or what was meant as one) without a password, for a sentence."""
    return _USERINFO.sub(rf"\g<user>:{HIDDEN}@", masked_words(url))


def _wrong_with(url: URL) -> str | None:
    checks = {
        "must begin with ws:// or wss://": url.scheme not in ("ws", "wss"),
        "names no host": not url.raw_host,
        "carries credentials, which would replace the station's own": url.raw_user or url.raw_password,
        "has a fragment, which is never sent": url.raw_fragment,
        "has a query, which leaves no place for the station's": url.raw_query_string,
        "contains characters that must be percent-encoded": re.search(r"[^!-~]", str(url)),
    }
    return next((sentence for sentence, applies in checks.items() if applies), None)
