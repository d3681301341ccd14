"""What an engine is: declared facts, and one verb that yields audio. Knows nothing of jobs, files or HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from backend.core.events import Notice
from backend.core.types import AudioChunk, ClonedVoice, GenerationRequest, PresetVoice, Segment, Voice

VoiceKind = Literal["cloned", "preset", "designed"]


@dataclass(frozen=True)
class EngineInfo:
    """Known without loading anything."""

    name: str
    """Identifier used in requests, e.g. `preview`."""
    title: str
    """What people read."""
    kinds: frozenset[VoiceKind]
    languages: tuple[str, ...]
    """ISO 639-1 codes."""
    rate: int
    """Hertz of what it yields."""
    memory_mb: int
    packages: tuple[str, ...] = ()
    """Distributions that must be installed."""
    quality: int = 0
    """`engine: auto` takes the available engine with the highest."""
    honesty: str = ""
    """The sentence that page and API show when this engine spoke; empty for studio quality."""
    max_characters: int = 1000
    """Text of one segment that the engine can hold."""
    emotions: Literal["acted", "reference"] = "reference"
    """Whether it acts an emotion on any voice, or needs a reference of that emotion."""
    paces: bool = True
    """Whether it speaks at another speed and pitch itself; the studio changes them afterwards for those that do not."""
    draws: bool = False
    """Whether it draws what it says next, so that it takes a temperature."""


@dataclass(frozen=True)
class Availability:
    """Whether an engine can speak now; if not, why, and what to do about it."""

    ok: bool
    reason: str = ""
    hint: str = ""


AVAILABLE = Availability(True)


@dataclass(frozen=True)
class SpeakOptions:
    """What of a request concerns the engine."""

    language: str = "auto"
    speed: float = 1.0
    """Ratio, 2 is twice as fast."""
    pitch: float = 0.0
    """Semitones."""
    seed: int = 0
    match_strength: float | None = None
    """0 to 1; None takes the engine's own default."""
    temperature: float = 0.9
    top_k: int = 50
    top_p: float = 1.0
    repetition_penalty: float = 1.05
    max_new_tokens: int = 2048
    cancelled: Callable[[], bool] = field(default=lambda: False, compare=False)
    """Asked by engines between two pieces that are too short to be worth a chunk."""

    @classmethod
    def from_request(cls, request: GenerationRequest, seed: int) -> SpeakOptions:
        return cls(
            language=request.language,
            speed=request.speed,
            pitch=request.pitch,
            seed=seed,
            match_strength=request.match_strength,
            **request.sampling.model_dump(),
        )


@dataclass(frozen=True)
class Part:
    """One segment of a batch, with a voice and a seed of its own."""

    segment: Segment
    voice: Voice
    seed: int


@runtime_checkable
class SpeechEngine(Protocol):
    """One that speaks. `speak` must stop promptly when its generator is closed."""

    info: EngineInfo

    def availability(self, kind: VoiceKind | None = None) -> Availability:
        """Whether it can speak now, and this kind of voice if one is named. Cheap; imports no model library."""

    def variant_for(self, voice: Voice) -> str:
        """The checkpoint this kind of voice needs; raises BadRequest for a kind it cannot speak."""

    def load(self, variant: str) -> None:
        """Make the variant resident. Raises EngineUnavailable, OutOfMemory."""

    def unload(self) -> None:
        """Give all memory back. May be called at any time between two `speak` calls."""

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        """Speak the segments in order, all with one voice; at least one chunk a segment, the last marked `last`.

        Same arguments and seed give the same samples where `info` does not say otherwise.
        """


@runtime_checkable
class BatchEngine(Protocol):
    """An engine that also speaks several segments at once, for who need not hear them one by one."""

    def batch_size(self) -> int:
        """How many segments fit now beside each other."""

    def speak_batch(self, parts: Sequence[Part], options: SpeakOptions) -> Iterator[AudioChunk]:
        """Speak all parts at once, their chunks in any order among each other; parts need the loaded variant.

        Every part sounds as `speak` gives it with the part's seed, up to rounding. `options.seed` is not used.
        """


@runtime_checkable
class SharedEngine(Protocol):
    """An engine that several jobs may use at once, each in a thread of its own."""

    def concurrent_jobs(self) -> int:
        """How many, with what is loaded now: 1 where two at once take as long as one after the other."""


def sharing(engine: SpeechEngine, kind: VoiceKind) -> str:
    """A word that work has in common which one engine does with one variant loaded."""
    return f"{engine.info.name}:{kind}"


def kind_of(voice: Voice) -> VoiceKind:
    if isinstance(voice, ClonedVoice):
        return "cloned"
    return "preset" if isinstance(voice, PresetVoice) else "designed"


@runtime_checkable
class CandidEngine(Protocol):
    """An engine that says beforehand what it will not do as asked."""

    def notices(self, voice: Voice, emotion: str, options: SpeakOptions) -> list[Notice]:
        """What people should know before a voice speaks with an emotion; empty where all is done as asked."""


@dataclass(frozen=True)
class VariantInfo:
    """One checkpoint of an engine."""

    variant: str
    """What `load` takes."""
    kind: str
    """base, custom or design."""
    title: str
    installed: bool
    memory_mb: int
    """Of the loaded weights on the device that is used, about; known before loading."""


@dataclass(frozen=True)
class DeviceChoice:
    """Where a model computes, and why there."""

    kind: Literal["cuda", "mps", "cpu"]
    name: str
    """What people call it, e.g. the name of the GPU."""
    dtype: Literal["bfloat16", "float16", "float32"]
    attention: str
    """Which implementation of attention is used."""
    threads: int
    """Threads of the CPU that compute."""
    reason: str
    """A sentence for people."""
    quantised: str = ""
    """What the weights of a language model are rounded to, e.g. `int8`; empty where they are not."""
    fewer_threads: bool = False
    """Whether a model may take fewer than `threads` where more bring nothing."""
    static: bool = False
    """Whether a language model is computed in shapes that never change, recorded where the device can."""


@runtime_checkable
class HeavyEngine(SpeechEngine, Protocol):
    """A speech engine of several checkpoints so large that the manager weighs which of them stay."""

    def variants(self) -> list[VariantInfo]:
        """All there could be, those that are not installed too. Loads nothing."""

    def best(self, kind: str) -> str:
        """The installed variant for `base`, `custom`, `design` or a variant's own name. Raises EngineUnavailable."""

    def load(self, variant: str, progress: Callable[[float], None] = ...) -> None:
        """As of a speech engine; tells a share from 0 to 1. What is parked comes back by a copy."""

    def park(self) -> bool:
        """Keep what is resident in the memory of the host, off the device; False where that cannot be."""

    def unload(self, variant: str | None = None) -> None:
        """Give back a resident or parked variant, or all of them."""

    def device(self) -> DeviceChoice:
        """Where it computes. May import model libraries; asked only where models are loaded."""


@dataclass
class EngineSlot:
    """Which engine and variant is resident. Owned by the ModelManager."""

    engine: SpeechEngine | None = None
    variant: str = ""
    since: float = field(default=0.0)
