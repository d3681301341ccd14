"""What a model wrote down, made plain text: no control tokens, no control characters, no hidden ones."""

from __future__ import annotations

import re
import unicodedata

TOKEN = re.compile(r"<\|[^<>|\n]{0,64}\|>|</?(?:asr_text|timestamp|think|tool_call|tool_response|tts_\w{1,24})>")
"""What looks like a control token: spelled letter by letter it passes a tokenizer, and must not reach another model."""
JOINERS = {"\u200c", "\u200d"}
"""Invisible, yet part of words in Persian and Hindi."""


def plain(text: str) -> str:
    """One line of NFC text."""
    while (cleaned := TOKEN.sub(" ", text)) != text:  # what is left may have closed up to another
        text = cleaned
    kept = "".join(character if _is_text(character) else " " for character in text)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


def _is_text(character: str) -> bool:
    return character in JOINERS or (unicodedata.category(character)[0] != "C" and character != "\ufffd")
