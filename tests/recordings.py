"""Recordings built row by row, for tests of what reads them."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import orjson
from sqlite_utils import Database

from hub.recording.database import connect
from hub.recording.migrations import RECORDING
from hub.recording.reading import Recording
from matrix.judge import Judge
from matrix.trace import Opcode, Side

NOON: Final = 1_767_268_800_000_000_000
"""2026-01-01 12:00:00 UTC in nanoseconds: when the recordings of tests begin."""
MS: Final = 1_000_000
SIDES: Final = {">": Side.STATION, "<": Side.CSMS}

REQUEST: Final = (
    ("Host", "csms.example"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
)  # fmt: skip
RESPONSE: Final = (
    ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
)  # fmt: skip
"""The handshake of RFC 6455 §1.3."""


class RecordingBuilder:
    """Writes a recording as the hub would: sessions, and frames as `> text` (station) or `< text` (CSMS).

    Everything happens `step_ms` after what was before it, so that times are the same in every run.
    """

    def __init__(self, path: Path, *, step_ms: int = 7) -> None:
        self.path = path
        self.at = NOON
        self._step = step_ms * MS
        self._marks = count(1)
        self._sessions = count(1)
        with closing(sqlite3.connect(path, isolation_level=None)) as plain:
            RECORDING.apply(Database(plain))
        self._db = connect(path)  # with the SQLite of those who read it meanwhile: two in one process crash (ADR 6)
        self._db.pragma("journal_mode", "WAL")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._db.close()

    def session(self, identity: str, csms: str, *, chosen: str | None = "ocpp1.6", **fields: Any) -> int:
        """Open a session that was upgraded (or, with `status`, was not); return its id."""
        session, opened_at, answered_at = next(self._sessions), self._tick(), self._tick()
        row = {
            "id": session, "opened_at": opened_at, "answered_at": answered_at, "identity": identity, "csms": csms,
            "path": f"/{csms}/{quote(identity)}", "upstream": f"ws://{csms}.example/{quote(identity)}",
            "remote": "127.0.0.1:50000",
            "offered": orjson.dumps([chosen] if chosen else []).decode(), "chosen": chosen, "status": 101,
            "reason": "Switching Protocols", "request": _headers(REQUEST, chosen),
            "response": _headers(RESPONSE, chosen), "opened_mark": next(self._marks), **fields,
        }  # fmt: skip
        self._insert("session", row)
        return session

    def say(self, session: int, *lines: str) -> list[int]:
        """Add text frames, `> text` or `< text` each; return their ids."""
        return [self.frame(session, SIDES[line[0]], line[2:]) for line in lines]

    def frame(self, session: int, side: Side, payload: str | bytes, *, opcode: int = Opcode.TEXT, **fields: Any) -> int:
        """Add one frame; return its id."""
        number = next(self._marks)
        row = {
            "id": number, "session": session, "at": self._tick(), "side": side.value, "opcode": int(opcode), "fin": 1,
            "rsv": 0, "masked": int(side is Side.STATION), "size": len(payload) + 6, "payload": payload, "unread": None,
            **fields,
        }  # fmt: skip
        self._insert("frame", row)
        return number

    def refuse(self, identity: str, csms: str, *, offered: str, status: int, reason: str, body: str = "") -> int:
        """Record a session whose upgrade the CSMS refused."""
        session = self.session(
            identity, csms, chosen=None, status=status, reason=reason, body=body, request=_headers(REQUEST, offered),
            offered=orjson.dumps([offered]).decode(), response=_headers((), None),
        )  # fmt: skip
        self.close(session, ending="refused", by=None)
        return session

    def close(self, session: int, *, ending: str = "closed", by: Side | None = Side.STATION) -> None:
        """End a session."""
        self._db.execute(
            "UPDATE session SET closed_at = ?, closed_mark = ?, ending = ?, closed_by = ?, station_close = ?"
            " WHERE id = ?",
            (self._tick(), next(self._marks), ending, by, 1000 if ending == "closed" else None, session),
        )

    def many(self, session: int, pairs: int, payload: str) -> None:
        """Add `pairs` calls with their results, fast; `payload` is that of the call, after its id and action."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO frame VALUES (?, ?, ?, ?, 1, 1, 0, 0, ?, ?, NULL)", self._exchanges(session, pairs, payload)
        )
        self._db.execute("COMMIT")

    def _exchanges(self, session: int, pairs: int, payload: str) -> Iterable[tuple[int, int, int, str, int, str]]:
        for number in range(pairs):
            call, result = f'[2,"{number}",{payload}]', f'[3,"{number}",{{}}]'
            yield next(self._marks), session, self._tick(), "station", len(call), call
            yield next(self._marks), session, self._tick(), "csms", len(result), result

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self._db.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", [*row.values()])

    def _tick(self) -> int:
        self.at += self._step
        return self.at


def _headers(headers: tuple[tuple[str, str], ...], subprotocol: str | None) -> str:
    chosen = (("Sec-WebSocket-Protocol", subprotocol),) if subprotocol else ()
    return orjson.dumps([*headers, *chosen]).decode()


def judged(recording: Recording, until: int) -> Judge:
    """Return a judge that has read a recording up to a mark."""
    judge = Judge()
    for batch in recording.batches(until):
        for item in batch:
            judge.feed(item)
    return judge
