"""What a Deepgram client asks for in its query, in our words: voice, language, encoding. Knows no HTTP beyond names."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.audio.streaming import CODINGS, StreamEncoder, wav_header
from backend.core.errors import BadRequest
from backend.core.tables.languages import language_code
from backend.core.tables.voice_names import aura_language
from backend.core.types import GenerationRequest, PersonalityVoice, VoiceSpec

CLIENT = "deepgram"
USUAL_MODEL = "aura-2-thalia-en"


@dataclass(frozen=True)
class Encoding:
    """How one of Deepgram's encodings is made and named."""

    format: str
    """Of `StreamEncoder`, without a container."""
    media_type: str
    rate: int
    """Hertz, where none is asked for."""
    containers: tuple[str, ...]
    """The first is the usual one."""
    wave_tag: int = 0
    """WAVE's number of the coding."""
    width: int = 0
    """Bytes of a sample, where samples have a size."""


ENCODINGS: dict[str, Encoding] = {
    "linear16": Encoding("pcm", "audio/l16", 24_000, ("wav", "none"), 1, 2),
    "mulaw": Encoding("mulaw", "audio/mulaw", 8_000, ("wav", "none"), 7, 1),
    "alaw": Encoding("alaw", "audio/alaw", 8_000, ("wav", "none"), 6, 1),
    "mp3": Encoding("mp3", "audio/mpeg", 22_050, ("none",)),
    "opus": Encoding("opus", "audio/ogg", 48_000, ("ogg",)),
    "flac": Encoding("flac", "audio/flac", 24_000, ("none",)),
    "aac": Encoding("aac", "audio/aac", 22_050, ("none",)),
}


class Query(BaseModel):
    """What the address may hold; anything else is let by."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=False, protected_namespaces=())

    model: str = Field(USUAL_MODEL, max_length=200)
    """A saved voice, a speaker, or one of Deepgram's names (`aura-2-thalia-en`), which have a speaker of ours each."""
    sample_rate: int | None = Field(None, ge=8_000, le=48_000)
    """Hertz."""
    speed: float = Field(1.0, ge=0.25, le=4.0)
    """Ratio; 2 is twice as fast."""
    language: str = Field("", max_length=40)
    """Ours: a code or a name; without it the end of the model's name tells, or the text."""
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    """Ours: makes it repeatable."""
    engine: str = Field("auto", max_length=40)
    """Ours: the engine; by itself the best that is there."""

    @property
    def spoken(self) -> str:
        """Code of the language, or auto. Raises BadRequest."""
        code = language_code(self.language) if self.language else aura_language(self.model) or "auto"
        if code is None:
            raise BadRequest("language is not known.", fields={"language": "is not known"})
        return code

    def asking(self, text: str, voice: VoiceSpec) -> GenerationRequest:
        manner: dict[str, Any] = {"speed": self.speed, "seed": self.seed, "engine": self.engine}
        return GenerationRequest(text=text, voice=voice, language=self.spoken, client=CLIENT, **manner)


class SocketQuery(Query):
    """Of the WebSocket: raw samples only."""

    encoding: Literal["linear16", "mulaw", "alaw"] = "linear16"

    def encoder(self) -> StreamEncoder:
        row = ENCODINGS[self.encoding]
        return StreamEncoder(row.format, self.sample_rate or row.rate)


class SpeakQuery(Query):
    """Of the REST route."""

    encoding: Literal["linear16", "mulaw", "alaw", "mp3", "opus", "flac", "aac"] = "mp3"
    container: Literal["none", "wav", "ogg"] | None = None
    """Without one: wav for samples, ogg for opus."""
    bit_rate: int | None = Field(None, ge=1, le=1_000_000)
    """Bits a second."""
    callback: str | None = None


class CodedAnswer(StreamEncoder):
    """The encoder of one answer, with its container. Raises BadRequest for what does not go together."""

    def __init__(self, query: SpeakQuery) -> None:
        row = ENCODINGS[query.encoding]
        container = query.container or row.containers[0]
        rate = query.sample_rate or row.rate
        if container not in row.containers:
            raise _unfit("container", f"{query.encoding} goes with {' or '.join(row.containers)}")
        try:
            super().__init__(row.format, rate, _bit_rate(query, row))
        except ValueError as error:
            raise _unfit("sample_rate", str(error)) from None
        self._container = wav_header(rate, None, row.wave_tag, row.width) if container == "wav" else b""
        raw = f"{row.media_type};rate={rate}" if row.width else row.media_type
        self.media_type = "audio/wav" if container == "wav" else raw

    def feed(self, pcm: bytes) -> bytes:
        head, self._container = self._container, b""
        return head + super().feed(pcm)

    def end(self) -> bytes:
        head, self._container = self._container, b""
        return head + super().end()


def voice_facts(voice: VoiceSpec) -> dict[str, str]:
    """The voice as Deepgram describes a model."""
    name = voice.personality if isinstance(voice, PersonalityVoice) else str(getattr(voice, "speaker", "voice"))
    return {"model_name": name, "model_version": "1", "model_uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, name))}


def _bit_rate(query: SpeakQuery, row: Encoding) -> int | None:
    if query.bit_rate is None:
        return None
    if not CODINGS[row.format].bit_rate:
        raise _unfit("bit_rate", f"{query.encoding} has no bit rate to choose")
    return query.bit_rate


def _unfit(field: str, sentence: str) -> BadRequest:
    return BadRequest(f"{field}: {sentence}.", fields={field: sentence})


def header_safe(facts: dict[str, Any]) -> dict[str, str]:
    """Values that may stand in headers."""
    return {name: str(value).encode("ascii", "replace").decode().replace("\n", " ") for name, value in facts.items()}
