"""Cuts text at sentences, in all ten languages, into pieces an engine can hold. Pure and linear in the length."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?…]++[\"'”’»)\]]*+|[。！？｡]++[\"'”’」』）】]*+|\n\s*+")
_WEAK_END = re.compile(r"[,;:،、，；：—–]++[\"'”’»)\]」』）】]*+")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st vs etc no e.g i.e z.b d.h u.a bzw ca nr sr sra srta sig sig.ra dott ing avv m mme mlle cf "
    "p.ex г т.е т.д т.п и.о ул стр п им др см av jr inc ltd dept fig vol pp approx exmo ud uds".split()
)


def sentences(text: str) -> Iterator[str]:
    """The sentences with what follows each up to the next; joined they are the text."""
    start = 0
    for end in _END.finditer(text):
        if end.start() >= start and _ends(text, end):
            cut = end.end()
            while cut < len(text) and text[cut].isspace():
                cut += 1
            yield text[start:cut]
            start = cut
    if start < len(text):
        yield text[start:]


def _ends(text: str, mark: re.Match[str]) -> bool:
    """Whether a sentence ends at this mark: not after `Dr.`, not in `3.14`, not before a small letter."""
    if mark.group()[0] in "\n。！？｡":
        return True
    following = text[mark.end() : mark.end() + 2]
    if not following:
        return True
    if not following[0].isspace():
        return False
    if mark.group() != ".":
        return not following[1:].islower()
    word = text[max(0, mark.start() - 12) : mark.start()].split()[-1:] or [""]
    bare = word[0].strip("([\"'«“").casefold()
    is_initial = len(bare) == 1 and bare.isalpha()
    return not (is_initial or bare in _ABBREVIATIONS or following[1:].islower())


def pack(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` characters: whole sentences where they fit, else cut at commas, words, anywhere."""
    packed: list[str] = []
    waiting = ""
    for sentence in sentences(text):
        for piece in _fit(sentence, limit):
            if waiting and len(waiting) + len(piece.rstrip()) > limit:
                packed.append(waiting.strip())
                waiting = ""
            waiting += piece
    return [piece for piece in (*packed, waiting.strip()) if piece]


def _fit(sentence: str, limit: int) -> Iterator[str]:
    """The sentence, or pieces of it that fit."""
    start = 0
    while len(sentence) - start > limit:
        cut = _cut(sentence, start, limit)
        yield sentence[start:cut]
        start = cut
    yield sentence[start:]


def _cut(sentence: str, start: int, limit: int) -> int:
    """Where to cut the window: the last comma of its second half, else the last space, else its end."""
    window = sentence[start : start + limit]
    weak = [mark.end() for mark in _WEAK_END.finditer(window, limit // 2)]
    if weak:
        return start + weak[-1]
    space = max(window.rfind(" "), window.rfind("\n"), window.rfind("\u3000"))
    return start + (space + 1 if space > 0 else limit)
