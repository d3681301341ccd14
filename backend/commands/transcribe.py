"""`qwentts transcribe`: recordings into texts, through the same studio as the page, in this process."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from backend.core.errors import BadRequest, DiskFull, EngineFailed, PreviousFailure
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
    result = _listened(source, asked, rooms)
    _deliver(written(result, wanted)[1], arguments.output)
    for notice in result["notices"]:
        print(notice["text"], file=sys.stderr)
    language = result["language"] or "no speech"
    print(f"{result['duration']:.1f} s, {language}, {result['engine_title']}.", file=sys.stderr)
    return 0


def _listened(source: Path, asked: dict[str, Any], rooms: Rooms) -> dict[str, Any]:
    """The result, its stages shown where a person watches. Raises what went wrong."""
    shown = sys.stderr.isatty()
    for event in listened(rooms, source, asked, JobContext("command-line", 1), saved=False):
        if shown:
            share = "" if event.progress is None else f" {100 * event.progress:.0f} %"
            print(f"\r\x1b[K{event.stage}{share}", end="\r\x1b[K" if event.done else "", file=sys.stderr, flush=True)
        if event.problem is not None:
            raise PreviousFailure(event.problem)
        if event.result is not None:
            return event.result
    raise EngineFailed("The listening ended without a result.")


def _deliver(content: str, output: str) -> None:
    ended = content if content.endswith("\n") else f"{content}\n"
    if output == QUIET:
        sys.stdout.buffer.write(ended.encode())
        return
    try:
        Path(output).write_text(ended, encoding="utf-8", newline="\n")
    except FileNotFoundError:
        raise BadRequest(f"There is no folder {Path(output).parent}.", hint="Make it first.") from None
    except OSError as error:
        raise DiskFull(f"{output} cannot be written: {error.strerror}.") from None
