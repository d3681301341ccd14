"""Where a part of a recording ends, and the seam at which another recording can follow. Knows no text, no level.

Positions are samples at 24 kHz. Where a pause has no room for a crossfade, the seam lies in its middle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from backend.audio.pauses import Pause, Speech, crossing, quietest
from backend.core.types import STUDIO_RATE as RATE
from backend.core.types import Samples

LEAST = 0.5  # seconds of speech, under which a recording is no part
GAP = 0.06  # seconds from the seam to the nearest word on each side, where the pause has room
REACH = 0.15  # seconds that the seam may move away from the words to be quieter
NEAR = 0.01  # seconds in which a zero crossing is looked for
ROOM = 0.5  # seconds of silence laid around a recording, so that a crossfade always has room

Place = Literal["end", "pause", "between-words", "speech"]
"""Where a part ends: with its recording, in a pause, between words whose times are known, or where it is quietest."""


@dataclass(frozen=True)
class Laid:
    """A recording without offset, its ends softened, with silence laid around it."""

    samples: Samples
    speech: Speech
    words: tuple[tuple[str, int, int], ...]
    """Word, start and end; samples."""
    length: int
    """Of the recording itself, which lies behind the first `ROOM`."""


@dataclass(frozen=True)
class Cut:
    first: int
    """Where its first word begins."""
    last: int
    """Where its last word ends."""
    following: int
    """Where the next word begins; the end of the recording where there is none."""
    place: Place

    def moved(self, by: int) -> Cut:
        return replace(self, first=self.first + by, last=self.last + by, following=self.following + by)


def cut_of(clip: Laid, seconds: float) -> Cut:
    """The beginning of the clip, ended in the best pause near so many seconds."""
    speech, wanted = clip.speech, clip.speech.first + seconds * RATE
    tolerance = max(1.5, 0.35 * seconds) * RATE
    end = Pause(speech.last, int(ROOM * RATE) + clip.length)
    near = [pause for pause in (*speech.pauses, end) if abs(pause.start - wanted) <= tolerance]
    near = [pause for pause in near if pause.start - speech.first >= LEAST * RATE]
    if near or speech.last <= wanted:
        best = max(near, key=lambda pause: _worth(pause, end, wanted, tolerance), default=end)
        return Cut(speech.first, best.start, best.end, "end" if best == end else "pause")
    boundaries = [(stop, start) for (_, _, stop), (_, start, _) in pairwise(clip.words)]
    inside = [pair for pair in boundaries if abs(pair[0] - wanted) <= tolerance]
    if inside:
        stop, start = min(inside, key=lambda pair: abs(pair[0] - wanted))
        return Cut(speech.first, stop, start, "between-words")
    window = max(LEAST * RATE, seconds * RATE - tolerance)
    place = quietest(clip.samples, int(speech.first + window), int(min(speech.last, wanted + tolerance)), RATE)
    return Cut(speech.first, place, place, "speech")


def _worth(pause: Pause, end: Pause, wanted: float, tolerance: float) -> float:
    """Near is good, and so is long: a long pause ends a sentence, and the end of the clip cuts nothing."""
    length = 0.5 if pause == end else min(0.5, pause.length / RATE)
    return length - abs(pause.start - wanted) / tolerance


def leaving(clip: Laid, cut: Cut, half: int) -> int:
    """The seam in the user's clip: a quiet zero crossing behind the last word."""
    if cut.place not in ("end", "pause"):
        return crossing(clip.samples, (cut.last + cut.following) // 2, int(NEAR * RATE))
    first = cut.last + max(half, int(GAP * RATE))
    last = min(cut.following - half, first + int(REACH * RATE))
    if last < first and cut.place == "pause":  # the pause is shorter than the crossfade
        first = last = (cut.last + cut.following) // 2
    return _quiet_crossing(clip.samples, first, max(first, last))


def entering(clip: Laid, cut: Cut, half: int) -> int:
    """The seam in the acted clip: a quiet zero crossing before the first word."""
    last = cut.first - max(half, int(GAP * RATE))
    first = max(int(ROOM * RATE) + half, last - int(REACH * RATE))
    return _quiet_crossing(clip.samples, min(first, last), last)


def _quiet_crossing(samples: Samples, first: int, last: int) -> int:
    place = quietest(samples, first, last, RATE) if last > first else first
    return min(max(crossing(samples, place, int(NEAR * RATE)), first), max(first, last))
