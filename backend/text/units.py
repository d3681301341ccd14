"""Takes a text that arrives in pieces apart where a sentence or a clause has ended for sure. Linear in the length.

Joined, with what was left out at the ends, the units are the text. No bracket is cut in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from backend.text.sentences import pack, sentences

Granularity = Literal["none", "sentence", "clause"]
PATIENCE = 1000  # characters without an end, after which commas and words will do
PIECE = 300  # characters, about, of what is cut there
_CLAUSE_END = re.compile(r"[,;](?=\s)\s*|[，；、،]\s*")
_BRACKETS = re.compile(r"[\[【［]|[\]】］]")


class Units:
    """`feed` gives what is whole, `flush` the rest. `none` gives all at once, at the end."""

    def __init__(self, granularity: Granularity) -> None:
        self._granularity = granularity
        self._pieces: list[str] = []

    def feed(self, text: str) -> list[str]:
        self._pieces.append(text)
        if self._granularity == "none":
            return []
        whole, rest = self._cut("".join(self._pieces))
        self._pieces = [rest]
        return _said(whole)

    def flush(self) -> list[str]:
        text, self._pieces = "".join(self._pieces), []
        return _said([text] if self._granularity == "none" else self._units(text))

    def _cut(self, text: str) -> tuple[list[str], str]:
        """Units that nothing can be added to, and the rest."""
        *whole, rest = list(self._units(text)) or [""]
        if len(rest) > PATIENCE:
            *pieces, last = pack(rest, PIECE)
            return [*whole, *pieces], last
        return whole, rest

    def _units(self, text: str) -> Iterator[str]:
        for sentence in sentences(text):
            yield from _clauses(sentence) if self._granularity == "clause" else (sentence,)


def _clauses(sentence: str) -> Iterator[str]:
    start = seen = 0
    is_open = False  # whether what was seen ends inside of a bracket
    for end in _CLAUSE_END.finditer(sentence):
        is_open = _is_open(sentence[seen : end.start()], is_open)
        seen = end.end()
        if seen < len(sentence) and not is_open:
            yield sentence[start:seen]
            start = seen
    yield sentence[start:]


def _is_open(text: str, before: bool) -> bool:
    """Whether the text ends inside of a bracket."""
    brackets = _BRACKETS.findall(text)
    return brackets[-1] in "[【［" if brackets else before


def _said(units: Iterator[str] | list[str]) -> list[str]:
    return [unit for unit in (unit.strip() for unit in units) if unit]
