"""One piece of source speech, spoken by a shape, with an emotion: frames to samples. Times are the source's seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from backend.core.types import Samples
from backend.engines.preview import bands
from backend.engines.preview.bands import Array
from backend.engines.preview.emotions import Acting
from backend.engines.preview.shape import VoiceShape
from backend.engines.preview.vocoder import FRAME, Frames, synthesise
from backend.engines.preview.voiceprint import SEMITONE, Voiceprint

LEVEL = -23.0  # decibels below full scale of neutral speech, root mean square while it sounds
CEILING = 0.88  # full scale is 1; peaks stay below -1 dB
KNEE = 0.6  # where the limiter begins
TRACKING = 0.75  # share of a sentence's own pitch level in what counts as its neutral
LOWEST, HIGHEST = np.log(45.0), np.log(700.0)
RISE_SECONDS = 0.45  # of source time over which the end of a sentence bends
QUIET_LIFT = 0.3  # share by which consonants and word ends are brought nearer to the vowels' level: clearer words
FADE = 96  # samples: 4 ms


@dataclass(frozen=True)
class Part:
    """Everything but the sound that decides how one sentence is spoken."""

    shape: VoiceShape
    acting: Acting
    speed: float
    """Ratio."""
    pitch: float
    """Semitones."""
    take: bytes
    """Seed and text: what makes one take differ from the next."""

    def random(self, purpose: str) -> np.random.Generator:
        digest = hashlib.sha256(self.take + purpose.encode()).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))

    @property
    def stretch(self) -> float:
        """Ratio of spoken to source time."""
        liveliness = 1 + 0.02 * float(np.clip(self.random("rate").standard_normal(), -1.5, 1.5))
        return 1 / (self.speed * self.acting.rate * liveliness)


@dataclass(frozen=True)
class Place:
    """Where a piece stands in its sentence."""

    start: float  # seconds of source time
    total: float  # seconds of source time
    log_f0: float
    """Mean of the sentence in the source, natural logarithm of hertz."""
    loudness: float
    """Root mean square of the sentence in the source, over that of the piece."""


def perform(frames: Frames, part: Part, place: Place, source: Voiceprint, n_samples: int) -> Samples:
    """Bend, act and synthesise; n_samples long, faded at both ends."""
    f0 = np.zeros_like(frames.f0) if part.acting.unvoiced else _melody(frames.f0, part, place, source)
    log_power = bands.warp_bins(frames.log_power, part.shape.alpha)
    log_power = log_power + _colour(frames, log_power, part, source) / bands.DECIBEL
    sound = synthesise(Frames(f0, log_power, _noise(frames.noise, part)), part.stretch, n_samples)
    return finish(sound, LEVEL + part.acting.level - 20 * np.log10(max(place.loudness, 1e-3)))


def _melody(f0: Array, part: Part, place: Place, source: Voiceprint) -> Array:
    """Log-Gaussian transform of pitch (Toda et al. 2007), and what the actor adds, shape (n,)."""
    shape, acting = part.shape, part.acting
    centre = TRACKING * place.log_f0 + (1 - TRACKING) * (source.log_f0 or place.log_f0)
    spread = float(np.clip(shape.range / max(source.range, 0.5), 0.5, 1.9)) * acting.range
    voiced = f0 > 0
    log_f0 = np.log(np.where(voiced, f0, 100.0))
    times: Array = place.start + np.arange(len(f0), dtype=np.float64) * (FRAME / 1000.0)
    bend = acting.pitch + part.pitch + _wander(times, part) + _ending(times, place, acting)
    bend += acting.tremor * np.sin(2 * np.pi * 6.0 * times * part.stretch)
    bend += _shake(len(f0), part, place)
    moved = np.log(shape.f0) + (log_f0 - centre) * spread + bend * SEMITONE
    return np.where(voiced, np.exp(np.clip(moved, LOWEST, HIGHEST)), 0.0)


def _wander(times: Array, part: Part) -> Array:
    """Slow drift of a semitone at most, in which two takes differ."""
    random = part.random("melody")
    steady = 0.15 * float(np.clip(random.standard_normal(), -2, 2))
    waves = [0.14 * np.sin(2 * np.pi * (rate * times + random.random())) for rate in random.uniform(0.25, 1.4, size=3)]
    return np.asarray(steady + sum(waves, np.zeros_like(times)))


def _ending(times: Array, place: Place, acting: Acting) -> Array:
    reach = np.clip(1 - (place.total - times) / RISE_SECONDS, 0.0, 1.0)
    return np.asarray(acting.rise * reach)


def _shake(count: int, part: Part, place: Place) -> Array:
    rough = np.hypot(part.shape.rough, part.acting.rough)
    if rough == 0:
        return np.zeros(count)
    random = part.random(f"shake {place.start:.3f}")
    return np.asarray(rough * uniform_filter1d(random.standard_normal(count), 2) * np.sqrt(2))


def _colour(frames: Frames, log_power: Array, part: Part, source: Voiceprint) -> Array:
    """Decibels added to each frame, shape (n, BINS)."""
    shape = part.shape
    voiced = uniform_filter1d(frames.voiced.astype(float), 3)[:, None]  # (n, 1)
    colour = voiced * shape.voiced + (1 - voiced) * shape.unvoiced + bands.tilt(part.acting.tilt)  # (n, BANDS)
    if part.acting.unvoiced:
        colour = colour + _whisper_colour()
    envelope = bands.DECIBEL * bands.to_bands(log_power)  # (n, BANDS)
    colour = colour + shape.clarity * (bands.lifter(envelope, 30) - bands.lifter(envelope, 5))
    level = envelope.mean(axis=1, keepdims=True) - source.voiced.mean()  # (n, 1), 0 for the mean vowel
    colour = colour - QUIET_LIFT * np.clip(level, -40.0, 10.0)
    return bands.to_bins(colour)


def _whisper_colour() -> Array:
    """A whisper has no chest: below 700 Hz it falls by 12 dB an octave."""
    octaves = np.log2(np.maximum(bands.band_frequencies(), 100.0) / 700.0)
    return np.minimum(0.0, 12.0 * octaves)


def _noise(noise: Array, part: Part) -> Array:
    """Share of noise with the shape's change and the breath of shape and emotion, shape (n, BINS)."""
    if part.acting.unvoiced:
        return np.ones_like(noise)
    changed = noise * 10 ** (bands.to_bins(part.shape.noise) / 20) if part.shape.noise.any() else noise
    breath = 1 - (1 - part.shape.breath) * (1 - part.acting.breath)
    reach = np.clip(bands.bin_frequencies() / 4000.0, 0.15, 1.0)
    return np.asarray(1 - (1 - np.clip(changed, 0.0, 1.0)) * (1 - breath * reach))


def finish(sound: Array, decibels: float) -> Samples:
    """At the level, limited softly, faded, on the grid of 16 bits (so that no library's last bit shows)."""
    levelled = sound * (10 ** (decibels / 20) / max(active_rms(sound), 1e-9))
    over = np.abs(levelled) > KNEE
    room = CEILING - KNEE
    limited = np.where(over, np.sign(levelled) * (KNEE + room * np.tanh((np.abs(levelled) - KNEE) / room)), levelled)
    fade = min(FADE, len(limited) // 2)
    ramp = np.linspace(0.0, 1.0, fade, endpoint=False)
    limited[:fade] *= ramp
    limited[len(limited) - fade :] *= ramp[::-1]
    return (np.round(np.nan_to_num(limited) * 32767) / 32767).astype(np.float32)


def active_rms(samples: Array) -> float:
    """Root mean square over the blocks of 10 ms that are within 35 dB of the loudest."""
    blocks = samples[: len(samples) // 240 * 240].reshape(-1, 240)
    if not len(blocks):
        return float(np.sqrt((samples**2).mean())) if len(samples) else 0.0
    power = (blocks**2).mean(axis=1)
    return float(np.sqrt(power[power >= power.max() * 10**-3.5].mean()))
