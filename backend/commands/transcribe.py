"""`qwentts transcribe`: recordings into texts, through the same studio as the page, in this process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from backend.commands.terminal import watched, writing
from backend.core.errors import BadRequest
from backend.core.settings import Settings
from backend.jobs.runner import JobContext
from backend.rooms.listening import choose, listened, written
from backend.rooms.rooms import Rooms

QUIET = "-"
"""The name that stands for standard output."""
FORMAT_OF = {".txt": "text", ".srt": "srt", ".vtt": "vtt", ".json": "json"}
"""Ending of the output → format."""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    wanted = arguments.format or FORMAT_OF.get(Path(arguments.output).suffix.lower(), "text")
    rooms = Rooms(settings)
    one, language = choose(rooms, arguments.engine, arguments.language)
    asked = {"engine": one.info.name, "language": language, "clean": arguments.clean, "context": arguments.context}
    source = Path(arguments.file)
    if not source.is_file():
        raise BadRequest(f"There is no file {source}.", hint="Name a recording.")
    heard = listened(rooms, source, asked, JobContext("command-line", 1), saved=False)
    result = watched(heard, "The listening")
    _deliver(written(result, wanted)[1], arguments.output)
    for notice in result["notices"]:
        print(notice["text"], file=sys.stderr)
    language = result["language"] or "no speech"
    print(f"{result['duration']:.1f} s, {language}, {result['engine_title']}.", file=sys.stderr)
    return 0


def _deliver(content: str, output: str) -> None:
    ended = content if content.endswith("\n") else f"{content}\n"
    if output == QUIET:
        sys.stdout.buffer.write(ended.encode())
        return
    with writing(output):
        Path(output).write_text(ended, encoding="utf-8", newline="\n")
