"""The nine preset speakers of Qwen3-TTS CustomVoice; every engine answers to these ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Speaker:
    id: str
    name: str
    sex: Literal["female", "male"]
    age: Literal["young", "adult", "old"]
    language: str
    """ISO 639-1 code of the language the speaker is native in."""
    description: str


SPEAKERS: dict[str, Speaker] = {
    row.id: row
    for row in (
        Speaker("Vivian", "Vivian", "female", "young", "zh", "Bright, slightly edgy young female voice"),
        Speaker("Serena", "Serena", "female", "young", "zh", "Warm, gentle young female voice"),
        Speaker("Uncle_Fu", "Uncle Fu", "male", "old", "zh", "Seasoned male voice with a low, mellow timbre"),
        Speaker("Dylan", "Dylan", "male", "young", "zh", "Youthful Beijing male voice, clear and natural"),
        Speaker("Eric", "Eric", "male", "adult", "zh", "Lively Chengdu male voice, slightly husky brightness"),
        Speaker("Ryan", "Ryan", "male", "adult", "en", "Dynamic male voice with strong rhythmic drive"),
        Speaker("Aiden", "Aiden", "male", "young", "en", "Sunny American male voice with a clear midrange"),
        Speaker("Ono_Anna", "Ono Anna", "female", "young", "ja", "Playful Japanese female voice, light and nimble"),
        Speaker("Sohee", "Sohee", "female", "adult", "ko", "Warm Korean female voice with rich emotion"),
    )
}


def speaker_id(name: str) -> str | None:
    """The id for a name in any letter case, with space, hyphen or underscore; None if unknown."""
    wanted = name.strip().casefold().replace(" ", "_").replace("-", "_")
    return next((row.id for row in SPEAKERS.values() if row.id.casefold() == wanted), None)
