"""The SQLite file under the job table: one connection, one lock, whole transactions. Knows no rules."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.core.errors import Busy, DiskFull, Problem

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, request TEXT NOT NULL, status TEXT NOT NULL,
    created REAL NOT NULL, started REAL, finished REAL,
    attempts INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT, lease_until REAL, cancel_requested INTEGER NOT NULL DEFAULT 0,
    units REAL NOT NULL DEFAULT 1, key TEXT NOT NULL DEFAULT '',
    result TEXT, problem TEXT, place INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs(status, place);
CREATE TABLE IF NOT EXISTS job_events (
    job_id TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timings (key TEXT NOT NULL, units REAL NOT NULL, seconds REAL NOT NULL, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS timings_key ON timings(key, at);
"""
BUSY_TIMEOUT = 5.0  # seconds to wait for another process that writes


class Database:
    """One connection shared by all threads: the web server has hundreds, and a connection each would cost more."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # FULL: an accepted job survives a power cut, not only a killed process.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}").close()
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises DiskFull, Busy (the file is locked for long) or Problem."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise translated(error) from error

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise translated(error) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def translated(error: sqlite3.Error) -> Problem:
    """What an SQLite failure means to the user."""
    if error.sqlite_errorname == "SQLITE_FULL":
        return DiskFull("The list of jobs cannot be written: the disk is full.", hint="Free some space and try again.")
    if error.sqlite_errorname in ("SQLITE_BUSY", "SQLITE_LOCKED"):
        return Busy("The list of jobs is in use by another process.", hint="Try again in a moment.")
    return Problem("The list of jobs cannot be read or written.", hint="Look into the log of the studio.")
