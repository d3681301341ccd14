"""How a recording's voice sounds, as 256 numbers, worked out as a job: the web process never loads the encoder."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from backend.core.events import ProgressEvent
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms

VOICEPRINT = "voiceprint"
LONGEST = 300.0  # seconds of a recording that are heard
DIGITS = 6


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""
    return {VOICEPRINT: lambda request, context: taken(rooms, str(request["upload"]), str(request["name"]), context)}


def taken(rooms: Rooms, upload: str, name: str, context: JobContext) -> Iterator[ProgressEvent]:
    """The recording goes with the job's end; where the studio leaves in the middle, the job finds it again."""
    from backend.engines.embeddings import RATE, SIZE
    from backend.safety.decoding import DecodeLimits, decode_audio
    from backend.speech.meanwhile import meanwhile

    def event() -> ProgressEvent:
        return ProgressEvent(
            phase="working", stage="Listening to the voice", stage_code="comparing-speakers", progress=0.2
        )

    try:
        yield event()
        heard = decode_audio(rooms.uploads.path(upload), DecodeLimits(seconds=LONGEST), name)
        encoder = rooms.verification.matcher.encoder
        vector = yield from meanwhile(lambda: encoder.embed(heard.samples), event, context.cancelled)
    except BaseException as end:
        if context.cancelled() or not isinstance(end, GeneratorExit):  # left behind only where it is run again
            rooms.uploads.drop(upload)
        raise
    rooms.uploads.drop(upload)
    result = {
        "embedding": [round(float(number), DIGITS) for number in vector],
        "dimension": SIZE,
        "sample_rate": RATE,
        "duration": round(heard.duration, 3),
    }
    yield ProgressEvent(phase="done", stage="Done", stage_code="done", progress=1.0, result=result)


class VoiceprintDesk:
    """Where voiceprints are asked for."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues

    def take(self, source: bytes | Path | IO[bytes], name: str = "") -> Job:
        """The job that answers `embedding`, `dimension`, `sample_rate` and `duration`; a recording longer than five
        minutes fails there. Raises Busy, DiskFull."""
        upload = self._rooms.uploads.keep(source, name)
        return self._queues.lane.submit(VOICEPRINT, {"upload": upload, "name": name}, 1.0, VOICEPRINT)


def stages() -> dict[str, bool]:
    """Which stages of SV2TTS are here. Looks for packages, imports none."""
    has_encoder = all(importlib.util.find_spec(name) is not None for name in ("torch", "resemblyzer"))
    return {"encoder": has_encoder, "synthesizer": False, "vocoder": False}
