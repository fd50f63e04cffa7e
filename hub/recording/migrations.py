"""The schema of a recording, in numbered steps. Append only: a released step is never edited."""

from typing import Final

from sqlite_utils import Database, Migrations

from hub.recording.database import Connection

RECORDING: Final = Migrations("plugfest")

INDEX_FRAMES: Final = "CREATE INDEX IF NOT EXISTS frame_session ON frame(session, id)"
DROP_FRAME_INDEX: Final = "DROP INDEX IF EXISTS frame_session"
"""For people who read a finished recording. While a hub writes, the index would cost more than the frames themselves:
with 50 sessions every batch touches most of its pages (docs/adr/0003-no-index-while-recording.md)."""

APPLICATION_ID: Final = 0x4F435050
"""`OCPP` in ASCII, as SQLite's application_id: how `file` and we recognise a recording."""


@RECORDING()
def m001_sessions_and_frames(db: Database) -> None:
    """Create what the hub records: sessions, frames, and the bytes of frames that are not complete yet."""
    db.executescript(
        """
        CREATE TABLE session (
            id              INTEGER PRIMARY KEY,
            opened_at       INTEGER NOT NULL,           -- nanoseconds since the epoch, UTC: the upgrade request
            answered_at     INTEGER,
            closed_at       INTEGER,
            identity        TEXT NOT NULL,              -- percent-decoded
            csms            TEXT NOT NULL,              -- the name in the hub's URL
            path            TEXT NOT NULL,              -- the request target, byte for byte
            upstream        TEXT NOT NULL DEFAULT '',   -- the URL that was dialled
            remote          TEXT NOT NULL DEFAULT '',
            tls             TEXT,
            offered         TEXT NOT NULL DEFAULT '[]', -- subprotocols, JSON array
            chosen          TEXT,
            status          INTEGER,                    -- what the station was answered
            reason          TEXT NOT NULL DEFAULT '',
            request         TEXT NOT NULL DEFAULT '[]', -- headers, JSON array of [name, value]; no credentials
            response        TEXT NOT NULL DEFAULT '[]',
            body            TEXT NOT NULL DEFAULT '',   -- of a refusal
            fault           TEXT,                       -- why the hub answered itself, or could not go on
            closed_by       TEXT CHECK (closed_by IN ('station', 'csms')),  -- NULL: still open, or the hub
            ending          TEXT,
            station_close   INTEGER,                    -- close codes; 1005 where the close frame has none
            csms_close      INTEGER,
            site            TEXT,                       -- which hub, once recordings are merged
            tunnel          TEXT,
            opened_mark     INTEGER UNIQUE,             -- its place in the order of recording, among frame.id
            closed_mark     INTEGER UNIQUE
        );
        CREATE INDEX session_identity ON session(identity, csms);

        CREATE TABLE frame (
            id              INTEGER PRIMARY KEY,        -- in the order of recording
            session         INTEGER NOT NULL REFERENCES session(id),
            at              INTEGER NOT NULL,           -- nanoseconds since the epoch, UTC
            side            TEXT NOT NULL CHECK (side IN ('station', 'csms')),
            opcode          INTEGER NOT NULL,           -- RFC 6455; -1: bytes that no frame could be read from
            fin             INTEGER NOT NULL,
            rsv             INTEGER NOT NULL,
            masked          INTEGER NOT NULL,
            size            INTEGER NOT NULL,           -- bytes on the wire, header included
            payload         NOT NULL,                   -- unmasked, inflated; TEXT where it is text
            unread          TEXT                        -- why the payload is not what was meant
        );

        CREATE TABLE partial (
            id              INTEGER PRIMARY KEY,
            session         INTEGER NOT NULL REFERENCES session(id),
            at              INTEGER NOT NULL,
            side            TEXT NOT NULL,
            bytes           BLOB NOT NULL               -- as on the wire; gone once the frame is complete
        );
        CREATE INDEX partial_session ON partial(session, side);
        """
    )
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@RECORDING()
def m002_verdicts(db: Database) -> None:
    """Create what the judge derives (droppable at any time) and what people said."""
    db.executescript(
        """
        CREATE TABLE finding (
            id          INTEGER PRIMARY KEY,
            ruleset     TEXT NOT NULL,
            rule        TEXT NOT NULL,
            severity    TEXT NOT NULL,
            side        TEXT NOT NULL,
            session     INTEGER NOT NULL REFERENCES session(id),
            frame       INTEGER REFERENCES frame(id),
            action      TEXT NOT NULL,
            pointer     TEXT NOT NULL,                  -- RFC 6901, into the message's payload
            text        TEXT NOT NULL
        );
        CREATE INDEX finding_frame ON finding(frame);
        CREATE INDEX finding_session ON finding(session, rule);

        CREATE TABLE outcome (
            id          INTEGER PRIMARY KEY,
            ruleset     TEXT NOT NULL,
            vendor      TEXT NOT NULL,
            model       TEXT NOT NULL,
            firmware    TEXT NOT NULL,
            identity    TEXT NOT NULL,                  -- of a station that never said what it is, else empty
            csms        TEXT NOT NULL,
            version     TEXT NOT NULL,
            action      TEXT NOT NULL,
            outcome     TEXT NOT NULL,
            counts      TEXT NOT NULL,                  -- JSON: outcome -> number of exchanges
            frame       INTEGER,                        -- the frame that shows it
            text        TEXT NOT NULL,
            UNIQUE (vendor, model, identity, csms, version, action)
        );

        CREATE TABLE note (
            id          INTEGER PRIMARY KEY,
            at          INTEGER NOT NULL,
            author      TEXT NOT NULL,
            subject     TEXT NOT NULL CHECK (subject IN ('cell', 'session', 'frame')),
            reference   TEXT NOT NULL,
            contested   INTEGER NOT NULL DEFAULT 0,
            text        TEXT NOT NULL
        );
        """
    )


@RECORDING()
def m003_disturbances(db: Database) -> None:
    """Create what the organizer did to sessions on purpose, step by step."""
    db.executescript(
        """
        CREATE TABLE disturbance (
            id          INTEGER PRIMARY KEY,            -- its place in the order of recording, among frame.id
            number      INTEGER NOT NULL,               -- the same for all steps of one disturbance
            session     INTEGER NOT NULL REFERENCES session(id),
            at          INTEGER NOT NULL,               -- nanoseconds since the epoch, UTC
            phase       TEXT NOT NULL CHECK (phase IN ('begun', 'touched', 'ended')),
            fault       TEXT NOT NULL,                  -- latency, bandwidth, stall, drop, ...
            text        TEXT NOT NULL,                  -- what was asked for, as it is typed
            side        TEXT CHECK (side IN ('station', 'csms')),  -- whose sending, or who is cut off; NULL: both
            frame       INTEGER                         -- touched: the frame that was not passed on, or only later
        );
        """
    )


@RECORDING()
def m004_contested_cells(db: Database) -> None:
    """Let a note say which cell it contests, what in particular, and how that was resolved."""
    db.executescript(
        """
        ALTER TABLE note ADD COLUMN session INTEGER REFERENCES session(id);
        ALTER TABLE note ADD COLUMN action TEXT NOT NULL DEFAULT '';     -- '': the pair as a whole
        ALTER TABLE note ADD COLUMN rule TEXT NOT NULL DEFAULT '';
        ALTER TABLE note ADD COLUMN frame INTEGER REFERENCES frame(id);
        ALTER TABLE note ADD COLUMN resolved_at INTEGER;                 -- NULL: it is contested still
        ALTER TABLE note ADD COLUMN resolved_by TEXT NOT NULL DEFAULT '';
        ALTER TABLE note ADD COLUMN resolution TEXT NOT NULL DEFAULT '';
        """
    )


@RECORDING()
def m005_imported_sessions(db: Database) -> None:
    """Create what tells an imported session from one that the hub relayed."""
    db.executescript(
        """
        ALTER TABLE session ADD COLUMN origin TEXT;         -- what it was imported from; NULL: relayed by the hub
        ALTER TABLE session ADD COLUMN clock TEXT;          -- derived, local, none; NULL: its times are moments in UTC
        """
    )


@RECORDING()
def m006_judging(db: Database) -> None:
    """Create what the verdicts of `finding` and `outcome` were made by: one row, droppable like them."""
    db.executescript(
        """
        CREATE TABLE judging (
            id          INTEGER PRIMARY KEY,
            ruleset     TEXT NOT NULL,                  -- version and digest of the rules
            until       INTEGER NOT NULL,               -- the last item that was judged, in the order of recording
            rules       TEXT NOT NULL,                  -- JSON: code -> digest, severity, sentence, clause
            policy      TEXT NOT NULL                   -- JSON: the regrades of the event
        );
        """
    )


@RECORDING()
def m008_blame(db: Database) -> None:
    """Let kept verdicts say whose doing they are, how sure that is, and why."""
    db.executescript(
        """
        ALTER TABLE finding ADD COLUMN confidence TEXT NOT NULL DEFAULT 'open'; -- of `side`: certain, likely, open
        ALTER TABLE finding ADD COLUMN why TEXT NOT NULL DEFAULT '';
        ALTER TABLE outcome ADD COLUMN blamed TEXT NOT NULL DEFAULT '[]';       -- JSON array of sides
        ALTER TABLE outcome ADD COLUMN confidence TEXT;                         -- NULL: nothing to blame anybody for
        ALTER TABLE outcome ADD COLUMN why TEXT NOT NULL DEFAULT '';
        """
    )


@RECORDING()
def m009_replays(db: Database) -> None:
    """Create what tells a session in which one side was played by `plugfest replay`, and from what."""
    db.executescript(
        """
        CREATE TABLE replay (
            session     INTEGER PRIMARY KEY REFERENCES session(id),
            recording   TEXT NOT NULL,                  -- the file that it was played from, as it was called
            origin      INTEGER NOT NULL,               -- the session in that file
            origin_at   INTEGER NOT NULL,               -- when that was opened: nanoseconds since the epoch, UTC
            side        TEXT NOT NULL CHECK (side IN ('station', 'csms')),  -- who was played; the other one was live
            speed       TEXT NOT NULL                   -- 1, 10, max
        );
        CREATE TABLE improvised (
            session     INTEGER NOT NULL REFERENCES session(id),
            message_id  TEXT NOT NULL,                  -- of an answer that the recording did not have
            action      TEXT NOT NULL
        );
        """
    )


def known_steps() -> frozenset[str]:
    """Return the names of all steps."""
    return frozenset(step.name for step in RECORDING._migrations)  # noqa: SLF001 - no public list of all steps


def applied_steps(connection: Connection) -> frozenset[str]:
    """Return the names of the steps that a file has gone through; none where it is not a recording.

    Raises:
        DatabaseError: it cannot be read.
    """
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = '_sqlite_migrations'").fetchall():
        return frozenset()
    steps = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (RECORDING.name,))
    return frozenset(str(name) for (name,) in steps)
