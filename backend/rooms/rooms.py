"""What both the page's process and the lane have: voices, takes, uploads and engines over one data folder."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from backend.core.errors import BadRequest, BadText, NotFound, Problem
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.core.tables.languages import LANGUAGES, language_code
from backend.core.tables.repairs import USUAL
from backend.core.tables.speakers import SPEAKERS, speaker_id
from backend.core.types import GenerationRequest, PersonalityVoice, PresetVoice, ReferenceVoice, Segment, VoiceSpec
from backend.engines.base import SharedEngine, SpeakOptions, SpeechEngine, VoiceKind, sharing
from backend.engines.listening import make_listeners
from backend.engines.registry import make_engines
from backend.jobs.runner import JobContext
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager, Reference
from backend.speech.cast import cast_of, own_emotions, shown_name
from backend.speech.takes import TakeStore
from backend.speech.uploads import UploadStore
from backend.text.script import Script, ScriptSegment, parse_script

if TYPE_CHECKING:
    from backend.speech.judge import Verification

log = logging.getLogger(__name__)

WARM_MEMORY = 500  # megabytes; a larger engine is loaded when it is asked for
WARMING = Segment(0, "Ready.")

VOICE_KINDS: dict[str, VoiceKind] = {
    "personality": "cloned",
    "preset": "preset",
    "designed": "designed",
    "reference": "cloned",
}
CHARACTERS_A_SECOND = 14.0  # of ordinary speech, for an estimate before anything was spoken


class Rooms:
    """Made once in each process."""

    def __init__(self, settings: Settings, on_change: Callable[[dict[str, Any]], None] = lambda facts: None) -> None:
        self.settings = settings
        self.personalities = PersonalityManager(
            settings.personalities_dir,
            settings.trash_dir,
            _record,
            settings.trash_days,
            settings.state_dir / "guests",
        )
        self.takes = TakeStore(settings.output_dir, settings.trash_dir, settings.trash_days)
        self.uploads = UploadStore(settings.state_dir / "uploads")
        self.models = ModelManager(
            make_engines(settings),
            settings.model_ttl,
            settings.park_memory,
            on_change=on_change,
            listeners=make_listeners(settings),
        )

    def speak(self, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
        """The handler of the job that speaks."""
        from backend.speech.generate import generate  # brings numpy: loaded only where something is spoken

        asked = GenerationRequest.model_validate(request)
        return generate(asked, context, self.models, self.personalities, self.takes, self.verification)

    @cached_property
    def verification(self) -> Verification:
        """What speech is verified with; the encoder of voices is loaded when it is first asked."""
        from backend.speech.judge import Verification  # as above

        return Verification(self.settings.verify_retries)

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
        modes = (self.settings.verify, request.verify)
        verify = next((mode for mode in ("off", "full") if mode in modes), "auto")
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
        if isinstance(spec, ReferenceVoice):
            self.personalities.guests.path(spec.reference)
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

    def sharing(self, asked: GenerationRequest, engine: SpeechEngine) -> str:
        """The word of jobs that may run beside this one; empty where the engine serves one, or models are swapped."""
        if not isinstance(engine, SharedEngine):
            return ""
        voices = [asked.voice]
        if "[" in asked.text:  # only tags bring others in
            segments = self.script(asked.text, asked.voice).segments
            voices = [asked.voice if segment.voice is None else segment.voice.spec for segment in segments]
        kinds = {VOICE_KINDS[voice.kind] for voice in voices}
        return sharing(engine, kinds.pop()) if len(kinds) == 1 else ""

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

    def wav_at(self, take: str, rate: int) -> IO[bytes]:
        """The sound of a take at so many hertz: an open WAV. Raises NotFound, DiskFull."""
        from backend.speech.resampling import wav_at  # brings numpy

        return wav_at(self.takes, take, rate, self.settings.state_dir / "tmp")

    def verify(self) -> list[str]:
        """Everything in the data folder that does not fit together, as sentences."""
        voices = [f"saved_personalities/{row.personality}: {row.text}" for row in self.personalities.verify()]
        return [*voices, *self.takes.verify()]


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
    upload: bytes | Path,
    transcript: str = "",
    start: float = 0.0,
    end: float | None = None,
    name: str = "",
    repairs: Collection[str] = USUAL,
) -> Reference:
    from backend.speech.record import make_reference  # brings numpy: loaded only where something is recorded

    return make_reference(upload, transcript, start, end, name, repairs)
