"""The values of this room: a job as recorded, and the right to work on it. Times are seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Status = Literal["queued", "running", "done", "failed", "cancelled"]
MAX_ATTEMPTS = 2
"""A job whose runner died is run once more, then it fails: what kills a process twice will kill it again."""


@dataclass(frozen=True)
class Job:
    """One row of the table."""

    id: str
    kind: str
    request: dict[str, Any]
    status: Status
    created: float
    started: float | None = None
    finished: float | None = None
    attempts: int = 0
    units: float = 1.0
    """Amount of work, in what its kind counts (characters of a script)."""
    key: str = ""
    """What is comparable with each other for an estimate (the engine)."""
    cancel_requested: bool = False
    result: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    last_event: int = 0
    state: dict[str, Any] | None = None
    """The newest event's body."""

    @property
    def ended(self) -> bool:
        return self.status in ("done", "failed", "cancelled")

    def as_dict(self, queue_place: int | None = None) -> dict[str, Any]:
        """The shape of `GET /api/jobs/<id>`."""
        state = self.state or {}
        return {
            "id": self.id,
            "kind": self.kind,
            "status": self.status,
            "phase": state.get("phase", "queued"),
            "stage": state.get("stage", ""),
            "progress": state.get("progress"),
            "eta": state.get("eta"),
            "queue_place": queue_place,
            "created": moment(self.created),
            "started": moment(self.started),
            "finished": moment(self.finished),
            "attempts": self.attempts,
            "result": self.result,
            "problem": self.problem,
            "last_event": self.last_event,
        }


@dataclass(frozen=True)
class Claim:
    """The right to work on one job until the lease ends. A result counts only while the fence still matches."""

    job_id: str
    fence: int
    attempt: int
    kind: str
    request: dict[str, Any]
    key: str = ""
    units: float = 1.0
    turn: str = ""
    shares: str = ""


@dataclass(frozen=True)
class Terms:
    """How a job wants to be run."""

    shares: str = ""
    """Jobs of the same word may run at once where the lane says so; with none it runs alone."""
    held: bool = False
    """Somebody waits for it on an open line: after a restart of the studio nobody does."""


ALONE = Terms()


class LeaseLostError(Exception):
    """Somebody else holds the job now, or it is over; what this runner has is not wanted any more."""


def moment(seconds: float | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
