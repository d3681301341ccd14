"""Script text to sentences of units: what the caption shows, what is spoken, and in which language. Knows no sound.

A unit is a whitespace-separated token, a Chinese character, or a stretch of Japanese (cut into words by its readings
later on). Punctuation stays with the unit before it. The captions of all units, in order, are the whole text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from backend.engines.preview.language import language_for, script_of

LONGEST_SENTENCE = 220  # Latin letters; the worker and the vocoder hold one sentence at a time
DENSITY = 3  # Latin letters that take as long as one Chinese, Japanese or Korean character
LONGEST_PIECE = 100  # characters of one unit

ENDS = re.compile(r"[.!?…。！？｡]+[\"'”’»)\]）」』】]*$")
WEAK_ENDS = re.compile(r"[,;:،、，；：—–][\"'”’»)\]）」』】]*$")
CJK_ENDS = "。！？｡"
CLOSERS = "\"'”’»)]）」』】"
ABBREVIATIONS = frozenset(
    "mr. mrs. ms. dr. prof. st. vs. etc. no. e.g. i.e. z.b. d.h. bzw. ca. nr. sr. sra. srta. sig. sig.ra dott. "
    "m. mme. mlle. г. т.е. т.д. и.о. ул. стр. п.".split()
)


@dataclass(frozen=True)
class Unit:
    caption: str
    """As the script has it; empty where the unit goes on with the token before it."""
    spoken: str
    """Without control characters, markup marks and emoji; may be empty."""
    language: str
    gap: bool = True
    """Whether a space follows."""


Sentence = tuple[Unit, ...]


def sentences(text: str, base: str) -> Iterator[Sentence]:
    """Cut the text; no sentence has more than about LONGEST_SENTENCE spoken characters."""
    has_kana = any(script_of(character) == "kana" for character in text[:20_000])
    waiting: list[Unit] = []
    tokens = list(re.finditer(r"\S+", text))
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        for unit in _units(token.group(), base, has_kana):
            waiting.append(unit)
            ended = _ends_dense(unit.caption)
            if ended or sum(map(_weight, waiting)) > LONGEST_SENTENCE:
                cut = len(waiting) if ended else _weak_cut(waiting)
                yield tuple(waiting[:cut])
                waiting = waiting[cut:]
        if waiting and following and _ends_sentence(text, token, following):
            yield tuple(waiting)
            waiting = []
    if waiting:
        yield tuple(waiting)


def _ends_dense(caption: str) -> bool:
    """Whether a Chinese or Japanese sentence ends here; no space follows those."""
    bare = caption.rstrip(CLOSERS)
    return bool(bare) and bare[-1] in CJK_ENDS


def _ends_sentence(text: str, token: re.Match[str], following: re.Match[str]) -> bool:
    if "\n" in text[token.end() : following.start()]:
        return True
    word = token.group()
    if not ENDS.search(word) or word.lower() in ABBREVIATIONS or re.fullmatch(r"\w\.", word):
        return False
    return not following.group()[0].islower()


def _weight(unit: Unit) -> int:
    """About how many Latin letters would take as long to say."""
    return len(unit.spoken) * (DENSITY if unit.language in ("zh", "ja", "ko") else 1) + 1


def _weak_cut(units: list[Unit]) -> int:
    """Where a sentence that grew too long is cut: after a comma of its second half, else before its last unit."""
    for index in range(len(units) - 1, len(units) // 2, -1):
        if WEAK_ENDS.search(units[index - 1].caption):
            return index
    return max(1, len(units) - 1)


def _units(token: str, base: str, has_kana: bool) -> Iterator[Unit]:
    """One token as units, the last with a gap behind it."""
    runs = _runs(token, base, has_kana)
    dense = any(script in ("han", "kana") for script, _, _ in runs)
    units: list[Unit] = []
    for script, language, run in runs:
        size = LONGEST_PIECE // (DENSITY if script in ("han", "kana", "hangul") else 1)
        size = 1 if language == "zh" and script == "han" else size
        for piece in _slices(run, size):
            caption = piece if dense else token if not units else ""
            units.append(Unit(caption, speakable(piece), language, gap=False))
    yield from units[:-1]
    yield Unit(units[-1].caption, units[-1].spoken, units[-1].language, gap=True)


def _runs(token: str, base: str, has_kana: bool) -> list[tuple[str, str, str]]:
    """(script, language, characters) stretches. Marks go with what is before them; so do digits, but after a mark with
    what follows."""
    runs: list[tuple[str, str, str]] = []
    for character in token:
        script = script_of(unicodedata.normalize("NFKC", character)[:1])
        language = language_for(script, base, has_kana)
        last = runs[-1] if runs else None
        apart = last is not None and character.isdecimal() and not last[2][-1].isalnum()
        if last and not apart and (not script or not last[0] or language == last[1]):
            joined = last[0] or script
            runs[-1] = (joined, language_for(joined, base, has_kana), last[2] + character)
        else:
            runs.append((script, language, character))
    return runs


def _slices(run: str, size: int) -> Iterator[str]:
    """Pieces with `size` letters or digits each; marks stay with the piece before them (the first: behind them)."""
    piece, letters = "", 0
    for character in run:
        is_letter = character.isalnum() and not (character.isdecimal() and piece[-1:].isdecimal())
        if (is_letter and letters >= size) or len(piece) >= 2 * LONGEST_PIECE:
            yield piece
            piece, letters = "", 0
        if size > 1 and piece and piece[-1] in CJK_ENDS and character not in CJK_ENDS + CLOSERS:
            yield piece
            piece, letters = "", 0
        piece += character
        letters += is_letter
    if piece:
        yield piece


def speakable(text: str) -> str:
    """NFKC without what espeak-ng would take for commands or spell out as symbols.

    Control characters are its embedded commands; brackets and angles are marks of phonemes and SSML, which are off,
    but silence is what a reader expects of them.
    """
    folded = re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit.group())), unicodedata.normalize("NFKC", text))
    kept = "".join(character for character in folded if _is_speakable(character))
    return re.sub(r"\s+", " ", kept).strip() if any(map(str.isalnum, kept)) else _marks(kept)


def _is_speakable(character: str) -> bool:
    if character in '<>[]{}|\\~^`*_#"':
        return False
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "So", "Sk")


def _marks(kept: str) -> str:
    """Of a token without letters only what shapes a pause remains."""
    return "".join(character for character in kept if character in ",;:.!?…—–、。！？，；：%&+=€$£")
