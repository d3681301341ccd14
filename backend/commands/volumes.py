"""Texts longer than one script may be, as several: cut between paragraphs; feeling and voice go on over the cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.core.errors import BadText

if TYPE_CHECKING:
    from backend.commands.desk import Desk

CUTS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"(?<=[.!?…。！？])\s*"), re.compile(r"\s+"))
"""Where a text may be cut, the best places first."""
ROOM = 200  # characters kept free for the tag that a part begins with


def volumes(desk: Desk, text: str, output: str, voice: dict[str, Any]) -> list[tuple[str, str]]:
    """Texts and their files: one, or `book-01.mp3` and so on. Raises BadText for one that cannot be cut."""
    if len(text) <= ROOM:  # the limit is never smaller where it is sensible, and need not be asked for
        return [(text, output)]
    limit = desk.text_limit()
    if len(text) <= limit:
        return [(text, output)]
    if output == "-" or limit <= 2 * ROOM:
        raise BadText(
            f"The text has {len(text):,} characters; the limit is {limit:,}.",
            hint="Write it to files (-o book.mp3 becomes book-1.mp3 and so on), or raise STUDIO_TEXT_LIMIT.",
            code="text-too-long",
        )
    parts = list(_carried(desk, list(pieces(text, limit - ROOM)), voice))
    return [(part, _numbered(output, number, len(parts))) for number, part in enumerate(parts, 1)]


def pieces(text: str, limit: int) -> Iterator[str]:
    """The text in pieces of at most so many characters; nothing but space is lost between them."""
    rest = text.strip()
    while len(rest) > limit:
        at = _place(rest, limit)
        yield rest[:at].rstrip()
        rest = rest[at:].lstrip()
    if rest:
        yield rest


def _place(text: str, limit: int) -> int:
    """Where to cut: at the last best place in the second half of what fits, else anywhere."""
    for cut in CUTS:
        found = [match.start() for match in cut.finditer(text, limit // 2, limit) if match.start() > limit // 2]
        if found:
            return found[-1]
    return limit


def _carried(desk: Desk, parts: list[str], voice: dict[str, Any]) -> Iterator[str]:
    """Each part, beginning with the emotion and the voice that the one before ended with."""
    narrator = desk.preview("a", voice)["segments"][0]
    tag = ""
    for number, part in enumerate(parts, 1):
        whole = tag + part
        yield whole
        if number < len(parts):
            said = desk.preview(whole, voice)["segments"]
            last = said[-1] if said else narrator
            speaker = "" if last["voice"] == narrator["voice"] else f"{last['voice']}: "
            tag = f"[{speaker}{last['emotion']}] "


def _numbered(output: str, number: int, count: int) -> str:
    path = Path(output)
    return str(path.with_name(f"{path.stem}-{number:0{len(str(count))}}{path.suffix}")) if output else ""
