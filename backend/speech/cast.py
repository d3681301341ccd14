"""Who can take part in a dialogue: every saved voice and every speaker, by the names people type. Knows no text."""

from __future__ import annotations

from backend.core.tables.emotions import fold
from backend.core.tables.speakers import SPEAKERS
from backend.core.types import PersonalityVoice, PresetVoice, VoiceSpec
from backend.personality_manager import PersonalityManager
from backend.text.tags import NamedVoice


def cast_of(personalities: PersonalityManager) -> dict[str, NamedVoice]:
    """Folded name → voice. A name beats an id, and a saved voice beats a speaker."""
    saved = [
        (
            record["id"],
            NamedVoice(record["name"], PersonalityVoice(personality=record["id"]), tuple(record["emotions"])),
        )
        for record in personalities.list()
        if record["emotions"]
    ]
    everybody = {fold(row.id): NamedVoice(row.name, PresetVoice(speaker=row.id)) for row in SPEAKERS.values()}
    everybody |= {fold(key): voice for key, voice in saved}
    return everybody | {fold(voice.name): voice for _, voice in saved}


def own_emotions(personalities: PersonalityManager, spec: VoiceSpec) -> tuple[str, ...]:
    """What a personality has recorded; nothing for other voices. Raises NotFound."""
    if not isinstance(spec, PersonalityVoice):
        return ()
    return tuple(personalities.get(spec.personality)["emotions"])


def shown_name(personalities: PersonalityManager, spec: VoiceSpec) -> str:
    """What people call the voice."""
    if isinstance(spec, PersonalityVoice):
        return str(personalities.get(spec.personality)["name"])
    return SPEAKERS[spec.speaker].name if isinstance(spec, PresetVoice) and spec.speaker in SPEAKERS else spec.kind
