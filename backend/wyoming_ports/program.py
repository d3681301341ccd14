"""What `describe` is answered: who can speak and listen here, in Wyoming's words."""

from __future__ import annotations

from typing import Any

from backend import __version__
from backend.core.tables.languages import LANGUAGES
from backend.rooms.naming import voice_rows
from backend.studio import Studio

OURS = {"name": "QwenTTS All-in-One", "url": ""}
SPEAKERS_OF = {"name": "Qwen", "url": "https://github.com/QwenLM/Qwen3-TTS"}


def speaking(studio: Studio) -> dict[str, Any]:
    """The data of `info` on the port that speaks."""
    voices = [_voice(row) for row in voice_rows(studio)]
    program = _artifact("qwentts", "Every saved voice and every speaker of the studio")
    return {"tts": [{**program, "voices": voices, "supports_synthesize_streaming": True}]}


def listening(studio: Studio) -> dict[str, Any]:
    """The data of `info` on the port that listens."""
    here = [row for row in studio.models.describe_listeners() if row["available"]]
    here.sort(key=lambda row: -int(row["quality"]))
    models = [
        {**_artifact(row["name"], row["title"]), "languages": list(row["languages"])}
        for row in here
    ]  # fmt: skip
    program = _artifact("qwentts", "The recognisers of the studio")
    return {"asr": [{**program, "models": models, "supports_transcript_streaming": False}]}


def _voice(row: dict[str, Any]) -> dict[str, Any]:
    """Every voice speaks every language; the first is its own. Its speakers are its emotions."""
    own = row["language"] if row["language"] in LANGUAGES else ""
    others = [code for code in LANGUAGES if code != own]
    return {
        **_artifact(row["id"], row["name"]),
        "attribution": SPEAKERS_OF if row["kind"] == "preset" else OURS,
        "languages": [own, *others] if own else others,
        "speakers": [{"name": emotion} for emotion in row["emotions"]],
    }


def _artifact(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "description": description, "attribution": OURS, "installed": True, "version": __version__}
