"""What ails a recording besides noise and level: mains hum, a narrow band, music beneath, a turned polarity.

Mono float32 of at least a second; changes nothing. Each measure says what it is and where it cannot tell. Thresholds
were set on LibriSpeech and LibriVox readings and on the same readings damaged by `benchmarks/doctor.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_toeplitz
from scipy.ndimage import median_filter
from scipy.signal import butter, lfilter, resample_poly, sosfiltfilt, stft

from backend.core.types import Samples

MAINS = (50, 60)  # hertz
HARMONICS = 6
HUM_DB = 12.5
"""Decibels by which the three strongest mains harmonics stand over their neighbourhood, from which it is a hum."""
NARROW_HZ = 5200.0
"""Speech that ends below this may have been recorded by a telephone, or at 8 kHz."""
STEEP_DB = 45.0
"""Decibels by which it falls around its end within a kilohertz and a half, where it was; a dull voice falls by less."""
MUSIC_SHARE = 0.04
"""Share of the time with three or more steady tones, from which something plays beneath the voice."""
SURE_SKEW = 1.2
"""Skewness of the excitation from which the polarity is sure: no person recorded the right way up reaches it."""

STEADY = 12
"""Steps of 20 ms that a tone of the same pitch lasts; a voice glides within 240 ms."""


@dataclass(frozen=True)
class Hum:
    """Mains hum."""

    frequency: int
    """50 or 60 Hz."""
    prominence: float
    """Decibels over the neighbouring frequencies."""


def hum(samples: Samples, rate: int) -> Hum:
    """The stronger of the two mains frequencies, judged where the voice is quietest: a low percentile over time."""
    size = min(len(samples), rate)
    window = np.hanning(size)
    starts = range(0, len(samples) - size + 1, max(1, size // 4))
    power = np.percentile(
        [np.abs(np.fft.rfft(samples[at : at + size] * window, 2 * rate)) ** 2 for at in starts], 20, axis=0
    )
    found = [Hum(mains, _prominence(power, mains)) for mains in MAINS]
    return max(found, key=lambda one: one.prominence)


def _prominence(power: NDArray[np.float64], mains: int) -> float:
    """Mean of the three most prominent harmonics, in dB; `power` has two bins a hertz."""
    heights = []
    for number in range(1, HARMONICS + 1):
        at = 2 * mains * number
        around = np.concatenate([power[at - 24 : at - 6], power[at + 7 : at + 25]])
        heights.append(10 * np.log10((power[at - 2 : at + 3].max() + 1e-20) / (np.median(around) + 1e-20)))
    return float(np.mean(sorted(heights)[-3:]))


def without_hum(samples: Samples, rate: int) -> Samples:
    """The samples above the mains and its strong harmonics, for judging what else is there; not for listening."""
    filters = butter(4, HARMONICS * MAINS[1], "highpass", fs=rate, output="sos")
    return np.asarray(sosfiltfilt(filters, samples), dtype=np.float32)


@dataclass(frozen=True)
class Band:
    """How far up speech reaches."""

    highest: float
    """Hertz of the highest frequency that loud speech still holds, 60 dB under its strongest."""
    fall: float
    """Decibels from 0.9 kHz beneath it to 0.6 kHz above it."""

    @property
    def is_narrow(self) -> bool:
        return self.highest < NARROW_HZ and self.fall >= STEEP_DB


def band(samples: Samples, rate: int) -> Band:
    """What a way of recording left of the loud third of speech."""
    frequencies, _, spectrum = stft(samples, rate, nperseg=1024)
    power = np.abs(spectrum) ** 2
    energy = power.sum(axis=0)
    loud = power[:, energy >= np.percentile(energy, 70)].mean(axis=1)
    level = 10 * np.log10(loud + 1e-15)
    highest = float(frequencies[np.flatnonzero(level > level.max() - 60)[-1]])
    beneath = level[(frequencies >= highest - 1200) & (frequencies < highest - 600)]
    above = level[(frequencies >= highest + 300) & (frequencies < highest + 900)]
    return Band(highest, float(beneath.mean() - above.mean()) if len(beneath) and len(above) else 0.0)


def music_share(samples: Samples, rate: int) -> float:
    """Share of the time, 0 to 1, in which three or more tones stand still for a quarter of a second."""
    _, _, spectrum = stft(samples, rate, nperseg=2048, noverlap=2048 - rate // 50)
    level = 20 * np.log10(np.abs(spectrum[10:430]) + 1e-7)
    standing = level[1:-1] > np.maximum(median_filter(level, (31, 1))[1:-1] + 12, level.max() - 50)
    peaks = standing & (level[1:-1] > level[:-2]) & (level[1:-1] >= level[2:])
    lasting = np.zeros(len(peaks))
    steady = 0
    for step in peaks.T:
        lasting = np.where(step, lasting + 1, 0)
        steady += int((lasting >= STEADY).sum() >= 3)
    return steady / max(1, peaks.shape[1])


def excitation_skew(samples: Samples, rate: int) -> float:
    """Skewness of the linear-prediction residual: below 0 for a voice recorded the right way up.

    The glottis closes abruptly, and that pulse points down unless the signal was turned (T. Drugman, "Residual
    Excitation Skewness for automatic speech polarity detection", 2013). Near 0 it tells nothing.
    """
    heard = resample_poly(samples, 2, 3) if rate == 24_000 else samples
    residual = _residual(np.asarray(heard, dtype=np.float64), rate * 2 // 3 if rate == 24_000 else rate)
    spread = float(residual.std())
    return float(((residual - residual.mean()) ** 3).mean() / spread**3) if spread > 0 else 0.0


def _residual(samples: NDArray[np.float64], rate: int, order: int = 18) -> NDArray[np.float64]:
    """What linear prediction does not explain, overlap-added; silence stays silent."""
    size, step = int(0.025 * rate), int(0.01 * rate)
    window = np.hanning(size)
    residual = np.zeros(len(samples))
    for at in range(0, len(samples) - size, step):
        frame = samples[at : at + size] * window
        if (frame**2).mean() < 1e-6:
            continue
        correlation = np.correlate(frame, frame, "full")[size - 1 : size + order]
        correlation[0] *= 1.0001  # keeps the equations solvable for a pure tone
        weights = solve_toeplitz(correlation[:-1], correlation[1:])
        residual[at : at + size] += lfilter(np.concatenate([[1.0], -weights]), 1, frame) * window
    return residual
