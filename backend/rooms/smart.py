"""Smart mode as a job and a desk: a long recording becomes a session of clips, a session becomes a voice."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from backend.core.errors import BadRequest, EngineUnavailable, Problem
from backend.core.events import ProgressEvent
from backend.core.tables.languages import language_code
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms
from backend.speech.smart_sessions import SmartSessions

SMART = "smart"
NOBODY = "none"
"""Name of the recogniser that is not asked."""
AROUND = 3.0  # seconds of the recording kept on both sides of a clip, so that it can be cut anew later
MEGABYTE = 1e6


@dataclass(frozen=True)
class Chosen:
    """A clip for one emotion of a voice."""

    clip: str
    transcript: str | None = None
    """What is said in it; None takes what was written down."""
    start: float | None = None
    """Seconds of the recording; None takes those of the clip."""
    end: float | None = None


def sessions_of(rooms: Rooms) -> SmartSessions:
    return SmartSessions(rooms.settings.state_dir / "smart")


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""
    return {SMART: lambda request, context: cut(rooms, request, context)}


def cut(rooms: Rooms, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """The recording goes with the job's end; where the studio leaves in the middle, the job finds it again."""
    from backend.speech.smart import Asked, cut_up  # brings numpy: loaded only where something is cut

    asked = Asked(**request)
    try:
        yield from cut_up(asked, context, rooms.models, rooms.uploads, sessions_of(rooms))
    except (Problem, GeneratorExit) as end:
        if context.cancelled() or isinstance(end, Problem):
            rooms.uploads.drop(asked.upload)
        raise


class SmartDesk:
    """Where long recordings are handed in, and voices made of their clips."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues
        self._sessions = sessions_of(rooms)

    def start(
        self, source: bytes | Path | IO[bytes], name: str = "", language: str = "auto", engine: str = "auto"
    ) -> Job:
        """The job that cuts a recording up. Raises NotFound, BadRequest for a recogniser or a language that is none."""
        spoken = checked_language(self._rooms, engine, language)
        self.sweep()
        upload = self._rooms.uploads.keep(source, name)
        request = {"upload": upload, "name": name, "language": spoken, "engine": engine}
        megabytes = self._rooms.uploads.path(upload).stat().st_size / MEGABYTE
        return self._queues.lane.submit(SMART, request, megabytes, f"{SMART}:{engine}")

    def get(self, session: str) -> dict[str, Any]:
        """The record; with `desk`, where somebody has begun to sort it. Raises NotFound."""
        desk = self._sessions.desk(session)
        return self._sessions.get(session) | ({"desk": desk} if desk else {})

    def open(self) -> dict[str, list[dict[str, Any]]]:
        """Sessions that can be gone on with, newest first, and recordings that are being cut."""
        jobs = [job for job in self._queues.recent((SMART,), time.time()) if not job.ended]
        told = [job.as_dict() | {"name": str(job.request.get("name", ""))} for job in jobs]
        kept = ("id", "name", "status", "created", "progress")
        return {"sessions": list(self._sessions.open()), "jobs": [{name: one[name] for name in kept} for one in told]}

    def lay(self, session: str, placed: Mapping[str, str], words: Mapping[str, str]) -> None:
        """Keep how far it is sorted: emotion → clip, clip → what is said in it. Raises NotFound, DiskFull."""
        known = {clip["id"] for clip in self._sessions.get(session)["clips"]}
        unknown = sorted((set(placed.values()) | set(words)) - known)
        if unknown:
            raise BadRequest(
                f"There is no clip {unknown[0][:20]}.", fields={"placed": "names a clip that is not there"}
            )
        self._sessions.lay(session, {"placed": dict(placed), "words": dict(words)})

    def clip(self, session: str, clip: str) -> bytes:
        """A clip as a WAV file. Raises NotFound."""
        found = self._sessions.clip(session, clip)
        return self._sessions.window(session, found["start"], found["end"])

    def drop(self, session: str) -> None:
        """Raises NotFound."""
        self._sessions.drop(session)

    def sweep(self) -> int:
        """Remove sessions that nobody came back to; how many went."""
        return self._sessions.sweep()

    def make_personality(
        self, session: str, emotions: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any], key: str | None = None
    ) -> dict[str, Any]:
        """As `voice_of`."""
        return voice_of(self._rooms, session, emotions, facts, key)


def voice_of(
    rooms: Rooms,
    session: str,
    emotions: Mapping[str, Mapping[str, Any]],
    facts: Mapping[str, Any],
    key: str | None = None,
) -> dict[str, Any]:
    """A voice of chosen clips (members of `Chosen`): a new one of these facts, or the existing one of that id. Each
    emotion is one commit; if one of a new voice fails, none of it stays.

    Raises NotFound, BadRequest, BadAudio, DiskFull.
    """
    if not emotions:
        raise BadRequest("No emotion has a clip yet.", fields={"emotions": "needs at least one"})
    sessions = sessions_of(rooms)
    wishes = {emotion: _wish(sessions, session, emotion, Chosen(**chosen)) for emotion, chosen in emotions.items()}
    personalities = rooms.personalities
    record = personalities.get(key) if key else personalities.create(**facts)
    try:
        for emotion, wish in wishes.items():
            record = personalities.put_emotion(record["id"], emotion, **wish)
    except Problem:
        if not key:
            personalities.delete(record["id"])
        raise
    return record


def _wish(sessions: SmartSessions, session: str, emotion: str, chosen: Chosen) -> dict[str, Any]:
    """What the personality manager is asked to keep: the clip, and a little of what lies around it."""
    clip = sessions.clip(session, chosen.clip)
    start = clip["start"] if chosen.start is None else chosen.start
    end = clip["end"] if chosen.end is None else chosen.end
    if end <= start:
        raise BadRequest("The end of a clip lies before its start.", fields={f"emotions.{emotion}.end": "too early"})
    first = max(0.0, start - AROUND)
    own = chosen.transcript is None or chosen.transcript.strip() == clip["transcript"]
    return {
        "sound": sessions.window(session, first, end + AROUND),
        "start": round(start - first, 3),
        "end": round(end - first, 3),
        "transcript": clip["transcript"] if own else chosen.transcript,
        "transcript_source": (clip["transcript_source"] if own else "") or "user",
    }


def checked_language(rooms: Rooms, engine: str, language: str) -> str:
    """The code of the language. A recogniser that is named must be there. Raises NotFound, BadRequest,
    EngineUnavailable."""
    spoken = language_code(language) or language.strip().lower()
    if engine == NOBODY:
        return spoken
    try:
        rooms.models.pick_listener(engine, spoken)
    except EngineUnavailable:
        if engine != "auto":
            raise
    return spoken
