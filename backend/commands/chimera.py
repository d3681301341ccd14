"""`qwentts chimera`: your voice and an acted one become a recording, through the same studio as the page."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backend.commands.terminal import watched, writing
from backend.core.chimera import ChimeraSave, ChimeraWish
from backend.core.errors import BadRequest
from backend.core.settings import Settings
from backend.jobs.runner import JobContext
from backend.rooms.chimera import CHIMERA, File, dropped, handlers, prepared, saved, sessions_of
from backend.rooms.rooms import Rooms

ASKED = ("text", "emotion", "transcript", "ai_transcript", "engine", "language", "user_seconds", "ai_seconds",
         "crossfade_ms", "temperature", "tries", "seed")  # fmt: skip
"""Members of a wish that are arguments of the same name."""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    rooms = Rooms(settings)
    file, ai_file = _sent(arguments.file), _sent(arguments.ai_file)
    made = _made(rooms, _wish(arguments), file, ai_file)
    best = made["tries"][made["best"]]
    if arguments.save:
        save = ChimeraSave(name=arguments.save, emotion=arguments.emotion)
        record, _ = saved(rooms, made["session"], str(best["index"]), save)
        print(f"Saved: --voice {record['id']} --emotion {arguments.emotion}", file=sys.stderr)
    _deliver(sessions_of(rooms).sound(made["session"], str(best["index"])), arguments.output)
    sessions_of(rooms).drop(made["session"])
    for notice in made["notices"]:
        print(notice["text"], file=sys.stderr)
    alike = "not judged" if best["similarity"] is None else f"{best['similarity']:.2f}"
    facts = f"{best['duration']:.1f} s, seed {best['seed']}, similarity {alike}. {made['engine_note']}"
    print(f"{arguments.output}: {facts}".strip(), file=sys.stderr)
    return 0


def _wish(arguments: argparse.Namespace) -> ChimeraWish:
    given = {name: getattr(arguments, name) for name in ASKED if getattr(arguments, name) is not None}
    actor = {"ai_speaker": arguments.speaker, "ai_description": arguments.describe, "ai_clone": arguments.clone}
    try:
        return ChimeraWish(personality=arguments.voice or "", **{k: v for k, v in actor.items() if v}, **given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadRequest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


def _sent(name: str | None) -> File | None:
    if name is None:
        return None
    if not Path(name).is_file():
        raise BadRequest(f"There is no file {name}.", hint="Name a recording.")
    return Path(name), Path(name).name


def _made(rooms: Rooms, wish: ChimeraWish, file: File | None, ai_file: File | None) -> dict[str, Any]:
    """The session. Raises what went wrong."""
    request = prepared(rooms, wish, file, ai_file)
    try:
        made = handlers(rooms)[CHIMERA](request.model_dump(mode="json"), JobContext("command-line", 1))
        return watched(made, "The chimera")
    finally:
        dropped(rooms, request)


def _deliver(made: Path, output: str) -> None:
    with writing(output):
        shutil.copyfile(made, output)
