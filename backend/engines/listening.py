"""What a recogniser is: declared facts, and one verb that writes down what is said. And the table of all there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, NoReturn, Protocol, runtime_checkable

from backend.core.errors import BadRequest, EngineUnavailable, NotFound
from backend.core.settings import Settings
from backend.core.types import Samples, WordTiming
from backend.engines.base import Availability, DeviceChoice

Task = Literal["transcribe", "translate"]
RATE = 16_000
"""Hertz of what recognisers hear."""


@dataclass(frozen=True)
class ListenerInfo:
    """Known without loading anything."""

    name: str
    """Identifier used in requests, e.g. `whisper_small`."""
    title: str
    """What people read."""
    languages: tuple[str, ...]
    """ISO 639-1 codes."""
    memory_mb: int
    packages: tuple[str, ...] = ()
    """Distributions that must be installed."""
    quality: int = 0
    """`auto` takes the available one with the highest."""
    detects: bool = True
    """Whether it tells which language is spoken; one that does not takes its first."""
    longest: float = 22.0
    """Seconds that it hears at once."""
    times_words: bool = True
    """Whether its utterances hold the times of their words."""
    translates: bool = False
    """Whether it is a `TranslationEngine`."""
    honesty: str = ""
    """What people should know of what it writes."""


@dataclass(frozen=True)
class Utterance:
    """Words said in one go. Times are seconds from the start of what was listened to."""

    start: float
    end: float
    text: str
    words: tuple[WordTiming, ...] = ()
    language: str = ""
    """ISO 639-1 code, where it was heard; empty where it was told."""


@runtime_checkable
class TranscriptionEngine(Protocol):
    """One that listens."""

    info: ListenerInfo

    def availability(self, language: str = "auto") -> Availability:
        """Whether it can listen now. Cheap; imports no model library."""

    def load(self) -> None:
        """Make it resident. Raises EngineUnavailable, OutOfMemory."""

    def unload(self) -> None:
        """Give all memory back."""

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """Write down at most `info.longest` seconds of mono sound at 16 kHz, shape (n_samples,). Raises Cancelled."""


@runtime_checkable
class TranslationEngine(TranscriptionEngine, Protocol):
    """One that also writes in English what is said in another language."""

    def translate(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """As `transcribe`; `language` is the one that is spoken, and the one that utterances name."""


@runtime_checkable
class ManyListener(TranscriptionEngine, Protocol):
    """One that hears several pieces at once, sooner than one after the other."""

    def beside(self) -> int:
        """How many; asked when it is loaded."""

    def transcribe_many(
        self, sounds: Sequence[Samples], language: str, cancelled: Callable[[], bool], task: Task = "transcribe"
    ) -> list[list[Utterance]]:
        """What `transcribe` or `translate` says of each sound, in a language that is known. Raises Cancelled."""


@runtime_checkable
class DeviceListener(TranscriptionEngine, Protocol):
    """One that computes where large models do; others are taken to compute on the CPU."""

    def device(self) -> DeviceChoice:
        """Where it computes. May import model libraries; asked only where models are loaded."""


def _pocketsphinx(settings: Settings) -> list[TranscriptionEngine]:
    return [import_module("backend.engines.pocketsphinx").PocketSphinxListener()]


def _whisper(settings: Settings) -> list[TranscriptionEngine]:
    found: list[TranscriptionEngine] = import_module("backend.engines.whisper").listeners(settings)
    return found


def _qwen3_asr(settings: Settings) -> list[TranscriptionEngine]:
    found: list[TranscriptionEngine] = import_module("backend.engines.qwen3_asr").listeners(settings)
    return found


def _gigaam(settings: Settings) -> list[TranscriptionEngine]:
    found: list[TranscriptionEngine] = import_module("backend.engines.gigaam.listener").listeners(settings)
    return found


ALIASES = {"qwen": "qwen3_asr"}
"""Short names of families."""

FAMILIES: tuple[Callable[[Settings], list[TranscriptionEngine]], ...] = (_whisper, _qwen3_asr, _gigaam, _pocketsphinx)


def make_listeners(settings: Settings) -> dict[str, TranscriptionEngine]:
    """Name → recogniser. Nothing is loaded."""
    return {one.info.name: one for family in FAMILIES for one in family(settings)}


def pick(
    listeners: Mapping[str, TranscriptionEngine], asked: str, language: str, task: Task = "transcribe"
) -> TranscriptionEngine:
    """The one of that name, the best of a family (`whisper`), or for `auto` the best that can listen now.

    Raises NotFound for an unknown name, BadRequest for a language it does not know, EngineUnavailable.
    """
    family = _family(listeners, asked)
    if not family:
        known = ", ".join(["auto", *listeners])
        raise NotFound("There is no such recogniser.", hint=f"There are: {known}.", code="engine-not-found")
    if task == "translate":
        family = [one for one in family if one.info.translates] or _nobody_translates()
    able = [one for one in family if language in ("auto", *one.info.languages)]
    if not able:
        title = family[0].info.title if asked != "auto" else "No recogniser"
        verb = "does not know" if asked != "auto" else "knows"
        raise BadRequest(f"{title} {verb} that language.", fields={"language": language})
    # one that cannot tell languages apart would write down any language as its own
    able.sort(key=lambda one: (language != "auto" or one.info.detects, one.info.quality), reverse=True)
    states = [one.availability(language) for one in able]
    for one, state in zip(able, states, strict=True):
        if state.ok:
            return one
    raise EngineUnavailable(states[-1].reason, hint=states[-1].hint)


def _nobody_translates() -> NoReturn:
    raise BadRequest(
        "This recogniser writes down what is said, and translates nothing.",
        hint="Ask for a Whisper (large-v3-turbo excepted), or for a transcription.",
        fields={"engine": "does not translate"},
    )


def _family(listeners: Mapping[str, TranscriptionEngine], asked: str) -> list[TranscriptionEngine]:
    """Who goes by that name: everybody for `auto`, one for its own name, all sizes for the beginning of a name."""
    if asked == "auto":
        return list(listeners.values())
    if asked in listeners:
        return [listeners[asked]]
    return [one for name, one in listeners.items() if name.startswith(f"{ALIASES.get(asked, asked)}_")]


def describe(listeners: Mapping[str, TranscriptionEngine]) -> list[dict[str, object]]:
    """What the catalog says of every recogniser; loads nothing."""
    return [_described(one) for one in listeners.values()]


def _described(one: TranscriptionEngine) -> dict[str, object]:
    info, state = one.info, one.availability()
    return {
        "name": info.name,
        "title": info.title,
        "available": state.ok,
        "reason": state.reason,
        "hint": state.hint,
        "languages": list(info.languages),
        "note": info.honesty,
        "quality": info.quality,
        "times_words": info.times_words,
    }
