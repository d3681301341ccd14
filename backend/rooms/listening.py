"""Listening as jobs: a recording becomes a text, a reference gets its transcript. The desk refuses wrong requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from backend.core.errors import BadRequest, Conflict, EngineUnavailable, NotFound, Problem
from backend.core.events import ProgressEvent
from backend.core.tables.languages import language_code
from backend.core.tables.recognisers import recogniser_named
from backend.engines.listening import Task, TranscriptionEngine
from backend.jobs.model import Job
from backend.jobs.runner import Handler, JobContext
from backend.rooms.live_listening import LiveText
from backend.rooms.queues import Queues
from backend.rooms.rooms import Rooms
from backend.speech.listen_texts import FORMATS

TRANSCRIBE, TRANSCRIBE_REFERENCE = "transcribe", "transcribe-reference"
LEAST_QUALITY = 20
"""Of a recogniser whose words a reference may be cloned with unasked: Whisper tiny's."""
MEGABYTE = 1e6
RECENT = 50  # jobs


def handlers(rooms: Rooms) -> dict[str, Handler]:
    """By kind of job."""
    return {
        TRANSCRIBE: lambda request, context: transcribed(rooms, request, context),
        TRANSCRIBE_REFERENCE: lambda request, context: reference_transcribed(rooms, request, context),
    }


def transcribed(rooms: Rooms, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """The recording goes when its text is there; of a job that failed it is swept later."""
    upload = str(request["upload"])
    for event in listened(rooms, rooms.uploads.path(upload), request["asked"], context, request.get("kept", True)):
        if event.done:
            rooms.uploads.drop(upload)
        yield event


def listened(
    rooms: Rooms, source: Path, asked: Mapping[str, Any], context: JobContext, saved: bool = True
) -> Iterator[ProgressEvent]:
    """Write a file down; `asked` is a TranscriptionRequest. Both texts are kept in the output folder where `saved`."""
    from backend.speech.listen_file import Listening, TranscriptionRequest, transcribe_file  # brings numpy

    wish = TranscriptionRequest.model_validate(asked)
    room = Listening(rooms.settings, rooms.models, context, _key(wish.engine), _megabytes(source))
    return transcribe_file(source, wish, room, saved)


def reference_transcribed(rooms: Rooms, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Write down what a reference says, and keep it as its transcript unless it was recorded anew meanwhile."""
    key, emotion, file = (str(request[name]) for name in ("personality", "emotion", "file"))
    source = rooms.personalities.emotion_path(key, emotion)
    for event in listened(rooms, source, request["asked"], context, saved=False):
        if event.result is None:
            yield event
            continue
        record = rooms.personalities.get(key)
        if record["emotions"].get(emotion, {}).get("file") != file:
            raise Conflict("The reference was recorded anew meanwhile.", hint="Ask again for its transcript.")
        record = rooms.personalities.put_emotion(
            key, emotion, if_match=record["revision"],
            transcript=event.result["text"], transcript_source=event.result["engine"],
        )  # fmt: skip
        yield event.model_copy(update={"result": {**event.result, "personality": record, "emotion": emotion}})


def _key(engine: str) -> str:
    """What is comparable for an estimate."""
    return f"{TRANSCRIBE}:{engine}"


def _megabytes(path: Path) -> float:
    return path.stat().st_size / MEGABYTE


def choose(rooms: Rooms, engine: str, language: str, task: Task = "transcribe") -> tuple[TranscriptionEngine, str]:
    """Who will listen, and the code of the language. `auto` asks the settings first, then takes the best.

    Raises NotFound, BadRequest, EngineUnavailable.
    """
    spoken = language_code(language) or language.strip().lower()
    preferred = rooms.settings.stt_engine
    if engine in ("", "auto") and preferred != "auto":
        try:
            return rooms.models.pick_listener(preferred, spoken, task), spoken
        except Problem:  # not here, or not for this language
            engine = "auto"
    return rooms.models.pick_listener(engine or "auto", spoken, task), spoken


def written(result: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Media type and content of a result in a format. Raises BadRequest."""
    ListeningDesk.check_format(name)
    media_type, write = FORMATS[name]
    return media_type, write(result)


class ListeningDesk:
    """Where transcriptions are asked for."""

    def __init__(self, rooms: Rooms, queues: Queues) -> None:
        self._rooms = rooms
        self._queues = queues

    def transcribe(
        self, source: bytes | Path | IO[bytes], name: str, asked: Mapping[str, Any], kept: bool = True
    ) -> Job:
        """The job that writes a recording down; `asked` is a TranscriptionRequest. Its texts become files where `kept`.

        Raises NotFound, BadRequest, EngineUnavailable before anything is kept.
        """
        engine, spoken = str(asked.get("engine", "auto")), str(asked.get("language", "auto"))
        one, language = choose(self._rooms, engine, spoken, asked.get("task", "transcribe"))
        self._drop_ended()
        upload = self._rooms.uploads.keep(source, name)
        wish = {**asked, "engine": one.info.name, "language": language}
        request = {"upload": upload, "asked": wish, "kept": kept}
        size = _megabytes(self._rooms.uploads.path(upload))
        return self._queues.lane.submit(TRANSCRIBE, request, size, _key(one.info.name))

    def named(self, model: str) -> str:
        """Who is meant by a client's name for a recogniser."""
        known = {row["name"]: bool(row["available"]) for row in self._rooms.models.describe_listeners()}
        return recogniser_named(model, known)

    def followed(self, job_id: str, gone: Callable[[], bool] = lambda: False) -> LiveText:
        """The text of a transcription as it becomes known; leaving cancels it. Raises NotFound."""
        return LiveText(self._queues, job_id, gone)

    def _drop_ended(self) -> None:
        """Recordings of jobs that ended without a text: nothing but this and the sweep of a start takes them away."""
        for job in self._queues.lane.store.newest(RECENT):
            if job.kind == TRANSCRIBE and job.ended:
                self._rooms.uploads.drop(str(job.request["upload"]))

    def transcribe_reference(self, key: str, emotion: str, engine: str = "auto", language: str = "") -> Job:
        """The job that writes down what a reference says. Raises NotFound, EngineUnavailable, BadRequest."""
        record = self._rooms.personalities.get(key)
        recording = record["emotions"].get(emotion)
        if recording is None:
            raise NotFound("This personality has no recording of that emotion.", code="emotion-not-found")
        one, spoken = choose(self._rooms, engine, language or record["language"] or "auto")
        if engine == "auto" and one.info.quality < LEAST_QUALITY:
            raise EngineUnavailable(
                f"{one.info.title} mishears too much for a reference.",
                hint="Download a Whisper on the models page, or write the transcript yourself.",
            )
        request = {"personality": record["id"], "emotion": emotion, "file": recording["file"]}
        asked = {"engine": one.info.name, "language": spoken}
        size = _megabytes(self._rooms.personalities.emotion_path(key, emotion))
        return self._queues.lane.submit(TRANSCRIBE_REFERENCE, {**request, "asked": asked}, size, _key(one.info.name))

    @staticmethod
    def check_format(name: str) -> None:
        """Raises BadRequest for one that is not known."""
        if name not in FORMATS:
            raise BadRequest("There is no such format.", fields={"format": f"is one of: {', '.join(FORMATS)}"})

    @staticmethod
    def written(result: Mapping[str, Any], name: str) -> tuple[str, str]:
        """As `written`."""
        return written(result, name)
