"""What one bracket means: a pause, an emotion, a voice, a near miss of those, or nothing. Knows no surroundings.

Read in this order: pause, emotion of the personality, standard emotion, voice name, near miss.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from backend.core.tables.emotions import EMOTIONS, canonical, fold, spelled, words
from backend.core.types import VoiceSpec
from backend.text.names import NearMiss, NearMisses

PAUSE = 0.6  # seconds of a pause without a length
PAUSES = {"short pause": 0.3, "long pause": 1.5}
"""Seconds of pauses that other services' users ask for by these words."""
LONGEST_PAUSE = 60.0  # seconds; longer ones are cut, with a notice
MAX_GUESSES = 500
"""Different unknown tags of one script that are compared with the known words; the rest is simply unknown."""

_PAUSE = re.compile(
    r"(?:pause|break|silence|pausa|silenzio|silencio|пауза|тишина|stille|停顿|暂停|停頓|ポーズ|間|休止|쉼|멈춤|일시정지)"
    r"\s*:?\s*(?:(\d{1,6}(?:[.,]\d{1,6})?)\s*(ms|msec|мс|毫秒|밀리초|ミリ秒|s|sec|secs|seconds?|с|сек|秒|초)?\.?)?"
)
_MILLI = frozenset({"ms", "msec", "мс", "毫秒", "밀리초", "ミリ秒"})

TagKind = Literal["emotion", "voice", "pause", "unknown"]


@dataclass(frozen=True)
class NamedVoice:
    """Somebody who can take part in a dialogue."""

    name: str
    """As people read it."""
    spec: VoiceSpec
    emotions: tuple[str, ...] = ()
    """What a personality has recorded."""


Cast = Mapping[str, NamedVoice]
"""Folded name (`emotions.fold`) → voice. Several names may lead to one voice."""


@dataclass(frozen=True)
class Meaning:
    """What a bracket stands for."""

    kind: TagKind
    emotion: str = ""
    """Canonical, or the personality's own; also with a voice, empty where it was not said."""
    voice: NamedVoice | None = None
    pause: float = 0.0  # seconds
    asked_pause: float = 0.0  # seconds before it was cut to LONGEST_PAUSE
    near: bool = False
    """Whether it was misspelt."""
    suggestion: str = ""
    """The word it was taken for, or the nearest one where that is not sure."""


class TagReader:
    """Reads brackets of one script; remembers what it has read, so a repeated tag costs nothing."""

    def __init__(self, own: Collection[str], cast: Cast) -> None:
        self._own = tuple(own)
        self._cast = cast
        self._known: dict[tuple[str, str], Meaning] = {}
        self._guesses = 0
        self._misses: NearMisses | None = None

    def read(self, inside: str, speaker: NamedVoice | None = None) -> Meaning:
        """The meaning of what stands between the brackets. `speaker`: who speaks there; None is the script's voice."""
        key = (inside, speaker.name if speaker else "")
        if key not in self._known:
            own = {fold(name): name for name in (speaker.emotions if speaker else self._own)}
            word = fold(inside)
            exact = self._pause(word) or self._emotion(word, own) or self._voice(word)
            self._known[key] = exact or self._near_miss(word, own)
        return self._known[key]

    def _pause(self, word: str) -> Meaning | None:
        if word in PAUSES:
            return Meaning("pause", pause=PAUSES[word], asked_pause=PAUSES[word])
        found = _PAUSE.fullmatch(word)
        if not found:
            return None
        asked = PAUSE
        if found[1]:
            asked = float(found[1].replace(",", ".")) / (1000 if found[2] in _MILLI else 1)
        return Meaning("pause", pause=min(asked, LONGEST_PAUSE), asked_pause=asked)

    def _emotion(self, word: str, own: Mapping[str, str]) -> Meaning | None:
        name = own.get(word) or canonical(word)
        return Meaning("emotion", emotion=name) if name else None

    def _voice(self, word: str) -> Meaning | None:
        """`anna`, or `anna: sad` with an emotion that is Anna's or a standard one."""
        if word in self._cast:
            return Meaning("voice", voice=self._cast[word])
        name, colon, feeling = word.partition(":")
        voice = self._cast.get(name.strip())
        if not (colon and voice):
            return None
        emotion = self._emotion(feeling.strip(), {fold(own): own for own in voice.emotions})
        return Meaning("voice", voice=voice, emotion=emotion.emotion) if emotion else None

    def _near_miss(self, word: str, own: Mapping[str, str]) -> Meaning:
        self._guesses += 1
        if self._guesses > MAX_GUESSES or not word:
            return Meaning("unknown")
        parts = [part.strip() for part in word.split(":", 1)]
        found = [self._nearest(part, own) for part in parts]
        if not any(found):
            return Meaning("unknown")
        guess = ": ".join(near.guess if near else part for near, part in zip(found, parts, strict=True))
        shown = ": ".join(self._shown(part) for part in guess.split(": "))
        if all(near and near.meant for near in found):
            meaning = self._emotion(guess, own) or self._voice(guess)
            if meaning:
                return Meaning(meaning.kind, meaning.emotion, meaning.voice, near=True, suggestion=shown)
        return Meaning("unknown", suggestion="" if guess == word else shown)

    def _shown(self, word: str) -> str:
        """A folded word as people write it."""
        return self._cast[word].name if word in self._cast else spelled(word)

    def _nearest(self, word: str, own: Mapping[str, str]) -> NearMiss | None:
        """The known word that this one is, or misses."""
        if word in own or word in self._cast or canonical(word):
            return NearMiss(word, word)
        if self._misses is None:
            voices = {name: f"voice {voice.name}" for name, voice in self._cast.items()}
            emotions = {fold(name): name for name in self._own}
            self._misses = NearMisses({**voices, **words(), **emotions}, main={*voices, *emotions, *EMOTIONS})
        return self._misses.find(word)
