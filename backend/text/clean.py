"""What may be spoken at all: refuses what is no text, removes what nobody can hear. Linear in the length."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left

from backend.core.errors import BadText

MAX_MARKS = 4
"""Combining marks kept on one letter: real writing needs three, and normalising long runs costs the square of them."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_KEPT_CONTROLS = "\n\t\u200c\u200d"
"""Line ends, tabs, and the joiners that Persian, Indic scripts and emoji are spelt with."""
_SPOKEN_SYMBOLS = frozenset("&%@#§°")


def check_text(text: str, limit: int) -> None:
    """Raise BadText for what is too long, no Unicode, or blank. The length comes first: it costs nothing."""
    if len(text) > limit:
        raise BadText(
            f"The text has {len(text)} characters; the studio takes {limit} at once.",
            hint="Split the text, or raise STUDIO_TEXT_LIMIT.",
            code="text-too-long",
            fields={"text": f"at most {limit} characters"},
        )
    broken = _LONE_SURROGATE.search(text)
    if broken:
        raise BadText(
            f"The text is broken at character {broken.start() + 1}: half of a surrogate pair stands alone.",
            hint="Send the text as UTF-8.",
            fields={"text": "not Unicode"},
        )
    if not text.strip():
        raise BadText("The text is empty.", hint="Write at least one word.", fields={"text": "empty"})


def clean(text: str) -> str:
    """The text as engines get it: NFC, no control and direction characters, no towers of combining marks."""
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MAX_MARKS and (character in _KEPT_CONTROLS or unicodedata.category(character) not in ("Cc", "Cf")):
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def can_be_spoken(text: str) -> bool:
    """Whether there is anything to say: a letter, a digit, or a sign that is read out."""
    return any(c.isalnum() or c in _SPOKEN_SYMBOLS or unicodedata.category(c) in ("Sc", "Sm") for c in text)


def is_only_punctuation(text: str) -> bool:
    """Whether nobody misses it: spaces, punctuation and marks without a letter under them."""
    return all(c.isspace() or unicodedata.category(c)[0] in "PMCZ" for c in text)


class Utf16:
    """Positions in a text as browsers count them: a character beyond U+FFFF counts two."""

    def __init__(self, text: str) -> None:
        astral = bool(text) and max(text) > "\uffff"
        self._astral = [index for index, c in enumerate(text) if c > "\uffff"] if astral else []

    def __call__(self, position: int) -> int:
        return position + bisect_left(self._astral, position)
