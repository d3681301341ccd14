"""The studio assembled, without HTTP: rooms are made here once and meet here only.

The lane (a thread, or a child process) builds its own rooms from the same settings by `lane_handlers`.
"""

from __future__ import annotations

import importlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from backend import __version__
from backend.core.errors import BadRequest, BadText, NotFound, Problem
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.core.tables.languages import LANGUAGES, language_code
from backend.core.tables.speakers import SPEAKERS, speaker_id
from backend.core.types import GenerationRequest, PersonalityVoice, PresetVoice, Segment, VoiceSpec
from backend.engines.base import SpeakOptions, VoiceKind
from backend.engines.device import quiet_threads
from backend.engines.registry import make_engines
from backend.jobs import report
from backend.jobs.model import Job
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.runner import Handler, JobContext, Runner
from backend.jobs.service import Followed
from backend.jobs.thread_lane import ThreadRunner
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager, Reference
from backend.rooms import facts, switching, transfers
from backend.rooms.models import ModelShelf
from backend.rooms.queues import Queues
from backend.speech.cast import cast_of, own_emotions, shown_name
from backend.speech.takes import TakeStore
from backend.text.script import Script, ScriptSegment, parse_script

log = logging.getLogger(__name__)

WARM_MEMORY = 500  # megabytes; a larger engine is loaded when it is asked for
LOOK_EVERY = 5.0  # seconds between looks for idle models
WARMING = Segment(0, "Ready.")
SPEAK = "generate"
"""Kind of the job that speaks."""

VOICE_KINDS: dict[str, VoiceKind] = {"personality": "cloned", "preset": "preset", "designed": "designed"}
CHARACTERS_A_SECOND = 14.0  # of ordinary speech, for an estimate before anything was spoken


class Rooms:
    """What both the page's process and the lane have: voices, takes and engines over one data folder."""

    def __init__(self, settings: Settings, on_change: Callable[[dict[str, Any]], None] = lambda facts: None) -> None:
        self.settings = settings
        self.personalities = PersonalityManager(
            settings.personalities_dir, settings.trash_dir, _record, settings.trash_days
        )
        self.takes = TakeStore(settings.output_dir, settings.trash_dir, settings.trash_days)
        self.models = ModelManager(
            make_engines(settings), settings.model_ttl, settings.park_memory, on_change=on_change
        )

    def lane(self) -> dict[str, Handler]:
        """What a lane works, by kind of job."""
        return {SPEAK: self.speak, **switching.handlers(self.models)}

    def let_go_for_ever(self) -> None:
        """In a thread of its own: large models that nobody uses give their memory back."""
        while True:
            time.sleep(LOOK_EVERY)
            self.models.tell_while_busy()
            self.models.let_go_when_idle()

    def speak(self, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
        """The handler of the job that speaks."""
        from backend.speech.generate import generate  # brings numpy: loaded only where something is spoken

        asked = GenerationRequest.model_validate(request)
        return generate(asked, context, self.models, self.personalities, self.takes)

    def warm(self) -> None:
        """Load what the first words need while nobody waits for them; only an engine that costs little memory.

        A failure here is told to whoever speaks first, by the same words.
        """
        voice = PresetVoice(speaker="Ryan")
        try:
            engine = self.models.pick("auto", "preset")
            if engine.info.memory_mb <= WARM_MEMORY:
                importlib.import_module("backend.speech.generate")
                with self.models.use(engine, voice):
                    for _ in engine.speak([WARMING], voice, SpeakOptions()):
                        log.debug("the engine is warm")
        except Problem as problem:
            log.info("nothing could be loaded ahead: %s", problem.detail)

    def checked(self, request: GenerationRequest) -> GenerationRequest:
        """The request with every name as the studio writes it. Raises what is wrong with it, before any work."""
        limit = self.settings.text_limit
        if len(request.text) > limit:
            raise BadText(
                f"The text has {len(request.text):,} characters; the limit is {limit:,}.",
                hint="Split it, or raise STUDIO_TEXT_LIMIT.",
                code="text-too-long",
                fields={"text": f"may have {limit} characters"},
            )
        language = language_code(request.language)
        if language is None:
            known = f"is one of: auto, {', '.join(LANGUAGES)}"
            raise BadRequest("The language is not known.", fields={"language": known})
        voice = self.voice(request.voice)
        if not self.script(request.text, voice).segments:
            hint = "Write at least one word outside the tags."
            raise BadText("The text holds nothing to speak.", hint=hint, fields={"text": "holds no word"})
        self.models.pick(request.engine, VOICE_KINDS[voice.kind], language)
        verify = request.verify if self.settings.verify else "off"
        return request.model_copy(update={"voice": voice, "language": language, "verify": verify})

    def voice(self, spec: VoiceSpec) -> VoiceSpec:
        """The voice by its own id, found by id or exact name, speakers in any letter case. Raises NotFound."""
        if isinstance(spec, PresetVoice):
            known = speaker_id(spec.speaker)
            if known is None:
                hint = f"There are: {', '.join(SPEAKERS)}."
                raise NotFound("There is no such speaker.", hint=hint, code="speaker-not-found")
            return spec.model_copy(update={"speaker": known})
        if isinstance(spec, PersonalityVoice):
            key = self._personality(spec.personality)
            self.personalities.voice_for(key, spec.emotion)  # one without recordings cannot speak
            return spec.model_copy(update={"personality": key})
        return spec

    def _personality(self, wanted: str) -> str:
        everybody = self.personalities.list()
        matching = [p["id"] for p in everybody if wanted in (p["id"], p["name"])]
        if wanted in matching or len(matching) == 1:
            return wanted if wanted in matching else str(matching[0])
        if matching:
            hint = f"Say which by its id: {', '.join(matching[:9])}."
            raise NotFound("Several voices have this name.", hint=hint, code="personality-not-found")
        hint = "GET /api/personality lists those there are."
        raise NotFound("There is no such saved voice.", hint=hint, code="personality-not-found")

    def script(self, text: str, voice: VoiceSpec) -> Script:
        own = own_emotions(self.personalities, voice)
        return parse_script(text, own, cast_of(self.personalities), voice.emotion)

    def preview_script(self, text: str, spec: VoiceSpec) -> dict[str, Any]:
        """What a script will become, without speaking. Raises BadText, NotFound."""
        if len(text) > self.settings.text_limit:
            raise BadText("The text is too long.", hint="Split it.", code="text-too-long")
        voice = self.voice(spec)
        script = self.script(text, voice)
        name = shown_name(self.personalities, voice)
        spoken = sum(len(segment.text) for segment in script.segments)
        pauses = script.lead + sum(segment.pause_after for segment in script.segments)
        return {
            "segments": [_segment_row(segment, name) for segment in script.segments],
            "tags": [asdict(tag) for tag in script.tags],
            "notices": [notice.model_dump() for notice in script.notices],
            "seconds": round(spoken / CHARACTERS_A_SECOND + pauses, 1),
            "characters": spoken,
        }

    def verify(self) -> list[str]:
        """Everything in the data folder that does not fit together, as sentences."""
        voices = [f"saved_personalities/{row.personality}: {row.text}" for row in self.personalities.verify()]
        return [*voices, *self.takes.verify()]


def lane_handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    """What a lane can do, built in its own process from `Settings.for_child()`."""
    quiet_threads()  # before anything imports torch
    rooms = Rooms(Settings(**settings), report.tell)
    threading.Thread(target=rooms.warm, daemon=True, name="warm").start()
    threading.Thread(target=rooms.let_go_for_ever, daemon=True, name="let-go").start()
    return rooms.lane()


class Studio(Rooms):
    """The rooms, and the queue of slow work before them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._began = time.monotonic()
        transfers_of = transfers.handlers(settings, lambda: self._queues.lane.renew_lane())
        self._queues = Queues(settings, self._runner(), transfers_of)
        self.shelf = ModelShelf(settings, self._queues)
        self._started = False

    def _runner(self) -> Runner:
        if self.settings.lane_runner == "thread":
            return ThreadRunner(self.lane())
        return ProcessRunner(f"{__name__}:lane_handlers", self.settings.for_child(), self.settings.stall_limit)

    def start(self) -> None:
        """Take up the work. The data folder must be locked: whatever ran before is no longer running."""
        self.personalities.sweep()
        self.takes.sweep()
        self._queues.start()
        self._started = True

    def stop(self, timeout: float) -> None:
        """Re-queue what runs, end every follower, within so many seconds."""
        self._started = False
        self._queues.stop(timeout)

    def close(self) -> None:
        """After the last request."""
        self._queues.close()

    def generate(self, request: GenerationRequest) -> Job:
        """Put a performance into the queue. A wrong request is refused here, before anything waits."""
        asked = self.checked(request)
        engine = self.models.pick(asked.engine, VOICE_KINDS[asked.voice.kind], asked.language).info.name
        return self._queues.lane.submit(
            SPEAK, asked.model_dump(mode="json"), float(len(asked.text)), f"{SPEAK}:{engine}"
        )

    def follow(self, job_id: str, after: int = 0) -> Followed:
        """Events of a job after a number, to the last one."""
        return self._queues.follow(job_id, after)

    def wait(self, job_id: str) -> dict[str, Any]:
        """The result of a job. Raises its problem."""
        return self._queues.wait(job_id)

    def job(self, job_id: str) -> dict[str, Any]:
        return self._queues.job(job_id)

    def list_jobs(self, limit: int) -> list[dict[str, Any]]:
        return self._queues.newest(limit)

    def cancel(self, job_id: str) -> dict[str, Any]:
        return self._queues.cancel(job_id)

    @property
    def ready(self) -> bool:
        """Whether a job submitted now would be taken up soon."""
        return self._started and self._queues.lane.lane_state != "starting"

    def health(self) -> dict[str, Any]:
        return {
            "status": "ok",
            "version": __version__,
            "uptime": round(time.monotonic() - self._began, 1),
            "queue": len(self._queues.lane.store.waiting()),
            "lane": self._queues.lane.lane_state,
        }

    def catalog(self) -> dict[str, Any]:
        """What there is to choose from."""
        return facts.catalog(self.models.describe(), self.settings)

    def models_overview(self) -> dict[str, Any]:
        """What this machine is, which models it has and could have, and what is in memory."""
        return self.shelf.overview(self._lane_facts())

    def switch_model(self, name: str) -> Job:
        """The job that loads a model: base, custom, design, or a key. Raises NotFound, EngineUnavailable."""
        self.models.named(name)
        return self.shelf.switch(name)

    def delete_model(self, key: str) -> dict[str, Any]:
        """Remove a model from the disk, and from memory first. Raises NotFound, Conflict."""
        if any(row.get("key") == key for row in self._lane_facts().get("resident", [])):
            self.wait(self.shelf.unload().id)
        return self.shelf.delete(key)

    def _lane_facts(self) -> dict[str, Any]:
        """What the lane holds; a lane of this process is asked itself."""
        return self.models.facts() if self.settings.lane_runner == "thread" else self._queues.lane.lane_facts


def _segment_row(segment: ScriptSegment, voice: str) -> dict[str, Any]:
    return {
        "index": segment.index,
        "text": segment.text,
        "emotion": segment.emotion,
        "voice": segment.speaker or voice,
        "pause_after": segment.pause_after,
        "start_char": segment.start_char,
        "end_char": segment.end_char,
    }


def _record(
    upload: bytes | Path, transcript: str = "", start: float = 0.0, end: float | None = None, name: str = ""
) -> Reference:
    from backend.speech.record import make_reference  # brings numpy: loaded only where something is recorded

    return make_reference(upload, transcript, start, end, name)
