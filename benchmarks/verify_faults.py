"""Faults of speaking engines, spliced into good lines at random places, lengths and levels. 24 kHz mono float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from benchmarks.verify_material import RATE, Good, Sound

Draw = np.random.Generator


@dataclass(frozen=True)
class Spoilt:
    """What was done."""

    samples: Sound
    size: float
    """How bad it is, in the unit of its fault."""
    kind: str = ""
    """What counts instead of its size."""


def runaway(line: Good, own: Sequence[Good], others: Sequence[Good], draw: Draw) -> Spoilt:
    """Speech that nobody asked for, by the same voice, or a murmur: seconds of it."""
    length = float(np.exp(draw.uniform(np.log(max(2.5, 0.8 * len(line.samples) / RATE)), np.log(40.0))))
    added = _murmur(line, length, draw) if draw.random() < 0.3 else _more(own, length, draw)
    at = len(line.samples) if draw.random() < 0.7 else int(draw.uniform(0, len(line.samples)))
    return Spoilt(_inserted(line.samples, at, added * _level(draw, 8)), len(added) / RATE)


def silence(line: Good, own: Sequence[Good], others: Sequence[Good], draw: Draw) -> Spoilt:
    """Nothing where something should be: seconds of it; a seventh of them from beginning to end."""
    floor = 10 ** (draw.uniform(-90, -62) / 20)
    if draw.random() < 1 / 7:
        return Spoilt(_hiss(len(line.samples), floor, draw), len(line.samples) / RATE)
    length = float(np.exp(draw.uniform(np.log(1.5), np.log(10.0))))
    at = int(draw.uniform(0.15, 0.85) * len(line.samples))
    return Spoilt(_inserted(line.samples, at, _hiss(int(length * RATE), floor, draw)), length)


def repetition(line: Good, own: Sequence[Good], others: Sequence[Good], draw: Draw) -> Spoilt:
    """A stretch that is said again and again, a little different each time: seconds that are too many."""
    long = draw.random() < 0.6
    length = draw.uniform(0.7, 2.5) if long else draw.uniform(0.08, 0.5)
    times = int(draw.integers(1, 5)) if long else int(np.ceil(draw.uniform(1.2, 5.0) / length))
    start = _loudest(line.samples, length, draw)
    piece = line.samples[start : start + int(length * RATE)]
    again = np.concatenate([_varied(piece, draw) for _ in range(times)])
    return Spoilt(_inserted(line.samples, start + len(piece), again), len(again) / RATE)


def cut_end(line: Good, own: Sequence[Good], others: Sequence[Good], draw: Draw) -> Spoilt:
    """Broken off at any moment, a third to nine tenths are left; half of them with silence behind.

    What is cut off while it sounds can be heard; what is cut in a pause or a closed consonant just ends too early.
    """
    loud = np.flatnonzero(np.abs(line.samples) > 0.05 * np.abs(line.samples).max())
    share = draw.uniform(0.33, 0.93)
    end = int(loud[0] + share * (loud[-1] - loud[0]))
    before = line.samples[max(0, end - RATE // 50) : end]
    usual = np.percentile([float(np.mean(line.samples[at : at + 480] ** 2)) for at in range(0, end, 480)], 75)
    kind = "while it sounds" if float(np.mean(before**2)) > 0.01 * usual else "in a pause"
    tail = _hiss(int(draw.uniform(0.05, 1.0) * RATE), 1e-5, draw) if draw.random() < 0.5 else np.zeros(0, np.float32)
    return Spoilt(np.concatenate([line.samples[:end], tail]), share, kind)


def clipping(line: Good, own: Sequence[Good], others: Sequence[Good], draw: Draw) -> Spoilt:
    """Overdriven, half of them turned down again: how many in a hundred samples are beyond full scale."""
    share = float(np.exp(draw.uniform(np.log(0.0004), np.log(0.08))))
    loud = np.clip(line.samples / np.quantile(np.abs(line.samples), 1 - share), -1, 1)
    down = draw.uniform(0.2, 0.9) if draw.random() < 0.5 else 1.0
    return Spoilt((loud * down).astype(np.float32), 100 * share)


def foreign(line: Good, own: Sequence[Good], others: Sequence[Good], draw: Draw) -> Spoilt:
    """Somebody else says all of it, or a stretch of at least two seconds: seconds of it."""
    if draw.random() < 0.5 or len(line.samples) < 4 * RATE:
        nearest = sorted(others, key=lambda one: abs(len(one.samples) - len(line.samples)))[:3]
        whole = nearest[int(draw.integers(len(nearest)))].samples * _level(draw, 6)
        return Spoilt(whole, len(whole) / RATE)
    length = int(draw.uniform(2.0, len(line.samples) / RATE - 1.0) * RATE)
    at = int(draw.uniform(0, len(line.samples) - length))
    other = _more(others, length / RATE + 0.1, draw) * _level(draw, 6)
    return Spoilt(np.concatenate([line.samples[:at], other[:length], line.samples[at + length :]]), length / RATE)


Fault = Callable[[Good, Sequence[Good], Sequence[Good], Draw], Spoilt]
FAULTS: dict[str, Fault] = {
    "runaway": runaway,
    "silence": silence,
    "repetition": repetition,
    "cut end": cut_end,
    "clipping": clipping,
    "foreign voice": foreign,
}


def _more(lines: Sequence[Good], seconds: float, draw: Draw) -> Sound:
    """So many seconds of speech from these lines, at one level."""
    pieces: list[Sound] = []
    while sum(map(len, pieces)) < seconds * RATE:
        piece = lines[int(draw.integers(len(lines)))].samples
        pieces.append(piece / max(1e-6, float(np.sqrt(np.mean(piece**2)))) * 0.08)
    return np.concatenate(pieces)[: int(seconds * RATE)].astype(np.float32)


def _murmur(line: Good, seconds: float, draw: Draw) -> Sound:
    """Syllables of the line itself in any order."""
    size = int(draw.uniform(0.1, 0.25) * RATE)
    starts = draw.integers(0, max(1, len(line.samples) - size), int(seconds * RATE / size) + 1)
    return np.concatenate([line.samples[at : at + size] for at in starts]).astype(np.float32)


def _varied(piece: Sound, draw: Draw) -> Sound:
    """The same again as an engine would say it again: tempo, level and noise differ a little."""
    tempo = round(1000 * draw.uniform(0.97, 1.03))
    again = resample_poly(piece, 1000, tempo) * _level(draw, 3)
    return np.asarray(again + _hiss(len(again), 0.03 * float(np.sqrt(np.mean(piece**2))), draw), dtype=np.float32)


def _loudest(samples: Sound, seconds: float, draw: Draw) -> int:
    """Where a stretch of that length begins that is not mostly silent; of eight places the loudest."""
    size = int(seconds * RATE)
    places = draw.integers(0, max(1, len(samples) - size), 8)
    return int(max(places, key=lambda at: float(np.mean(np.abs(samples[at : at + size])))))


def _inserted(samples: Sound, at: int, added: Sound) -> Sound:
    return np.concatenate([samples[:at], added, samples[at:]]).astype(np.float32)


def _hiss(length: int, level: float, draw: Draw) -> NDArray[np.float32]:
    return (level * draw.standard_normal(length)).astype(np.float32)


def _level(draw: Draw, decibels: float) -> np.float32:
    return np.float32(10 ** (draw.uniform(-decibels, decibels) / 20))
