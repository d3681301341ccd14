"""Which words of a text belong to a part of its recording, and how the words of two parts follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate

ENDS = frozenset(".!?…。！？؟।,;:，、；：")
"""Signs before which people pause."""
DENSE = "\u2e80"
"""From here on scripts are written without spaces."""
LEAST_ALIKE = 0.6
"""Share of letters that must agree, before what was heard says where a text ends."""
AT_A_SIGN = 0.4
"""How much nearer a boundary counts that follows a sign, where the recording was cut in a pause."""


def units_of(text: str) -> list[str]:
    """Words, or signs in a script that has no spaces."""
    words = text.split()
    if len(words) > 1 or not any(letter >= DENSE for letter in text):
        return words
    return list(text.strip())


def said(text: str, share: float, in_pause: bool = False) -> str:
    """The beginning of a text of which this share (0 to 1, of the time spoken) was said; an estimate by length."""
    units = units_of(text)
    if not units or share <= 0:
        return ""
    if share >= 1:
        return text.strip()
    reached = [0, *accumulate(len(unit) + 1 for unit in units)]

    def distance(count: int) -> float:
        away = abs(reached[count] / reached[-1] - share)
        return away * AT_A_SIGN if in_pause and units[count - 1][-1] in ENDS else away

    return first_units(text, min(range(1, len(units) + 1), key=distance))


def first_units(text: str, count: int) -> str:
    """So many units from the beginning of a text, written as it writes them."""
    units = units_of(text)
    if count >= len(units):
        return text.strip()
    spaced = len(text.split()) > 1
    return (" " if spaced else "").join(units[:count])


def until(text: str, words: Sequence[tuple[str, float]], seconds: float) -> str:
    """The words whose middle (given beside each) lies before `seconds`, as the text writes them where it can."""
    heard = [word for word, middle in words if middle < seconds]
    if len(words) == len(units_of(text)):
        return first_units(text, len(heard)) if heard else ""
    spaced = len(text.split()) > 1
    return (" " if spaced else "").join(heard)


def fitting(text: str, heard: str) -> str:
    """The beginning of a text that is most like what a recogniser heard; empty where none is like it."""
    wanted = _bare(heard)

    def alike(count: int) -> float:
        return SequenceMatcher(None, _bare(first_units(text, count)), wanted, autojunk=False).ratio()

    best = max(range(1, len(units_of(text)) + 1), key=alike, default=0)
    return first_units(text, best) if best and alike(best) >= LEAST_ALIKE else ""


def _bare(text: str) -> str:
    """Letters and digits, whatever their case."""
    return "".join(filter(str.isalnum, text.casefold()))


def joined(first: str, second: str) -> str:
    """Both texts in this order. Empty where one is: a text that leaves words out would mislead whoever clones by it."""
    first, second = first.strip(), second.strip()
    if not first or not second:
        return ""
    return first + second if first[-1] >= DENSE and second[0] >= DENSE else f"{first} {second}"
