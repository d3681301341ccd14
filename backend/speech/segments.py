"""A request becomes lines to speak: text, engine, voice and emotion resolved. Knows no sound and speaks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from backend.core.errors import BadRequest, BadText
from backend.core.events import Notice
from backend.core.tables.emotions import canonical
from backend.core.tables.languages import language_code
from backend.core.types import GenerationRequest, PersonalityVoice, PresetVoice, ReferenceVoice, Voice, VoiceSpec
from backend.engines.base import CandidEngine, SpeakOptions, SpeechEngine, VoiceKind
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.speech.cast import cast_of, own_emotions, shown_name
from backend.text.script import SENTENCE_PAUSE, Gap, Script, ScriptSegment, parse_script
from backend.text.sentences import pack

LONGEST_LINE = 600
"""Characters of one line. Longer segments are cut at sentences: what fails is redone, and held in memory, by lines."""

KINDS: dict[str, VoiceKind] = {
    "personality": "cloned",
    "preset": "preset",
    "designed": "designed",
    "reference": "cloned",
}


@dataclass(frozen=True)
class Line:
    """A stretch of text that an engine speaks in one go."""

    index: int
    text: str
    emotion: str
    """What will be heard: canonical, or the personality's own."""
    asked_emotion: str
    voice: Voice
    speaker: str
    """Name people read."""
    engine: SpeechEngine
    gap: Gap
    pause_after: float  # seconds


@dataclass(frozen=True)
class Plan:
    """Everything that is decided before the first sound."""

    lines: tuple[Line, ...]
    lead: float
    """Seconds of silence before the first line."""
    language: str
    notices: tuple[Notice, ...]

    @property
    def characters(self) -> int:
        return sum(len(line.text) for line in self.lines)

    def groups(self) -> Iterator[list[Line]]:
        """Runs of lines that one engine speaks with one loaded variant."""
        for _, lines in groupby(self.lines, lambda line: (line.engine.info.name, line.engine.variant_for(line.voice))):
            yield list(lines)


def plan(request: GenerationRequest, models: ModelManager, personalities: PersonalityManager) -> Plan:
    """Read the script and resolve every name in it. Raises BadText, BadRequest, NotFound, EngineUnavailable."""
    language = language_code(request.language)
    if language is None:
        raise BadRequest("The language is not known.", fields={"language": "an ISO 639-1 code, or auto"})
    script = _script(request, personalities)
    resolver = _Resolver(request, language, models, personalities)
    lines: list[Line] = []
    for segment in script.segments:
        line = resolver.line(segment)
        lines.extend(_cut(line, len(lines), request.join.pause))
    last = lines[-1]
    if last.gap != "asked":
        lines[-1] = replace(last, pause_after=0.0)
    return Plan(tuple(lines), script.lead, language, (*script.notices, *resolver.notices.values()))


def _script(request: GenerationRequest, personalities: PersonalityManager) -> Script:
    own = own_emotions(personalities, request.voice)
    script = parse_script(request.text, own, cast_of(personalities), canonical_or_own(request.voice.emotion, own))
    if not script.segments:
        hint = "Write at least one word outside the tags."
        raise BadText("The text holds nothing to speak.", hint=hint, fields={"text": "holds no word"})
    return script


def canonical_or_own(emotion: str, own: tuple[str, ...]) -> str:
    """The name the studio uses for a voice's chosen emotion; one nobody knows is spoken neutral."""
    return emotion if emotion in own else canonical(emotion) or "neutral"


class _Resolver:
    """Finds engine and voice for segments; each pair of voice and emotion is looked up once."""

    def __init__(
        self, request: GenerationRequest, language: str, models: ModelManager, personalities: PersonalityManager
    ) -> None:
        self._request = request
        self._language = language
        self._models = models
        self._personalities = personalities
        self._known: dict[tuple[str, str], tuple[SpeechEngine, Voice, str, str]] = {}
        self.notices: dict[tuple[str, str], Notice] = {}

    def line(self, segment: ScriptSegment) -> Line:
        spec = segment.voice.spec if segment.voice else self._request.voice
        engine, voice, emotion, speaker = self._resolved(spec, segment.emotion)
        return Line(
            index=segment.index,
            text=segment.text,
            emotion=emotion,
            asked_emotion=segment.emotion,
            voice=voice,
            speaker=speaker,
            engine=engine,
            gap=segment.gap,
            pause_after=segment.pause_after,
        )

    def _resolved(self, spec: VoiceSpec, emotion: str) -> tuple[SpeechEngine, Voice, str, str]:
        key = (spec.model_dump_json(), emotion)
        if key not in self._known:
            engine = self._models.pick(self._request.engine, KINDS[spec.kind], self._language)
            name = shown_name(self._personalities, spec)
            voice, spoken = self._voice(spec, emotion, engine, name)
            self._known[key] = (engine, voice, spoken, name)
            if isinstance(engine, CandidEngine):
                for notice in engine.notices(voice, spoken, SpeakOptions.from_request(self._request, 0)):
                    self.notices[(notice.code, notice.text)] = notice
        return self._known[key]

    def _voice(self, spec: VoiceSpec, emotion: str, engine: SpeechEngine, name: str) -> tuple[Voice, str]:
        """What the engine is given, and the emotion that will be heard."""
        if isinstance(spec, ReferenceVoice):
            voice, used = self._personalities.guests.voice(spec), "neutral"
        elif isinstance(spec, PersonalityVoice):
            voice, used = self._personalities.voice_for(spec.personality, emotion)
        else:
            if isinstance(spec, PresetVoice) and isinstance(self._request.voice, PresetVoice):
                same = spec.speaker == self._request.voice.speaker
                spec = self._request.voice if same else spec  # back to the first speaker brings its style back
            return spec, emotion
        if used == emotion:
            return voice, emotion
        acts = engine.info.emotions == "acted" and canonical(emotion) is not None
        self._tell(name, emotion, used, acts)
        return voice, emotion if acts else used

    def _tell(self, name: str, emotion: str, used: str, acts: bool) -> None:
        how = "the engine acts it" if acts else f"“{used}” is spoken instead"
        self.notices[(name, emotion)] = Notice(
            code="emotion-acted" if acts else "emotion-substituted",
            text=f"{name} has no “{emotion}” recording; {how}.",
            params={"voice": name, "emotion": emotion, "used": used},
        )


def _cut(line: Line, first: int, pause: float | None) -> Iterator[Line]:
    """The line, or pieces of it that the engine can hold; natural pauses give way to the asked one."""
    pieces = pack(line.text, min(line.engine.info.max_characters, LONGEST_LINE))
    for number, text in enumerate(pieces):
        is_last = number == len(pieces) - 1
        gap: Gap = line.gap if is_last else "sentence"
        after = line.pause_after if is_last else SENTENCE_PAUSE
        if pause is not None and gap != "asked":
            after = pause
        yield replace(line, index=first + number, text=text, gap=gap, pause_after=after)
