"""A recording of a morning, to look back at."""

from pathlib import Path

from recordings import RecordingBuilder

SECOND_NS = 1_000_000_000
BOOT = '> [2,"b","BootNotification",{"chargePointVendor":"Alder","chargePointModel":"One"}]'
BOOTED = '< [3,"b",{"currentTime":"2026-01-01T12:00:00Z","interval":300,"status":"Accepted"}]'
METERED = '> [2,"m","MeterValues",{"connectorId":"1","meterValue":[]}]'
"""Breaks the schema: a connector has a number."""


def morning_at(path: Path) -> Path:
    """Record CS-1 at acme, which fails once and then does not, and C-2 at borealis, which deviates; seconds apart."""
    with RecordingBuilder(path, step_ms=1_000) as builder:
        first = builder.session("CS-1", "acme")
        builder.say(first, BOOT, BOOTED)
        builder.say(first, '> [2,"1","Heartbeat",{}]', '< [4,"1","InternalError","",{}]')
        second = builder.session("C-2", "borealis")
        builder.say(second, BOOT.replace("Alder", "Birch"), BOOTED)
        builder.say(second, METERED, '< [3,"m",{}]')
        builder.say(first, '> [2,"2","Heartbeat",{}]', '< [3,"2",{"currentTime":"2026-01-01T12:00:15Z"}]')
        builder.close(first)
        builder.close(second)
    return path
