"""What became of an attempt to connect, in a sentence for people at the station or the CSMS. It accuses nobody."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from matrix.safe import safe
from matrix.secrets import told
from matrix.trace import Ending, Session

AUTHORIZATION: Final = "Authorization"
WANTS_CREDENTIALS: Final = frozenset({401, 403})
LONGEST: Final = 300
"""Characters that are told of a text that is not ours."""
_HEX_FORM: Final = re.compile(r" form=[\d-]+,hex$", re.ASCII)
_USER: Final = re.compile(r"basic user=(.*) password=", re.IGNORECASE | re.DOTALL)
_HEX: Final = "its password is 32 to 40 hexadecimal digits: if that is the AuthorizationKey, it was sent as hex"


class Health(StrEnum):
    """How an attempt went."""

    WELL = "well"
    ODD = "odd"  # it is connected, and something about it is likely to make trouble
    ILL = "ill"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What became of an attempt; `sentence` is safe to show."""

    health: Health
    sentence: str


def explain(session: Session, spoken: Collection[str] = ()) -> Diagnosis:
    """Say what became of the attempt that a session began with.

    `spoken` are the subprotocols that its CSMS has chosen in other sessions.
    """
    if session.origin is not None:
        speaking = f", speaking {told(session.chosen, 40)}" if session.chosen else ""
        return Diagnosis(Health.WELL, f"connected{speaking}; the log that was imported shows no more of it")
    if session.upgraded:
        return _connected(session, spoken)
    if session.fault is not None:
        return _ill(_hub_said(session, session.fault))
    if session.status is None:
        return _ill("the upgrade was not answered")
    return _ill(f"{_why_refused(session, spoken)}: the CSMS refused with {_status(session)}")


def spoken_by_csms(sessions: Iterable[Session]) -> dict[str, frozenset[str]]:
    """Return the subprotocols that each CSMS has chosen so far, by its name."""
    found: dict[str, frozenset[str]] = {}
    for session in sessions:
        if session.upgraded and session.chosen:
            found[session.csms] = found.get(session.csms, frozenset()) | {session.chosen}
    return found


def _connected(session: Session, spoken: Collection[str]) -> Diagnosis:
    if not session.chosen:
        return Diagnosis(Health.ODD, f"connected, but with no subprotocol: {_no_common(session, spoken)}")
    if session.chosen not in session.offered:
        text = f"connected, but the CSMS chose {told(session.chosen, 40)}, and {_offer(session)}"
        return Diagnosis(Health.ODD, text)
    if odd := _odd_credentials(session):
        return Diagnosis(Health.ODD, f"connected, speaking {told(session.chosen, 40)}, but {odd}")
    return Diagnosis(Health.WELL, f"connected, speaking {told(session.chosen, 40)}")


def _hub_said(session: Session, fault: str) -> str:
    """Return the sentence of the hub that answered in the CSMS's place, or could not go on."""
    said = safe(fault, LONGEST)
    if not session.request:
        return f"turned away before its request: {said}"
    if _lacks_identity(session):
        return f"the path lacks the identity: {said}"
    match session.ending:
        case Ending.UNREACHABLE | Ending.ABANDONED | Ending.HUB:
            return said
        case _:
            return f"{said}: the hub refused with {_status(session)}"


def _lacks_identity(session: Session) -> bool:
    path = session.path.partition("?")[0].strip("/")
    return not session.identity and (not path or path == session.csms or "names no station" in (session.fault or ""))


def _why_refused(session: Session, spoken: Collection[str]) -> str:
    if session.status in WANTS_CREDENTIALS:
        return _credentials(session)
    if not session.offered or (spoken and not {*session.offered} & {*spoken}):
        return _no_common(session, spoken)
    if session.status == 404:
        return f'the CSMS does not know the identity "{told(session.identity, 60)}" at this path'
    return f"{_offer(session)}, and was not let in"


def _credentials(session: Session) -> str:
    if session.header(AUTHORIZATION) is None:
        return "the station sent no user name and password"
    return _odd_credentials(session) or "the CSMS does not accept what the station sent to prove who it is"


def _odd_credentials(session: Session) -> str:
    header = session.header(AUTHORIZATION) or ""
    user = _USER.match(header)
    if user and user[1] != session.identity:
        return f'its user name is "{told(user[1], 60)}", and its identity "{told(session.identity, 60)}"'
    return _HEX if _HEX_FORM.search(header) else ""


def _no_common(session: Session, spoken: Collection[str]) -> str:
    only = " and ".join(told(each, 40) for each in sorted(spoken)[:4])
    speaks = f", and this CSMS has only spoken {only} here" if only and not {*session.offered} & {*spoken} else ""
    return f"{_offer(session)}{speaks}"


def _offer(session: Session) -> str:
    if not session.offered:
        return "the station offered no subprotocol"
    return f"the station offered {', '.join(told(each, 40) for each in session.offered[:5])}"


def _status(session: Session) -> str:
    return f"{session.status} {told(session.reason, 60)}".strip()


def _ill(sentence: str) -> Diagnosis:
    return Diagnosis(Health.ILL, sentence)
