"""The nouns that rooms hand to each other. Audio inside the studio is mono float32, times are seconds.

Values that cross the wire are frozen Pydantic models, checked once at the door; values that hold arrays or
paths are frozen dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    """Mono audio, shape (n_samples,), full scale at ±1."""
else:
    Samples = Any  # the process that answers HTTP starts without numpy

STUDIO_RATE = 24_000
"""Hertz of everything the studio stores and answers."""


class WireValue(BaseModel):
    """A value that crosses the wire: frozen, and unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=1_000_000)


class PersonalityVoice(WireValue):
    """A saved voice, by its id."""

    kind: Literal["personality"] = "personality"
    personality: str = Field(min_length=1, max_length=200)
    emotion: str = Field("neutral", min_length=1, max_length=60)
    """Emotion of text before the first tag."""


class PresetVoice(WireValue):
    """A preset speaker of a checkpoint (the preview engine has a labelled stand-in for each)."""

    kind: Literal["preset"] = "preset"
    speaker: str = Field(min_length=1, max_length=60)
    style: str = Field("", max_length=2000)
    """Instruction in words, for engines that take one."""
    emotion: str = Field("neutral", min_length=1, max_length=60)


class DesignedVoice(WireValue):
    """A voice described in words."""

    kind: Literal["designed"] = "designed"
    description: str = Field(min_length=1, max_length=2000)
    emotion: str = Field("neutral", min_length=1, max_length=60)


class ReferenceVoice(WireValue):
    """A recording that came with the request, by the id under which it is kept for some days."""

    kind: Literal["reference"] = "reference"
    reference: str = Field(min_length=32, max_length=32)
    transcript: str = Field("", max_length=5000)
    """What is said in it."""
    emotion: str = Field("neutral", min_length=1, max_length=60)


VoiceSpec = Annotated[PersonalityVoice | PresetVoice | DesignedVoice | ReferenceVoice, Field(discriminator="kind")]


class Sampling(WireValue):
    """How a language-model engine draws; others ignore it and say so."""

    temperature: float = Field(0.9, ge=0, le=2)
    top_k: int = Field(50, ge=0, le=1000)
    top_p: float = Field(1.0, gt=0, le=1)
    repetition_penalty: float = Field(1.05, ge=0.5, le=2)
    max_new_tokens: int = Field(2048, ge=1, le=8192)


class Join(WireValue):
    """What stands between segments."""

    pause: float | None = Field(None, ge=0, le=10)
    """Seconds between segments; None lets the text decide (sentence, tag, paragraph)."""
    crossfade: float = Field(0.0, ge=0, le=0.2)
    """Seconds; 0 joins with short fades."""


class GenerationRequest(WireValue):
    """Everything that decides one performance. Plain JSON, so a job can hold it."""

    text: str = Field(min_length=1)
    voice: VoiceSpec
    language: str = Field("auto", max_length=20)
    """ISO 639-1 code of `core.tables.languages`, or auto."""
    format: Literal["wav", "mp3", "ogg", "opus", "flac"] = "wav"
    speed: float = Field(1.0, ge=0.25, le=4.0)
    """Ratio; 2 is twice as fast."""
    pitch: float = Field(0.0, ge=-12, le=12)
    """Semitones."""
    engine: str = Field("auto", max_length=40)
    seed: int | None = Field(None, ge=0, le=2**31 - 1)
    match_strength: float | None = Field(None, ge=0, le=1)
    """How far a voice is bent towards its reference; None takes the engine's default."""
    title: str = Field("", max_length=200)
    sampling: Sampling = Sampling()
    join: Join = Join()
    verify: Literal["off", "auto", "full"] = "auto"
    stream_audio: bool = False
    client: str = Field("", max_length=40)
    """Program that asks, by its dialect; empty for the page. What programs had spoken is kept for some days only."""


@dataclass(frozen=True)
class ClonedVoice:
    """A voice given to an engine as a recording."""

    reference: Path
    """24 kHz mono WAV."""
    transcript: str = ""
    emotion: str = "neutral"
    """What the recording was asked to express."""
    neutral_reference: Path | None = None
    """The personality's neutral recording, where there is one: it holds the natural pitch range."""
    kind: str = "cloned"


Voice = ClonedVoice | PresetVoice | DesignedVoice
"""What an engine is given: everything resolved, nothing to look up."""


@dataclass(frozen=True)
class Segment:
    """A stretch of text spoken with one voice and one emotion."""

    index: int
    """0-based place in the script."""
    text: str
    emotion: str = "neutral"
    """Canonical name from `core.tables.emotions`, or the personality's own."""
    voice: VoiceSpec | None = None
    pause_after: float = 0.0
    """Seconds."""
    speaker: str = ""
    """Name shown for dialogue lines, empty otherwise."""


@dataclass(frozen=True)
class WordTiming:
    """One spoken word. Times are relative to the start of its segment until the segments are joined."""

    word: str
    start: float  # seconds
    end: float  # seconds


@dataclass(frozen=True)
class AudioChunk:
    """A piece of audio that can be played at once."""

    samples: Samples = field(repr=False)
    rate: int
    """Hertz."""
    segment: int
    """Index of the `Segment` it belongs to. Chunks of one segment follow each other without a gap."""
    words: tuple[WordTiming, ...] = ()
    """Words that begin in this chunk, timed from the start of the segment."""
    last: bool = True
    """True on the final chunk of its segment."""
    problems: tuple[str, ...] = ()
    """Codes of what the engine itself found wrong with the segment, as `speech.verify` names such things."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


JsonObject = dict[str, Any]
