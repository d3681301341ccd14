"""A long recording whose pauses are known: sentences of the preview voice, silence of drawn lengths, a quiet room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from backend.core.types import PresetVoice, Samples, Segment
from backend.engines.base import SpeakOptions
from backend.engines.preview.engine import PreviewEngine

RATE = 24_000
TEXTS = (
    "When the ferry came in at last, the people on the pier had gone home.",
    "Two lamps were burning by the old rope, and nobody knew who had lit them.",
    "She counted the windows of the long white house until she fell asleep.",
)


@dataclass(frozen=True)
class Recording:
    samples: Samples
    """24 kHz, shape (n_samples,)."""
    spoken: tuple[tuple[float, float], ...]
    """Seconds from and to which each sentence is heard."""


@cache
def sentences(speaker: str = "Ryan", emotions: Sequence[str] = ("neutral",)) -> tuple[Samples, ...]:
    """Every text in every emotion, cut at its first and last sound."""
    engine = PreviewEngine()
    engine.load("preset")
    try:
        return tuple(
            _bare(_spoken(engine, speaker, text, emotion, number))
            for number, (emotion, text) in enumerate((emotion, text) for emotion in emotions for text in TEXTS)
        )
    finally:
        engine.unload()


def _spoken(engine: PreviewEngine, speaker: str, text: str, emotion: str, seed: int) -> Samples:
    options = SpeakOptions(seed=seed)
    chunks = engine.speak([Segment(0, text, emotion)], PresetVoice(speaker=speaker), options)
    return np.concatenate([chunk.samples for chunk in chunks])


def _bare(samples: Samples) -> Samples:
    heard = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[heard[0] : heard[-1] + 1]


def recording(
    parts: Sequence[Samples],
    seconds: float,
    seed: int = 0,
    pauses: tuple[float, float] = (0.6, 2.5),
    room: float = 2e-4,
) -> Recording:
    """The parts over and over for at least so long, with pauses between and the noise of a room over all."""
    draw = np.random.default_rng(seed)
    pieces: list[Samples] = []
    spoken: list[tuple[float, float]] = []
    at = 0
    while at < seconds * RATE:
        part = parts[len(spoken) % len(parts)]
        pause = round(draw.uniform(*pauses) * RATE)
        spoken.append(((at + pause) / RATE, (at + pause + len(part)) / RATE))
        pieces += [np.zeros(pause, np.float32), part]
        at += pause + len(part)
    pieces.append(np.zeros(RATE, np.float32))
    whole = np.concatenate(pieces)
    return Recording((0.5 * whole + draw.normal(0, room, len(whole))).astype(np.float32), tuple(spoken))
