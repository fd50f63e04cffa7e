"""What was said because of what: which CALLs of the other side each step of the replayed one needs."""

from collections.abc import Collection, Iterable
from typing import Final

from matrix.replay.fields import Found, Id, ids_in
from matrix.schemas import Part
from matrix.trace import Side
from matrix.wire import Call, CallResult, Message, Send

FOLLOWS: Final = {
    "FirmwareStatusNotification": "UpdateFirmware",
    "DiagnosticsStatusNotification": "GetDiagnostics",
    "CertificateSigned": "SignCertificate",
}
"""What is said because of what without an id that says so, and makes no sense without it."""
CAUSES: Final = {
    "RemoteStartTransaction": "StartTransaction",
    "RemoteStopTransaction": "StopTransaction",
}
"""What is said because of what, and may be said without it too."""
TRIGGERS: Final = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})
"""They name what is said because of them."""
_BOOT: Final = "BootNotification"
_ENDED: Final = "TransactionEvent Ended"
_END: Final = "(end)"


class Causes:
    """What the cues of a session lead to, by their numbers: ids that the replayed side names, and actions.

    A cue is a CALL of the other side; `side` is the replayed one.
    """

    def __init__(self, side: Side, version: str) -> None:
        self._side = side
        self._version = version
        self._given_by: dict[Id, int] = {}
        self._own: set[Id] = set()
        self._of_action: dict[str, int] = {}

    def note(self, cue: int, call: Call | Send, response: Message | None, ids: Iterable[Found]) -> None:
        """Note what a cue leads to: ids that it, or its answer, brings up, and actions."""
        payload = (response.payload or {}) if isinstance(response, CallResult) else {}
        for found in (*ids, *ids_in(payload, self._version, call.action, Part.RESPONSE)):
            if found.id not in self._own and (found.gives or found.id not in self._given_by):
                self._given_by[found.id] = cue
        if not isinstance(response, CallResult) or payload.get("status") == "Rejected":
            return
        if caused := _caused_by(call):
            self._of_action.setdefault(caused, cue)
        if call.action in FOLLOWS.values():
            self._given_by[Id(call.action, "")] = cue

    def names(self, call: Call | Send, ids: Collection[Found]) -> tuple[Id, ...]:
        """Return what a CALL of the replayed side is about: ids that were there before it."""
        self._own |= {found.id for found in ids if found.id not in self._given_by}
        about = Id(FOLLOWS.get(call.action, ""), "")
        return (*(found.id for found in ids if not found.gives), *((about,) if about in self._given_by else ()))

    def needs(self, call: Call | Send, names: Iterable[Id]) -> tuple[int, ...]:
        """Return the cues without which a CALL of the replayed side makes no sense; each action is caused but once."""
        needs = {self._given_by[each] for each in names if each in self._given_by}
        is_ended = call.action == "TransactionEvent" and (call.payload or {}).get("eventType") == "Ended"
        for action in (call.action, _ENDED) if is_ended else (call.action,):
            if (cue := self._of_action.pop(action, None)) is not None:
                needs.add(cue)
        if self._side is Side.CSMS and _BOOT in self._of_action:
            needs.add(self._of_action[_BOOT])
        return tuple(sorted(needs))

    def end_needs(self) -> tuple[int, ...]:
        """Return the cue that the session ended because of, if any."""
        return (self._of_action[_END],) if _END in self._of_action else ()


def _caused_by(call: Call | Send) -> str | None:
    """Return the action that a CALL which was accepted leads to."""
    match call.action:
        case "Reset":
            return _END
        case "RequestStopTransaction":
            return _ENDED
        case "BootNotification":
            return _BOOT
        case action if action in TRIGGERS:
            return str((call.payload or {}).get("requestedMessage"))
        case action:
            return CAUSES.get(action)
