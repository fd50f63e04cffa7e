"""Drawn sessions played against a peer that a test makes up, in a time of their own: no socket, no clock."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from drawing import draw

from matrix.replay.acts import Act, Say, Start, Tempo
from matrix.replay.memory import Memory
from matrix.replay.player import Player
from matrix.replay.report import SessionReport
from matrix.replay.scribe import script_of
from matrix.replay.script import Extract, Script
from matrix.trace import Closed, Frame, Opened, Side, Traffic

NOW: Final = 1_900_000_000_000_000_000
"""When plays begin: 2030-03-17T17:46:40Z."""
MS: Final = 1_000_000
SECOND: Final = 1_000_000_000
AT_ONCE: Final = Tempo(float("inf"))

BOOT: Final = (
    '> [2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]',
    '< [3,"1",{"status":"Accepted","currentTime":"$NOW","interval":300}]',
)
START: Final = (
    '> [2,"2","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"$NOW"}]',
    '< [3,"2",{"transactionId":17,"idTagInfo":{"status":"Accepted"}}]',
)
METER: Final = ('> [2,"3","MeterValues",{"connectorId":1,"transactionId":17,"meterValue":[]}]', '< [3,"3",{}]')
STOP: Final = (
    '> [2,"4","StopTransaction",{"transactionId":17,"meterStop":17,"timestamp":"$NOW"}]',
    '< [3,"4",{"idTagInfo":{"status":"Accepted"}}]',
)
CHARGE: Final = (*START, *METER, *STOP)
ACCEPTED: Final = {"status": "Accepted", "currentTime": "2030-03-17T17:46:40Z", "interval": 300}
STARTED: Final = {"transactionId": 4711, "idTagInfo": {"status": "Accepted"}}
STOPPED: Final = {"idTagInfo": {"status": "Accepted"}}
DEEP: Final = '{"a":' * 990 + "1" + "}" * 990
METERED: Final = {"connectorId": 1, "transactionId": 17, "meterValue": []}
HEARTBEAT: Final = ('> [2,"h","Heartbeat",{}]', '< [3,"h",{"currentTime":"$NOW"}]')
ORDERED: Final = '< [2,"r","RemoteStartTransaction",{"idTag":"R"}]', '> [3,"r",{"status":"Accepted"}]'
STARTED_REMOTELY: Final = (
    '> [2,"s","StartTransaction",{"connectorId":1,"idTag":"R","meterStart":0,"timestamp":"$NOW"}]',
    '< [3,"s",{"transactionId":18,"idTagInfo":{"status":"Accepted"}}]',
)

Peer = Callable[[list[Any]], Sequence[Any]]
"""What a live peer sends when it hears a message: arrays, or text as it is."""


@dataclass
class Play:
    """What came of a play: every message in order, with when it was said, and the report."""

    said: list[tuple[int, list[Any]]] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    ended_at: int = 0
    report: SessionReport = field(init=False)

    @property
    def messages(self) -> list[list[Any]]:
        return [message for _, message in self.said]

    def calls(self, action: str) -> list[dict[str, Any]]:
        """Return the payloads of the CALLs of an action that were sent."""
        return [message[3] for message in self.messages if message[0] in (2, 6) and message[2] == action]

    def answers(self) -> list[list[Any]]:
        """Return what was answered to the peer."""
        return [message for message in self.messages if message[0] in (3, 4)]

    @property
    def departures(self) -> list[tuple[str, str, str]]:
        return [(each.what.value, each.action, each.text) for each in self.report.departures]


def script(*lines: str, side: Side = Side.STATION, extract: Extract | None = None, **drawing: Any) -> Script:
    """Return the script of one side of a drawn session, which that side ends."""
    drawing.setdefault("closed_by", side)
    return script_from(draw(*lines, **drawing), side, extract)


def script_from(traffic: Iterable[Traffic], side: Side, extract: Extract | None = None) -> Script:
    """Return the script of one side of the last session of this traffic."""
    frames: list[Frame] = []
    for item in traffic:
        match item:
            case Opened(_, session) | Closed(_, session):
                last = session
            case Frame():
                frames.append(item)
    return script_of(last, [frame for frame in frames if frame.session == last.id], side, extract)


def play(
    lines: Script,
    peer: Peer,
    *,
    tempo: Tempo = AT_ONCE,
    first: Sequence[Any] = (),
    memory: Memory | None = None,
    start: Start | None = None,
    latency: int = MS,
) -> Play:
    """Play a script to its end; `first` is what the peer says of its own accord when the session opens."""
    is_station_of_2x = lines.side is Side.STATION and lines.dialect.is_2x
    memory = memory or Memory("test", mints_transactions=is_station_of_2x)
    if start is None:
        start = Start(NOW, lines.begins_at, NOW, NOW - lines.begins_at) if lines.side is Side.STATION else Start(NOW)
    player, done, now = Player(lines, memory, tempo, start), Play(), NOW
    coming = [(now + latency, message) for message in first]
    while not player.is_over:
        for act in player.take(now):
            done.acts.append(act)
            if isinstance(act, Say):
                message = _read(act.payload)
                done.said.append((now, message))
                coming += [(now + latency, answer) for answer in peer(message)]
        times = [at for at, _ in coming] + ([player.wake_at] if player.wake_at is not None else [])
        if player.is_over:
            break
        now = max(now, min(times))
        for at, message in [each for each in coming if each[0] <= now]:
            coming.remove((at, message))
            player.heard(message if isinstance(message, str) else orjson.dumps(message).decode(), now)
    done.ended_at = now
    done.report = player.report(7, lines.session.identity)
    return done


def obliging(**payloads: Any) -> Peer:
    """Return a peer that answers each CALL with the payload of its action, or with {}; None is no answer."""

    def answer(message: list[Any]) -> Sequence[Any]:
        if message[0] != 2:
            return ()
        payload = payloads.get(message[2], {})
        return () if payload is None else ([3, message[1], payload],)

    return answer


def _read(payload: str | bytes) -> list[Any]:
    """Read what a player says; a message of no type where it is not JSON, as recorded ones may be."""
    try:
        message: list[Any] = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return [0]
    return message


QUESTIONS: Final = script(
    '< [2,"a","GetConfiguration",{"key":["A"]}]',
    '> [3,"a",{"configurationKey":[{"key":"A","readonly":false,"value":"1"}]}]',
    '< [2,"b","GetConfiguration",{"key":["B"]}]', '> [3,"b",{"unknownKey":["B"]}]',
    '< [2,"c","Reset",{"type":"Hard"}]', '> [4,"c","NotSupported","not here",{}]',
)  # fmt: skip
