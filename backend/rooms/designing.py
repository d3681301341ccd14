"""A described voice is locked: a take that it spoke becomes the reference of a saved voice, which stays the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backend.core.errors import BadRequest
from backend.rooms.rooms import Rooms

DESIGNED = "designed"
LONGEST = 20.0
"""Seconds of a take that become a reference; lines that end later are left out."""


def lock(rooms: Rooms, take: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A new personality whose recording is the take's sound, its transcript the take's text; answers the record.

    `facts` are those of `PersonalityManager.create`. Raises NotFound, BadRequest for a take that no described voice
    spoke, BadAudio.
    """
    record = rooms.takes.get(take)
    voice = record["request"]["voice"]
    if voice["kind"] != DESIGNED or {line["voice"] for line in record["segments"]} != {DESIGNED}:
        what = "must be spoken by a described voice alone"
        raise BadRequest("Only a described voice is locked.", hint="Describe one and speak.", fields={"take": what})
    lines = _beginning(record["segments"])
    emotions = {str(line["emotion"]) for line in lines}
    known = {name: value for name, value in facts.items() if value}
    personality = rooms.personalities.create(**{"description": voice["description"], **known})
    try:
        return rooms.personalities.put_emotion(
            personality["id"],
            emotions.pop() if len(emotions) == 1 else "neutral",
            rooms.takes.file(take, "wav"),
            transcript=" ".join(str(line["text"]) for line in lines),
            transcript_source=DESIGNED,
            end=None if len(lines) == len(record["segments"]) else float(lines[-1]["end"]),
            origin=DESIGNED,
            recipe=_recipe(record),
            upload_name=f"{take}.wav",
        )
    except BaseException:
        rooms.personalities.delete(personality["id"])  # half a voice is worse than none
        raise


def _beginning(segments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first line, and those behind it that fit."""
    return [line for number, line in enumerate(segments) if not number or float(line["end"]) <= LONGEST]


def _recipe(record: Mapping[str, Any]) -> dict[str, Any]:
    """What it takes to have the same voice spoken again."""
    request = record["request"]
    return {
        "kind": DESIGNED,
        "description": request["voice"]["description"],
        "seed": record["seed"],
        "engine": record["engine"],
        "model": record["model"],
        "take": record["id"],
        "text": record["text"][:2000],
        "language": request["language"],
        "sampling": request["sampling"],
        "created": record["created"],
    }
