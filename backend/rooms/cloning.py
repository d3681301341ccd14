"""Voices made of recordings that programs hand in: kept, changed, prepared as a job, and found for a request.

A voice is a personality; such programs know one recording of it, the neutral one.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.core.errors import EngineUnavailable, NotFound
from backend.core.events import Notice, ProgressEvent
from backend.core.tables.repairs import USUAL
from backend.core.tables.speakers import SPEAKERS
from backend.core.types import DesignedVoice, PresetVoice, ReferenceVoice, VoiceSpec
from backend.core.wishes import Sample, Wanted
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.listening import LEAST_QUALITY, choose, listened
from backend.rooms.naming import find_voice
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms
from backend.rooms.samples import Joined, joined

CLONE = "clone-voice"
MADE, HEARD = 0.2, 0.95
"""Progress when the recording is made, and when it is written down."""
DEFAULT_SPEAKER = "Ryan"
PLAIN = "neutral"


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""
    return {CLONE: lambda request, context: prepared(rooms, request, context)}


def prepared(rooms: Rooms, request: Mapping[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Make the reference anew from its upload with all that is usual, and write down what it says where nobody did."""
    key = str(request["voice"])
    yield _event("normalising", "Preparing the recording", 0.0)
    record = rooms.personalities.get(key)
    emotion = recorded_as(record)
    recording = record["emotions"][emotion]
    if recording["source"] is not None:
        repairs = tuple(dict.fromkeys([*recording["repairs"], *USUAL]))
        record = rooms.personalities.put_emotion(key, emotion, repairs=repairs)
    if not record["emotions"][emotion]["transcript"]:
        record = yield from _written_down(rooms, record, emotion, context)
    yield ProgressEvent(
        phase="done", stage="Ready", stage_code="done", progress=1.0, result={"personality": record, "emotion": emotion}
    )


def _written_down(
    rooms: Rooms, record: dict[str, Any], emotion: str, context: JobContext
) -> Generator[ProgressEvent, None, dict[str, Any]]:
    """Answers the record with the transcript; without a recogniser that can be trusted it stays as it is."""
    language = record["language"] or "auto"
    try:
        one, spoken = choose(rooms, "auto", language)
    except EngineUnavailable:
        one, spoken = None, language
    if one is None or one.info.quality < LEAST_QUALITY:
        text = "No recogniser here writes well enough: the voice is cloned by its sound alone."
        notice = Notice(code="no-transcript", text=text)
        yield _event("listening", text, MADE).model_copy(update={"notice": notice})
        return record
    source = rooms.personalities.emotion_path(record["id"], emotion)
    result: dict[str, Any] = {}
    for event in listened(rooms, source, {"engine": one.info.name, "language": spoken}, context, saved=False):
        if event.result is not None:
            result = event.result
        else:
            share = MADE + (HEARD - MADE) * (event.progress or 0.0)
            yield event.model_copy(update={"progress": round(share, 4)})
    return rooms.personalities.put_emotion(
        record["id"],
        emotion,
        if_match=record["revision"],
        transcript=result["text"],
        transcript_source=result["engine"],
    )


class CloningDesk:
    """Where voices of programs are kept and found."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues
        self._jobs: dict[str, str] | None = None
        """Voice → its last preparation; None until somebody asked."""
        self._asking = threading.RLock()

    def create(self, facts: Mapping[str, Any], samples: Sequence[Sample]) -> tuple[dict[str, Any], Joined | None]:
        """A new voice; `facts` are those of `PersonalityManager.create`. Answers its record, and of several recordings
        what became of each. Raises BadAudio, BadRequest, DiskFull, and then there is no voice.
        """
        made = joined(samples) if len(samples) != 1 else None
        one = samples[0] if made is None else Sample(made.sound, "samples.wav", made.text)
        return with_recording(self._rooms, self._rooms.personalities.create(**facts), one), made

    def update(self, voice: str, facts: Mapping[str, Any], transcript: str | None) -> dict[str, Any]:
        """Change facts and the transcript; answers the record. Raises NotFound, BadRequest, DiskFull."""
        record = self._rooms.personalities.update(voice, facts)
        if transcript is None:
            return record
        return self._rooms.personalities.put_emotion(voice, recorded_as(record), transcript=transcript)

    def delete(self, voice: str, with_files: bool) -> str:
        """Into the trash, or gone for ever; answers the entry of the trash. Raises NotFound."""
        entry = self._rooms.personalities.delete(voice)
        if not with_files:
            return entry
        self._rooms.personalities.forget(voice)
        return ""

    def file(self, voice: str, name: str) -> Path:
        """A recording by the name of its file, found among those that the record names. Raises NotFound."""
        record = self._rooms.personalities.get(voice)
        for emotion, recording in record["emotions"].items():
            if recording["file"] == name:
                return self._rooms.personalities.emotion_path(voice, emotion)
        raise NotFound(
            "This voice has no such recording.", hint="Its record has the address.", code="emotion-not-found"
        )

    def prepare(self, voice: str) -> Job:
        """The job that prepares the recording; the one that already does. Raises NotFound."""
        record = self._rooms.personalities.get(voice)
        seconds = float(record["emotions"][recorded_as(record)]["duration"])
        with self._asking:
            last = self.last_job(record)
            if last is not None and not last.ended:
                return last
            job = self._queues.lane.submit(CLONE, {"voice": voice}, seconds, CLONE)
            self._known()[voice] = job.id
            return job

    def last_job(self, record: Mapping[str, Any]) -> Job | None:
        """The newest preparation of a voice that is still known; one of a former voice of that id is not its."""
        known = self._known().get(str(record["id"]))
        try:
            job = None if known is None else self._queues.lane.store.get(known)
        except NotFound:  # it was long ago
            return None
        return job if job is not None and job.created >= created(record) else None

    def _known(self) -> dict[str, str]:
        with self._asking:
            if self._jobs is None:
                jobs = self._queues.lane.store.recent((CLONE,), 0.0)
                self._jobs = {str(job.request["voice"]): job.id for job in jobs}
            return self._jobs

    def state(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """How far a voice is: `status` is empty, queued, running, ready, failed or cancelled."""
        job = self.last_job(record)
        has_sound = bool(record["emotions"])
        if job is None:
            status, progress = ("ready", 1.0) if has_sound else ("empty", 0.0)
            return {"status": status, "progress": progress, "message": "", "job_id": None, "problem": None}
        told = job.state or {}
        progress = 1.0 if job.status == "done" else float(told.get("progress") or 0.0)
        return {
            "status": "ready" if job.status == "done" else job.status,
            "progress": progress,
            "message": str(told.get("stage", "")),
            "job_id": job.id,
            "problem": job.problem,
        }

    def chosen(self, wanted: Wanted) -> VoiceSpec:
        """Who speaks: a recording of the request, a named voice, a description, the recording that the settings name,
        a speaker of the language. Raises NotFound, BadAudio, EngineUnavailable."""
        if wanted.samples:
            return self._guest(wanted.samples, wanted.emotion)
        if wanted.voice.strip():
            return find_voice(self._rooms, wanted.voice, wanted.emotion)
        if wanted.description.strip():
            return DesignedVoice(description=wanted.description.strip(), emotion=wanted.emotion)
        usual = self._rooms.settings.voice_clone_ref_audio
        if usual is None:
            native = (row.id for row in SPEAKERS.values() if row.language == wanted.language)
            return PresetVoice(speaker=next(native, DEFAULT_SPEAKER), emotion=wanted.emotion)
        try:
            recording = usual.read_bytes()
        except OSError as error:
            hint = "Correct voice_clone_ref_audio in config.yml, or send a voice."
            raise EngineUnavailable("The recording that the settings name cannot be read.", hint=hint) from error
        sample = Sample(recording, usual.name, self._rooms.settings.voice_clone_ref_text)
        return self._guest((sample,), wanted.emotion)

    def _guest(self, samples: Sequence[Sample], emotion: str) -> ReferenceVoice:
        made = joined(samples) if len(samples) > 1 else None
        one = samples[0] if made is None else Sample(made.sound, "", made.text)
        key = self._rooms.personalities.guests.keep(one.sound, one.name)
        return ReferenceVoice(reference=key, transcript=one.text, emotion=emotion)


def with_recording(rooms: Rooms, voice: Mapping[str, Any], sample: Sample) -> dict[str, Any]:
    """The record of a new voice with its plain recording. What fails leaves no voice, not even in the trash.

    Raises BadAudio, BadRequest, DiskFull.
    """
    try:
        return rooms.personalities.put_emotion(
            voice["id"], PLAIN, sample.sound, transcript=sample.text, upload_name=sample.name
        )
    except BaseException:
        rooms.personalities.delete(voice["id"])
        rooms.personalities.forget(voice["id"])
        raise


def created(record: Mapping[str, Any]) -> float:
    """When a voice was made, in seconds since the epoch; 0 where its record, which others may write, tells no time."""
    try:
        return datetime.fromisoformat(str(record["created"])).timestamp()
    except (ValueError, OverflowError, OSError):  # the last two for years that no clock here has
        return 0.0


def recorded_as(record: Mapping[str, Any]) -> str:
    """The recording that programs know: the neutral one, else the first. Raises NotFound where there is none."""
    emotions = record["emotions"]
    if not emotions:
        hint = "Record an emotion of it, or hand in a new voice."
        raise NotFound("This voice has no recording.", hint=hint, code="emotion-not-found")
    return PLAIN if PLAIN in emotions else str(next(iter(emotions)))


def _event(code: str, stage: str, progress: float) -> ProgressEvent:
    return ProgressEvent(phase="working", stage=stage, stage_code=code, progress=progress)
