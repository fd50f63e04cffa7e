"""Lawful peers over lines that stall again and again, by a seed: what the hub records of them accuses nobody.

Station and CSMS ask one thing at a time, give up on what is not answered in time, and send again what is about a
transaction. Each of the four lines between them and the hub delivers in order, and some deliver nothing for a while.
"""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any, Final

from drawing import START_NS, draw

from matrix.moments import SECOND_NS
from matrix.trace import Frame, Opcode, Side, Traffic

Act = Callable[[], None]
LINES: Final = ("station to hub", "hub to station", "CSMS to hub", "hub to CSMS")
STALLS_S: Final = (3, 10, 25, 40, 70, 100)
HOUR_S: Final = 3_600
CSMS_TIMEOUT_S: Final = 60


@dataclass
class World:
    """What happens, in the order of its time (ns)."""

    random: Random
    now: int = START_NS
    _acts: list[tuple[int, int, Act]] = field(default_factory=list)
    _number: int = 0

    def after(self, seconds: float, act: Act) -> None:
        self.at(self.now + int(seconds * SECOND_NS), act)

    def at(self, at: int, act: Act) -> None:
        self._number += 1
        heappush(self._acts, (max(at, self.now), self._number, act))

    def run(self, seconds: float) -> None:
        end = START_NS + int(seconds * SECOND_NS)
        while self._acts and self._acts[0][0] <= end:
            self.now, _, act = heappop(self._acts)
            act()

    @property
    def moment(self) -> str:
        return datetime.fromtimestamp(self.now // SECOND_NS, UTC).isoformat().replace("+00:00", "Z")


class Line:
    """One way: in order, and nothing at all while it stalls; `every_s` is how long it runs in between, on average."""

    def __init__(self, world: World, every_s: float | None) -> None:
        self._world, self._free_at = world, 0
        self._stalls: list[tuple[int, int]] = []
        at = world.now
        while every_s and at < world.now + HOUR_S * SECOND_NS:
            begins = at + int(world.random.expovariate(1 / every_s) * SECOND_NS)
            at = begins + world.random.choice(STALLS_S) * SECOND_NS
            self._stalls.append((begins, at))

    def send(self, act: Act) -> None:
        at = self._world.now + int(self._world.random.uniform(0.01, 0.1) * SECOND_NS)
        at = next((ends for begins, ends in self._stalls if begins <= at < ends), at)
        self._free_at = max(at, self._free_at + 1_000)
        self._world.at(self._free_at, act)


@dataclass(eq=False)
class Said:
    """A CALL: what it says is settled when it is first sent; `is_kept` where it is sent until it is answered."""

    action: str
    payload: Callable[[], dict[str, Any]]
    then: Callable[[dict[str, Any]], None] | None = None
    is_kept: bool = False
    id: str = ""


class Peer:
    """One end: asks one thing at a time, in the order in which it came up."""

    def __init__(self, world: World, name: str, timeout_s: float) -> None:
        self.world = world
        self.send: Callable[[str], None]
        self._name, self._timeout_s = name, timeout_s
        self._queue: deque[Said] = deque()
        self._open: Said | None = None
        self._ids = 0
        self._keeps_ids = world.random.random() < 0.5

    def call(self, said: Said) -> None:
        self._queue.append(said)
        self._pump()

    def hear(self, text: str) -> None:
        kind, message_id, *rest = json.loads(text)
        if kind == 2:
            self.world.after(self.world.random.choice((0.02, 0.3)), lambda: self._answer(message_id, *rest))
        elif self._open is not None and self._open.id == message_id:
            said, self._open = self._open, None
            if said.then is not None:
                said.then(rest[0])
            self.world.after(0.01, self._pump)

    def asked(self, action: str, request: dict[str, Any]) -> tuple[dict[str, Any], Act | None]:
        """Return the answer to a CALL, and what follows it."""
        raise NotImplementedError

    def _answer(self, message_id: str, action: str, request: dict[str, Any]) -> None:
        response, then = self.asked(action, request)
        self.send(json.dumps([3, message_id, response]))
        if then is not None:
            self.world.after(0.1, then)

    def _pump(self) -> None:
        if self._open is not None or not self._queue:
            return
        said = self._open = self._queue.popleft()
        payload = said.payload()
        said.payload = lambda: payload
        if not (said.id and self._keeps_ids):
            self._ids += 1
            said.id = f"{self._name}-{self._ids}"
        self.send(json.dumps([2, said.id, said.action, payload]))
        self.world.after(self._timeout_s, partial(self._give_up, said, said.id))

    def _give_up(self, said: Said, message_id: str) -> None:
        if self._open is not said or said.id != message_id:
            return
        self._open = None
        if said.is_kept:
            self._queue.appendleft(said)
        self._pump()


class Station(Peer):
    """One connector; a transaction now and then, which is measured every half a minute."""

    def __init__(self, world: World, *, is_2x: bool) -> None:
        super().__init__(world, "s", world.random.choice((10, 30, 60)))
        self._is_2x = is_2x
        self._running: dict[str, Any] | None = None
        self._transactions = 0

    def begin(self) -> None:
        plate = {"chargePointVendor": "V", "chargePointModel": "M"}
        if self._is_2x:
            plate = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}}  # type: ignore[dict-item]  # nested
        self.call(Said("BootNotification", lambda: plate, lambda _: self._live(), is_kept=True))

    def _live(self) -> None:
        for connector in (1,) if self._is_2x else (0, 1):
            self._report("Available", connector)
        self._beat()
        self.world.after(20, self._plug_in)

    def _beat(self) -> None:
        self.call(Said("Heartbeat", dict))
        self.world.after(60, self._beat)

    def _report(self, status: str, connector: int = 1) -> None:
        said = {"connectorId": connector, "errorCode": "NoError", "status": status, "timestamp": self.world.moment}
        if self._is_2x:
            status = status if status == "Available" else "Occupied"
            said = {"evseId": 1, "connectorId": 1, "connectorStatus": status, "timestamp": self.world.moment}
        self.call(Said("StatusNotification", lambda: said, is_kept=True))

    def _plug_in(self) -> None:
        running = self._running = {"id": None, "seq": 0, "meter": 1_000}
        self._transactions += 1
        self._report("Preparing")
        if self._is_2x:
            running["id"] = f"t{self._transactions}"
            self._event(running, "Started", "CablePluggedIn")
        else:
            said = {"connectorId": 1, "idTag": "T1", "meterStart": 1_000, "timestamp": self.world.moment}
            self.call(
                Said("StartTransaction", lambda: said, lambda told: running.update(id=told["transactionId"]), True)
            )
        self._report("Charging")
        self.world.after(30, lambda: self._measure(running))
        self.world.after(self.world.random.uniform(60, 300), lambda: self._unplug(running))

    def _measure(self, running: dict[str, Any]) -> None:
        if self._running is not running:
            return
        running["meter"] += 100
        if self._is_2x:
            self._event(running, "Updated", "MeterValuePeriodic")
        else:
            value = {"timestamp": self.world.moment, "sampledValue": [{"value": str(running["meter"])}]}
            said = {"connectorId": 1, "meterValue": [value]}
            self.call(Said("MeterValues", lambda: {**said, "transactionId": running["id"]}, is_kept=True))
        self.world.after(30, lambda: self._measure(running))

    def _unplug(self, running: dict[str, Any], trigger: str = "EVDeparted", reason: str = "EVDisconnected") -> None:
        if self._running is not running:
            return
        self._running = None
        if self._is_2x:
            self._event(running, "Ended", trigger, stoppedReason=reason)
        else:
            said = {"meterStop": running["meter"], "timestamp": self.world.moment, "reason": reason}
            self.call(Said("StopTransaction", lambda: {**said, "transactionId": running["id"]}, is_kept=True))
        self._report("Available")
        self.world.after(self.world.random.uniform(20, 200), self._plug_in)

    def _event(self, running: dict[str, Any], kind: str, trigger: str, **info: str) -> None:
        said: dict[str, Any] = {
            "eventType": kind, "timestamp": self.world.moment, "triggerReason": trigger, "seqNo": running["seq"],
            "transactionInfo": {"transactionId": running["id"], **info},
        }  # fmt: skip
        running["seq"] += 1
        if kind == "Started":
            said["evse"] = {"id": 1, "connectorId": 1}
        if trigger == "MeterValuePeriodic":
            said["meterValue"] = [{"timestamp": said["timestamp"], "sampledValue": [{"value": running["meter"]}]}]
        self.call(Said("TransactionEvent", lambda: said, is_kept=True))

    def asked(self, action: str, request: dict[str, Any]) -> tuple[dict[str, Any], Act | None]:
        running = self._running
        if action == "TriggerMessage":
            wish = request["requestedMessage"]
            status = "Available" if running is None else "Charging"
            beat = Said("Heartbeat", dict)
            return {"status": "Accepted"}, lambda: self.call(beat) if wish == "Heartbeat" else self._report(status)
        if running is None or running["id"] != request["transactionId"]:
            return {"status": "Rejected"}, None
        return {"status": "Accepted"}, lambda: self._unplug(running, "RemoteStop", "Remote")


class Csms(Peer):
    """Asks for messages, and for the end of the transaction that it knows of."""

    def __init__(self, world: World, *, is_2x: bool) -> None:
        super().__init__(world, "c", CSMS_TIMEOUT_S)
        self._is_2x = is_2x
        self._given: dict[str, int] = {}
        self._running: Any = None

    def ask(self) -> None:
        wish = self.world.random.choice(("Heartbeat", "StatusNotification", "stop", "stop"))
        place: dict[str, Any] = {"evse": {"id": 1, "connectorId": 1}} if self._is_2x else {"connectorId": 1}
        if wish != "stop":
            self.call(Said("TriggerMessage", lambda: {"requestedMessage": wish, **place}))
        elif self._running is not None:
            stopped = {"transactionId": self._running}
            self.call(Said("RequestStopTransaction" if self._is_2x else "RemoteStopTransaction", lambda: stopped))
        self.world.after(self.world.random.uniform(20, 120), self.ask)

    def asked(self, action: str, request: dict[str, Any]) -> tuple[dict[str, Any], Act | None]:
        if action == "BootNotification":
            return {"status": "Accepted", "currentTime": self.world.moment, "interval": 60}, self.ask
        if action == "Heartbeat":
            return {"currentTime": self.world.moment}, None
        if action == "StartTransaction":
            self._running = self._given.setdefault(request["timestamp"], len(self._given) + 1)
            return {"transactionId": self._running, "idTagInfo": {"status": "Accepted"}}, None
        if action == "TransactionEvent":
            is_over = request["eventType"] == "Ended"
            self._running = None if is_over else request["transactionInfo"]["transactionId"]
        elif action == "StopTransaction":
            self._running = None
        return {}, None


def stalling(seed: int, version: str, lines: tuple[str, ...], every_s: float) -> list[Traffic]:
    """Return an hour of a session over lines some of which stall, each time after `every_s` on average."""
    world, frames = World(Random(seed)), list[Frame]()
    station, csms = Station(world, is_2x=version != "1.6"), Csms(world, is_2x=version != "1.6")
    up, down, on, back = (
        Line(world, every_s if name in lines else None) for name in (LINES[0], LINES[1], LINES[3], LINES[2])
    )

    def recorded(side: Side, text: str, onward: Line, end: Peer) -> None:
        frames.append(Frame(len(frames) + 2, 1, world.now, side, Opcode.TEXT, text, masked=side is Side.STATION))
        onward.send(lambda: end.hear(text))

    station.send = lambda text: up.send(lambda: recorded(Side.STATION, text, on, csms))
    csms.send = lambda text: back.send(lambda: recorded(Side.CSMS, text, down, station))
    station.begin()
    world.run(HOUR_S)
    return [draw(version=version)[0], *frames]
