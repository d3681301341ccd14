"""Names of voices that programs bring with them, and the speaker of ours that answers to each."""

from __future__ import annotations

import re

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
_OF_SEX = {"f": ("female", "Serena"), "m": ("male", "Ryan")}


def foreign_speaker(name: str) -> str | None:
    """The speaker for a name of OpenAI or Kokoro in any letter case; None for any other name."""
    wanted = name.strip().casefold()
    if wanted in OPENAI_VOICES:
        return OPENAI_VOICES[wanted]
    match = _KOKORO.fullmatch(wanted)
    if match is None:
        return None
    sex, usual = _OF_SEX[match["sex"]]
    native = _KOKORO_NATIVE.get(match["language"])
    alike = [row.id for row in SPEAKERS.values() if row.sex == sex and row.language == native]
    return alike[0] if alike else usual
