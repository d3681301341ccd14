"""Names of voices that programs bring with them, and the speaker of ours that answers to each."""

from __future__ import annotations

import re

from backend.core.tables.eleven_voices import ELEVEN_VOICES
from backend.core.tables.languages import LANGUAGES
from backend.core.tables.speakers import SPEAKERS

OPENAI_VOICES: dict[str, str] = {
    "alloy": "Serena",
    "ash": "Ryan",
    "ballad": "Dylan",
    "coral": "Sohee",
    "echo": "Aiden",
    "fable": "Eric",
    "marin": "Vivian",
    "nova": "Vivian",
    "onyx": "Uncle_Fu",
    "sage": "Serena",
    "shimmer": "Ono_Anna",
    "verse": "Aiden",
    "cedar": "Ryan",
}
"""OpenAI's name → id of a speaker of the same sex and of a like colour."""

_KOKORO = re.compile(r"(?P<language>[abefhijpz])(?P<sex>[fm])_[a-z]+[0-9]*")
"""Kokoro's names begin with the language and the sex: `af_heart`, `bm_george`, `jf_alpha`."""
_KOKORO_NATIVE = {"a": "en", "b": "en", "z": "zh", "j": "ja"}
_AURA = re.compile(r"aura(?:-[0-9])?-(?P<name>[a-z]+)(?:-(?P<language>[a-z]{2}))?")
"""Deepgram's names: `aura-2-thalia-en`, `aura-asteria-en`."""
_AURA_MEN = frozenset(
    "alvaro apollo aquila arcas aries atlas cesare dionisio draco ebisu elio fabian flavio fujin hector helios "
    "hermes hyperion javier julius jupiter luciano mars neptune nestor odysseus orion orpheus pluto saturn sirio zeus "
    "angus perseus perseo".split()
)
_OF_SEX = {"f": ("female", "Serena"), "m": ("male", "Ryan")}


def foreign_speaker(name: str) -> str | None:
    """The speaker for a name of OpenAI, Deepgram, Kokoro or ElevenLabs in any letter case; None for any other name."""
    wanted = name.strip().casefold()
    if wanted in OPENAI_VOICES or wanted in ELEVEN_VOICES:
        return OPENAI_VOICES.get(wanted) or ELEVEN_VOICES[wanted]
    if match := _AURA.fullmatch(wanted):
        return _speaker_of("m" if match["name"] in _AURA_MEN else "f", match["language"])
    if match := _KOKORO.fullmatch(wanted):
        return _speaker_of(match["sex"], _KOKORO_NATIVE.get(match["language"]))
    return None


def aura_language(name: str) -> str | None:
    """The language at the end of a name of Deepgram's: `aura-2-thalia-en` → en, where we know it."""
    match = _AURA.fullmatch(name.strip().casefold())
    return match["language"] if match and match["language"] in LANGUAGES else None


def _speaker_of(letter: str, native: str | None) -> str:
    """One of that sex, at best one whose first language it is."""
    sex, usual = _OF_SEX[letter]
    alike = [row.id for row in SPEAKERS.values() if row.sex == sex and row.language == native]
    return alike[0] if alike else usual
