"""Subtitles from word timings: SRT, WebVTT and JSON. Times in seconds; cues follow each other and never overlap."""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

LINE = 42
"""Columns of one line; wide characters (Chinese, Japanese, Korean) take two."""
LINES = 2
LONGEST = 6.0  # seconds of one cue
GAP = 0.8  # seconds of silence that end a cue
SHORTEST = 0.2  # seconds a cue is shown at least, where there is room
_ENDS = tuple(".!?…。！？｡")

Word = Mapping[str, Any]
"""`word`, `start`, `end`."""


@dataclass(frozen=True)
class Cue:
    """What stands on the screen for a while."""

    start: float
    end: float
    lines: tuple[str, ...]
    voice: str = ""


def cues(segments: Sequence[Mapping[str, Any]]) -> list[Cue]:
    """Cues of a performance; `segments` as in a take: text, start, end, voice, words."""
    made = [cue for segment in segments for cue in _segment_cues(segment)]
    for index, cue in enumerate(made):
        latest = made[index + 1].start if index + 1 < len(made) else max(cue.end, cue.start + SHORTEST)
        made[index] = replace(cue, end=min(max(cue.end, cue.start + SHORTEST), max(latest, cue.start)))
    return [cue for cue in made if cue.end > cue.start]


def _segment_cues(segment: Mapping[str, Any]) -> Iterator[Cue]:
    words = list(segment.get("words") or _evenly(segment))
    spans = list(_spans(str(segment["text"]), words))
    first = 0
    for index in range(len(words)):
        if index + 1 == len(words) or _breaks(words, spans, first, index, str(segment["text"])):
            text = " ".join(str(segment["text"])[spans[first][0] : spans[index][1]].split())
            start, end = float(words[first]["start"]), float(words[index]["end"])
            yield Cue(start, max(start, end), tuple(wrap(text)), str(segment.get("voice", "")))
            first = index + 1


def _evenly(segment: Mapping[str, Any]) -> Iterator[Word]:
    """Words of a segment whose engine gave no timings, time shared out by length."""
    words = str(segment["text"]).split()
    letters = sum(map(len, words)) or 1
    at, whole = float(segment["start"]), float(segment["end"]) - float(segment["start"])
    for word in words:
        share = whole * len(word) / letters
        yield {"word": word, "start": at, "end": at + share}
        at += share


def _spans(text: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where each word lies in the text: from the end of the one before, so that nothing of the text is lost."""
    at = 0
    for index, word in enumerate(words):
        found = text.find(str(word["word"]), at)
        end = found + len(str(word["word"])) if found >= 0 else at
        end = len(text) if index + 1 == len(words) else end
        yield at, end
        at = end


def _breaks(words: Sequence[Word], spans: Sequence[tuple[int, int]], first: int, index: int, text: str) -> bool:
    """Whether the cue ends after this word."""
    following = words[index + 1]
    shown = text[spans[first][0] : spans[index][1]].strip()
    longer = text[spans[first][0] : spans[index + 1][1]].strip()
    if len(wrap(longer)) > LINES or float(following["end"]) - float(words[first]["start"]) > LONGEST:
        return True
    if float(following["start"]) - float(words[index]["end"]) > GAP:
        return True
    return columns(shown) >= LINE // 2 and shown.rstrip("\"'”’»)」』").endswith(_ENDS)


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wrap(text: str) -> list[str]:
    """Lines of at most LINE columns; words stay whole where they fit, scripts without spaces break anywhere."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line and columns(line + piece.rstrip()) > LINE:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """What must not be torn apart: words with the space behind them, single wide characters, parts of endless words."""
    piece = ""
    for character in text:
        wide = unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character)[0] == "L"
        if piece and (wide or columns(piece) >= LINE):
            yield piece
            piece = ""
        piece += character
        if character.isspace():
            yield piece
            piece = ""
    if piece:
        yield piece


def _clock(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def srt(take: Mapping[str, Any]) -> str:
    """SubRip, cues counted from 1."""
    blocks = [
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n" + "\n".join(cue.lines) + "\n"
        for number, cue in enumerate(cues(take["segments"]), 1)
    ]
    return "\n".join(blocks)


def vtt(take: Mapping[str, Any]) -> str:
    """WebVTT; in a dialogue each cue names its voice."""
    made = cues(take["segments"])
    is_dialogue = len({cue.voice for cue in made}) > 1
    blocks = ["WEBVTT\n"]
    for cue in made:
        text = "\n".join(html.escape(line, quote=False) for line in cue.lines)
        name = " ".join(html.escape(cue.voice, quote=False).replace("&gt;", "").split())
        said = f"<v {name}>{text}" if is_dialogue and name else text
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{said}\n")
    return "\n".join(blocks)


def as_json(take: Mapping[str, Any]) -> str:
    """Segments with their words, and the cues as the other formats have them."""
    names = ("index", "text", "emotion", "voice", "start", "end", "words")
    body = {
        "duration": take.get("duration"),
        "segments": [{name: segment[name] for name in names if name in segment} for segment in take["segments"]],
        "cues": [{"start": c.start, "end": c.end, "text": "\n".join(c.lines)} for c in cues(take["segments"])],
    }
    return json.dumps(body, ensure_ascii=False, indent=1)


WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {"srt": srt, "vtt": vtt, "json": as_json}
