"""The job table: the only truth about what was asked and what became of it. Knows no runner and no follower."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from backend.core.errors import Busy, NotFound
from backend.core.events import ProgressEvent
from backend.jobs.database import BUSY_TIMEOUT, Database
from backend.jobs.endings import cancelled_event, hung_up_event, interruption_event
from backend.jobs.model import ALONE, MAX_ATTEMPTS, Claim, Job, LeaseLostError, Status, Terms
from backend.jobs.rows import job_of, next_claim_of
from backend.jobs.turns import ORDER, Work, works

HISTORY = 20  # finished jobs of one key that an estimate looks at

_JOB = (
    "SELECT jobs.*, (SELECT MAX(seq) FROM job_events e WHERE e.job_id = jobs.id) AS last_event,"
    " (SELECT body FROM job_events e WHERE e.job_id = jobs.id ORDER BY seq DESC LIMIT 1) AS state FROM jobs"
)
_FINAL: dict[str, Status] = {"done": "done", "failed": "failed", "cancelled": "cancelled"}


def new_job_id() -> str:
    return secrets.token_urlsafe(16)  # 128 bits: nobody guesses another's job


class JobStore:
    """Jobs, their numbered events, and how long such work took on this machine."""

    def __init__(
        self, path: Path, queue_limit: int = 200, patience: float = BUSY_TIMEOUT, most_attempts: int = MAX_ATTEMPTS
    ) -> None:
        self._db = Database(path, patience)
        self._most_attempts = most_attempts
        self._queue_limit = queue_limit
        self._last_place = self._db.rows("SELECT MAX(place) AS last FROM jobs")[0]["last"] or 0  # of an earlier life

    def close(self) -> None:
        self._db.close()

    def submit(
        self,
        kind: str,
        request: dict[str, Any],
        units: float = 1.0,
        key: str = "",
        first: Callable[[list[Work]], ProgressEvent] | None = None,
        job_id: str = "",
        turn: str = "",
        terms: Terms = ALONE,
    ) -> Job:
        """Write down a job, and its first event, made from the queue up to it. Raises Busy when too many wait.

        `turn` is whose turns it takes: see `jobs.turns`.
        """
        job_id = job_id or new_job_id()
        with self._db.transaction(durable=True) as db:
            waiting = db.execute("SELECT COUNT(*) FROM jobs WHERE status = 'queued'").fetchone()[0]
            if waiting >= self._queue_limit:
                raise Busy(f"{waiting} jobs are waiting already.", hint="Try again when some of them are done.")
            db.execute(
                "INSERT INTO jobs(id, kind, request, status, created, units, key, turn, shares, held, place)"
                " VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(place), 0) + 1 FROM jobs))",
                (job_id, kind, json.dumps(request), time.time(), units, key, turn, terms.shares, terms.held),
            )
            if first is not None:  # in the same transaction: no lane can be quicker
                queue = works(db.execute(ORDER).fetchall())
                place = [work[0] for work in queue].index(job_id) + 1
                _append(db, job_id, first(queue[:place]))
        return self.get(job_id)

    def get(self, job_id: str) -> Job:
        """Raises NotFound."""
        rows = self._db.rows(f"{_JOB} WHERE id = ?", job_id)
        if not rows:
            raise NotFound("There is no such job.", hint="It may have been cleared away.", code="job-not-found")
        return job_of(rows[0])

    def newest(self, limit: int = 100, kinds: Sequence[str] = ()) -> list[Job]:
        """Newest first; of these kinds, or of all."""
        where = f" WHERE kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
        query = f"{_JOB}{where} ORDER BY created DESC, place DESC LIMIT ?"
        return [job_of(row) for row in self._db.rows(query, *kinds, limit)]

    def recent(self, kinds: Sequence[str], since: float) -> list[Job]:
        """Jobs of these kinds that have not ended, or ended after a moment (seconds since the epoch); oldest first."""
        marks = ", ".join("?" * len(kinds))
        query = f"{_JOB} WHERE kind IN ({marks}) AND (finished IS NULL OR finished > ?) ORDER BY created, place"
        return [job_of(row) for row in self._db.rows(query, *kinds, since)]

    def waiting(self) -> list[str]:
        """Ids of the queued jobs in the order they will run."""
        return [job_id for job_id, _, _ in self.waiting_work()]

    def waiting_work(self) -> list[Work]:
        """The queued jobs in the order they will run, as things stand: who comes later may take a turn between."""
        return works(self._db.rows(ORDER))

    def queue_place(self, job_id: str) -> int | None:
        """1 = next to run; None when it does not wait."""
        waiting = self.waiting()
        return waiting.index(job_id) + 1 if job_id in waiting else None

    def claim(self, owner: str, lease: float, may_begin: Callable[[Claim], bool] = lambda claim: True) -> Claim | None:
        """Take the job whose turn it is under a lease of so many seconds; no other instead, where it may not begin."""
        with self._db.transaction() as db:
            next_one = db.execute(f"{ORDER} LIMIT 1").fetchone()
            if next_one is None:
                return None
            claim = next_claim_of(db.execute("SELECT * FROM jobs WHERE id = ?", (next_one["id"],)).fetchone())
            if not may_begin(claim):
                return None
            now = time.time()
            db.execute(
                "UPDATE jobs SET status = 'running', started = ?, attempts = attempts + 1, fence = fence + 1,"
                " lease_owner = ?, lease_until = ? WHERE id = ?",
                (now, owner, now + lease, claim.job_id),
            )
        return claim

    def renew(self, claim: Claim, lease: float) -> None:
        """Raises LeaseLostError."""
        with self._db.transaction() as db:
            _held(db, claim)
            db.execute("UPDATE jobs SET lease_until = ? WHERE id = ?", (time.time() + lease, claim.job_id))

    def append(self, claim: Claim, event: ProgressEvent) -> tuple[int, dict[str, Any]]:
        """Number and keep an event of the running job. Raises LeaseLostError."""
        with self._db.transaction() as db:
            _held(db, claim)
            return _append(db, claim.job_id, event)

    def finish(self, claim: Claim, event: ProgressEvent) -> tuple[int, dict[str, Any]]:
        """Commit the end of a job, once and only by the holder of its fence. Raises LeaseLostError."""
        with self._db.transaction(durable=True) as db:
            row = _held(db, claim)
            if event.phase == "done":
                seconds = time.time() - row["started"]
                db.execute("INSERT INTO timings VALUES (?, ?, ?, ?)", (row["key"], row["units"], seconds, time.time()))
            return _finish(db, claim.job_id, event)

    def release(
        self, claim: Claim, event: ProgressEvent, *, counts: bool = True, alone: bool = False
    ) -> tuple[int, dict[str, Any]]:
        """Put a job back at its old place in the queue, with an event that says why; cancel it if that was asked.

        `counts=False` forgets the attempt (the studio closed); `alone`: from now on nothing runs beside it. Raises
        LeaseLostError.
        """
        with self._db.transaction(durable=True) as db:
            if _held(db, claim)["cancel_requested"]:
                return _finish(db, claim.job_id, cancelled_event())
            _requeue(db, claim.job_id, 0 if counts else 1, alone)
            return _append(db, claim.job_id, event)

    def request_cancel(self, job_id: str) -> tuple[int, dict[str, Any]] | None:
        """A waiting job ends at once (its last event is returned); a running one is marked. Raises NotFound."""
        self.get(job_id)
        with self._db.transaction(durable=True) as db:
            db.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", (job_id,))
            row = db.execute("SELECT status FROM jobs WHERE id = ?", (job_id,)).fetchone()
            return _finish(db, job_id, cancelled_event()) if row["status"] == "queued" else None

    def reap(self, keep: str = "") -> list[tuple[str, int, dict[str, Any]]]:
        """Jobs whose lease ran out wait again, or fail when they were tried enough. Returns the events written.

        Those of the owner `keep` stay: it knows best what it holds, even when the clock of the machine jumped.
        """
        return self._put_back("lease_until < ? AND lease_owner IS NOT ?", time.time(), keep)

    def recover(self) -> list[tuple[str, int, dict[str, Any]]]:
        """At the start: this process holds the data folder alone, so whatever is marked running has no runner, and
        nobody holds the line any more for what an earlier life left."""
        return [*self._end_held(), *self._put_back("1")]

    def _end_held(self) -> list[tuple[str, int, dict[str, Any]]]:
        left = self._db.rows("SELECT id FROM jobs WHERE held AND finished IS NULL AND place <= ?", self._last_place)
        if not left:
            return []
        with self._db.transaction(durable=True) as db:
            return [(row["id"], *_finish(db, row["id"], hung_up_event())) for row in left]

    def _put_back(self, where: str, *values: object) -> list[tuple[str, int, dict[str, Any]]]:
        query = f"SELECT * FROM jobs WHERE status = 'running' AND {where} ORDER BY place"
        if not self._db.rows(query, *values):  # nearly always: no need to wait for a turn to write
            return []
        written = []
        with self._db.transaction(durable=True) as db:
            for row in db.execute(query, values).fetchall():
                event = interruption_event(row["attempts"], self._most_attempts, bool(row["cancel_requested"]))
                if event.done:
                    written.append((row["id"], *_finish(db, row["id"], event)))
                else:
                    _requeue(db, row["id"], alone=True)  # what ended the runner may have been this job
                    written.append((row["id"], *_append(db, row["id"], event)))
        return written

    def events(self, job_id: str, after: int = 0, limit: int = 1000) -> list[tuple[int, dict[str, Any]]]:
        """Numbered events after `after`, oldest first."""
        rows = self._db.rows(
            "SELECT seq, body FROM job_events WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?", job_id, after, limit
        )
        return [(row["seq"], json.loads(row["body"])) for row in rows]

    def rates(self) -> dict[str, float]:
        """Median seconds per unit of each key, from the newest finished jobs of this machine."""
        keys = [row["key"] for row in self._db.rows("SELECT DISTINCT key FROM timings")]
        return {key: self._rate(key) for key in keys}

    def estimate(self, key: str, units: float) -> float | None:
        """Seconds that so much work takes here; None where nothing like it was done before."""
        known = self._db.rows("SELECT 1 FROM timings WHERE key = ? LIMIT 1", key)
        return self._rate(key) * units if known else None

    def _rate(self, key: str) -> float:
        rows = self._db.rows("SELECT units, seconds FROM timings WHERE key = ? ORDER BY at DESC LIMIT ?", key, HISTORY)
        return median(row["seconds"] / max(row["units"], 1.0) for row in rows)

    def prune(self, keep: int = 500) -> None:
        """Forget finished jobs beyond the newest `keep`, and old timings."""
        with self._db.transaction() as db:
            db.execute(
                "DELETE FROM jobs WHERE finished IS NOT NULL AND id NOT IN"
                " (SELECT id FROM jobs WHERE finished IS NOT NULL ORDER BY finished DESC LIMIT ?)",
                (keep,),
            )
            db.execute(
                "DELETE FROM timings WHERE at < (SELECT MIN(at) FROM (SELECT at FROM timings"
                " ORDER BY at DESC LIMIT ?))",
                (keep,),
            )


def _held(db: sqlite3.Connection, claim: Claim) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM jobs WHERE id = ?", (claim.job_id,)).fetchone()
    if row is None or row["status"] != "running" or row["fence"] != claim.fence:
        raise LeaseLostError(claim.job_id)
    return row


def _requeue(db: sqlite3.Connection, job_id: str, attempts_back: int = 0, alone: bool = False) -> None:
    """The fence moves, so that a runner which only seemed dead cannot commit any more."""
    db.execute(
        "UPDATE jobs SET status = 'queued', fence = fence + 1, lease_owner = NULL, lease_until = NULL,"
        " attempts = attempts - ?, shares = CASE WHEN ? THEN '' ELSE shares END WHERE id = ?",
        (attempts_back, alone, job_id),
    )


def _append(db: sqlite3.Connection, job_id: str, event: ProgressEvent) -> tuple[int, dict[str, Any]]:
    body = event.model_copy(update={"audio": None, "audio_rate": None}).on_the_wire(job_id)
    last = db.execute("SELECT COALESCE(MAX(seq), 0) FROM job_events WHERE job_id = ?", (job_id,)).fetchone()[0]
    db.execute("INSERT INTO job_events VALUES (?, ?, ?)", (job_id, last + 1, json.dumps(body)))
    return last + 1, body


def _finish(db: sqlite3.Connection, job_id: str, event: ProgressEvent) -> tuple[int, dict[str, Any]]:
    numbered = _append(db, job_id, event)
    db.execute(
        "UPDATE jobs SET status = ?, finished = ?, result = ?, problem = ?, lease_owner = NULL, lease_until = NULL"
        " WHERE id = ?",
        (_FINAL[event.phase], time.time(), _json(event.result), _json(event.problem), job_id),
    )
    return numbered


def _json(value: dict[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value)
