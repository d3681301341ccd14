"""`qwentts speak`: a text into a file, through the same studio as the page, in this process."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from pydantic import ValidationError

from backend.commands.terminal import watched, writing
from backend.core.errors import BadRequest
from backend.core.settings import Settings
from backend.core.tables.formats import AUDIO_FORMATS
from backend.core.types import GenerationRequest
from backend.jobs.runner import JobContext
from backend.rooms.rooms import Rooms

QUIET = "-"
"""The name that stands for standard input and standard output."""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    output = arguments.output or f"speech.{arguments.format or 'wav'}"
    asked = _request(arguments, _format(output, arguments.format))
    rooms = Rooms(settings)
    request = rooms.checked(asked).model_dump(mode="json")
    result = watched(rooms.speak(request, JobContext("command-line", 1)), "The performance")
    _deliver(rooms.takes.file(str(result["id"]), str(result["format"])), output)
    for notice in result.get("notices", ()):
        print(notice["text"], file=sys.stderr)
    facts = f"{result['duration']:.1f} s, {result['engine']} engine, seed {result['seed']}"
    print(f"{output}: {facts}. {result.get('engine_note', '')}".strip(), file=sys.stderr)
    return 0


def _request(arguments: argparse.Namespace, audio_format: str) -> GenerationRequest:
    names = ("language", "engine", "seed", "speed", "pitch")
    try:
        return GenerationRequest.model_validate(
            {"text": _text(arguments.text), "voice": _voice(arguments), "format": audio_format}
            | {name: getattr(arguments, name) for name in names}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadRequest(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.") from None


def _voice(arguments: argparse.Namespace) -> dict[str, str]:
    if arguments.voice:
        return {"kind": "personality", "personality": arguments.voice, "emotion": arguments.emotion}
    if arguments.describe:
        return {"kind": "designed", "description": arguments.describe, "emotion": arguments.emotion}
    return {"kind": "preset", "speaker": arguments.speaker, "emotion": arguments.emotion}


def _text(given: str | None) -> str:
    if given not in (None, "", QUIET):
        return str(given)
    if given == "" or (given is None and sys.stdin.isatty()):
        raise BadRequest("There is no text.", hint="Give one as the argument, or send it by standard input.")
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("Standard input is not UTF-8 text.") from None


def _format(output: str, given: str | None) -> str:
    if given is not None:
        return given
    ending = Path(output).suffix.lower().lstrip(".")
    if ending and ending not in AUDIO_FORMATS:
        raise BadRequest(f"A file cannot end in .{ending[:20]}.", hint=f"Endings: {', '.join(AUDIO_FORMATS)}.")
    return ending or "wav"


def _deliver(made: Path, output: str) -> None:
    if output == QUIET:
        sys.stdout.buffer.write(made.read_bytes())
        return
    with writing(output):
        shutil.copyfile(made, output)
