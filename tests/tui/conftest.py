"""Recordings to look at: a small event, a session without a fault, one with a fault."""

from pathlib import Path

import pytest
from drawing import read_drawing
from goldens import SESSIONS
from mornings import morning_at
from recorded import record
from recordings import RecordingBuilder

from matrix.trace import Opcode, Side

BOOTED = '{"currentTime":"2026-01-01T12:00:00Z","interval":300,"status":"Accepted"}'
BOOT_16 = '{"chargePointVendor":"Alder","chargePointModel":"One","firmwareVersion":"1.0.3"}'
BOOT_2X = '{"reason":"PowerUp","chargingStation":{"vendorName":"Cedar","model":"HPC"}}'
SAMPLE = '{"timestamp":"2026-01-01T12:00:00Z","sampledValue":[{"value":%s}]}'
METER_VALUES = '{"connectorId":1,"meterValue":[' + SAMPLE + "]}"


@pytest.fixture
def event(tmp_path: Path) -> Path:
    """Two products at two CSMSes: one deviates at acme, one is refused a message there and the door at borealis."""
    path = tmp_path / "event.recording"
    with RecordingBuilder(path) as builder:
        deviating = builder.session("CS-1", "acme")
        builder.say(deviating, f'> [2,"b","BootNotification",{BOOT_16}]', f'< [3,"b",{BOOTED}]')
        builder.frame(deviating, Side.STATION, b"", opcode=Opcode.PING)
        builder.frame(deviating, Side.CSMS, b"", opcode=Opcode.PONG)
        builder.say(deviating, f'> [2,"m1","MeterValues",{METER_VALUES % 604.213}]', '< [3,"m1",{}]')
        builder.say(deviating, f'> [2,"m2","MeterValues",{METER_VALUES % 605}]', '< [3,"m2",{}]')
        passing = builder.session("CS-1", "borealis")
        builder.say(passing, f'> [2,"b","BootNotification",{BOOT_16}]', f'< [3,"b",{BOOTED}]')
        builder.close(passing)
        refusing = builder.session("C 2", "acme", chosen="ocpp2.0.1")
        builder.say(refusing, f'> [2,"b","BootNotification",{BOOT_2X}]', f'< [3,"b",{BOOTED}]')
        builder.say(
            refusing, '< [2,"l","GetLog",{"logType":"SecurityLog","requestId":1,"log":{"remoteLocation":"https://x/"}}]'
        )
        builder.say(refusing, '> [4,"l","NotImplemented","not in this build",{}]')
        builder.refuse("C 2", "borealis", offered="ocpp2.0.1", status=404, reason="Not Found", body="who?")
    return path


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A session in which nothing is wrong."""
    return record(tmp_path / "clean.recording", read_drawing(SESSIONS / "clean/16-charging-session.session"))


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A session in which a station sends a number where a string belongs."""
    return record(
        tmp_path / "faulty.recording", read_drawing(SESSIONS / "field/F050-number-where-a-string-belongs.session")
    )


@pytest.fixture
def morning(tmp_path: Path) -> Path:
    """Seconds apart: CS-1 boots at acme, is answered an error and then not; C-2 at borealis deviates; both leave."""
    return morning_at(tmp_path / "morning.recording")
