"""An engine of plain tones whose faults are scripted: the smallest engine there is, and the crash-test dummy.

`STUDIO_FAKE_ENGINE=on` speaks; `"latency=0.2 oom@2"` waits 0.2 s before each segment and runs out of memory at the
second one. Faults: `oom@n load_fail@n hang@n segv@n nan@n empty@n silent@n raise@n`, `leak=MB`, `latency=seconds`.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from backend.core.errors import BadRequest, EngineUnavailable, OutOfMemory
from backend.core.tables.languages import LANGUAGES
from backend.core.types import STUDIO_RATE, AudioChunk, Segment, Voice, WordTiming
from backend.engines.base import AVAILABLE, Availability, EngineInfo, SpeakOptions

if TYPE_CHECKING:
    from backend.core.types import Samples

SECONDS_A_WORD = 0.25
CHUNK = 0.5  # seconds
_FAULT = re.compile(r"(?P<at>[a-z_]+)@(?P<n>\d+)|(?P<key>[a-z_]+)=(?P<value>[\d.]+)|on")


class FakeEngine:
    """A tone for each word, pitched by the seed."""

    info = EngineInfo(
        name="fake",
        title="Test tones",
        kinds=frozenset({"cloned", "preset", "designed"}),
        languages=tuple(LANGUAGES),
        rate=STUDIO_RATE,
        memory_mb=1,
        quality=1,
        honesty="These are test tones, not speech.",
        emotions="acted",
    )

    def __init__(self, script: str = "on") -> None:
        self._at: dict[int, str] = {}
        self._with: dict[str, float] = {}
        for word in script.split():
            self._add(word)
        self._spoken = 0
        self._loads = 0
        self._leaked: list[bytes] = []

    def availability(self) -> Availability:
        return AVAILABLE

    def variant_for(self, voice: Voice) -> str:
        return "tones"

    def load(self, variant: str) -> None:
        self._loads += 1
        if self._at.get(self._loads) == "load_fail":
            raise EngineUnavailable("The test engine fails to load, as scripted.", hint="Try again.")

    def unload(self) -> None:
        self._leaked.clear()

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        for segment in segments:
            self._spoken += 1
            time.sleep(self._with.get("latency", 0.0))
            self._leaked.append(bytes(int(self._with.get("leak", 0.0) * 2**20)))
            yield from self._segment(segment, options, self._at.get(self._spoken, ""))

    def _segment(self, segment: Segment, options: SpeakOptions, fault: str) -> Iterator[AudioChunk]:
        self._break(fault)
        words = segment.text.split()
        samples = _damaged(_tones(len(words), options), fault)
        each = SECONDS_A_WORD / options.speed
        timings = tuple(WordTiming(word, n * each, (n + 0.9) * each) for n, word in enumerate(words))
        size = int(CHUNK * STUDIO_RATE)
        for start in range(0, max(len(samples), 1), size):
            begin, end = start / STUDIO_RATE, (start + size) / STUDIO_RATE
            here = tuple(word for word in timings if begin <= word.start < end)
            yield AudioChunk(
                samples[start : start + size], STUDIO_RATE, segment.index, here, start + size >= len(samples)
            )

    def _break(self, fault: str) -> None:
        """Those faults that end the speaking."""
        if fault == "oom":
            raise OutOfMemory("The test engine is out of memory, as scripted.", hint="Try again.")
        if fault == "raise":
            raise ValueError("scripted")
        if fault == "segv":
            os.kill(os.getpid(), getattr(signal, "SIGSEGV", signal.SIGTERM))
        if fault == "hang":
            time.sleep(3600)

    def _add(self, word: str) -> None:
        found = _FAULT.fullmatch(word)
        if found is None:
            raise BadRequest(
                f"The test engine has no fault {word!r}.", hint="See the docstring of backend.engines.fake."
            )
        if found["at"]:
            self._at[int(found["n"])] = found["at"]
        elif found["key"]:
            self._with[found["key"]] = float(found["value"])


def _tones(words: int, options: SpeakOptions) -> Samples:
    """Shape (n_samples,): a tone for each word with a rest behind it."""
    import numpy as np

    length = int(SECONDS_A_WORD / options.speed * STUDIO_RATE)
    time_axis = np.arange(length) / STUDIO_RATE
    frequency = 160.0 * 2 ** ((options.seed % 12 + options.pitch) / 12)
    envelope = np.clip(np.minimum(time_axis, time_axis[-1] * 0.9 - time_axis) / 0.01, 0, 1)
    tone = (
        0.2 * envelope * (np.sin(2 * np.pi * frequency * time_axis) + 0.3 * np.sin(6 * np.pi * frequency * time_axis))
    )
    return np.tile(tone, words).astype(np.float32)


def _damaged(samples: Samples, fault: str) -> Samples:
    """Those faults that spoil the sound."""
    if fault == "nan":
        samples[len(samples) // 2] = float("nan")
    if fault == "silent":
        samples[:] = 0.0
    return samples[:0] if fault == "empty" else samples
