"""A second look at a reference as a job: what needs a model is judged, and told in the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from backend.core.errors import EngineUnavailable, NotFound
from backend.core.events import ProgressEvent
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.listening import LEAST_QUALITY, choose
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms

EXAMINE = "examine-reference"


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""
    return {EXAMINE: lambda request, context: examined(rooms, request, context)}


def examined(rooms: Rooms, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Look at a reference and keep the judgement, unless it was recorded anew meanwhile."""
    from backend.speech.examine import Reference, examine, merged  # brings numpy

    key, emotion, file = (str(request[name]) for name in ("personality", "emotion", "file"))
    record = rooms.personalities.get(key)
    recording = record["emotions"].get(emotion)
    if recording is None:
        raise NotFound("This personality has no recording of that emotion.", code="emotion-not-found")
    language = str(request["language"] or record["language"])
    path = rooms.personalities.emotion_path(key, emotion)
    reference = Reference(path, recording["transcript"], language, request["listener"], request["reason"])
    look = yield from examine(reference, rooms.models, context.cancelled)
    record = rooms.personalities.judge_emotion(key, emotion, file, merged(recording["quality"], look))
    quality = record["emotions"][emotion]["quality"]
    result = {"personality": record, "emotion": emotion, "quality": quality, "heard": look.heard}
    yield ProgressEvent(phase="done", stage="Ready", stage_code="done", progress=1.0, result=result)


class ExaminingDesk:
    """Where a second look is asked for."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues

    def examine(self, key: str, emotion: str, engine: str = "auto", language: str = "") -> Job:
        """The job that looks. Raises NotFound; without a recogniser it judges what needs none, and says why."""
        record = self._rooms.personalities.get(key)
        recording = record["emotions"].get(emotion)
        if recording is None:
            raise NotFound("This personality has no recording of that emotion.", code="emotion-not-found")
        listener, reason = self._listener(engine, language or record["language"] or "auto")
        request = {
            "personality": record["id"], "emotion": emotion, "file": recording["file"], "language": language,
            "listener": listener, "reason": reason,
        }  # fmt: skip
        return self._queues.lane.submit(EXAMINE, request, float(recording["duration"]), f"{EXAMINE}:{listener}")

    def _listener(self, engine: str, language: str) -> tuple[str, str]:
        """Name of the recogniser; or nothing, and why."""
        try:
            one, _ = choose(self._rooms, engine, language)
        except EngineUnavailable as problem:
            if engine != "auto":
                raise
            return "", problem.detail
        if engine == "auto" and one.info.quality < LEAST_QUALITY:
            return "", f"{one.info.title} mishears too much to tell: download a Whisper for that."
        return one.info.name, ""
