"""What there is to choose from: engines, speakers, emotions, languages, formats, limits. The page keeps no list."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from backend import __version__
from backend.core.settings import Settings
from backend.core.tables.emotions import EMOTIONS, Emotion
from backend.core.tables.formats import AUDIO_FORMATS, SUBTITLE_FORMATS
from backend.core.tables.languages import LANGUAGES
from backend.core.tables.speakers import SPEAKERS, Speaker


def catalog(engines: list[dict[str, Any]], recognisers: list[dict[str, Any]], settings: Settings) -> dict[str, Any]:
    """`GET /api/catalog`, from `ModelManager.describe` and `describe_listeners`."""
    speaking = _best(engines, "preset")
    return {
        "engines": engines,
        "recognisers": recognisers,
        "speakers": [_speaker_row(row, speaking) for row in SPEAKERS.values()],
        "emotions": [_emotion_row(row) for row in EMOTIONS.values()],
        "languages": [asdict(row) for row in LANGUAGES.values()],
        "formats": list(AUDIO_FORMATS),
        "subtitles": list(SUBTITLE_FORMATS),
        "limits": {
            "text": settings.text_limit,
            "upload": settings.upload_limit,
            "archive": settings.archive_limit,
        },
        "version": __version__,
        "engine_auto": speaking["name"],
        "engine_for": {kind: _best(engines, kind)["name"] for kind in ("cloned", "preset", "designed")},
    }


def _best(engines: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    """The row of the engine that `auto` takes for a kind of voice."""
    able = [row for row in engines if kind in row["able"]]
    return max(able, key=lambda row: row["quality"], default={"name": "", "note": ""})


def _speaker_row(speaker: Speaker, engine: dict[str, Any]) -> dict[str, Any]:
    return {**asdict(speaker), "engine": engine["name"], "note": engine["note"]}


def _emotion_row(emotion: Emotion) -> dict[str, Any]:
    aliases = {language: list(names) for language, names in emotion.aliases.items()}
    return {"name": emotion.name, "emoji": emotion.emoji, "colour": emotion.colour, "aliases": aliases}
