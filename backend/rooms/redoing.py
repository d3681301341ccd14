"""One line of a take spoken again, as a job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.core.events import ProgressEvent
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms
from backend.speech.takes import redoable

REDO = "redo"


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""
    return {REDO: lambda request, context: redone(rooms, request, context)}


def redone(rooms: Rooms, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    from backend.speech.redo import Stage, redo  # brings numpy: loaded only where something is spoken

    stage = Stage(rooms.models, rooms.personalities, rooms.takes, rooms.verification)
    return redo(str(request["take"]), int(request["segment"]), request.get("seed"), context, stage)


class RedoDesk:
    """Where a line of a take is asked for again."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues

    def submit(self, take: str, segment: int, seed: int | None = None) -> Job:
        """The job that speaks it. Raises NotFound, and Conflict for a segment that cannot be taken out of its take."""
        record = self._rooms.takes.get(take)
        redoable(record, segment)
        asked = {"take": take, "segment": segment, "seed": seed}
        length = float(len(record["segments"][segment]["text"]))
        return self._queues.lane.submit(REDO, asked, length, f"generate:{record['engine']}")
