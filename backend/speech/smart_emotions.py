"""Which emotion a clip may hold, from how it is said beside how its speaker usually speaks. A suggestion, no verdict.

The rule is the pattern of cues that P. Juslin and P. Laukka drew from 104 studies of the voice ("Communication of
emotions in vocal expression and music performance", Psychological Bulletin 129, 2003, table 11): anger is fast, loud,
bright, high and lively; joy fast, high and lively, but only middling loud and bright; fear fast and high, but soft,
dull and even; sadness slow, soft, dull, low and even. Elation is joy with more of everything (R. Banse and K. Scherer,
1996). Tenderness shares the pattern of sadness there, and calm, tired, serious, sarcastic, disgusted and surprised have
none that these five measures show: those are left to the listener. A whisper is told by its missing voice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

FEATURES = ("pitch", "spread", "energy", "rate", "tilt")
MUCH: Mapping[str, float] = {"pitch": 3.0, "spread": 1.0, "energy": 4.0, "rate": math.log(1.1), "tilt": 3.0}
"""Feature → how far from the usual counts as much: semitones, semitones, LU, natural logarithm of a ratio, dB. A rate
a tenth higher is speech about a fifth faster."""
PATTERNS: Mapping[str, tuple[float, ...]] = {
    "neutral": (0.0, 0.0, 0.0, 0.0, 0.0),
    "happy": (1.0, 1.0, 0.5, 1.0, 0.0),
    "excited": (2.0, 1.5, 1.5, 1.0, 0.5),
    "angry": (1.0, 1.0, 1.5, 1.0, 1.5),
    "fearful": (1.0, -1.0, -1.0, 1.0, -1.0),
    "sad": (-1.0, -1.0, -1.0, -1.0, -1.0),
}
"""Emotion → its pattern, in the order of FEATURES, in units of MUCH."""
MOST = 2.0  # units beyond which more says nothing more
WIDTH = 0.6  # square of the width, in units, within which a pattern counts
WHISPERED = 0.12  # share of the speaking time that is voiced, under which nobody's voice sounds
FEWEST = 3  # clips that show what is usual


@dataclass(frozen=True)
class Features:
    """How a clip is said. None where it cannot be measured."""

    pitch: float | None
    """Median, hertz."""
    spread: float | None
    """Standard deviation of pitch, semitones."""
    energy: float | None
    """LUFS."""
    rate: float | None
    """Rises and falls a second, about the syllables."""
    tilt: float | None
    """Decibels of 1–5 kHz against what lies lower."""
    voiced: float | None = None
    """Share of the speaking time that is voiced."""

    def as_dict(self) -> dict[str, float | None]:
        return {name: _rounded(getattr(self, name)) for name in FEATURES}


@dataclass(frozen=True)
class Suggestion:
    """What a clip may express."""

    emotion: str
    confidence: float
    """0 to 1: how much better this pattern fits than the others; no probability of being right."""
    relative: dict[str, float | None]
    """Against the usual: pitch and spread in semitones, energy and tilt in decibels, rate as a ratio."""


def usual(clips: Sequence[Features]) -> Features:
    """The median of each feature over the clips of one speaker."""
    return Features(**{name: _median([getattr(clip, name) for clip in clips]) for name in (*FEATURES, "voiced")})


def suggest(clip: Features, own: Features, known: int) -> Suggestion:
    """The emotion of a clip, by the usual features of its speaker, which `known` clips have shown."""
    relative = _relative(clip, own)
    if clip.voiced is not None and clip.voiced < WHISPERED:
        return Suggestion("whisper", round(1 - clip.voiced / WHISPERED, 2), relative)
    if known < FEWEST:
        return Suggestion("neutral", 0.0, relative)
    fits = {emotion: math.exp(-distance_to(relative, emotion) / (2 * WIDTH)) for emotion in PATTERNS}
    best = max(fits, key=lambda emotion: fits[emotion])
    whole = sum(fits.values())
    return Suggestion(best, round(fits[best] / whole, 2) if whole > 0 else 0.0, relative)


def distance_to(relative: Mapping[str, float | None], emotion: str) -> float:
    """Square of the way from a clip to the pattern of an emotion, in units of MUCH."""
    units = [None if (value := relative[name]) is None else _in_units(name, value) for name in FEATURES]
    return _distance(units, PATTERNS[emotion])


def _relative(clip: Features, own: Features) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in FEATURES:
        mine, usually = getattr(clip, name), getattr(own, name)
        if mine is None or usually is None:
            found[name] = None
        elif name in ("pitch", "rate"):
            found[name] = _ratio(name, mine, usually)
        else:
            found[name] = round(mine - usually, 2)
    return found


def _ratio(name: str, mine: float, usually: float) -> float | None:
    """Semitones of pitch; the plain ratio of rate."""
    if mine <= 0 or usually <= 0:
        return None
    return round(12 * math.log2(mine / usually), 2) if name == "pitch" else round(mine / usually, 3)


def _in_units(name: str, value: float) -> float:
    away = (math.log(value) if name == "rate" else value) / MUCH[name]
    return max(-MOST, min(MOST, away))


def _distance(units: Sequence[float | None], pattern: Sequence[float]) -> float:
    """Square of the way from the clip to a pattern, as if all five features were there."""
    parts = [(mine - its) ** 2 for mine, its in zip(units, pattern, strict=True) if mine is not None]
    return len(FEATURES) * sum(parts) / len(parts) if parts else 0.0


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(median(known)) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
