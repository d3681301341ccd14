"""WAV files of the studio: mono PCM-16 at 24 kHz with a plain header, what they are written behind the sound.

Arrays are float32 at full scale ±1, shape (n_samples,). Knows no loudness and no engines.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from backend.core.types import STUDIO_RATE, Samples

HEADER = 44  # bytes
BLOCK = 65_536
"""Samples handled at once where a file may be long."""

INFO_TAGS = {"title": b"INAM", "artist": b"IART", "comment": b"ICMT", "software": b"ISFT", "date": b"ICRD"}


def as_pcm16(samples: Samples) -> NDArray[np.int16]:
    """Rounded 16-bit samples; what is beyond full scale is cut."""
    scaled = np.rint(np.asarray(samples, dtype=np.float64) * 32767.0)
    return np.clip(scaled, -32768, 32767).astype("<i2")


class WavWriter:
    """Writes sound piece by piece to an open binary file, then its tags. The file must be seekable."""

    def __init__(self, file: IO[bytes], rate: int = STUDIO_RATE) -> None:
        self._file = file
        self._rate = rate
        self.samples = 0
        file.write(_header(0, 0, rate))

    def write(self, samples: Samples) -> None:
        self._file.write(as_pcm16(samples).tobytes())
        self.samples += len(samples)

    def finish(self, tags: Mapping[str, str] | None = None) -> None:
        """Write the tags (keys of INFO_TAGS) and the sizes into the header."""
        info = _info(tags or {})
        self._file.write(info)
        self._file.seek(0)
        self._file.write(_header(2 * self.samples, len(info), self._rate))
        self._file.seek(0, 2)


def _header(data: int, behind: int, rate: int) -> bytes:
    """RIFF, format and data heads; `data` and `behind` are bytes of sound and of what follows it."""
    limit = 2**32 - 1  # 24 hours; players read on beyond it
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", min(limit, HEADER - 8 + data + behind), b"WAVE")
    return riff + form + struct.pack("<4sI", b"data", min(limit, data))


def _info(tags: Mapping[str, str]) -> bytes:
    """A LIST INFO chunk, UTF-8; empty without tags."""
    entries = b""
    for name, value in tags.items():
        text = value.replace("\0", "").encode("utf-8") + b"\0"
        entries += struct.pack("<4sI", INFO_TAGS[name], len(text)) + text + b"\0" * (len(text) % 2)
    return struct.pack("<4sI4s", b"LIST", len(entries) + 4, b"INFO") + entries if entries else b""


def write_wav(path: Path, samples: Samples, rate: int = STUDIO_RATE, tags: Mapping[str, str] | None = None) -> None:
    """A whole array as a file, not atomically."""
    with open(path, "wb") as file:
        writer = WavWriter(file, rate)
        for start in range(0, len(samples), BLOCK):  # half an hour as doubles would be a third of a gigabyte
            writer.write(samples[start : start + BLOCK])
        writer.finish(tags)


def read_wav(path: Path) -> tuple[Samples, int]:
    """A WAV of ours: samples, shape (n_samples,), and hertz. Foreign files go through `safety.decoding`."""
    pieces = list(wav_blocks(path))
    with wave.open(str(path), "rb") as wav:
        rate = wav.getframerate()
    return (np.concatenate(pieces) if pieces else np.zeros(0, np.float32)), rate


def wav_blocks(path: Path, size: int = BLOCK) -> Iterator[Samples]:
    """The samples of a WAV of ours in pieces, so that a long one needs no more memory than a short one."""
    with wave.open(str(path), "rb") as wav:
        while raw := wav.readframes(size):
            yield np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32767.0


class Outline:
    """The waveform to draw, gathered while the sound goes by: the greatest absolute sample of each stretch."""

    def __init__(self, total: int, count: int = 800) -> None:
        self._total = max(1, total)
        self._tops = np.zeros(max(1, min(count, total)))
        self._at = 0

    def add(self, samples: Samples) -> None:
        if not len(samples):
            return
        count, end = len(self._tops), self._at + len(samples)
        first, last = self._at * count // self._total, min(count - 1, (end - 1) * count // self._total)
        bounds = -(-np.arange(first, last + 1) * self._total // count) - self._at
        tops = np.maximum.reduceat(np.abs(samples), np.maximum(bounds, 0))
        self._tops[first : last + 1] = np.maximum(self._tops[first : last + 1], tops)
        self._at = end

    def peaks(self) -> list[float]:
        """0 to 1 each."""
        return [round(float(min(1.0, top)), 3) for top in self._tops]
