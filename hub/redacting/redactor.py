"""Values to pseudonyms, by what they are: whole, or piece by piece where they are put together."""

import re
from dataclasses import dataclass, field
from typing import Final

from hub.redacting.kinds import REPLACED, Kind, keywords, path_words
from hub.redacting.known import Known
from hub.redacting.pseudonyms import Pseudonyms
from hub.redacting.spelling import percent_spelled, percent_units, said_by
from hub.redacting.tally import Tally
from matrix.moments import moment

SMALL_NUMBER: Final = 4
"""Digits of a number that says nothing of anybody: a percentage, an interval, a year."""
_PLAIN_WORDS: Final = frozenset("true false null none ok yes no n/a na unknown error".split())
_NUMBER: Final = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORD: Final = re.compile(r"[\w.,:;()\[\]/+*#@-]+(?: [\w.,:;()\[\]/+*#@-]+){0,2}")
_LONGEST_WORD: Final = 60
_URL: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,19})://(?:(?P<user>[^/?#@\s\"'<>]*)@)?(?P<host>\[[^\]\s]*\]|[^/?#:\s\"'<>]*)"
    r"(?P<port>:[0-9]*)?(?P<path>/[^?#\s\"'<>]*)?(?:\?(?P<query>[^#\s\"'<>]*))?(?:\#(?P<fragment>[^\s\"'<>]*))?",
    re.ASCII,
)
_IPV4: Final = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.])", re.ASCII)
_PIECE: Final = re.compile(r"[^\s,;=\"'<>]+")
_HOST_AND_PORT: Final = re.compile(r"(?P<host>\[[^\]]*\]|[^:]+)(?P<port>:[0-9]{1,5})?")
_NAMES_AROUND_ADDRESSES: Final = frozenset({"for", "by", "proto", "host", "http", "https", "localhost", "unknown"})
_EXTENSION: Final = re.compile(
    r"\.(?:bin|zip|t?gz|tar(?:\.gz)?|log|txt|json|xml|hex|img|fw|swu|pem|crt|csv|html?|pdf)\Z", re.IGNORECASE
)
_DIGEST: Final = re.compile(r"(?<=hmac:)[0-9a-f]{16}")
_UUID_WITH_MAC: Final = re.compile(
    r"(?<![0-9a-f-])[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[89ab][0-9a-f]{3}-(?P<node>[0-9a-f]{12})(?![0-9a-f-])",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Redactor:
    """Replaces values of the kinds in `kinds`, and those in `known` wherever they are. Every text keeps its length.

    `spared` are identities and names of CSMSes that are to be kept: they stand in paths too.
    """

    pseudonyms: Pseudonyms
    kinds: frozenset[Kind] = REPLACED
    known: Known = field(default_factory=Known)
    tally: Tally = field(default_factory=Tally)
    spared: set[str] = field(default_factory=set)

    def value(self, kind: Kind, text: str) -> str:
        """Return what stands in the place of a whole value of a kind."""
        if not text:
            return text
        match kind:
            case Kind.REFERENCE if text in self.known:
                return self.found(text)
            case Kind.TIME | Kind.QUANTITY | Kind.REFERENCE | Kind.SETTING:
                return self.kept(text)
            case Kind.KEYWORD:
                is_word = len(text) <= _LONGEST_WORD and _WORD.fullmatch(text)
                return self.kept(text) if is_word else self.value(Kind.TEXT, text)
        if kind not in self.kinds:
            return self.kept(text)
        match kind:
            case Kind.TEXT:
                return self.text(text)
            case Kind.ADDRESS:
                return self.address(text)
            case _:
                return self.whole(kind, text)

    def whole(self, kind: Kind, text: str) -> str:
        """Return the pseudonym of a value as a whole."""
        if kind is Kind.ADDRESS and text in self.tally.entries.get(Kind.IDENTITY, ()):
            kind = Kind.IDENTITY  # in a path
        return self.tally.note(kind, text, self.pseudonyms.of(text))

    def kept(self, text: str) -> str:
        """Return a text that stays, but for known values in it and the MAC address that a UUID may end with."""
        if text in keywords() or _NUMBER.fullmatch(text) or is_moment(text):
            return text
        if Kind.ADDRESS in self.kinds:
            text = _UUID_WITH_MAC.sub(self._uuid, text)
        if "%" not in text:
            return self._without_known(text)
        units = percent_units(text)
        return percent_spelled(units, self._without_known(said_by(units)))

    def _without_known(self, text: str) -> str:
        pieces, at = [], 0
        for start, end in self.known.finds(text):
            pieces += [text[at:start], self.found(text[start:end])]
            at = end
        return "".join([*pieces, text[at:]]) if pieces else text

    def pointer(self, pointer: str) -> str:
        """Return a JSON pointer as it is in the copy: names of the standard stay, whatever they hold."""
        return "/".join(map(self.kept, pointer.split("/")))

    def found(self, text: str) -> str:
        """Return the pseudonym of a known value that stands where nothing else is replaced."""
        self.tally.elsewhere += 1
        return self.pseudonyms.of(text)

    def text(self, text: str) -> str:
        """Return free text without what it says. Known values have the pseudonyms in it that they have elsewhere."""
        if self._says_nothing(text):
            return text
        pieces, at = [], 0
        for start, end in self.known.finds(text):
            pieces += [self.pseudonyms.of(text[at:start]), self.pseudonyms.of(text[start:end])]
            at = end
        return self.tally.note(Kind.TEXT, text, "".join([*pieces, self.pseudonyms.of(text[at:])]))

    def sentence(self, text: str) -> str:
        """Return a sentence of the hub's own, without the addresses and known values that it names."""
        if Kind.ADDRESS in self.kinds:
            text = _URL.sub(self._url, text)
            text = _IPV4.sub(lambda match: self.whole(Kind.ADDRESS, match[0]), text)
        return self.kept(text)

    def digests(self, text: str) -> str:
        """Return a text without the digests that a recording has in the place of passwords."""
        return _DIGEST.sub(lambda match: self.whole(Kind.CREDENTIAL, match[0]), text)

    # -- addresses ----------------------------------------------------------------------------------------------------

    def address(self, text: str) -> str:
        """Return URLs, addresses with or without a port, or a list of such, with pseudonyms in their places."""
        return _URL.sub(self._url, text) if "://" in text else self._addresses(text)

    def path(self, path: str) -> str:
        """Return a request target, or the path of a URL, with what it names replaced: segments, parameters."""
        path, mark, query = path.partition("?")
        segments = [self.segment(each) for each in path.split("/")]
        return "/".join(segments) + mark + (self._query(query) if mark else "")

    def segment(self, segment: str) -> str:
        """Return a segment of a path, spelled as it was."""
        units = percent_units(segment)
        said = said_by(units)
        if not said or said in keywords() or (said.lower() in path_words() and said not in self.known):
            return segment
        if said in self.spared:
            return percent_spelled(units, self.kept(said))
        ending = None if said in self.known else _EXTENSION.search(said)
        stem = said[: ending.start()] if ending else said
        return percent_spelled(units, self._segment(stem) + said[len(stem) :])

    def _segment(self, said: str) -> str:
        name, equals, value = said.partition("=")
        if equals and said not in self.known:
            return name + equals + self._secret(value)
        return self.whole(Kind.ADDRESS, said)

    def host(self, host: str) -> str:
        """Return a host name or address without a port."""
        if host.lower() in _NAMES_AROUND_ADDRESSES:
            return host
        if host.startswith("["):
            return f"[{self.whole(Kind.ADDRESS, host[1:-1])}{host[-1]}"
        return self.whole(Kind.ADDRESS, host)

    def _addresses(self, text: str) -> str:
        return _PIECE.sub(self._piece, text)

    def _piece(self, match: re.Match[str]) -> str:
        piece = match[0]
        path = ""
        if not piece.startswith("/") and "/" in piece:
            piece, slash, rest = piece.partition("/")
            path = self.path(slash + rest)
        split = _HOST_AND_PORT.fullmatch(piece)
        if split is None:
            return (self.path(piece) if piece.startswith("/") else self.host(piece)) + path
        return self.host(split["host"]) + (split["port"] or "") + path

    def _url(self, match: re.Match[str]) -> str:
        user, query, fragment = match["user"], match["query"], match["fragment"]
        return "".join((
            match["scheme"], "://",
            "" if user is None else f"{self._user(user)}@",
            self.host(match["host"]) if match["host"] else "",
            match["port"] or "",
            self.path(match["path"] or ""),
            "" if query is None else f"?{self._query(query)}",
            "" if fragment is None else f"#{self._encoded(Kind.ADDRESS, fragment)}",
        ))  # fmt: skip

    def _user(self, info: str) -> str:
        name, colon, password = info.partition(":")
        return self._encoded(Kind.CREDENTIAL, name) + colon + (self._secret(password) if colon else "")

    def _query(self, query: str) -> str:
        return "&".join(
            self.kept(name) + equals + self._secret(value)
            for name, equals, value in (each.partition("=") for each in query.split("&"))
        )

    def _secret(self, value: str) -> str:
        return self.digests(value) if _DIGEST.search(value) else self._encoded(Kind.CREDENTIAL, value)

    def _encoded(self, kind: Kind, text: str) -> str:
        units = percent_units(text)
        said = said_by(units)
        return percent_spelled(units, self.whole(kind, said) if said else "")

    def _uuid(self, match: re.Match[str]) -> str:
        start = match.start("node") - match.start()
        return match[0][:start] + self.whole(Kind.ADDRESS, match["node"])

    def _says_nothing(self, text: str) -> bool:
        if text in keywords() or text.strip().lower() in _PLAIN_WORDS or is_moment(text):
            return text not in self.known
        return bool(_NUMBER.fullmatch(text)) and digits_of(text) <= SMALL_NUMBER


def digits_of(text: str) -> int:
    """Return how many digits a text has."""
    return sum(each in "0123456789" for each in text)


def is_moment(text: str) -> bool:
    """Tell whether a text is a date and time, which every copy keeps."""
    return len(text) > len("2026-11-01") and text[0] in "0123456789" and moment(text) is not None
