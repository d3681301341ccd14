"""Listens to sound that an answer holds: what a player would play, and whether it is speech."""

from __future__ import annotations

import io

import av
import numpy as np

from backend.core.types import Samples

RATE = 24_000


def heard(data: bytes, format_name: str, rate: int = RATE) -> tuple[Samples, int]:
    """What a player would play, and at which rate."""
    if format_name == "pcm":
        return np.frombuffer(data, "<i2").astype(np.float32) / 32768, rate
    with av.open(io.BytesIO(data)) as file:
        frames = list(file.decode(audio=0))
        mono = av.AudioResampler("flt", "mono")
        parts = [part.to_ndarray()[0] for frame in frames for part in mono.resample(frame)]
    return np.concatenate(parts), frames[0].sample_rate


def is_speech(samples: Samples, rate: int, shortest: float, longest: float) -> bool:
    seconds = len(samples) / rate
    level = float(np.sqrt(np.mean(samples**2)))
    return shortest < seconds < longest and 0.01 < level < 0.5
