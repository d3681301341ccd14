"""Near misses: which known word somebody meant who typed one or two letters wrong. Knows nothing of what words name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

SHORTEST = 4
"""Letters below which nothing is a near miss: among short words every word is near some other."""
LONG = 8
"""Letters from which two mistakes are forgiven; below it one."""
STURDY, STURDY_MAIN = 7, 5
"""Letters from which a wrong letter is forgiven at all, in any word and in a main one: `form` is not `firm`."""


@dataclass(frozen=True)
class NearMiss:
    meant: str | None
    """What the nearest word names; None when two things are equally near."""
    guess: str
    """The nearest word itself, for "did you mean"."""


class NearMisses:
    """Looks up folded words in a table of folded word → what it names. `main`: words that are likeliest to be meant."""

    def __init__(self, table: Mapping[str, str], main: Collection[str] = ()) -> None:
        self._main = frozenset(main)
        self._short_main = {word for word in self._main if len(word) == SHORTEST - 1}
        """Main words too short for mistakes, except a letter typed twice: `sadd`."""
        self._by_length: dict[int, list[tuple[str, str, int]]] = {}
        for word, named in table.items():
            if len(word) >= SHORTEST:
                self._by_length.setdefault(len(word), []).append((word, named, _letters(word)))

    def find(self, word: str) -> NearMiss | None:
        """The nearest known word within the forgiven mistakes; None if there is none."""
        allowed = mistakes_allowed(word)
        if not allowed:
            return None
        squeezed = "".join(letter for letter, _ in groupby(word))
        if squeezed in self._short_main:
            return NearMiss(squeezed, squeezed)
        near: dict[int, list[tuple[str, str]]] = {}
        for known, named in self._candidates(word, allowed):
            sturdy = len(known) >= (STURDY_MAIN if known in self._main else STURDY)
            mistakes = distance(word, known, allowed, wrong_letter=1 if sturdy else 2)
            if mistakes <= min(allowed, mistakes_allowed(known)):
                near.setdefault(mistakes, []).append((known, named))
        if not near:
            return None
        best = near[min(near)]
        meanings = {named for _, named in best}
        return NearMiss(best[0][1] if len(meanings) == 1 else None, best[0][0])

    def _candidates(self, word: str, allowed: int) -> Iterable[tuple[str, str]]:
        """Known words of about that length and letters that begin alike: people seldom miss the first letter."""
        letters = _letters(word)
        for length in range(len(word) - allowed, len(word) + allowed + 1):
            for known, named, known_letters in self._by_length.get(length, ()):
                begins_alike = word[0] == known[0] or word[:2] == known[1::-1]
                if begins_alike and (letters ^ known_letters).bit_count() <= 2 * allowed:
                    yield known, named


def mistakes_allowed(word: str) -> int:
    if len(word) < SHORTEST:
        return 0
    return 1 if len(word) < LONG else 2


def _letters(word: str) -> int:
    """A set of the word's letters as bits; one mistake changes at most two of them."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) % 61)
    return bits


def distance(one: str, other: str, limit: int, wrong_letter: int = 1) -> int:
    """Damerau-Levenshtein: 1 to insert, drop or swap neighbours, `wrong_letter` to change; at most limit + 1."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, known in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + wrong_letter * (letter != known))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == known:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return min(last[-1], limit + 1)
