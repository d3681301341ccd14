"""An engine for tests: a tone for every segment, and faults on request. Knows no speech.

`STUDIO_FAKE_ENGINE` switches it on: `on` for no faults, else words such as `latency=0.2 oom@3 load_fail@1`, with
`@n` the n-th segment (or load) of this process, `@*` each one. `jobs=<n>` serves so many jobs at once. Faults:
`latency=<seconds>` before every segment · `leak=<MB>` kept for ever by every segment · `hold=<MB>` while loaded ·
`raise@n[=Name]` a Python exception · `oom@n` · `hang@n` · `segv@n` · `nan@n` · `inf@n` · `empty@n` (no samples) ·
`silence@n` · `clip@n` · `runaway@n` (a minute) · `dtype@n` (integers) · `rate@n` (0 Hz) · `load_fail@n` · `load_oom@n`.
"""

from __future__ import annotations

import builtins
import ctypes
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from backend.core.errors import BadRequest, EngineUnavailable, OutOfMemory
from backend.core.tables.languages import LANGUAGES
from backend.core.types import STUDIO_RATE, AudioChunk, ClonedVoice, PresetVoice, Segment, Voice, WordTiming
from backend.engines.base import AVAILABLE, Availability, EngineInfo, SpeakOptions, VoiceKind

if TYPE_CHECKING:
    from backend.core.types import Samples

SECONDS_A_CHARACTER = 0.06
CHUNK = 0.5  # seconds
SYLLABLES = 4.0  # a second
OVERTONES = 12
FAULT = re.compile(r"(?P<name>[a-z_]+)(?:@(?P<at>\d{1,9}|\*))?(?:=(?P<value>[\w.]+))?")
FAULTS = frozenset(
    "on jobs latency leak hold raise oom hang segv nan inf empty silence clip runaway dtype rate load_fail"
    " load_oom".split()
)


class FakeEngine:
    """Speaks tones at once. The same text, voice, emotion and seed give the same samples."""

    info = EngineInfo(
        name="fake",
        title="Test tones",
        kinds=frozenset({"cloned", "preset", "designed"}),
        languages=tuple(LANGUAGES),
        rate=STUDIO_RATE,
        memory_mb=10,
        packages=("numpy",),
        quality=0,
        honesty="Tones of the test engine, not speech.",
        max_characters=400,
        emotions="reference",
    )

    def __init__(self, faults: str = "on") -> None:
        self.faults = _Faults(faults)
        self.variant = ""
        self.loads, self.spoken = 0, 0
        self._counting = threading.Lock()
        self._held: list[bytearray] = []
        self._leaked: list[bytearray] = []

    def availability(self, kind: VoiceKind | None = None) -> Availability:
        return AVAILABLE

    def variant_for(self, voice: Voice) -> str:
        if isinstance(voice, ClonedVoice):
            return "base"
        return "custom" if isinstance(voice, PresetVoice) else "design"

    def load(self, variant: str) -> None:
        self.loads += 1
        if self.faults.hits("load_fail", self.loads):
            raise EngineUnavailable("The test engine failed to load.", hint="That was asked for.")
        if self.faults.hits("load_oom", self.loads):
            raise OutOfMemory("The test engine ran out of memory while loading.", hint="That was asked for.")
        self._held = [_memory(self.faults.number("hold"))]
        self.variant = variant

    def unload(self) -> None:
        self.variant = ""
        self._held = []

    def concurrent_jobs(self) -> int:
        return int(self.faults.number("jobs")) or 1

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        if options.language != "auto" and options.language not in self.info.languages:
            raise BadRequest(f"The test engine does not speak {options.language}.")
        for segment in segments:
            number = self._counted()
            time.sleep(self.faults.number("latency"))
            self._leaked.append(_memory(self.faults.number("leak")))
            self._misbehave(number)
            yield from self._chunks(segment, self._damage(_tone(segment, voice, options), number), number)

    def _counted(self) -> int:
        """The number of a segment that begins; those that are spoken at once have one each."""
        with self._counting:
            self.spoken += 1
            return self.spoken

    def _misbehave(self, number: int) -> None:
        """What breaks instead of speaking."""
        for name, fault in _BREAKDOWNS.items():
            if self.faults.hits(name, number):
                fault()
        wanted = self.faults.hits("raise", number)
        if wanted:
            raise getattr(builtins, wanted if wanted != "yes" else "RuntimeError")("asked for")

    def _damage(self, samples: Samples, number: int) -> Any:
        """Sound that is wrong in the way that was asked for."""
        for name, harm in _DAMAGES.items():
            if self.faults.hits(name, number):
                return harm(samples)
        return samples

    def _chunks(self, segment: Segment, samples: Any, number: int) -> Iterator[AudioChunk]:
        rate = 0 if self.faults.hits("rate", number) else self.info.rate
        step = int(CHUNK * self.info.rate)
        words = tuple(_words(segment, len(samples) / self.info.rate))
        for start in range(0, max(1, len(samples)), step):
            begins = [word for word in words if start <= word.start * self.info.rate < start + step]
            last = start + step >= len(samples)
            yield AudioChunk(samples[start : start + step], rate, segment.index, tuple(begins), last)


class _Faults:
    """The words of the setting, understood."""

    def __init__(self, text: str) -> None:
        self._at: dict[str, dict[str, str]] = {}
        self._numbers: dict[str, float] = {}
        for word in text.replace(",", " ").split():
            found = FAULT.fullmatch(word)
            if not found or found["name"] not in FAULTS:
                raise ValueError(f"unknown fault of the test engine: {word!r}; known: {', '.join(sorted(FAULTS))}")
            if found["at"]:
                self._at.setdefault(found["name"], {})[found["at"]] = found["value"] or "yes"
            elif found["value"]:
                self._numbers[found["name"]] = float(found["value"])

    def hits(self, name: str, count: int) -> str:
        """The value of a fault that strikes now, `yes` without one; empty when it does not."""
        times = self._at.get(name, {})
        return times.get(str(count)) or times.get("*", "")

    def number(self, name: str) -> float:
        return self._numbers.get(name, 0.0)


def _memory(megabytes: float) -> bytearray:
    return bytearray(os.urandom(4096) * int(megabytes * 256))


def _out_of_memory() -> None:
    raise OutOfMemory("The test engine ran out of memory.", hint="That was asked for.")


def _hang() -> None:
    while True:
        time.sleep(3600)


def _crash() -> None:
    if os.name == "nt":
        ctypes.string_at(0)
    os.kill(os.getpid(), signal.SIGSEGV)


_BREAKDOWNS: dict[str, Callable[[], None]] = {"oom": _out_of_memory, "hang": _hang, "segv": _crash}

_DAMAGES: dict[str, Callable[[Any], Any]] = {
    "nan": lambda samples: samples * float("nan"),
    "inf": lambda samples: samples * 0 + float("inf"),
    "empty": lambda samples: samples[:0],
    "silence": lambda samples: samples * 0,
    "clip": lambda samples: (samples * 50).clip(-1, 1),
    "runaway": lambda samples: samples.repeat(int(60 * STUDIO_RATE / len(samples)) + 1),
    "dtype": lambda samples: (samples * 32767).astype("int16"),
}


def _tone(segment: Segment, voice: Voice, options: SpeakOptions) -> Samples:
    """A buzz with syllables, as long as the text asks, its pitch from voice, emotion and seed; shape (n_samples,).

    Every syllable has a colour of its own, so that it does not seem to say the same again and again.
    """
    import numpy as np

    count = max(1, int(len(segment.text) * SECONDS_A_CHARACTER / options.speed * STUDIO_RATE))
    name = f"{getattr(voice, 'speaker', '')}{getattr(voice, 'description', '')}{segment.emotion}"
    draw = np.random.default_rng([options.seed, *name.encode()])
    pitch = draw.uniform(110, 220) * 2 ** (options.pitch / 12)
    time_axis = np.arange(count, dtype=np.float32) / STUDIO_RATE
    syllable = (SYLLABLES * time_axis).astype(int)
    sound = np.zeros(count, np.float32)
    for overtone in range(1, OVERTONES + 1):
        strength = draw.uniform(0.02, 1.0, int(syllable[-1]) + 1) ** 3
        sound += strength[syllable] * np.sin(2 * np.pi * pitch * overtone * time_axis) / overtone**0.5
    swell = 0.55 - 0.45 * np.cos(2 * np.pi * SYLLABLES * time_axis)
    edge = np.minimum(1, np.minimum(time_axis, time_axis[::-1]) / 0.05)
    return np.asarray(0.15 * sound * swell * edge, dtype=np.float32)


def _words(segment: Segment, seconds: float) -> Iterator[WordTiming]:
    """Time shared out by length; seconds from the start of the segment."""
    words = segment.text.split()
    letters = sum(len(word) + 1 for word in words)
    start = 0.0
    for word in words:
        end = start + seconds * (len(word) + 1) / letters
        yield WordTiming(word, start, min(end, seconds))
        start = end
