"""What GigaAM's tokens stand for: letters, or pieces of words from a sentencepiece file; and words out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.core.types import WordTiming

SPACE = "▁"
"""Opens a piece that begins a word."""
NORMAL, UNKNOWN, USER_DEFINED = 1, 2, 4
"""Kinds of pieces that are seen; the others are control, unused and single bytes."""
NO_LETTER = f"{SPACE}⁇{SPACE}"
"""What sentencepiece writes for something heard that it has no letters for."""
MOST_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Heard:
    """One token with its time."""

    piece: str
    start: float
    end: float


def text_of(pieces: Sequence[str]) -> str:
    return "".join(pieces).replace(SPACE, " ").strip()


def words_of(heard: Sequence[Heard]) -> tuple[WordTiming, ...]:
    """Words, from the first piece of each to its last. Seconds."""
    words: list[list[Heard]] = [[]]
    for one in heard:
        if one.piece.startswith((SPACE, " ")):
            words.append([])
        if one.piece.strip(SPACE + " "):
            words[-1].append(one)
    return tuple(
        WordTiming(text_of([one.piece for one in word]), word[0].start, word[-1].end) for word in words if word
    )


def read(path: Path) -> list[str]:
    """The pieces of a sentencepiece model, by token; what is no text is empty.

    The file is a protocol buffer: field 1, again and again, is a piece, in which field 1 is its text and field 3 its
    kind. Raises OSError, ValueError.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("too large for a vocabulary")
    raw = path.read_bytes()
    pieces = [_piece(value) for field, value in _fields(raw) if field == 1 and isinstance(value, bytes)]
    if not pieces:
        raise ValueError("no pieces")
    return pieces


def _piece(raw: bytes) -> str:
    text, kind = "", NORMAL
    for field, value in _fields(raw):
        if field == 1 and isinstance(value, bytes):
            text = value.decode("utf-8")
        elif field == 3 and isinstance(value, int):
            kind = value
    if kind == UNKNOWN:
        return NO_LETTER
    return text if kind in (NORMAL, USER_DEFINED) else ""


def _fields(raw: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field: a whole number, or bytes. Raises ValueError."""
    at = 0
    while at < len(raw):
        key, at = _number(raw, at)
        if key & 7 == 0:
            value, at = _number(raw, at)
            yield key >> 3, value
            continue
        if key & 7 == 2:
            size, at = _number(raw, at)
        elif key & 7 in (1, 5):
            size = 8 if key & 7 == 1 else 4
        else:
            raise ValueError("no protocol buffer")
        if at + size > len(raw):
            raise ValueError("cut off")
        yield key >> 3, raw[at : at + size]
        at += size


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            raise ValueError("cut off")
        value |= (raw[at] & 127) << shift
        at += 1
        if raw[at - 1] < 128:
            return value, at
    raise ValueError("a number without an end")
