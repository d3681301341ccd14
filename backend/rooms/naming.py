"""The voice behind a name that a program sends: a saved voice, a speaker, or a name it brought from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.core.errors import NotFound
from backend.core.tables.emotions import EMOTIONS
from backend.core.tables.speakers import SPEAKERS, speaker_id
from backend.core.tables.voice_names import foreign_speaker
from backend.core.types import PersonalityVoice, PresetVoice, VoiceSpec

if TYPE_CHECKING:
    from backend.rooms.rooms import Rooms

NAMED = 20  # voices that a refusal lists


def find_voice(rooms: Rooms, name: str, emotion: str = "neutral") -> VoiceSpec:
    """A saved voice by id or name, then a speaker, then a foreign name; letter case counts only where two differ by it.

    Raises NotFound (`voice-not-found`) that says what there is.
    """
    return voice_among(rooms.personalities.list(), name, emotion)


def voice_among(records: list[dict[str, Any]], name: str, emotion: str = "neutral") -> VoiceSpec:
    """As `find_voice`, among these saved voices."""
    wanted = name.strip()
    saved = [record for record in records if record["emotions"]]
    key = saved_among(saved, wanted)
    if key is not None:
        return PersonalityVoice(personality=key, emotion=emotion)
    speaker = speaker_id(wanted) or foreign_speaker(wanted)
    if speaker is not None:
        return PresetVoice(speaker=speaker, emotion=emotion)
    raise _unknown([str(record["name"]) for record in saved])


def voice_rows(rooms: Rooms) -> list[dict[str, Any]]:
    """Every voice that can speak now, saved ones first: `id, name, language, description, kind, emotions`."""
    return [*(_saved_row(record) for record in rooms.personalities.list() if record["emotions"]), *_speaker_rows()]


def saved_among(records: list[dict[str, Any]], wanted: str) -> str | None:
    """The id: exact before folded, ids before names. Raises NotFound where a name is that of several."""
    folded = wanted.casefold()
    ways = (
        [record["id"] for record in records if record["id"] == wanted],
        [record["id"] for record in records if record["name"] == wanted],
        [record["id"] for record in records if record["id"].casefold() == folded],
        [record["id"] for record in records if record["name"].casefold() == folded],
    )
    found = next((ids for ids in ways if ids), [])
    if len(found) > 1:
        hint = f"Say which by its id: {', '.join(found[:NAMED])}."
        raise NotFound("Several voices have this name.", hint=hint, code="voice-not-found", fields={"voice": hint})
    return str(found[0]) if found else None


def _unknown(saved: list[str]) -> NotFound:
    known = [*saved, *SPEAKERS]
    more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
    hint = f"There are: {', '.join(known[:NAMED])}{more}."
    return NotFound(
        "There is no voice of this name.", hint=hint, code="voice-not-found", fields={"voice": "is not known"}
    )


def _saved_row(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": record["id"],
        "name": record["name"],
        "language": record["language"],
        "description": record["description"],
        "kind": "personality",
        "emotions": list(record["emotions"]),
    }


def _speaker_rows() -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "name": row.name,
            "language": row.language,
            "description": row.description,
            "kind": "preset",
            "emotions": list(EMOTIONS),
        }
        for row in SPEAKERS.values()
    ]
