"""Words said against words asked: how many differ, and whether a stretch is missing or was made up. Knows no sound.

Distance of V. Levenshtein over words, or over characters where a language writes none apart. What has digits in it can
be written in many ways and is not judged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

QUALITY = 20
"""Of a recogniser whose words count: whisper tiny and better. PocketSphinx mishears every third word."""
MOST_ERRORS = 0.34
"""Share of words that may differ: names, homophones and the recogniser's own errors."""
MOST_LETTERS = 0.2
"""Share of letters that differ, under which words are only written otherwise."""
LONGEST_GAP = 4  # words in a row that may be missing or too many
_APART = re.compile(r"[^\w]+", re.UNICODE)
_NUMBER_WORDS = 6  # words that one number may be spoken in
GLUED = ((0x0E00, 0x0EFF), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
"""Thai, Lao, Khmer, Japanese and Chinese: written without spaces between words."""


@dataclass(frozen=True)
class Words:
    """What was asked and what was heard."""

    asked: str
    said: str
    error_rate: float
    """Insertions, deletions and substitutions as a share of the words asked."""
    letters: float
    """The same of letters."""
    gap: int
    """Longest run of words that are missing or too many."""
    recogniser: str

    @property
    def ok(self) -> bool:
        wrong = self.error_rate > MOST_ERRORS and self.letters > MOST_LETTERS
        return not wrong and not (self.gap > LONGEST_GAP and self.letters > MOST_LETTERS / 2)

    def as_wire(self) -> dict[str, Any]:
        rate = round(self.error_rate, 3)
        return {"asked": self.asked, "said": self.said, "error_rate": rate, "recogniser": self.recogniser}


def compared(asked: str, said: str, recogniser: str = "") -> Words:
    """Both texts as people write them, in one language."""
    ours, theirs = tokens(asked), tokens(said)
    errors, gap = _distance(ours, theirs)
    wanted, heard = ("".join(word for word in words if not _is_number(word)) for words in (ours, theirs))
    letters = _edits(wanted, heard) / max(1, len(wanted))
    return Words(asked, said, errors / max(1, len(ours)), min(letters, errors / max(1, len(ours))), gap, recogniser)


def tokens(text: str) -> list[str]:
    """Words as they sound alike: small letters without marks and accents; characters where there are no spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("'", "")
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c) or _is_glued(c))
    plain = unicodedata.normalize("NFC", plain).replace("ё", "е").replace("ß", "ss")
    apart = "".join(f" {c} " if _is_glued(c) else c for c in plain)
    return [word for word in _APART.split(apart.replace("_", " ")) if word]


def _is_glued(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in GLUED)


def _is_number(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _edits(asked: str, said: str) -> int:
    """Fewest edits between two strings, a row at a time."""
    places = np.arange(len(said) + 1)
    codes = np.array([ord(character) for character in said])
    row = places.copy()
    for number, character in enumerate(asked, 1):
        fresh = np.minimum(row + 1, np.concatenate([[number], row[:-1] + (codes != ord(character))]))
        row = np.minimum.accumulate(fresh - places) + places  # an insertion costs one a place
    return int(row[-1])


def _distance(asked: Sequence[str], said: Sequence[str]) -> tuple[int, int]:
    """Fewest edits, and the longest run of nothing but missing, or nothing but added, on the way there."""
    cost = [[0] * (len(said) + 1) for _ in range(len(asked) + 1)]
    for i in range(len(asked) + 1):
        for j in range(len(said) + 1):
            cost[i][j] = min((cost[a][b] + price for a, b, price in _steps(asked, said, i, j)), default=0)
    i, j, run, longest, kind = len(asked), len(said), 0, 0, (0, 0)
    while i or j:
        a, b, price = next(step for step in _steps(asked, said, i, j) if cost[step[0]][step[1]] + step[2] == cost[i][j])
        step = (i - a, j - b)
        run = run + 1 if price and step == kind and 0 in step else int(bool(price) and 0 in step)
        longest, kind, i, j = max(longest, run), step, a, b
    return cost[-1][-1], longest


def _steps(asked: Sequence[str], said: Sequence[str], i: int, j: int) -> list[tuple[int, int, int]]:
    """Where the cell (i, j) can be reached from, and for how much."""
    found = []
    if i and j:
        found.append((i - 1, j - 1, int(asked[i - 1] != said[j - 1])))
    if i and _is_number(asked[i - 1]):
        found += [(i - 1, j - n, 0) for n in range(1, min(j, _NUMBER_WORDS) + 1)]
    if j and _is_number(said[j - 1]):
        found += [(i - n, j - 1, 0) for n in range(1, min(i, _NUMBER_WORDS) + 1)]
    if i:
        found.append((i - 1, j, 1))
    if j:
        found.append((i, j - 1, 1))
    return found
