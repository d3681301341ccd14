"""When each word of a sentence is spoken: worker events to word timings. Times are seconds.

espeak-ng merges words ("of the") and reports none for marks; units without an event share the time of the event
before them by their length.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from backend.core.types import WordTiming
from backend.engines.preview.text import Unit

SHORTEST = 0.005  # seconds; what a word gets at least, so that captions are strictly monotonic


def place_units(spans: Sequence[tuple[int, int]], events: Sequence[tuple[int, float]]) -> list[float | None]:
    """For each unit's character span [a, b) of the text given to the worker, when its first event came, if any.

    `events` are (character position, seconds). Positions may drift by a character at letters with marks, hence the
    tolerance of one towards the unit that follows.
    """
    starts: list[float | None] = [None] * len(spans)
    index = 0
    for position, seconds in events:
        while index + 1 < len(spans) and position + 1 >= spans[index + 1][0] and position >= spans[index][1] - 1:
            index += 1
        if starts[index] is None:
            starts[index] = seconds
    return starts


def time_words(units: Sequence[Unit], starts: Sequence[float | None], end: float) -> tuple[WordTiming, ...]:
    """One timing a caption, strictly increasing within [0, end], whatever the events were.

    A token too long for one sentence has its caption in the first; its end is that sentence's end.
    """
    begins = _fill(units, starts, end)
    ends = [*begins[1:], end]
    words: list[WordTiming] = []
    for unit, begin, finish in zip(units, begins, ends, strict=True):
        if unit.caption:
            words.append(WordTiming(unit.caption, begin, finish))
        elif words:  # the token before it goes on
            words[-1] = WordTiming(words[-1].word, words[-1].start, finish)
    return tuple(words)


def _fill(units: Sequence[Unit], starts: Sequence[float | None], end: float) -> list[float]:
    """Starts of all units: known ones made monotonic, unknown ones spread by length in between."""
    known = _anchors(starts, end)
    filled: list[float] = []
    for (first, begin), (stop, finish) in itertools.pairwise(known):
        lengths = [max(len(unit.spoken), 1) for unit in units[first:stop]]
        total, passed = sum(lengths), 0
        for length in lengths:
            filled.append(begin + (finish - begin) * passed / total)
            passed += length
    return filled


def _anchors(starts: Sequence[float | None], end: float) -> list[tuple[int, float]]:
    """(unit, seconds) from (0, 0) to (n, end), rising by SHORTEST a unit or more; what does not fit is left out."""
    count = len(starts)
    step = min(SHORTEST, end / (count + 1))
    anchors = [(0, 0.0)]
    for index, seconds in enumerate(starts[1:], 1):
        last, at = anchors[-1]
        if seconds is not None and at + step * (index - last) <= seconds <= end - step * (count - index):
            anchors.append((index, seconds))
    return [*anchors, (count, end)]
