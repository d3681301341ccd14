"""The SQLite file under the job table: readers borrow a connection, writers take turns. Knows no rules.

Whatever SQLite answers becomes a Problem, and nothing here waits for ever: not for a lock, not for a turn.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from backend.core.errors import DiskFull, Problem, StorageFailed

log = logging.getLogger(__name__)

VERSION = 3
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, request TEXT NOT NULL, status TEXT NOT NULL,
    created REAL NOT NULL, started REAL, finished REAL,
    attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT, lease_until REAL, cancel_requested INTEGER NOT NULL DEFAULT 0,
    units REAL NOT NULL DEFAULT 1, key TEXT NOT NULL DEFAULT '',
    result TEXT, problem TEXT, place INTEGER NOT NULL, turn TEXT NOT NULL DEFAULT '',
    shares TEXT NOT NULL DEFAULT '', held INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs(status, place);
CREATE TABLE IF NOT EXISTS job_events (
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (key TEXT NOT NULL, units REAL NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS timings_key ON timings(key, at);
"""
LATER = {
    1: "ALTER TABLE jobs ADD COLUMN turn TEXT NOT NULL DEFAULT '';",
    2: "ALTER TABLE jobs ADD COLUMN shares TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE jobs ADD COLUMN held INTEGER NOT NULL DEFAULT 0;",
}
"""Version of a file → what makes the next one of it."""
BUSY_TIMEOUT = 5.0  # seconds to wait for another process that writes
IDLE_READERS = 4  # connections kept open between reads: hundreds of threads follow jobs, few read at one moment
_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Database:
    """Safe for threads. After `close` it still works, with a connection opened for each call."""

    def __init__(self, path: Path, patience: float = BUSY_TIMEOUT) -> None:
        self._path = path
        self._patience = patience
        self._turn = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._pool_lock = threading.Lock()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._prepare()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises DiskFull, StorageFailed. A durable one outlives a power cut, the others a kill."""
        if not self._turn.acquire(timeout=2 * self._patience):
            raise _locked()
        try:
            with _telling():
                yield from self._transact(durable)
        finally:
            self._turn.release()

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Readers wait for no writer."""
        with _telling():
            connection = self._borrow()
            try:
                return connection.execute(query, values).fetchall()
            finally:
                self._give_back(connection)

    def close(self) -> None:
        with self._pool_lock:
            self._closed = True
            idle, self._readers = self._readers, []
        for connection in idle:
            connection.close()
        with self._turn:
            self._drop_writer()

    def _transact(self, durable: bool) -> Iterator[sqlite3.Connection]:
        try:
            if self._writer is None:
                self._writer = self._connect()
            self._writer.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer
            self._writer.execute("COMMIT")
        except BaseException:
            self._drop_writer()  # closing rolls back, also where ROLLBACK itself would fail
            raise
        if self._closed:
            self._drop_writer()

    def _drop_writer(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _borrow(self) -> sqlite3.Connection:
        with self._pool_lock:
            if self._readers:
                return self._readers.pop()
        return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._pool_lock:
            if not self._closed and len(self._readers) < IDLE_READERS:
                self._readers.append(connection)
                return
        connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=self._patience, check_same_thread=False, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys=ON")  # touches no file, so it cannot fail
        return connection

    def _prepare(self) -> None:
        try:
            self._check()
        except sqlite3.Error as error:
            if _code(error) not in _BROKEN:
                raise _told(error) from error
            self._set_aside()
            with _telling():
                self._check()

    def _check(self) -> None:
        with closing(self._connect()) as connection:
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found > VERSION:
                raise StorageFailed(
                    "The list of jobs was written by a newer version of the studio.",
                    hint=f"Start that version, or move {self._path.name} away: it holds jobs, no voices and no takes.",
                )
            connection.execute("PRAGMA journal_mode=WAL")  # stays with the file
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise _Damaged
            if found < VERSION:
                steps = "".join(LATER[version] for version in range(found, VERSION)) if found else SCHEMA
                connection.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version={VERSION}; COMMIT;")

    def _set_aside(self) -> None:
        """Keep a damaged file for whoever wants to look, and begin an empty one."""
        number = 1
        while (kept := self._path.with_name(f"{self._path.name}.corrupt-{number}")).exists():
            number += 1
        self._path.replace(kept)
        for tail in ("-wal", "-shm"):
            self._path.with_name(self._path.name + tail).unlink(missing_ok=True)
        log.error("the list of jobs was damaged; it is kept as %s and a new one begins", kept.name)


class _Damaged(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake of ours, nothing the user could mend
    except sqlite3.Error as error:
        raise _told(error) from error


def _told(error: sqlite3.Error) -> Problem:
    """What an SQLite failure means to the user."""
    code = _code(error)
    if code == sqlite3.SQLITE_FULL:
        return DiskFull("The list of jobs cannot be written: the disk is full.", hint="Free some space and try again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _locked()
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return StorageFailed(
        f"The list of jobs cannot be read or written ({name}).",
        hint="Check the disk and the permissions of the data folder, then try again.",
    )


def _locked() -> StorageFailed:
    return StorageFailed(
        "The list of jobs is held by another program.",
        hint="Close what looks into the .studio folder (a backup, a database viewer), then try again.",
    )


def _code(error: sqlite3.Error) -> int:
    """The primary result code: the lower byte of the extended one."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
