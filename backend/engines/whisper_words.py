"""What a window of Whisper's tokens says: segments between the times the model writes, words, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backend.core.types import WordTiming
from backend.engines.listening import RATE, Utterance

HOP = 160  # samples of a frame
WINDOW = 3000  # frames that are heard at once
PER_TIME = 2  # frames of the smallest step that the model writes
STEP = PER_TIME * HOP / RATE
"""Seconds of that."""
MEDIAN = 0.7
"""Seconds of a word in the middle of all, at most."""
BEFORE, BEHIND = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Punctuation that belongs to the word after it, and to the word before it."""


@dataclass(frozen=True)
class Segment:
    """What stands between two times."""

    start: float
    end: float
    tokens: tuple[int, ...]
    """Of text alone."""


def cut(tokens: Sequence[int], first: int, size: int) -> tuple[list[Segment], int]:
    """Segments of a window of `size` frames, and the frames after which the next one begins.

    `first` is the token of time 0. Text behind the last pair of times is heard again in the next window.
    """
    is_time = [token >= first for token in tokens]
    ends = [at + 1 for at in range(len(tokens) - 1) if is_time[at] and is_time[at + 1]]
    ends_with_one = is_time[-2:] == [False, True]
    if not ends:
        times = [token - first for token in tokens if token >= first]
        end = times[-1] * STEP if times and times[-1] else size * HOP / RATE
        return [Segment(0.0, end, _text(tokens, first))], size
    if ends_with_one:
        ends.append(len(tokens))
    found = [
        Segment((part[0] - first) * STEP, (part[-1] - first) * STEP, _text(part, first))
        for begin, end in zip([0, *ends], ends, strict=False)
        if (part := tokens[begin:end])
    ]
    return found, size if ends_with_one else (tokens[ends[-1] - 1] - first) * PER_TIME


def _text(tokens: Sequence[int], first: int) -> tuple[int, ...]:
    """Tokens of text; those that command lie between text and times."""
    return tuple(token for token in tokens if token < first - COMMANDS)


COMMANDS = 107
"""Tokens between the last of text and the first time, at least: the end, the languages, the tasks."""


def words_of(tokens: Sequence[int], alignments: Sequence[tuple[int, int]], words: Any) -> list[tuple[WordTiming, int]]:
    """Every word of a window with its times from the window's start, and its number of tokens.

    `alignments` are pairs of a token's place and a time in steps, both growing.
    """
    texts, parts = words.split_to_word_tokens([*tokens, words.eot])
    place, time = np.array(alignments).T
    starts = time[np.r_[True, np.diff(place) > 0]] * STEP  # of each token
    edges = np.r_[0, np.cumsum([len(part) for part in parts[:-1]])]
    edges = np.minimum(edges, len(starts) - 1)
    return [
        (WordTiming(text, float(starts[edges[index]]), float(starts[edges[index + 1]])), len(part))
        for index, (text, part) in enumerate(zip(texts[:-1], parts[:-1], strict=True))
    ]


def utterances(
    segments: Sequence[Segment], timed: Sequence[tuple[WordTiming, int]], words: Any, offset: float, seconds: float
) -> Iterator[Utterance]:
    """Segments with their words, timed from the start of all, within it."""
    left = list(timed)
    longest = _longest([word for word, _ in timed])
    for segment in segments:
        mine: list[WordTiming] = []
        taken = 0
        while left and taken < len(segment.tokens):
            word, count = left.pop(0)
            taken += count
            mine.append(word)
        if mine and mine[0].end - mine[0].start > longest:  # the pause before it was taken for a part of it
            mine[0] = WordTiming(mine[0].word, mine[0].end - longest, mine[0].end)
        text = words.decode(list(segment.tokens)).strip()
        first, last = (mine[0].start, mine[-1].end) if mine else (segment.start, segment.end)
        start = min(offset + first, seconds)
        if text and start < seconds:
            placed = [
                WordTiming(word.word.strip(), min(offset + word.start, seconds), min(offset + word.end, seconds))
                for word in with_punctuation(mine)
                if word.word.strip()
            ]
            yield Utterance(start, max(start, min(offset + last, seconds)), text, tuple(placed))


def _longest(words: Sequence[WordTiming]) -> float:
    """Seconds of the longest word to be believed: twice the middle one."""
    lengths = [word.end - word.start for word in words if word.end > word.start]
    return 2 * min(MEDIAN, float(np.median(lengths))) if lengths else 2 * MEDIAN


def with_punctuation(words: Sequence[WordTiming]) -> list[WordTiming]:
    """Punctuation joined to the word it belongs to."""
    joined: list[WordTiming] = []
    opening: WordTiming | None = None
    for word in words:
        if opening is not None:
            word = WordTiming(opening.word + word.word, word.start, word.end)
            opening = None
        bare = word.word.strip()
        if bare and bare in BEFORE and word.word.startswith(" "):
            opening = word
        elif bare and bare in BEHIND and joined and not joined[-1].word.endswith(" "):
            joined[-1] = WordTiming(joined[-1].word + word.word, joined[-1].start, joined[-1].end)
        else:
            joined.append(word)
    return joined if opening is None else [*joined, opening]
