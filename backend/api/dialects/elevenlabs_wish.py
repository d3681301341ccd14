"""What a client of ElevenLabs asks for, in our words: text, voice, format; and the times of letters, in theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from backend.api.context import studio
from backend.api.sounding import encoder_for
from backend.audio.streaming import StreamEncoder
from backend.core.errors import BadRequest, BadText
from backend.core.types import GenerationRequest, VoiceSpec

CLIENT = "elevenlabs"
USUAL_FORMAT = "mp3_44100_128"
MOST_SEEDS = 2**31
FORMATS = {
    "mp3": ("mp3", "audio/mpeg"),
    "pcm": ("pcm", "audio/pcm"),
    "ulaw": ("mulaw", "audio/basic"),
    "alaw": ("alaw", "audio/x-alaw-basic"),
    "opus": ("opus", "audio/ogg"),
    "wav": ("wav", "audio/wav"),
}
"""Their name → ours, and the media type."""
_FORMAT = re.compile(rf"(?P<name>{'|'.join(FORMATS)})_(?P<rate>[0-9]{{4,6}})(?:_(?P<kilobits>[0-9]{{1,3}}))?")


class Manner(BaseModel):
    """Only the speed means something here; the others are let by."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    speed: float | None = Field(None, ge=0.25, le=4.0)


class Wish(BaseModel):
    """The body; unknown fields are let by."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())

    text: str
    """A script, with emotion tags, pauses (`<break time="1.5s"/>`, too) and dialogues."""
    model_id: str | None = Field(None, max_length=200)
    """An engine of the studio; other names mean the best there is."""
    language_code: str | None = Field(None, max_length=40)
    voice_settings: Manner | None = None
    seed: int | None = None

    def asking(self, text: str, voice: VoiceSpec) -> GenerationRequest:
        engine = (self.model_id or "").strip().casefold().replace("-", "_")
        return GenerationRequest(
            text=text,
            voice=voice,
            language=self.language_code or "auto",
            speed=(self.voice_settings.speed if self.voice_settings else None) or 1.0,
            engine=engine if engine in studio().models.engines else "auto",
            seed=None if self.seed is None else self.seed % MOST_SEEDS,
            client=CLIENT,
        )

    def request(self, voice_id: str) -> GenerationRequest:
        """Raises NotFound, BadText."""
        if not self.text.strip():
            raise BadText("There is no text to speak.", fields={"text": "is empty"})
        return self.asking(self.text, studio().find_voice(voice_id))


class FormatQuery(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=False)

    output_format: str = Field(USUAL_FORMAT, max_length=40)
    """Codec, hertz and kilobits a second: `mp3_44100_128`, `pcm_24000`, `ulaw_8000`, `opus_48000_64`, `wav_24000`."""


class SocketQuery(FormatQuery):
    """What the address of the WebSocket may say."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=False, protected_namespaces=())

    model_id: str | None = Field(None, max_length=200)
    language_code: str | None = Field(None, max_length=40)
    seed: int | None = None
    inactivity_timeout: float = Field(20.0, gt=0, le=180)
    """Seconds that the text may pause."""

    def shared(self) -> dict[str, Any]:
        return self.model_dump(include={"model_id", "language_code", "seed"})


@dataclass(frozen=True)
class Coding:
    media_type: str
    encoder: StreamEncoder


def coding_of(query: FormatQuery) -> Coding:
    """Raises BadRequest."""
    match = _FORMAT.fullmatch(query.output_format.strip().casefold())
    if match is None:
        known = ", ".join(f"{name}_…" for name in FORMATS)
        raise BadRequest("That format is not known.", hint=f"Known: {known}", fields={"output_format": "is unknown"})
    name, media_type = FORMATS[match["name"]]
    bits = int(match["kilobits"]) * 1000 if match["kilobits"] and name in ("mp3", "opus") else None
    return Coding(media_type, encoder_for(name, int(match["rate"]), bits or None))


def alignment(take: dict[str, Any]) -> dict[str, Any]:
    """When each letter is spoken, in seconds: those of a word share its time, what stands between words the pause."""
    rows = list(_letters(take["segments"]))
    return {
        "characters": [letter for letter, _, _ in rows],
        "character_start_times_seconds": [round(start, 3) for _, start, _ in rows],
        "character_end_times_seconds": [round(end, 3) for _, _, end in rows],
    }


def _letters(segments: list[dict[str, Any]]) -> Iterator[tuple[str, float, float]]:
    for number, segment in enumerate(segments):
        if number:
            yield " ", float(segments[number - 1]["end"]), float(segment["start"])
        yield from _letters_of(segment)


def _letters_of(segment: dict[str, Any]) -> Iterator[tuple[str, float, float]]:
    text, at, now = str(segment["text"]), 0, float(segment["start"])
    whole = {"word": text, "start": segment["start"], "end": segment["end"]}
    for word in segment["words"] or [whole]:
        found = text.find(word["word"], at)
        if found < 0:  # spoken otherwise than written: its letters count to what comes before the next word
            continue
        start, end = float(word["start"]), float(word["end"])
        yield from _spread(text[at:found], now, start)
        yield from _spread(text[found : found + len(word["word"])], start, end)
        at, now = found + len(word["word"]), end
    yield from _spread(text[at:], now, float(segment["end"]))


def _spread(text: str, start: float, end: float) -> Iterator[tuple[str, float, float]]:
    step = max(0.0, end - start) / max(1, len(text))
    for index, letter in enumerate(text):
        yield letter, start + index * step, start + (index + 1) * step
