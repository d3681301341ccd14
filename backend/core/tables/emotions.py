"""The fourteen standard emotions: names, signs, colours, words in ten languages, what stands in for what. No sound."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from backend.core.tables import emotion_words, emotion_words_south


@dataclass(frozen=True)
class Emotion:
    name: str
    """Canonical name: what results, files and the wire say."""
    emoji: str
    colour: str
    """CSS hex; stands out at least 3:1 from white and from near-black."""
    level: float
    """LU relative to the neutral voice, once a performance is joined."""
    nearest: tuple[str, ...]
    """What stands in for it where it was not recorded, best first; neutral comes after all of them."""
    aliases: dict[str, tuple[str, ...]]
    """Language code → what people call it."""


_ROWS: tuple[tuple[str, str, str, float, str], ...] = (
    ("neutral", "😐", "#7c8796", 0.0, "calm serious"),
    ("happy", "😊", "#b07d00", 1.0, "excited tender calm"),
    ("sad", "😢", "#3f7fe0", -2.5, "tired tender calm"),
    ("angry", "😠", "#de3b3b", 2.5, "serious disgusted excited"),
    ("fearful", "😨", "#8b63d9", 0.5, "surprised sad"),
    ("surprised", "😲", "#d653b3", 1.5, "excited happy fearful"),
    ("disgusted", "🤢", "#6d8a1f", -0.5, "angry sarcastic serious"),
    ("calm", "😌", "#1c9484", -1.5, "tender serious"),
    ("excited", "🤩", "#e0610d", 2.0, "happy surprised"),
    ("tender", "🥰", "#d8638a", -2.0, "calm happy sad"),
    ("whisper", "🤫", "#5a93ad", -6.0, "tender calm sad"),
    ("serious", "🧐", "#6a72c4", 0.0, "calm angry"),
    ("sarcastic", "😏", "#a8742f", 0.0, "disgusted serious"),
    ("tired", "🥱", "#94756a", -2.5, "sad calm"),
)


def _expand(words: str) -> Iterator[str]:
    """`tir|ed|ing, sad` → tired, tiring, sad."""
    for entry in words.split(","):
        stem, *endings = entry.strip().split("|")
        yield from (stem + ending for ending in endings) if endings else (stem,)


def _aliases(name: str) -> dict[str, tuple[str, ...]]:
    tables = emotion_words.EMOTION_WORDS | emotion_words_south.EMOTION_WORDS
    return {code: tuple(dict.fromkeys(_expand(words[name]))) for code, words in tables.items()}


EMOTIONS: dict[str, Emotion] = {
    name: Emotion(name, emoji, colour, level, tuple(nearest.split()), _aliases(name))
    for name, emoji, colour, level, nearest in _ROWS
}


def fold(word: str) -> str:
    """One spelling for look-ups: NFKC, no letter case, no Latin or Cyrillic accents, single spaces for - and _."""
    plain = unicodedata.normalize("NFKC", word).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFD", plain) if not "\u0300" <= c <= "\u036f")
    return " ".join(unicodedata.normalize("NFC", bare).replace("_", " ").replace("-", " ").split())


@lru_cache(maxsize=1)
def words() -> Mapping[str, str]:
    """Folded word → canonical name, for every alias of every language, names and emoji included."""
    found: dict[str, str] = {}
    for emotion in EMOTIONS.values():
        for word in (emotion.name, emotion.emoji, *(w for group in emotion.aliases.values() for w in group)):
            found.setdefault(fold(word), emotion.name)
    return found


@lru_cache(maxsize=1)
def _spellings() -> Mapping[str, str]:
    return {fold(word): word for row in EMOTIONS.values() for group in row.aliases.values() for word in group}


def spelled(folded: str) -> str:
    """How people write a folded word: `грустныи` → `грустный`; other words come back as they are."""
    return _spellings().get(folded, folded)


def canonical(name: str) -> str | None:
    """`Felice`, `GRUSTNO`… in any of the ten languages → the canonical name; None if it is no standard emotion."""
    return words().get(fold(name))


def nearest_available(name: str, available: Collection[str]) -> str | None:
    """The recorded emotion that stands in for `name`: itself, the nearest by the table, then neutral; else None."""
    wanted = canonical(name) or name
    row = EMOTIONS.get(wanted)
    order = (wanted, *(row.nearest if row else ()), "neutral")
    return next((candidate for candidate in order if candidate in available), None)


NUMBER_NAMES: dict[str, str] = {
    "happiness": "happy", "sadness": "sad", "fear": "fearful", "surprise": "surprised", "tiredness": "tired",
    "calmness": "calm", "excitement": "excited", "tenderness": "tender", "seriousness": "serious",
}  # fmt: skip
"""Nouns of the numeric form that are not already aliases; the rest is looked up by `canonical`."""

LEAST_INTENSITY = 0.25
"""Below it an emotion is not heard, so the voice stays neutral."""
LIVELY, SLUGGISH = 1.3, 0.7
"""Energy, a ratio with 1 as usual, from which it decides where the emotions do not."""


def from_numbers(intensities: Mapping[str, float]) -> str:
    """`{"happiness": 0.8, "energy": 1.2}` → happy. The strongest emotion wins; energy only colours it.

    Great energy makes happy excited, and little energy makes sad tired; alone it makes neutral excited or calm.
    Names that are no emotion count for nothing.
    """
    energy = float(intensities.get("energy", 1.0))
    named = [(float(value), canonical(NUMBER_NAMES.get(fold(key), key))) for key, value in intensities.items()]
    heard = [(value, name) for value, name in named if name and name != "neutral" and value >= LEAST_INTENSITY]
    strongest = max(heard, key=lambda pair: pair[0])[1] if heard else "neutral"
    coloured = {
        ("neutral", True): "excited", ("happy", True): "excited", ("neutral", False): "calm", ("sad", False): "tired",
    }  # fmt: skip
    if SLUGGISH < energy < LIVELY:
        return strongest
    return coloured.get((strongest, energy >= LIVELY), strongest)
