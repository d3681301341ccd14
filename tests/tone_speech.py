"""Words as tones, and a recogniser that hears them exactly: what is lost or doubled at a cut cannot hide in mishearing.

Each word is a letter sung twice: two tones of its own. A word whose beginning or end is cut away is heard as another
word, as a real recogniser does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from backend.core.errors import Cancelled
from backend.core.types import Samples, WordTiming
from backend.engines.base import AVAILABLE, Availability
from backend.engines.listening import RATE, ListenerInfo, Utterance
from tests.conftest import wav_bytes

WORDS = [f"w{number}" for number in range(24)]
LOWEST, STEP = 300.0, 60.0  # hertz of the tones
HALF = 0.1  # seconds of one tone
GAP = 0.03  # seconds between words: too short for any detector of pauses
FRAME = 160


def spoken(words: list[str], pauses: dict[int, float] | None = None, level: float = 0.2) -> Samples:
    """The words as sound at 16 kHz; `pauses` are seconds after the word of that number."""
    time = np.arange(round(HALF * RATE)) / RATE
    parts: list[Samples] = []
    for number, word in enumerate(words):
        pitch = LOWEST + STEP * WORDS.index(word)
        parts += [level * np.sin(2 * np.pi * pitch * time), level * np.sin(2 * np.pi * (pitch + STEP / 2) * time)]
        parts.append(np.zeros(round((GAP + (pauses or {}).get(number, 0.0)) * RATE)))
    return np.concatenate(parts).astype(np.float32)


SAID = WORDS[:6]


def tone_wav(words: list[str] = SAID, level: float = 0.2) -> bytes:
    """The words as a WAV file."""
    return wav_bytes([int(32767 * sample) for sample in spoken(words, level=level)], RATE)


class ToneListener:
    """Hears tone words. With `times` off its utterances hold no words, as some recognisers' do."""

    def __init__(self, times: bool = True, name: str = "tones", memory_mb: int = 1) -> None:
        self.info = ListenerInfo(name, "Tones", ("en", "it"), memory_mb, quality=90, times_words=times)
        self.times = times
        self.heard: list[float] = []
        """Seconds of each piece."""
        self.languages: list[str] = []
        self.loads = 0
        self.is_loaded = False

    def availability(self, language: str = "auto") -> Availability:
        return AVAILABLE

    def load(self) -> None:
        self.loads += 1
        self.is_loaded = True

    def unload(self) -> None:
        self.is_loaded = False

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        assert self.is_loaded
        if cancelled():
            raise Cancelled("Cancelled.")
        self.heard.append(len(samples) / RATE)
        self.languages.append(language)
        words = list(_words(samples))
        if words:
            text = " ".join(word.word for word in words)
            told = "it" if language == "auto" else ""
            yield Utterance(words[0].start, words[-1].end, text, tuple(words) if self.times else (), told)


def _words(samples: Samples) -> Iterator[WordTiming]:
    """Runs of sound; one of another length than a word's is `cut`."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    loud = (whole**2).mean(axis=1) > 1e-5
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(np.int8), [0]])))
    for first, last in edges.reshape(-1, 2):
        start, end = first * FRAME, last * FRAME
        if abs((end - start) / RATE - 2 * HALF) > 0.021:
            yield WordTiming("cut", start / RATE, end / RATE)
            continue
        sung = samples[start : start + round(HALF * RATE)]
        spectrum = np.abs(np.fft.rfft(sung * np.hanning(len(sung)), 16 * RATE))
        number = round((float(spectrum.argmax()) / 16 - LOWEST) / STEP)
        yield WordTiming(WORDS[max(0, min(len(WORDS) - 1, number))], start / RATE, end / RATE)
