"""Our Qwen3-TTS engine as the studio uses it, in a process of its own, asked by `benchmarks.qwen3_cpu`."""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.turns import memory, serve

if TYPE_CHECKING:
    from backend.core.types import AudioChunk, Voice

REFERENCE_SECONDS = 5
SPOKEN_LETTERS = 15
"""Letters a second of calm speech: what bounds the frames of a script's segments, since random weights never stop."""
FRAMES_A_SECOND = 12.5
loaded: dict[str, Any] = {}


def load(models: str, data: str, size: str, threads: int, cloned: bool, dtype: str = "auto") -> dict[str, Any]:
    """Threads 0 lets the engine decide."""
    from backend.core.settings import Settings
    from backend.core.types import ClonedVoice, PresetVoice
    from backend.engines.qwen3_tts.engine import Qwen3TtsEngine

    settings = Settings(
        models_dir=Path(models),
        data_dir=Path(data),
        qwen_size=_any(size),
        device="cpu",
        threads=threads,
        dtype=_any(dtype),
    )
    engine = Qwen3TtsEngine(settings)
    began = time.perf_counter()
    engine.load("base" if cloned else "custom")
    seconds = time.perf_counter() - began
    loaded["engine"] = engine
    recorded = ClonedVoice(_reference(Path(data)), "He said that the boats would leave before the tide.")
    loaded["voice"] = recorded if cloned else PresetVoice(speaker="Ryan")
    chosen = engine.device()
    numbers = chosen.quantised or chosen.dtype
    return {"seconds": seconds, "reason": chosen.reason, "backend": _backend(), "numbers": numbers, **memory()}


def speak(text: str, frames: int, seed: int) -> dict[str, Any]:
    """Exactly so many frames where the weights are random, from text to the last piece of sound."""
    began, first, samples, rate = time.perf_counter(), 0.0, 0, 1
    for chunk in _chunks(text, frames, seed):
        samples, rate = samples + len(chunk.samples), chunk.rate
        first = first or (time.perf_counter() - began if samples else 0.0)
    return {"seconds": time.perf_counter() - began, "audio": samples / rate, "first": first, **memory()}


def first(text: str, seed: int) -> dict[str, Any]:
    """Only until sound leaves, as a listener waits for it."""
    began = time.perf_counter()
    chunks = _chunks(text, 250, seed)
    while not len(next(chunks).samples):
        pass
    seconds = time.perf_counter() - began
    chunks.close()  # type: ignore[attr-defined]  # a generator
    return {"seconds": seconds, **memory()}


def script(characters: int) -> dict[str, Any]:
    """A text of so many characters, cut and spoken as scripts are: several parts at once."""
    from backend.speech.together import MOST_CHARACTERS
    from backend.text.sentences import pack

    engine = loaded["engine"]
    parts = pack(_prose(characters), engine.info.max_characters)
    most = min(engine.batch_size(), max(1, MOST_CHARACTERS // engine.info.max_characters))
    began, samples, rate = time.perf_counter(), 0, 1
    for first in range(0, len(parts), most):
        together = parts[first : first + most]
        frames = max(1, round(max(map(len, together)) / SPOKEN_LETTERS * FRAMES_A_SECOND))
        for chunk in _beside(together, frames):
            samples, rate = samples + len(chunk.samples), chunk.rate
    return {"seconds": time.perf_counter() - began, "audio": samples / rate, **memory()}


def rows(count: int, frames: int) -> dict[str, Any]:
    """So many lines at once, each of so many frames."""
    began, samples, rate = time.perf_counter(), 0, 1
    for chunk in _beside([_prose(150)] * count, frames):
        samples, rate = samples + len(chunk.samples), chunk.rate
    return {"seconds": time.perf_counter() - began, "audio": samples / rate, **memory()}


def _beside(texts: Sequence[str], frames: int) -> Iterator[AudioChunk]:
    from backend.core.types import Segment
    from backend.engines.base import Part, SpeakOptions

    parts = [Part(Segment(number, text), loaded["voice"], number) for number, text in enumerate(texts)]
    sound: Iterator[AudioChunk] = loaded["engine"].speak_batch(
        parts, SpeakOptions(language="en", max_new_tokens=frames)
    )
    return sound


def _chunks(text: str, frames: int, seed: int) -> Iterator[AudioChunk]:
    from backend.core.types import Segment
    from backend.engines.base import SpeakOptions

    voice: Voice = loaded["voice"]
    options = SpeakOptions(language="en", seed=seed, max_new_tokens=frames)
    sound: Iterator[AudioChunk] = loaded["engine"].speak([Segment(0, text)], voice, options)
    return sound


def _backend() -> str:
    """The class behind the core's three calls, where the checkpoint tells it."""
    resident = loaded["engine"]._resident  # noqa: SLF001 - a figure has to say what it measured
    return type(getattr(resident, "backend", None)).__name__.removesuffix("Backend")


def _any(word: str) -> Any:
    """One of the words that a setting takes."""
    return word


def _prose(characters: int) -> str:
    """Sentences of different lengths, so many characters in all."""
    lines = (
        "The ferry left the harbour before dawn, and nobody on the quay waved to it.",
        "Rain came.",
        "By noon the wind had turned to the north, which the old pilot had said it would, though few had listened.",
        "We waited for the evening and counted the lamps along the shore.",
    )
    text = ""
    while len(text) < characters:
        text += lines[text.count(".") % len(lines)] + " "
    return text[:characters].rstrip() + "."


def _reference(folder: Path) -> Path:
    """A recording to clone: a buzz that comes and goes; encoders of random weights hear nothing else in speech."""
    import numpy as np

    at = np.arange(REFERENCE_SECONDS * 24_000) / 24_000
    buzz = np.sin(2 * np.pi * 120 * at) + 0.5 * np.sin(2 * np.pi * 720 * at)
    samples = (buzz * (0.3 + 0.2 * np.sin(2 * np.pi * 3 * at)) * 9000).astype("<i2")
    path = folder / "reference.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes(samples.tobytes())
    return path


if __name__ == "__main__":
    serve({"load": load, "speak": speak, "first": first, "script": script, "rows": rows})
