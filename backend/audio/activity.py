"""Where somebody speaks, and how long audio is cut there so that no word is lost. Times in seconds; knows no words.

Voice activity is judged by WebRTC's detector on frames of 30 ms. Pieces meet in pauses where there are any; where
somebody speaks without one, two pieces overlap, so that each word lies whole in one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.audio.files import as_pcm16
from backend.core.types import Samples

RATE = 16_000  # hertz that is looked at
FRAME = 480
"""Samples of one frame: 30 ms, the longest that the detector takes."""
STEP = FRAME / RATE  # seconds
LENIENT = 1
"""Of 0 to 3: how readily a frame counts as no speech. A noise taken for speech costs time; a lost word is lost."""
MARGIN = 0.3  # seconds kept around speech: consonants begin before a detector hears them
PAUSE = 0.1  # seconds besides the margins without speech that part two stretches
OVERLAP = 1.0  # seconds that two pieces share on each side of a cut through speech
SEARCH = 5.0  # seconds before the latest place of a cut in which the quietest is looked for
DIP = 5  # frames over which quietness is measured
LOUD = 10
"""Frames over which loudness is measured: 0.3 s, a syllable."""
FLOOR = 1e-10  # power of digital silence, so that it has a level


@dataclass(frozen=True)
class Piece:
    """A stretch to be listened to at once."""

    start: float
    end: float
    first: float
    """Where it was cut from the piece before, in the middle of what both hold; -inf where a pause parts them."""
    last: float
    """Where it was cut from the piece behind; inf where a pause parts them."""

    def of(self, samples: Samples) -> Samples:
        """Its samples, from 16 kHz (n_samples,)."""
        return samples[round(self.start * RATE) : round(self.end * RATE)]


def pieces(samples: Samples, longest: float = 22.0, silence_db: float = -45.0) -> list[Piece]:
    """Cut mono sound at 16 kHz, shape (n_samples,), into stretches of at most `longest` seconds, 8 or more.

    What never gets as loud as `silence_db` (dBFS, over 0.3 s) is left out.
    """
    power = _power(samples)
    loud = 10 * np.log10(_smooth(power, LOUD) + FLOOR) >= silence_db
    seconds = len(samples) / RATE
    stretches = [
        (first, last)
        for first, last in _stretches(_speech(samples) | _beside(loud, power, silence_db), seconds)
        if loud[int(first / STEP) : int(np.ceil(last / STEP))].any()
    ]
    return [piece for first, last in _packed(stretches, longest) for piece in _cut(first, last, longest, power)]


def _speech(samples: Samples) -> NDArray[np.bool_]:
    """One flag a frame, (n_frames,), the last frame filled up with silence."""
    import webrtcvad

    detector = webrtcvad.Vad(LENIENT)
    return np.array(
        [
            detector.is_speech(block[at : at + 2 * FRAME], RATE)
            for block in (as_pcm16(part).tobytes() for part in _blocks(samples))
            for at in range(0, len(block), 2 * FRAME)
        ],
        dtype=bool,
    )


def _blocks(samples: Samples) -> Iterator[Samples]:
    """Whole frames of a long recording bit by bit, so that copies of it stay small."""
    size = 2000 * FRAME
    for at in range(0, len(samples), size):
        block = samples[at : at + size]
        yield np.pad(block, (0, -len(block) % FRAME))


def _beside(loud: NDArray[np.bool_], power: NDArray[np.float64], silence_db: float) -> NDArray[np.bool_]:
    """Frames as loud as the speech of this recording usually is, whatever the detector says of them."""
    if not loud.any():
        return np.zeros_like(loud)
    usual = max(float(np.percentile(power[loud], 75)) / 10, 10 ** (silence_db / 10))
    return _smooth(power, DIP) >= usual


def _power(samples: Samples) -> NDArray[np.float64]:
    """Mean square of each frame, (n_frames,)."""
    found = [(block.reshape(-1, FRAME).astype(np.float64) ** 2).mean(axis=1) for block in _blocks(samples)]
    return np.concatenate(found) if found else np.zeros(0)


def _smooth(power: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    if not len(power):
        return power
    return np.convolve(power, np.ones(frames) / frames, mode="same")[: len(power)]


def _stretches(spoken: NDArray[np.bool_], seconds: float) -> Iterator[tuple[float, float]]:
    """Stretches of speech with a margin; those that a short pause parts are one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], spoken, [False]]).astype(np.int8)))
    runs = [(max(0.0, a * STEP - MARGIN), min(seconds, b * STEP + MARGIN)) for a, b in edges.reshape(-1, 2)]
    first, last = -1.0, -1.0
    for start, end in runs:
        if first < 0:
            first, last = start, end
        elif start - last < PAUSE:
            last = end
        else:
            yield first, last
            first, last = start, end
    if first >= 0:
        yield first, last


def _packed(stretches: list[tuple[float, float]], longest: float) -> list[tuple[float, float]]:
    """Neighbours taken together as long as they fit: a recogniser hears better with what stands around a word."""
    found: list[tuple[float, float]] = []
    for start, end in stretches:
        if found and end - found[-1][0] <= longest:
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def _cut(start: float, end: float, longest: float, power: NDArray[np.float64]) -> Iterator[Piece]:
    """One stretch as pieces no longer than `longest`, cut where it is quietest."""
    quiet = _smooth(power, DIP)
    at, first = start, -np.inf
    while end - at > longest:
        latest = at + longest - OVERLAP
        frames = slice(int((latest - SEARCH) / STEP), int(latest / STEP))
        middle = (frames.start + int(np.argmin(quiet[frames]))) * STEP
        yield Piece(at, middle + OVERLAP, first, middle)
        at, first = middle - OVERLAP, middle
    yield Piece(at, end, first, np.inf)
