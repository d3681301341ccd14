"""Cheap checks of a spoken line by signal measures: does it sound at all, whole, once, and as long as its text?

Knows no words and no voices: what costs more is in `verify_words` and `verify_voice`. Every check says what it
measured, its limit, and a sentence. Limits are calibrated by `benchmarks/verify.py` so that good speech passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from backend.audio import trace as traces
from backend.audio.trace import Trace
from backend.core.types import Samples
from backend.speech.verify_length import USUAL, Expected, expected

SILENT = -55.0  # dBFS of the louder tenth of a line that is silent
QUIET = 25.0  # dB under the louder speech: a pause
LONGEST_PAUSE = 1.3  # seconds
SPOKEN = 35.0  # dB under the louder speech where sound begins and ends
MOST_FLAT = 2  # peaks cut flat that a line may have
ECHO = 0.6  # seconds that are compared
ECHOES = ((0.80, 0.84), (0.90, 0.64))
"""Cosine of a stretch that comes again, and seconds of it that may by chance: the more alike, the fewer."""
SHORTEST_LAG, LONGEST_LAG = 0.08, 12.0
"""Seconds between a stretch and its likeness."""
SHORTEST_REPEAT = 4  # letters
EARLIEST, LATEST, PAUSES = 0.5, 1.6, 0.6
"""When a text's own repetition is heard: shares of the time that its letters take by the rate, and seconds more."""
SLOWER = 1.5  # times that a stretch may last longer than by the rate
STILL = 0.97  # cosine of a spectrum that does not change
LONGEST_STILL = 1.2  # seconds
FLAT = 2.5  # dB: a spectrum as flat as noise
NEAR = 12.0  # dB under the loudest: as loud as speech
LONGEST_NOISE = 0.24  # seconds
RELEASE = {"falling": 24.0, "steady": 28.0, "rising": 46.0}
"""dB under the speech that the last sound must have reached, by how it moves: what rises was cut at a beginning."""
RISE = 8.0  # dB by which it moves, or it is steady
LEAST_RELEASE = 20.0  # dB, where the room itself is loud
ABOVE_ROOM = 6.0  # dB
UNPLAYABLE = frozenset({"no-sound", "not-finite"})


@dataclass(frozen=True)
class Check:
    """One look at a line."""

    code: str
    """What is wrong if it is not ok."""
    ok: bool
    measured: float | None
    limit: float | None
    text: str

    def as_wire(self) -> dict[str, Any]:
        return asdict(self) | {"ok": bool(self.ok)}


def cheap_checks(
    samples: Samples, rate: int, text: str, speed: float = 1.0, own_rate: float | None = None
) -> list[Check]:
    """All that the signal tells of a line as the engine gave it, shape (n_samples,); one if it cannot be played.

    `own_rate`: letters a second of this voice, where they are known.
    """
    if not len(samples):
        return [Check("no-sound", False, 0.0, 0.0, "The engine gave no sound.")]
    if not np.isfinite(samples).all():
        return [Check("not-finite", False, None, None, "The sound holds values that are no numbers.")]
    trace = Trace(samples, rate)
    if trace.voice < SILENT:
        return [_silent(trace), *_too_short(0.0, expected(text, speed, own_rate))]
    return [
        _silent(trace),
        _pause(trace, speed),
        *_length(traces.spoken_seconds(trace, SPOKEN), expected(text, speed, own_rate)),
        _repetition(trace, text, speed, own_rate),
        _standstill(trace, speed),
        _noise(trace),
        _ending(trace),
        _clipped(samples),
    ]


def problems_of(checks: Iterable[Check]) -> list[str]:
    """Codes of what is wrong, in the order of the checks."""
    return [check.code for check in checks if not check.ok]


def _silent(trace: Trace) -> Check:
    text = f"Its louder parts are at {trace.voice:.0f} dB; below {SILENT:.0f} dB it would be silence."
    return Check("silent", trace.voice >= SILENT, round(trace.voice, 1), SILENT, text)


def _pause(trace: Trace, speed: float) -> Check:
    longest, limit = traces.longest_pause(trace, QUIET), LONGEST_PAUSE / min(1.0, speed)
    text = f"The longest pause lasts {longest:.1f} s; at most {limit:.1f} s are usual inside of a line."
    return Check("pause", longest <= limit, round(longest, 2), round(limit, 2), text)


def _length(seconds: float, asked: Expected) -> Iterator[Check]:
    yield from _too_short(seconds, asked)
    by = "this voice's own rate" if asked.own else "people's usual rate"
    text = f"It lasts {seconds:.1f} s; by {by} its text takes {asked.seconds:.1f} s, at most {asked.most:.1f} s."
    yield Check("too-long", seconds <= asked.most, round(seconds, 2), round(asked.most, 2), text)


def _too_short(seconds: float, asked: Expected) -> Iterator[Check]:
    text = f"It lasts {seconds:.1f} s; its text takes {asked.least:.1f} s at least."
    yield Check("too-short", seconds >= asked.least, round(seconds, 2), round(asked.least, 2), text)


def _repetition(trace: Trace, text: str, speed: float, own_rate: float | None) -> Check:
    a_letter = 1 / ((own_rate or USUAL) * speed)
    repeats = [(length * a_letter, lag * a_letter) for length, lag in said_again(text)]

    def of_text(lag: float) -> float:
        """Seconds that come again after a lag because the text says them again about then."""
        own = (length for length, after in repeats if EARLIEST * after <= lag <= LATEST * after + PAUSES)
        return SLOWER * max(own, default=0.0)

    found = [
        (heard, chance + of_text(heard.lag))
        for least, chance in ECHOES
        for heard in (traces.echo(trace, least, ECHO, (SHORTEST_LAG, LONGEST_LAG), of_text),)
    ]
    heard, limit = max(found, key=lambda pair: pair[0].seconds - pair[1])
    text = f"{heard.seconds:.1f} s of it come again {heard.lag:.1f} s later; by its text at most {limit:.1f} s do."
    if heard.seconds == 0:
        text = "No stretch of it comes again."
    return Check("repetition", heard.seconds <= limit, round(heard.seconds, 2), round(limit, 2), text)


def said_again(text: str) -> list[tuple[int, int]]:
    """Runs of at least four letters that a text itself says again: their length, and how many letters later."""
    letters = np.array([ord(character) for character in re.sub(r"\W+", "", text.casefold())])
    found = []
    for lag in range(1, len(letters)):
        same = np.flatnonzero(np.diff(np.concatenate([[False], letters[lag:] == letters[:-lag], [False]])))
        longest = int((same[1::2] - same[::2]).max(initial=0))
        if longest >= SHORTEST_REPEAT:
            found.append((longest, lag))
    return found


def _standstill(trace: Trace, speed: float) -> Check:
    found, limit = traces.standstill(trace, STILL), LONGEST_STILL / min(1.0, speed)
    text = f"The sound stands still for {found:.1f} s at most; {limit:.1f} s would be a stuck tone."
    return Check("stuck", found <= limit, round(found, 2), round(limit, 2), text)


def _noise(trace: Trace) -> Check:
    found = traces.noise(trace, FLAT, NEAR)
    text = f"Loud noise lasts {found:.2f} s at most; speech has up to {LONGEST_NOISE:.2f} s."
    return Check("noise", found <= LONGEST_NOISE, round(found, 2), LONGEST_NOISE, text)


def _ending(trace: Trace) -> Check:
    end = traces.ending(trace)
    limit = RELEASE["rising" if end.rise >= RISE else "falling" if end.rise <= -RISE else "steady"]
    if end.rise < RISE:
        limit = min(limit, max(LEAST_RELEASE, trace.room - ABOVE_ROOM))
    text = f"Its end is {end.fall:.0f} dB under the speech; under {limit:.0f} dB it is cut off."
    return Check("cut-end", end.fall >= limit, round(end.fall, 1), limit, text)


def _clipped(samples: Samples) -> Check:
    tops = traces.flat_tops(samples)
    text = f"{tops} of its peaks are cut flat; more than {MOST_FLAT} mean that it is overdriven."
    return Check("clipped", tops <= MOST_FLAT, tops, MOST_FLAT, text)
