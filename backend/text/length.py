"""How long a text is for a mouth: letters, as far as speaking time goes."""

from __future__ import annotations

import unicodedata

LETTERS_OF_A_WIDE = 3.0
"""A Chinese, Japanese or Korean character takes as long as about three letters."""


def letters_of(text: str) -> float:
    """Length of a text in letters; digits are words."""
    return sum(
        LETTERS_OF_A_WIDE if unicodedata.east_asian_width(c) in "WF" else 3.0 if c.isdigit() else 1.0
        for c in text
        if c.isalnum()
    )
