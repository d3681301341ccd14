"""Deepgram's inline controls as tags of our scripts: `{pause:500}` and `{"word": "…", "pronounce": "…"}`.

Text may come in pieces that cut a control anywhere: what may be the beginning of one is held back.
"""

from __future__ import annotations

import json
import re

LONGEST = 400  # characters of one control; an open brace before that is only a brace

_CONTROL = re.compile(
    r"""\\?\{\s*(?:
        pause:\s*(?P<pause>\d{1,6})(?:\s*ms)?
      | "word"\s*:\s*(?P<word>"(?:[^"\\]|\\.)*")\s*,\s*"pronounce"\s*:\s*"(?:[^"\\]|\\.)*"
    )\s*\\?\}""",
    re.VERBOSE,
)


class Controls:
    """Translates one text, piece by piece."""

    def __init__(self) -> None:
        self._held = ""
        self.pronunciations = 0
        """Words met whose pronunciation was given: they are spoken as they are written."""

    def take(self, piece: str) -> str:
        """What is sure by now."""
        text = self._translated(self._held + piece)
        cut = text.rfind("{")
        if cut > 0 and text[cut - 1] == "\\":
            cut -= 1
        if cut < 0 and text.endswith("\\"):
            cut = len(text) - 1
        if cut < 0 or "}" in text[cut:] or len(text) - cut > LONGEST:
            self._held = ""
            return text
        self._held = text[cut:]
        return text[:cut]

    def rest(self) -> str:
        """What was held back and is plain text after all."""
        held, self._held = self._held, ""
        return held

    def _translated(self, text: str) -> str:
        return _CONTROL.sub(self._tag, text) if "{" in text else text

    def _tag(self, match: re.Match[str]) -> str:
        if match["pause"] is not None:
            return f"[pause {int(match['pause'])}ms]"
        self.pronunciations += 1
        try:
            return str(json.loads(match["word"]))
        except ValueError:
            return match["word"][1:-1]


def translated(text: str) -> str:
    """A whole text."""
    controls = Controls()
    return controls.take(text) + controls.rest()
