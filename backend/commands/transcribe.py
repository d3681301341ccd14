"""`qwentts transcribe`: recordings into texts; by the studio that runs, or in this process."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_quiet, takes_studio
from backend.commands.terminal import as_json, delivered, failed, folder_for, tell, watched
from backend.core.errors import Problem

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

STREAM = "-"
FORMAT_OF = {".txt": "text", ".srt": "srt", ".vtt": "vtt", ".json": "json"}
"""Ending of the output → format."""
ENDING_OF = {"text": ".txt", "srt": ".srt", "vtt": ".vtt", "json": ".json", "verbose_json": ".json"}
EXAMPLES: tuple[Example, ...] = (
    ("qwentts transcribe talk.wav", "the text on standard output"),
    ("qwentts transcribe talk.wav -o talk.srt", "subtitles; the ending chooses the format"),
    ("qwentts transcribe talk.wav second.flac --out texts --format vtt", "several, into a folder"),
    ("cat talk.wav | qwentts transcribe - --language en", "from standard input"),
    ("qwentts transcribe talk.wav --language en --json", "text, segments and words as JSON"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    kinds = "WAV, MP3, FLAC, OGG, Opus, M4A, AAC, AIFF or WebM"
    parser.add_argument("file", nargs="+", help=f"recordings: {kinds}; - is standard input")
    parser.add_argument("--engine", default="auto", help="a recogniser or a family of them; default: the best there is")
    parser.add_argument("--language", default="auto", help="code or name; default: auto")
    parser.add_argument("--format", choices=tuple(ENDING_OF), help="default: by the ending, else text")
    parser.add_argument("--clean", action="store_true", help="have a language model mend the text")
    parser.add_argument("--context", default="", help="what the recording is about, for the language model")
    parser.add_argument("-o", "--output", metavar="FILE", default="", help="file to write (default: standard output)")
    parser.add_argument("--out", metavar="FOLDER", help="folder for the results, made where it is missing")
    takes_json(parser)
    takes_quiet(parser)
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.asking import existing, one_each, spread
    from backend.commands.desk import desk_for

    arguments.file = spread(arguments.file)
    several = len(arguments.file) > 1
    _contradiction(arguments, several)
    wanted = arguments.format or FORMAT_OF.get(Path(arguments.output).suffix.lower(), "text")
    paths = [Path(name) for name in arguments.file]
    if not several and arguments.file != [STREAM]:
        existing(arguments.file)  # told before anything is looked for
    targets = {path: _output(arguments, path, wanted) for path in paths}
    if arguments.out:
        one_each({path: Path(target) for path, target in targets.items()})
    desk = desk_for(settings, arguments)
    status = DONE
    for path, target in targets.items():
        try:
            with _source(path) as source:
                _transcribe(desk, source, path, target, wanted, arguments)
        except Problem as problem:
            if not several and not arguments.json:
                raise
            status = max(status, failed(str(path), problem, arguments.json))
    return status


def _contradiction(arguments: argparse.Namespace, several: bool) -> None:
    """Raises Misused."""
    to_stdout = not arguments.out and arguments.output in ("", STREAM)
    if arguments.output and arguments.out:
        raise Misused("Both -o and --out are given.", hint="One file, or a folder.")
    if several and arguments.output not in ("", STREAM):
        raise Misused("Several recordings cannot become one file.", hint="--out takes a folder for them.")
    if several and to_stdout and arguments.format not in (None, "text") and not arguments.json:
        raise Misused("Several recordings become text only there.", hint="--out takes a folder for them; or --json.")


def _output(arguments: argparse.Namespace, path: Path, wanted: str) -> str:
    if arguments.out:
        return str(folder_for(arguments.out) / f"{path.stem}{ENDING_OF[wanted]}")
    return "" if arguments.output == STREAM else str(arguments.output)


@contextmanager
def _source(path: Path) -> Iterator[Path]:
    """The recording, from standard input where it is one. Raises Misused."""
    from backend.commands.asking import existing

    if str(path) != STREAM:
        yield existing([str(path)])[0]
        return
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "standard-input"
        with kept.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield kept


def _transcribe(desk: Desk, source: Path, path: Path, target: str, wanted: str, arguments: argparse.Namespace) -> None:
    wish = {name: getattr(arguments, name) for name in ("engine", "language", "clean", "context")}
    result = watched(desk.transcribe(source, wish), "The listening", arguments.quiet)
    if arguments.json:
        as_json({"input": str(path), "output": target, **_facts(result)})
    if target:
        with delivered(Path(target)) as partial:
            partial.write_text(_ended(desk.written(result, wanted)), encoding="utf-8", newline="\n")
    elif not arguments.json:
        heading = f"# {path}\n" if len(arguments.file) > 1 else ""
        sys.stdout.buffer.write(f"{heading}{_ended(desk.written(result, wanted))}".encode("utf-8", "backslashreplace"))
        sys.stdout.buffer.flush()
    for notice in result["notices"]:
        tell(notice["text"])
    language = result["language"] or "no speech"
    tell(f"{path}: {result['duration']:.1f} s, {language}, {result['engine_title']}.")


def _facts(result: dict[str, Any]) -> dict[str, Any]:
    """Without what only a studio that runs has: its job, and copies in its folder."""
    return {name: value for name, value in result.items() if name not in ("job_id", "files")}


def _ended(content: str) -> str:
    return content if content.endswith("\n") else f"{content}\n"
