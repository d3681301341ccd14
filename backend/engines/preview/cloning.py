"""A reference recording to a voice shape: pitch, formants, colour, pace. A match of these, not of an identity."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from backend.core.errors import BadAudio
from backend.core.types import STUDIO_RATE, ClonedVoice
from backend.engines.preview.bands import Array, band_frequencies, lifter, warp_bands
from backend.engines.preview.equaliser import equaliser
from backend.engines.preview.shape import VoiceShape
from backend.engines.preview.vocoder import analyse
from backend.engines.preview.voiceprint import Voiceprint, voiceprint

SHORTEST = 1.0  # seconds
HEARD = 20.0  # seconds of a reference that are analysed
SILENT = 10 ** (-55 / 20)  # root mean square below which a recording holds nothing
REMEMBERED = 16  # references whose analysis is kept
DEFAULT_STRENGTH = 0.45
LOWEST_ALPHA, HIGHEST_ALPHA = 0.88, 1.18  # beyond it words suffer more than likeness gains
CLARITY = 0.1
Key = tuple[int, int, str]


@dataclass(frozen=True)
class Reference:
    print: Voiceprint
    bandwidth: float
    """Hertz up to which the recording holds sound."""


class ReferenceShelf:
    """Analysed references by size, time and content, the oldest forgotten first. Safe for threads."""

    def __init__(self, capacity: int = REMEMBERED) -> None:
        self._capacity = capacity
        self._known: OrderedDict[Key, Reference] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: Path) -> Reference:
        key = _key(path)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        reference = _listen(path)
        with self._lock:
            self._known[key] = reference
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return reference

    def clear(self) -> None:
        with self._lock:
            self._known.clear()


def cloned_shape(voice: ClonedVoice, strength: float | None, source: Voiceprint, shelf: ReferenceShelf) -> VoiceShape:
    """Colour from the reference, pitch and range from the neutral one where there is one."""
    reference = shelf.get(voice.reference)
    natural = shelf.get(voice.neutral_reference) if voice.neutral_reference else reference
    amount = DEFAULT_STRENGTH if strength is None else strength
    log_f0 = natural.print.log_f0 or reference.print.log_f0 or np.log(150.0)
    full = warp_for(reference.print, source, float(log_f0))
    alpha = float(np.exp(amount * np.log(full)))
    target = reference.print.voiced, reference.print.unvoiced
    voiced, unvoiced = equaliser(target, source, alpha, order=40, bandwidth=0.93 * reference.bandwidth)
    return VoiceShape(
        f0=float(np.exp(log_f0)),
        range=natural.print.range or source.range,
        alpha=alpha,
        pace=_pace(natural.print, source),
        voiced=amount * voiced,
        unvoiced=amount * unvoiced,
        noise=amount * np.clip(lifter(reference.print.noise - source.noise, 10), -10.0, 6.0),
        clarity=CLARITY,
    )


def warp_for(target: Voiceprint, source: Voiceprint, log_f0: float) -> float:
    """The warp whose spectrum fits best, drawn to what pitch alone makes likely (shorter tract, higher voice)."""
    prior = 0.18 / (1 + np.exp(-(log_f0 - np.log(165.0)) / 0.1))
    frequencies = band_frequencies()
    within = (frequencies > 250) & (frequencies < 7200)
    wanted = _detail(target.voiced[within])

    def cost(alpha: float) -> float:
        misfit = _detail(warp_bands(source.voiced, alpha)[within]) - wanted
        return float((misfit**2).mean() / 10.0 + 0.15 * (np.log(alpha) - prior) ** 2 / 0.01)

    return min((float(a) for a in np.linspace(LOWEST_ALPHA, HIGHEST_ALPHA, 61)), key=cost)


def _detail(colour: Array) -> Array:
    """Without level, slope and curvature, which belong to the room and the effort; smoothed."""
    smooth = _smooth(colour)
    place = np.linspace(-1, 1, len(colour))
    return np.asarray(smooth - np.polyval(np.polyfit(place, smooth, 2), place))


def _smooth(colour: Array) -> Array:
    """A running mean of five points, for colours that are not a whole axis."""
    return np.convolve(np.pad(colour, 2, mode="edge"), np.ones(5) / 5, mode="valid")


def _pace(target: Voiceprint, source: Voiceprint) -> float:
    if not target.pace or not source.pace:
        return 1.0
    return float(np.clip(target.pace / source.pace, 0.93, 1.25))


def _key(path: Path) -> Key:
    try:
        status = path.stat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BadAudio(f"The reference {path.name} cannot be read.", hint="Record or upload it again.") from error
    return status.st_size, status.st_mtime_ns, digest


def _listen(path: Path) -> Reference:
    samples = _usable(_read(path), path.name)
    return Reference(voiceprint(analyse(samples, quick=False)), _bandwidth(samples))


def _read(path: Path) -> Array:
    """Mono float64 at 24 kHz, at most HEARD seconds from the first sound, shape (n,)."""
    try:
        rate, raw = wavfile.read(path)
    except (ValueError, OSError, EOFError) as error:
        raise BadAudio(f"The reference {path.name} is no WAV file.", hint="Record or upload it again.") from error
    scale = 1.0 if raw.dtype.kind == "f" else float(np.iinfo(raw.dtype).max)
    offset = 128.0 if raw.dtype == np.uint8 else 0.0
    samples = (raw.astype(np.float64) - offset) / (128.0 if offset else scale)
    mono = samples.mean(axis=1) if samples.ndim > 1 else samples
    heard = mono[: int(rate * HEARD)]
    divisor = int(np.gcd(STUDIO_RATE, rate))
    return np.asarray(resample_poly(heard, STUDIO_RATE // divisor, rate // divisor))


def _usable(samples: Array, name: str) -> Array:
    """The recording without its mean; raises BadAudio by the name of what is wrong."""
    if len(samples) < SHORTEST * STUDIO_RATE:
        raise BadAudio(
            f"The reference {name} is shorter than a second.", hint="Give 5 to 15 s.", code="audio-too-short"
        )
    if not np.isfinite(samples).all():
        raise BadAudio(f"The reference {name} holds values that are no numbers.", code="audio-not-finite")
    centred = samples - samples.mean()
    if np.sqrt((centred**2).mean()) < SILENT:
        raise BadAudio(f"The reference {name} is silent.", hint="Check the microphone.", code="audio-silent")
    return np.asarray(centred)


def _bandwidth(samples: Array) -> float:
    """Hertz above which the mean spectrum stays 60 dB below its peak."""
    frames = samples[: len(samples) // 1024 * 1024].reshape(-1, 1024) * np.hanning(1024)
    power = (np.abs(np.fft.rfft(frames, axis=1)) ** 2).mean(axis=0)
    loud = np.flatnonzero(power > power.max() * 1e-6)
    return float(np.clip(loud[-1] / 512 * STUDIO_RATE / 2, 3000.0, 12_000.0))
