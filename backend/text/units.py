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
    start = 0
    for end in _CLAUSE_END.finditer(sentence):
        if end.end() < len(sentence) and not _is_open(sentence[start : end.start()]):
            yield sentence[start : end.end()]
            start = end.end()
    yield sentence[start:]


def _is_open(text: str) -> bool:
    """Whether the text ends inside of a bracket."""
    brackets = _BRACKETS.findall(text)
    return bool(brackets) and brackets[-1] in "[【［"


def _said(units: Iterator[str] | list[str]) -> list[str]:
    return [unit for unit in (unit.strip() for unit in units) if unit]
