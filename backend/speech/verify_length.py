"""How long a text should take: by people's rate, and by the voice's own once it was heard. Seconds; knows no sound."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from statistics import median

from backend.text.length import letters_of

USUAL = 13.5
"""Letters a second between pauses: what people and engines do, from 9 to 20."""
EDGE = 2.0
"""Letters that beginning and end of any line take."""
PAUSE = 0.3  # seconds at a mark inside of a text
_MARK = re.compile(r"[,;:.!?…—–，。！？；：、]+(?=\s*\S)")
FEWEST = 12.0  # letters of a line that shows a voice's rate
ENOUGH = 2  # lines after which a rate is trusted
PLAUSIBLE = (8.0, 20.0)  # letters a second of a reference whose transcript is believed


@dataclass(frozen=True)
class Expected:
    """Seconds from the first sound to the last."""

    seconds: float
    least: float
    most: float
    own: bool
    """Whether the voice's own rate is known."""


@dataclass
class Rates:
    """What a job learns of its voices: letters a second of each, and of each of their emotions."""

    _heard: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def learn(self, voice: str, emotion: str, text: str, seconds: float, speed: float = 1.0) -> None:
        """A line that is sound took so long."""
        letters, speaking = letters_of(text), seconds * speed - pauses_of(text)
        if letters >= FEWEST and speaking > 0.2:
            self._heard.setdefault((voice, emotion), []).append((letters + EDGE) / speaking)

    def learn_reference(self, voice: str, emotion: str, transcript: str, seconds: float) -> None:
        """The recording a voice is cloned from; one whose transcript cannot be what is said teaches nothing."""
        speaking = seconds - pauses_of(transcript)
        if letters_of(transcript) >= FEWEST and speaking > 1.0:
            rate = (letters_of(transcript) + EDGE) / speaking
            if PLAUSIBLE[0] <= rate <= PLAUSIBLE[1]:
                self._heard.setdefault((voice, emotion), []).extend([rate] * ENOUGH)

    def rate(self, voice: str, emotion: str) -> float | None:
        """Letters a second; None where too little was heard of it yet."""
        heard = self._heard.get((voice, emotion), [])
        return median(heard[-15:]) if len(heard) >= ENOUGH else None


def pauses_of(text: str) -> float:
    """Seconds of the pauses that the marks of a text ask for."""
    return PAUSE * len(_MARK.findall(text))


def expected(text: str, speed: float = 1.0, rate: float | None = None) -> Expected:
    """What is plausible for a text. The bounds are calibrated by `benchmarks/verify.py`."""
    own = rate is not None
    letters, marks = letters_of(text), pauses_of(text)
    seconds = (letters + EDGE) / (rate or USUAL) + marks
    most = 1.45 * seconds + 0.7 if own else 2.1 * seconds + 1.8
    least = 0.6 * seconds if own else 0.4 * seconds
    return Expected(seconds / speed, max(0.0, least - 0.05) / speed if letters > 8 else 0.0, most / speed, own)
