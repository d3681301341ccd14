"""Puts together what was heard in pieces that overlap: at a seam each word is taken once. Knows no sound."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from backend.audio.activity import OVERLAP, Piece
from backend.core.types import WordTiming
from backend.engines.listening import Utterance

NEAR = 0.35  # seconds by which two hearings of one word may differ
RUN = 10
"""Words at a seam that are compared where no times are known."""
_NO_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_NO_SPACES}]|[^\s{_NO_SPACES}]+")


def joined(cut: Sequence[Piece], heard: Sequence[Sequence[Utterance]]) -> tuple[Utterance, ...]:
    """All utterances in order; `heard` holds those of each piece, timed from the start of the recording."""
    found: list[Utterance] = []
    for piece, utterances in zip(cut, heard, strict=True):
        if found and utterances and piece.first > 0:
            left, right = _sewn(found, list(utterances), piece.first)
            found = [*left, *right]
        else:
            found += utterances
    return tuple(found)


def _sewn(left: list[Utterance], right: list[Utterance], seam: float) -> tuple[list[Utterance], list[Utterance]]:
    """Both sides of a cut through speech without what the other side has."""
    if not left[-1].words or not right[0].words:
        ending, following = _without_repeat(left[-1], right[0])
        return [*left[:-1], ending], [following, *right[1:]] if following.text else right[1:]
    before = [word for each in left for word in each.words]
    behind = [word for each in right for word in each.words]
    same = _same_word(before, behind, seam)
    if same is None:  # nothing was heard alike: each word to the side that holds its middle
        last = sum(_middle(word) < seam for word in before)
        first = sum(_middle(word) < seam for word in behind)
    else:
        last, first = same[0] + 1, same[1] + 1
    return list(_kept(left, 0, last)), list(_kept(right, first, len(behind)))


def _same_word(before: Sequence[WordTiming], behind: Sequence[WordTiming], seam: float) -> tuple[int, int] | None:
    """Places of a word that both sides heard at the same time, the nearest to the seam."""
    pairs = [
        (abs(_middle(a) - seam), i, j)
        for i, a in enumerate(before)
        if abs(_middle(a) - seam) <= OVERLAP
        for j, b in enumerate(behind)
        if abs(_middle(a) - _middle(b)) <= NEAR and plain(a.word) == plain(b.word)
    ]
    return min(pairs)[1:] if pairs else None


def _middle(word: WordTiming) -> float:
    return (word.start + word.end) / 2


def plain(word: str) -> str:
    """Letters and digits alone, small: how words are compared."""
    return "".join(c for c in unicodedata.normalize("NFKC", word).casefold() if c.isalnum())


def _kept(utterances: Sequence[Utterance], first: int, last: int) -> Iterator[Utterance]:
    """Only words number `first` up to `last`, counted over all utterances."""
    at = 0
    for each in utterances:
        start, end = max(0, first - at), min(len(each.words), last - at)
        at += len(each.words)
        if start == 0 and end == len(each.words):
            yield each
        elif start < end:
            words = each.words[start:end]
            text = _between(each, start, end)
            yield replace(each, start=words[0].start, end=words[-1].end, words=words, text=text)


def _between(each: Utterance, first: int, last: int) -> str:
    """The text of words `first` up to `last` as it is written, with what stands between them."""
    ends, at = [0], 0
    for word in each.words:
        found = each.text.find(word.word, at)
        at = found + len(word.word) if found >= 0 else at
        ends.append(at)
    ends[-1] = len(each.text)
    return each.text[ends[first] : ends[last]].strip()


def _without_repeat(before: Utterance, behind: Utterance) -> tuple[Utterance, Utterance]:
    """Without times: the longest run of words that both have where they meet stays on one side; what stands outside
    of it there was cut in the middle."""
    left, right = _spans(before.text)[-RUN:], _spans(behind.text)[:RUN]
    said = [plain(before.text[a:b]) for a, b in left]
    again = [plain(behind.text[a:b]) for a, b in right]
    run = _longest_run(said, again)
    if run is None:
        return before, behind
    last, first = run
    kept = before.text[: left[last][1]]
    return replace(before, text=kept), replace(behind, text=behind.text[right[first][1] :].strip())


def _longest_run(said: Sequence[str], again: Sequence[str]) -> tuple[int, int] | None:
    """Where the longest run of equal words ends on both sides; of equally long ones the nearest to the seam."""
    for size in range(min(len(said), len(again)), 0, -1):
        for last in range(len(said), size - 1, -1):
            for first in range(size, len(again) + 1):
                if said[last - size : last] == again[first - size : first]:
                    return last - 1, first - 1
    return None


def _spans(text: str) -> list[tuple[int, int]]:
    """Where words lie in a text; of scripts without spaces, where each letter does."""
    return [found.span() for found in _WORD.finditer(text)]
