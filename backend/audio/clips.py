"""Where one long recording is cut into clips: at its natural pauses, 3 to 15 seconds each. Times in seconds.

Pauses are told by level against the noise and the speech around them, so that a whisper and a shout may stand in one
recording; which pauses become cuts is decided by the least sum of small costs over the whole recording.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from backend.audio.prosody import STEP, Array, Frames

AROUND = 15.0  # seconds on each side in which noise and speech are looked for
LEAST_RANGE = 9.0  # decibels between noise and speech; less is a steady sound, in which nobody speaks
RISE = (6.0, 15.0)  # decibels over the noise from which something is heard; a third of the range, within these
DEEPEST = 45.0  # decibels under the speech at which a pause is silent whatever lies beneath
FAINT = 3.5  # decibels over the noise from which a sound beside a word may belong to it
NOISY = 12.0  # decibels between noise and what is surely heard, under which such sounds are looked for
NEAR = 0.3  # seconds beside a word in which they are
MELT = 0.15  # seconds: shorter gaps are the closures of p, t, k
BREATH = 0.6  # seconds; a weak voiceless sound in a pause that is shorter is no word
WEAK = 15.0  # decibels under the speech around
CLICK = 0.05  # seconds; nothing that is shorter is a word
PAUSE = 0.2  # seconds from which a pause may become a cut
MARGIN = 0.06  # seconds kept before and behind speech, at most half of the pause
LEAST, SHORT, GOOD, LONG, MOST = 1.0, 3.0, 5.0, 12.0, 15.0  # seconds of a clip
FURTHEST = 20.0  # seconds beyond which no two stretches are taken together
APART = 1.5  # seconds of a pause across which no clip goes
EACH = 0.3  # what a clip costs, so that fewer are better


@dataclass(frozen=True)
class Stretch:
    """A time in which something is said."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def clips(frames: Frames) -> list[Stretch]:
    """The clips of a recording, in order; those under a second are left out."""
    spoken = [piece for stretch in stretches(frames) for piece in _no_longer(stretch, frames.level)]
    found = [Stretch(spoken[first].start, spoken[last].end) for first, last in _taken_together(spoken)]
    return [one for one in _with_margins(found, len(frames) * STEP) if one.seconds >= LEAST]


def stretches(frames: Frames) -> list[Stretch]:
    """What is said without a pause of 0.2 s, edges as they are heard."""
    level = _smooth(frames.level)
    noise, speech = _surroundings(level)
    sure = _threshold(noise, speech)
    heard = (level > sure) & (speech - noise >= LEAST_RANGE)
    heard |= _beside(heard, level > np.maximum(noise + FAINT, sure - np.clip(NOISY - (sure - noise), 0, FAINT)))
    runs = _melted(_runs(heard), round(MELT / STEP))
    words = [run for run in runs if _is_word(run, frames, level, speech)]
    return [Stretch(first * STEP, last * STEP) for first, last in _melted(words, round(PAUSE / STEP))]


def _smooth(level: Array) -> Array:
    """Levels over 30 ms."""
    return np.asarray(10 * np.log10(uniform_filter1d(10 ** (level / 10), 3) + 1e-12))


def _surroundings(level: Array) -> tuple[Array, Array]:
    """Level of noise and of speech around each frame, both (n_frames,)."""
    if not len(level):
        return level, level
    hop, reach = round(2.0 / STEP), round(AROUND / STEP)
    middles = np.arange(0, len(level) + hop, hop)
    windows = [level[max(0, middle - reach) : middle + reach] for middle in middles]
    rows = np.array([np.percentile(one, (5, 95)) if len(one) else (np.nan, np.nan) for one in windows])
    known = ~np.isnan(rows[:, 0])
    at = np.arange(len(level))
    noise, speech = (np.interp(at, middles[known], rows[known, column]) for column in (0, 1))
    return noise, np.maximum(speech, np.percentile(level, 95) - DEEPEST)


def _threshold(noise: Array, speech: Array) -> Array:
    return np.maximum(noise + np.clip((speech - noise) / 3, *RISE), speech - DEEPEST)


def _beside(heard: NDArray[np.bool_], faint: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Faint frames without a gap to a heard one, at most 0.3 s away from it: soft beginnings and ends in noise."""
    found = heard.copy()
    for _ in range(round(NEAR / STEP)):
        grown = found.copy()
        grown[1:] |= found[:-1]
        grown[:-1] |= found[1:]
        found |= grown & faint
    return found


def _runs(heard: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First frame and the one behind the last, of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], heard, [False]]).astype(np.int8)))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _melted(runs: list[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    """Runs that less than `gap` frames part become one."""
    found: list[tuple[int, int]] = []
    for first, last in runs:
        if found and first - found[-1][1] < gap:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found


def _is_word(run: tuple[int, int], frames: Frames, level: Array, speech: Array) -> bool:
    first, last = run
    seconds = (last - first) * STEP
    if seconds < CLICK:
        return False
    voiceless = not (frames.f0[first:last] > 0).sum() >= 3
    weak = float((level[first:last] - speech[first:last]).max()) < -WEAK
    return not (voiceless and weak and seconds < BREATH)


def _no_longer(stretch: Stretch, level: Array) -> list[Stretch]:
    """Speech without a pause for longer than a clip may be, cut where it is quietest over a tenth of a second."""
    quiet = uniform_filter1d(level, round(0.1 / STEP))
    found = []
    while stretch.seconds > MOST:
        parts = int(np.ceil(stretch.seconds / LONG))
        middle = stretch.start + stretch.seconds / parts
        first, last = round((middle - 2.5) / STEP), round((middle + 2.5) / STEP)
        cut = (first + int(np.argmin(quiet[first:last]))) * STEP
        found.append(Stretch(stretch.start, cut))
        stretch = replace(stretch, start=cut)
    return [*found, stretch]


def _taken_together(spoken: list[Stretch]) -> list[tuple[int, int]]:
    """Which stretches make a clip: (first, last) of each. The cheapest division of all, by dynamic programming."""
    best: list[tuple[float, int]] = [(0.0, 0)]  # cost of all up to here, first stretch of the last clip
    for last in range(len(spoken)):
        offers = []
        inside = 0.0
        for first in range(last, -1, -1):
            if first < last:
                inside += _cost_inside(spoken[first + 1].start - spoken[first].end)
            seconds = spoken[last].end - spoken[first].start
            if first < last and (seconds > FURTHEST or inside == np.inf):
                break
            cut = _cost_of_cut(spoken[first].start - spoken[first - 1].end) if first else 0.0
            offers.append((best[first][0] + EACH + _cost_of_length(seconds) + inside + cut, first))
        best.append(min(offers))
    found = []
    at = len(spoken)
    while at:
        first = best[at][1]
        found.append((first, at - 1))
        at = first
    return found[::-1]


def _cost_of_length(seconds: float) -> float:
    if seconds < SHORT:
        return 2.0 + 3 * (SHORT - seconds)
    if seconds < GOOD:
        return GOOD - seconds
    if seconds <= LONG:
        return 0.0
    return 0.3 * (seconds - LONG) if seconds <= MOST else 1.0 + 3 * (seconds - MOST)


def _cost_inside(pause: float) -> float:
    """Of a pause that stays within a clip: long ones are where people change their mind, or their mood."""
    return np.inf if pause > APART else 6 * max(0.0, pause - 0.35)


def _cost_of_cut(pause: float) -> float:
    return 8 * max(0.0, 0.5 - pause)


def _with_margins(found: list[Stretch], seconds: float) -> list[Stretch]:
    """A little of the silence around each, never more than half of it."""
    ends = [0.0, *(one.end for one in found)]
    starts = [*(one.start for one in found), seconds]
    before = [min(MARGIN, (start - end) / 2) for end, start in zip(ends, starts, strict=True)]
    return [
        Stretch(max(0.0, one.start - before[number]), min(seconds, one.end + before[number + 1]))
        for number, one in enumerate(found)
    ]
