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
from backend.speech.verify_length import Expected, expected
from backend.text.length import letters_of

SILENT = -55.0  # dBFS of the louder tenth of a line that is silent
QUIET = 25.0  # dB under the louder speech: a pause
LONGEST_PAUSE = 1.3  # seconds
SPOKEN = 35.0  # dB under the louder speech where sound begins and ends
CLIPPED = 0.0003  # share of samples in flat tops
ALIKE = 0.80  # cosine of a stretch that comes again
ECHO = 0.6  # seconds that are compared
LONGEST_ECHO = 0.8  # seconds that may come again by chance
STILL = 0.97  # cosine of a spectrum that does not change
LONGEST_STILL = 1.2  # seconds
FLAT = 2.5  # dB: a spectrum as flat as noise
NEAR = 12.0  # dB under the loudest: as loud as speech
LONGEST_NOISE = 0.24  # seconds
RELEASE = 24.0  # dB that a voice falls before it ends
RISE, RELEASE_OF_RISING = 8.0, 46.0
"""dB by which the very last sound rises where it was cut at a beginning; it has to be that quiet not to count."""
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
    again = said_again(text)
    limit = LONGEST_ECHO + (2.0 * expected(again, speed, own_rate).seconds if again else 0.0)
    found = traces.echo(trace, ALIKE, ECHO, 0.14, 12.0)
    if found.seconds > limit:
        words = f"{found.seconds:.1f} s of it come again after {found.lag:.1f} s"
    else:
        words = f"At most {found.seconds:.1f} s of it come again"
    return Check(
        "repetition",
        found.seconds <= limit,
        round(found.seconds, 2),
        round(limit, 2),
        f"{words}; the text allows for {limit:.1f} s.",
    )


def said_again(text: str) -> str:
    """The longest run of letters that a text itself holds twice, without spaces."""
    letters = re.sub(r"\W+", "", text.casefold())
    best = ""
    for start in range(len(letters)):
        while letters.find(letters[start : start + len(best) + 1], start + 1) >= 0 and start + len(best) < len(letters):
            best = letters[start : start + len(best) + 1]
    return best if letters_of(best) >= 4 else ""


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
    limit = RELEASE if end.rise < RISE else RELEASE_OF_RISING
    text = f"Its end is {end.fall:.0f} dB under the speech; under {limit:.0f} dB it is cut off."
    return Check("cut-end", end.fall >= limit, round(end.fall, 1), limit, text)


def _clipped(samples: Samples) -> Check:
    share = traces.clipped(samples)
    text = f"{100 * share:.2f} % of it is overdriven; more than {100 * CLIPPED:.2f} % is heard."
    return Check("clipped", share <= CLIPPED, round(share, 5), CLIPPED, text)
