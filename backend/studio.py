"""The studio assembled, without HTTP: rooms are made here once and meet here only.

The lane (a thread, or a child process) builds its own rooms from the same settings by `lane_handlers`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from backend import __version__
from backend.core.errors import BadRequest, BadText, NotFound, PreviousFailure
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.core.tables.emotions import EMOTIONS
from backend.core.tables.formats import AUDIO_FORMATS, SUBTITLE_FORMATS
from backend.core.tables.languages import LANGUAGES, language_code
from backend.core.tables.speakers import SPEAKERS, speaker_id
from backend.core.types import GenerationRequest, PersonalityVoice, PresetVoice, VoiceSpec
from backend.engines.registry import make_engines
from backend.jobs.runner import Handler, JobContext
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.speech.takes import TakeStore

SPEAK = "generate"
"""Kind of the job that speaks."""

VOICE_KINDS: dict[str, VoiceKind] = {"personality": "cloned", "preset": "preset", "designed": "designed"}
CHARACTERS_A_SECOND = 14.0  # of ordinary speech, for an estimate before anything was spoken


class Rooms:
    """What both the page's process and the lane have: voices, takes and engines over one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.personalities = PersonalityManager(settings.personalities_dir, settings.trash_dir)
        self.takes = TakeStore(settings.output_dir, settings.trash_dir)
        self.models = ModelManager(make_engines(settings))

    def speak(self, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
        """The handler of the job that speaks."""
        from backend.speech.generate import generate  # brings numpy: loaded only where something is spoken

        asked = GenerationRequest.model_validate(request)
        return generate(asked, context, self.models, self.personalities, self.takes)

    def verify(self) -> list[str]:
        """Everything in the data folder that does not fit together, as sentences."""
        return [*self.personalities.verify(), *self.takes.verify()]


def lane_handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    """What a lane can do, built in its own process from `Settings.for_child()`."""
    return {SPEAK: Rooms(Settings(**settings)).speak}


class Studio(Rooms):
    """The rooms, and the queue of slow work before them."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._began = time.monotonic()
        self.jobs = JobService(JobStore(settings.state_dir / "jobs.sqlite"), settings, self._runner)

    def start(self) -> None:
        self.personalities.sweep()
        self.jobs.start()

    def stop(self, timeout: float) -> None:
        """Re-queue what runs, end every follower. Seconds."""
        self.jobs.stop(timeout)

    def generate(self, request: GenerationRequest) -> Job:
        """Put a performance into the queue. A wrong request is refused here, before anything waits."""
        asked = self.checked(request)
        engine = self.models.pick(asked.engine, VOICE_KINDS[asked.voice.kind])
        units = float(len(asked.text))
        return self.jobs.submit(SPEAK, asked.model_dump(mode="json"), units=units, key=f"{SPEAK}:{engine.info.name}")

    def checked(self, request: GenerationRequest) -> GenerationRequest:
        """The request with every name as the studio writes it. Raises what `api` answers as 4xx."""
        if len(request.text) > self.settings.text_limit:
            raise BadText(
                f"The text has {len(request.text):,} characters; the limit is {self.settings.text_limit:,}.",
                hint="Split it, or raise STUDIO_TEXT_LIMIT.",
                code="text-too-long",
                fields={"text": f"at most {self.settings.text_limit} characters"},
            )
        language = language_code(request.language)
        if language is None:
            known = ", ".join(LANGUAGES)
            raise BadRequest("The language is not known.", hint=f"Known: auto, {known}.", fields={"language": known})
        voice = self.voice(request.voice)
        if not self._script(request.text, voice).segments:
            raise BadText(
                "The text holds nothing to speak.", hint="Write a word outside the tags.", fields={"text": ""}
            )
        return request.model_copy(update={"voice": voice, "language": language})
