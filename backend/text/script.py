"""A script with tags becomes segments to speak. Pure and linear in the length; knows no engines and no sound.

The grammar is described for users in `docs/script-grammar.md`. No word is lost in silence: what is not understood
stays in the text, with a notice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Literal

from backend.core.events import Notice
from backend.text.clean import Utf16, can_be_spoken, clean, is_only_punctuation
from backend.text.notices import Notices
from backend.text.tags import Cast, Meaning, NamedVoice, TagReader

CLAUSE_PAUSE, SENTENCE_PAUSE, PARAGRAPH_PAUSE = 0.12, 0.35, 0.8  # seconds
LONGEST_TAG = 120
"""Characters between brackets; longer ones are text."""

Gap = Literal["clause", "sentence", "paragraph", "asked"]
"""What makes the pause after a segment; only `asked` ones are sacred."""

_TOKEN = re.compile(
    r"\\[\[\]\\【】［］]"
    rf"|\[([^\[\]【】［］\\\n]{{0,{LONGEST_TAG}}})\]"
    rf"|【([^\[\]【】［］\\\n]{{0,{LONGEST_TAG}}})】"
    rf"|［([^\[\]【】［］\\\n]{{0,{LONGEST_TAG}}})］"
    r"|<[bB][rR][eE][aA][kK]\b[^<>\n]{0,80}>"
    r"|\n[^\S\n]*(?:\n[^\S\n]*)+"
)
_BREAK_TIME = re.compile(r"""\stime\s*=\s*["']?([\d.]+\s*m?s)\b""", re.IGNORECASE)
"""In SSML's `<break time="1.5s"/>`."""
_LINK = re.compile(r"\((?:[a-z][a-z0-9+.-]{1,15}:|www\.|[/#.])", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？｡]+[\"'”’»)\]）」』】*_]*\Z")


@dataclass(frozen=True, slots=True)
class ScriptSegment:
    """A stretch of text with one voice and one emotion."""

    index: int
    text: str
    """Without tags and escapes."""
    emotion: str
    voice: NamedVoice | None
    """None: the voice of the request."""
    gap: Gap
    pause_after: float  # seconds
    start_char: int
    """Position in the script in UTF-16 units, as browsers count."""
    end_char: int

    @property
    def speaker(self) -> str:
        return self.voice.name if self.voice else ""


@dataclass(frozen=True, slots=True)
class Tag:
    """One bracket of the script, understood or not."""

    start: int
    """Position of the bracket in UTF-16 units."""
    end: int
    kind: Literal["emotion", "voice", "pause", "unknown"]
    text: str
    """As written, with brackets."""
    name: str
    """Canonical emotion, voice name (`Anna: sad`), or seconds of a pause; empty when unknown."""
    suggestion: str
    """The word it was taken for, or "did you mean" for an unknown one."""


@dataclass(frozen=True)
class Script:
    """What a text means. `segments` may be empty: a lone `[angry]` says nothing."""

    segments: tuple[ScriptSegment, ...]
    tags: tuple[Tag, ...]
    notices: tuple[Notice, ...]
    lead: float
    """Seconds of asked silence before the first segment."""


def parse_script(
    text: str, emotions: Collection[str] = (), cast: Cast | None = None, chosen: str = "neutral"
) -> Script:
    """Read the whole text. `emotions`: the voice's own; `cast`: who may take part; `chosen`: before the first tag."""
    return _Reading(text, emotions, cast or {}, chosen).read()


class _Reading:
    """One pass over one text: what was said so far, and how the next words will be spoken."""

    def __init__(self, text: str, emotions: Collection[str], cast: Cast, chosen: str) -> None:
        self.text = text
        self.utf16 = Utf16(text)
        self.reader = TagReader(emotions, cast)
        self.chosen = chosen
        self.emotion = chosen
        self.voice: NamedVoice | None = None
        self.notices = Notices()
        self.segments: list[ScriptSegment] = []
        self.tags: list[Tag] = []
        self.lead = 0.0
        self.pieces: list[str] = []
        self.first, self.last = 0, 0  # of the pieces, as positions in the text
        self.open: Callable[..., ScriptSegment] | None = None  # the last segment, whose pause is not known yet
        self.open_text = ""
        self.asked: float | None = None  # seconds of pause tags since the last segment
        self.paragraph = False

    def read(self) -> Script:
        position = 0
        for token in _TOKEN.finditer(self.text):
            self._add(position, token.start())
            self._token(token)
            position = token.end()
        self._add(position, len(self.text))
        self._flush()
        self._close_gap(at_end=True)
        return Script(tuple(self.segments), tuple(self.tags), tuple(self.notices.told()), self.lead)

    def _token(self, token: re.Match[str]) -> None:
        written = token.group()
        if written[0] == "\\":
            self._add(token.start(), token.end(), written[1])
        elif written[0] == "\n":
            self._flush()
            self.paragraph = True
        else:
            self._bracket(token, written)

    def _bracket(self, token: re.Match[str], written: str) -> None:
        is_link = self.text.startswith("(", token.end()) and _LINK.match(self.text, token.end()) is not None
        meaning = Meaning("unknown") if is_link else self.reader.read(_inside(written), self.voice)
        self.notices.about_tag(written, meaning)
        start, end = self.utf16(token.start()), self.utf16(token.end())
        self.tags.append(Tag(start, end, meaning.kind, written, _name_of(meaning), meaning.suggestion))
        if meaning.kind == "unknown":
            self._add(token.start(), token.end())
            return
        self._flush()
        if meaning.kind == "pause":
            self.asked = (self.asked or 0.0) + meaning.pause
        elif meaning.kind == "emotion":
            self.emotion = meaning.emotion
        else:
            self.voice = meaning.voice
            self.emotion = meaning.emotion or "neutral"

    def _add(self, start: int, end: int, instead: str | None = None) -> None:
        """Text that will be spoken; `instead` is what an escape stands for."""
        if start == end:
            return
        if not self.pieces:
            self.first = start
        self.pieces.append(self.text[start:end] if instead is None else instead)
        self.last = end

    def _flush(self) -> None:
        """What was gathered becomes a segment, if it says anything."""
        raw = "".join(self.pieces)
        first, last = self.first, self.last
        self.pieces = []
        spoken = clean(raw).strip()
        if not can_be_spoken(spoken):
            if not is_only_punctuation(spoken):
                self.notices.nothing_said(spoken)
            return
        self._close_gap()
        first += len(raw) - len(raw.lstrip())
        last -= len(raw) - len(raw.rstrip())
        self.open_text = spoken
        self.open = partial(
            ScriptSegment,
            index=len(self.segments),
            text=spoken,
            emotion=self.emotion,
            voice=self.voice,
            start_char=self.utf16(first),
            end_char=self.utf16(last),
        )

    def _close_gap(self, at_end: bool = False) -> None:
        """Finish the segment before, now that it is known what stands between it and the next."""
        asked, paragraph = self.asked, self.paragraph
        self.asked, self.paragraph = None, False
        if self.open is None:
            self.lead += asked or 0.0
            return
        gap, pause = _gap(self.open_text, asked, paragraph)
        if at_end and asked is None:
            pause = 0.0
        self.segments.append(self.open(gap=gap, pause_after=pause))
        self.open = None


def _inside(written: str) -> str:
    """What stands between the brackets; a break of SSML as our own word for it."""
    if written[0] != "<":
        return written[1:-1]
    time = _BREAK_TIME.search(written)
    return f"break {time[1]}" if time else "break"


def _gap(text: str, asked: float | None, paragraph: bool) -> tuple[Gap, float]:
    if asked is not None:
        return "asked", asked
    if paragraph:
        return "paragraph", PARAGRAPH_PAUSE
    if _SENTENCE_END.search(text[-12:]):
        return "sentence", SENTENCE_PAUSE
    return "clause", CLAUSE_PAUSE


def _name_of(meaning: Meaning) -> str:
    if meaning.kind == "pause":
        return f"{meaning.pause:g}"
    if meaning.voice:
        return f"{meaning.voice.name}: {meaning.emotion}" if meaning.emotion else meaning.voice.name
    return meaning.emotion
