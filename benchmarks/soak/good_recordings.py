"""Recordings in every format the studio reads, made on the spot: a hum with pauses. For tests and campaigns."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 48_000


def hum(seconds: float = 4.0, rate: int = RATE, level: float = 0.2) -> NDArray[np.float32]:
    """A harmonic tone that glides around 140 Hz in syllables, over a little noise, shape (n_samples,)."""
    time = np.arange(int(seconds * rate)) / rate
    glide = 2 * np.pi * 140 * time - 16 * np.cos(2 * np.pi * 1.3 * time)  # a tone that stood still would be music
    voice = sum(np.sin(k * glide) / k for k in range(1, min(50, int(rate / 2 / 175))))
    syllables = np.clip(np.sin(2 * np.pi * 2.1 * time) * 3, 0, 1)
    noise = np.random.default_rng(7).normal(0, 3e-4, time.size)
    return (level * 0.5 * voice * syllables + noise).astype(np.float32)


def by_soundfile(kind: str, subtype: str, rate: int = RATE, channels: int = 1, seconds: float = 4.0) -> bytes:
    samples = np.repeat(hum(seconds, rate)[:, None], channels, axis=1)
    return write(samples, kind, subtype, rate)


def write(samples: NDArray, kind: str = "WAV", subtype: str = "PCM_16", rate: int = RATE) -> bytes:
    """Any samples in a format of libsndfile; (n,) or (n, channels)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def by_av(container: str, codec: str, seconds: float = 4.0) -> bytes:
    """A format that only FFmpeg writes."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE, frame_size=960)
        frame = av.AudioFrame.from_ndarray(hum(seconds)[None, :], format="fltp", layout="mono")
        frame.sample_rate = RATE
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            out.mux(stream.encode(piece))
    return buffer.getvalue()


def all_formats() -> dict[str, bytes]:
    """Extension (with a variant after a hyphen) → a recording of four seconds."""
    return {
        "wav": by_soundfile("WAV", "PCM_16"),
        "wav-float": by_soundfile("WAV", "FLOAT", 44_100, 2),
        "flac": by_soundfile("FLAC", "PCM_24", 96_000, 2),
        "ogg": by_soundfile("OGG", "VORBIS"),
        "opus": by_soundfile("OGG", "OPUS"),
        "mp3": by_soundfile("MP3", "MPEG_LAYER_III", 44_100, 2),
        "aiff": by_soundfile("AIFF", "PCM_16", 44_100),
        "m4a": by_av("ipod", "aac"),
        "webm": by_av("webm", "libopus"),
        "aac": by_av("adts", "aac"),
    }
