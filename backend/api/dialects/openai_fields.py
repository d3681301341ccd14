"""What a client of OpenAI, vLLM-Omni or Kokoro-FastAPI may ask of a voice, and the studio's request for it.

Liberal: unknown fields and nulls are let by, letter case does not count, numbers may be out of range where that means
"as much as there is".
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.api.context import studio
from backend.api.dialects.kokoro_tags import FASTEST, SLOWEST, VoiceAlias, aliased, read_tags
from backend.api.spoken import base64_sound
from backend.core.errors import BadRequest, BadText, Forbidden, NotFound
from backend.core.tables.emotions import canonical
from backend.core.tables.languages import language_code
from backend.core.types import (
    DesignedVoice,
    GenerationRequest,
    PersonalityVoice,
    PresetVoice,
    ReferenceVoice,
    Sampling,
    VoiceSpec,
)

USUAL_VOICE = "alloy"
MOST_SEEDS = 2**31
LONGEST_STYLE = 2000  # characters of instructions that an engine reads
KOKORO_LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "i": "it", "j": "ja", "p": "pt", "z": "zh"}
FOLDED = ("response_format", "stream_format", "task_type", "download_format")
VLLM_FIELDS = frozenset(
    "task_type language ref_audio ref_text references x_vector_only_mode max_new_tokens initial_codec_chunk_frames "
    "non_streaming_mode word_timestamps".split()
)
_MIX = re.compile(r"\s*[+]\s*")
_WEIGHT = re.compile(r"\s*\(\s*[\d.]+\s*\)\s*$")

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


class VoiceId(BaseModel):
    """A voice of one's own, as OpenAI names it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1, max_length=200)


class Excerpt(BaseModel):
    """A recording to speak like, and what is said in it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    audio_path: str = Field(min_length=1)
    text: str = Field("", max_length=5000)


class SpeechFields(BaseModel):
    """The fields that mean something here."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: str = Field("", max_length=200)
    input: str
    voice: Annotated[str, Field(max_length=200)] | VoiceId = ""
    speaker: str = Field("", max_length=200)
    instructions: str = ""
    response_format: Format = "mp3"
    speed: float = Field(1.0, ge=SLOWEST, le=FASTEST)
    stream_format: Literal["audio", "sse"] | None = None
    stream: bool | None = None

    task_type: Literal["customvoice", "voicedesign", "base"] | None = None
    language: str = Field("auto", max_length=40)
    ref_audio: str | list[str] = ""
    ref_text: str = Field("", max_length=5000)
    references: list[Excerpt] = Field(default_factory=list, max_length=8)
    x_vector_only_mode: bool = False
    speaker_embedding: list[float] | None = None
    max_new_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    seed: int | None = None
    sample_rate: int | None = None
    initial_codec_chunk_frames: int | None = None
    """Taken and left to the engine, like the next."""
    non_streaming_mode: bool | None = None
    word_timestamps: bool = False

    lang_code: str = Field("", max_length=20)
    volume_multiplier: float = Field(1.0, ge=0, le=10)
    return_download_link: bool = False
    return_timing: bool = False
    download_format: Format | None = None
    allow_voice_tags: bool = False
    voice_aliases: dict[str, str | VoiceAlias] = Field(default_factory=dict, max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _forgiving(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = {name: value for name, value in data.items() if value is not None}
        folded = {name: known[name].strip().casefold() for name in FOLDED if isinstance(known.get(name), str)}
        return known | folded

    @property
    def is_of_vllm(self) -> bool:
        """Whether a field is given that only vLLM-Omni has."""
        return bool(self.model_fields_set & VLLM_FIELDS)

    @property
    def voice_name(self) -> str:
        name = self.voice if isinstance(self.voice, str) else self.voice.id
        return name.strip() or self.speaker.strip() or USUAL_VOICE


def request_of(fields: SpeechFields, client: str = "openai") -> GenerationRequest:
    """What the studio is asked for. Raises NotFound, BadRequest, BadAudio."""
    text, speed = _text_and_speed(fields)
    wished = {
        "max_new_tokens": min(fields.max_new_tokens or 2048, 8192),
        **({} if fields.temperature is None else {"temperature": fields.temperature}),
    }
    return GenerationRequest(
        text=text,
        voice=voice_of(fields),
        language=_language(fields),
        speed=speed,
        engine=_engine(fields.model),
        seed=None if fields.seed is None else fields.seed % MOST_SEEDS,
        sampling=Sampling(**wished),
        client=client,
    )


def voice_of(fields: SpeechFields) -> VoiceSpec:
    """By the rules of vLLM-Omni: a recording beats a name, and a described voice is asked for by `task_type`."""
    if fields.speaker_embedding is not None:
        raise BadRequest(
            "A voice cannot be given as numbers here.",
            hint="Send ref_audio, or upload the recording by POST /v1/audio/voices.",
            fields={"speaker_embedding": "is not served"},
        )
    if fields.task_type == "voicedesign":
        if not fields.instructions.strip():
            raise BadRequest("A described voice needs words.", fields={"instructions": "describes the voice"})
        return DesignedVoice(description=fields.instructions.strip()[:LONGEST_STYLE])
    recordings = _recordings(fields)
    if recordings:
        return _like(recordings, has_words=not fields.x_vector_only_mode)
    voice = named(aliased(fields.voice_name, fields.voice_aliases).voice)
    style = fields.instructions.strip()[:LONGEST_STYLE]
    if isinstance(voice, PresetVoice) and style:
        return voice.model_copy(update={"style": style})
    if isinstance(voice, PersonalityVoice) and style:
        return voice.model_copy(update={"emotion": _emotion_in(style)})
    return voice


def named(name: str) -> VoiceSpec:
    """The voice of that name; of a mixture like `a(2)+b`, what all its parts are. Raises NotFound, BadRequest."""
    try:
        return studio().find_voice(name)
    except NotFound:
        parts = [_WEIGHT.sub("", part) for part in _MIX.split(name)]
        if parts == [name]:
            raise
        found = {studio().find_voice(part).model_dump_json(): studio().find_voice(part) for part in parts}
        if len(found) > 1:
            raise BadRequest(
                "Voices cannot be mixed here.",
                hint="Name one voice. A voice between two recordings is made on the Chimera page.",
                fields={"voice": "names several voices"},
            ) from None
        return next(iter(found.values()))


def _text_and_speed(fields: SpeechFields) -> tuple[str, float]:
    """With Kokoro's tags read, where they are asked for; paces multiply, and come to rest where ours end."""
    text, rate = fields.input, aliased(fields.voice_name, fields.voice_aliases).rate
    if fields.allow_voice_tags:
        text, told = read_tags(text, fields.voice_aliases, named)
        rate *= told
    if not text.strip():
        raise BadText("There is no text to speak.", fields={"input": "is empty"})
    return text, min(max(fields.speed * rate, SLOWEST), FASTEST)


def _language(fields: SpeechFields) -> str:
    """Kokoro's letters are let by where they name none of ours: they choose a reading, not what is refused."""
    if fields.language.strip().casefold() not in ("", "auto"):
        return fields.language
    letter = fields.lang_code.strip().casefold()
    return KOKORO_LANGUAGES.get(letter) or language_code(letter) or "auto"


def _engine(model: str) -> str:
    """An engine that was asked for by its name; every other name of a model means the best there is."""
    name = model.strip().casefold().replace("-", "_")
    return name if name in studio().models.engines else "auto"


def _emotion_in(style: str) -> str:
    """The first emotion that an instruction names: a saved voice has recordings of them, and reads no instructions."""
    return next((name for word in re.findall(r"\w+", style) if (name := canonical(word)) is not None), "neutral")


def _recordings(fields: SpeechFields) -> list[Excerpt]:
    given = [fields.ref_audio] if isinstance(fields.ref_audio, str) else fields.ref_audio
    return [*(Excerpt(audio_path=one, text=fields.ref_text) for one in given if one.strip()), *fields.references]


def _like(recordings: list[Excerpt], has_words: bool) -> ReferenceVoice:
    if len(recordings) > 1:
        raise BadRequest("A voice is made from one recording here.", fields={"ref_audio": "holds several"})
    one = recordings[0]
    sound, name = _sound_of(one.audio_path)
    reference = studio().personalities.guests.keep(sound, name)
    return ReferenceVoice(reference=reference, transcript=one.text if has_words else "")


def _sound_of(address: str) -> tuple[bytes, str]:
    """The bytes of a `data:` address, or of bare base64, and a name that tells their type."""
    scheme = address[:12].partition(":")[0].casefold()
    if scheme in ("http", "https"):
        return studio().fetch_reference(address)
    if scheme == "file":
        what = "is an address of the server's disk"
        raise Forbidden("Files of this machine are not read.", hint="Send a data: address.", fields={"ref_audio": what})
    return base64_sound("ref_audio", address), ""
