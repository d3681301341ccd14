"""How each emotion is acted, as offsets from the neutral voice. Knows no signal processing.

Directions follow Murray & Arnott (1993) and Scherer (2003); the figures are ours, chosen so that every emotion differs
from neutral in at least two of pitch, rate and level by more than a listener's threshold (benchmarks/preview.py).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Acting:
    rate: float = 1.0
    """Ratio to the neutral rate."""
    pitch: float = 0.0
    """Semitones."""
    range: float = 1.0
    """Ratio of the spread of pitch."""
    level: float = 0.0
    """Decibels."""
    tilt: float = 0.0
    """Decibels an octave above 500 Hz: positive is brighter, tenser."""
    breath: float = 0.0
    """0 to 1: how much of the voice is noise."""
    rough: float = 0.0
    """Semitones of fast random pitch."""
    tremor: float = 0.0
    """Semitones of a 6 Hz waver."""
    pause: float = 1.0
    """Ratio of the pauses between sentences."""
    rise: float = 0.0
    """Semitones that the end of a sentence goes up (or down)."""
    unvoiced: bool = False


NEUTRAL = Acting()

ACTING: dict[str, Acting] = {
    "neutral": NEUTRAL,
    "happy": Acting(rate=1.14, pitch=3.0, range=1.35, level=1.5, tilt=0.8, pause=0.85, rise=0.6),
    "sad": Acting(rate=0.80, pitch=-2.6, range=0.6, level=-3.2, tilt=-1.6, breath=0.15, pause=1.4, rise=-1.0),
    "angry": Acting(rate=1.15, pitch=2.6, range=1.35, level=4.0, tilt=1.8, rough=0.25, pause=0.8, rise=-1.0),
    "fearful": Acting(rate=1.20, pitch=4.2, range=1.1, level=0.5, breath=0.1, tremor=0.35, pause=1.1, rise=0.5),
    "surprised": Acting(rate=1.02, pitch=4.6, range=1.5, level=2.8, tilt=0.6, rise=3.0),
    "disgusted": Acting(rate=0.83, pitch=-2.4, range=0.9, level=-0.5, tilt=-0.4, rough=0.3, pause=1.2, rise=-1.5),
    "calm": Acting(rate=0.86, pitch=-1.2, range=0.75, level=-2.6, tilt=-0.7, breath=0.05, pause=1.3),
    "excited": Acting(rate=1.22, pitch=4.8, range=1.45, level=3.2, tilt=1.2, pause=0.75, rise=1.0),
    "tender": Acting(rate=0.85, pitch=0.8, range=0.85, level=-3.2, tilt=-1.4, breath=0.2, pause=1.2, rise=-0.5),
    "whisper": Acting(rate=0.88, level=-6.5, breath=1.0, pause=1.1, unvoiced=True),
    "serious": Acting(rate=0.87, pitch=-2.1, range=0.7, tilt=0.2, pause=1.25, rise=-1.0),
    "sarcastic": Acting(rate=0.82, pitch=-3.0, range=1.45, level=0.4, tilt=0.3, pause=1.15, rise=-2.0),
    "tired": Acting(rate=0.76, pitch=-2.6, range=0.6, level=-3.6, tilt=-1.8, breath=0.22, pause=1.6, rise=-1.5),
}


def acting_for(emotion: str) -> Acting:
    """The row of a standard emotion; a personality's own emotion is spoken neutral."""
    return ACTING.get(emotion, NEUTRAL)
