"""The voice that everything starts from: espeak-ng's klatt4, and what it is like before it is bent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

from backend.core.types import STUDIO_RATE
from backend.engines.preview.bands import Array
from backend.engines.preview.language import ESPEAK_VOICES
from backend.engines.preview.vocoder import analyse
from backend.engines.preview.voiceprint import Voiceprint, voiceprint
from backend.engines.preview.workers import WorkerLine

VARIANT = "klatt4"  # the variant with the fewest word errors of 27 that were measured
WORDS_A_MINUTE = 162  # at a pace of 1
WORD_GAP = 1  # units of 10 ms; a little air between words makes them clearer
CALIBRATION = (
    "The old ferry leaves at noon, and nobody waits for late guests. She bought five yellow pears, a loaf of bread "
    "and some cheese. Why would you choose such a narrow path? He laughed, shook his head, and walked away."
)
QUIET = 10 ** (-45 / 20)  # of the loudest stretch: below it is silence
BLOCK = 0.010  # seconds in which loudness is looked at


@dataclass(frozen=True)
class Run:
    """Characters of one language, for one voice."""

    language: str
    text: str


@dataclass(frozen=True)
class SourceSpeech:
    samples: Array
    """24 kHz, shape (n,), silence trimmed at both ends."""
    events: tuple[tuple[tuple[int, float], ...], ...]
    """For each run its words: (character position in the run, seconds from the start of `samples`)."""


def speak_source(line: WorkerLine, runs: list[Run], pace: float) -> SourceSpeech:
    """Let a worker speak the runs one after the other."""
    rate = int(np.clip(round(WORDS_A_MINUTE * pace), 80, 400))
    request = {
        "runs": [{"voice": f"{ESPEAK_VOICES[r.language]}+{VARIANT}", "text": r.text} for r in runs],
        "rate": rate,
        "gap": WORD_GAP,
    }
    header, body = line.ask(request)
    pcm = np.frombuffer(body, dtype="<i2").astype(np.float64) / 32768.0
    pieces, events, taken, passed = [], [], 0, 0.0
    for run in header["runs"]:
        raw = pcm[taken : taken + run["samples"]]
        taken += run["samples"]
        begin, end = sounding(raw, header["rate"])
        pieces.append(raw[begin:end])
        shift = passed - begin / header["rate"]
        passed += (end - begin) / header["rate"]
        events.append(
            tuple((position, min(max(at / header["rate"] + shift, 0.0), passed)) for position, at in run["words"])
        )
    joined = np.concatenate(pieces) if pieces else np.zeros(0)
    return SourceSpeech(_to_studio_rate(joined, header["rate"]), tuple(events))


def sounding(samples: Array, rate: int) -> tuple[int, int]:
    """First and last sample of what is not silence, with 20 ms before and 40 ms behind; (0, 0) if all is silent."""
    loud = np.flatnonzero(~silent_blocks(samples, rate))
    if not len(loud):
        return 0, 0
    block = int(rate * BLOCK)
    return max(0, (int(loud[0]) - 2) * block), min(len(samples), (int(loud[-1]) + 5) * block)


def silent_blocks(samples: Array, rate: int) -> np.ndarray:
    """For each 10 ms whether it is silence, shape (n // block,)."""
    block = int(rate * BLOCK)
    usable = samples[: len(samples) // block * block].reshape(-1, block)
    loudness = np.sqrt((usable**2).mean(axis=1)) if len(usable) else np.zeros(0)
    peak = loudness.max(initial=0.0)
    return np.asarray(loudness < max(peak * QUIET, 1e-4))


def calibrate(line: WorkerLine) -> Voiceprint:
    """What the source is like, from one English passage of about twelve seconds."""
    return voiceprint(analyse(speak_source(line, [Run("en", CALIBRATION)], 1.0).samples))


def _to_studio_rate(samples: Array, rate: int) -> Array:
    if rate == STUDIO_RATE or not len(samples):
        return samples
    divisor = int(np.gcd(STUDIO_RATE, rate))
    return np.asarray(resample_poly(samples, STUDIO_RATE // divisor, rate // divisor))
