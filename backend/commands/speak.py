"""`qwentts speak`: a text, or files of text, into sound; by the studio that runs, or in this process."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_quiet, takes_studio
from backend.commands.references import declare_references, guest
from backend.commands.terminal import as_json, delivered, failed, folder_for, tell, watched, writable
from backend.core.errors import Problem
from backend.core.tables.formats import AUDIO_FORMATS, SUBTITLE_FORMATS

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

STREAM = "-"
EXAMPLES: tuple[Example, ...] = (
    ("qwentts speak 'Hello there.'", "by Ryan, into speech.wav"),
    ("qwentts speak '[happy] The letter came! [sad] It was not for me.' --voice Anna -o letter.mp3", "a saved voice"),
    (
        "qwentts speak 'Good night.' --describe 'an old sailor, slow and hoarse' --seed 7 -o night.flac",
        "a described one",
    ),
    (
        "qwentts speak --file story.txt letter.txt --out spoken --format mp3 --subtitles srt",
        "files, each its own sound",
    ),
    ("echo 'From a pipe.' | qwentts speak -o - --format wav > pipe.wav", "standard input to standard output"),
    ("qwentts speak 'By her.' --ref-audio me.wav --ref-text 'The train leaves.' -o her.ogg", "by a recording only"),
    ("qwentts speak 'As data.' --json", "the take as JSON"),
)
OF_REQUEST = ("language", "engine", "seed", "speed", "pitch", "match_strength", "title", "verify")
OF_SAMPLING = ("temperature", "top_k", "top_p", "repetition_penalty")
OF_JOIN = ("pause", "crossfade")


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", help="what to say; without it, or with -, standard input is read")
    parser.add_argument("--file", nargs="+", action="extend", metavar="FILE", help="files of text to speak, UTF-8")
    voice = parser.add_mutually_exclusive_group()
    voice.add_argument("--voice", help="a saved voice or a speaker, by id or name; OpenAI's names (alloy …) work, too")
    voice.add_argument("--speaker", help="a preset speaker (default: Ryan)")
    voice.add_argument("--describe", metavar="WORDS", help="a voice in words")
    parser.add_argument("--style", help="how a speaker speaks, in words, for engines that take it")
    parser.add_argument("--emotion", default="neutral", help="emotion of text before the first tag")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: speech.<format>; - is standard output")
    parser.add_argument("--out", metavar="FOLDER", help="folder for the results, made where it is missing")
    parser.add_argument("--format", choices=tuple(AUDIO_FORMATS), help="default: by the file's ending, else wav")
    parser.add_argument("--subtitles", choices=tuple(SUBTITLE_FORMATS), help="write them beside the sound, too")
    parser.add_argument("--play", action="store_true", help="play it; without -o and --out no file is left")
    parser.add_argument("--language", help="code or name (default: auto)")
    parser.add_argument("--engine", help="engine (default: the best that is available)")
    parser.add_argument("--seed", type=int, help="makes a take repeatable")
    parser.add_argument("--speed", type=float, help="0.25 to 4; 2 is twice as fast")
    parser.add_argument("--pitch", type=float, help="semitones, -12 to 12")
    parser.add_argument("--verify", choices=("off", "auto", "full"), help="check what was spoken (default: auto)")
    parser.add_argument("--title", help="name of the take in the history")
    parser.add_argument("--match-strength", type=float, metavar="SHARE", help="0 to 1: how near to the reference")
    parser.add_argument("--pause", type=float, metavar="SECONDS", help="between lines, up to 10 (default: by the text)")
    parser.add_argument("--crossfade", type=float, metavar="SECONDS", help="between lines, up to 0.2")
    sampling = parser.add_argument_group("for engines that draw")
    sampling.add_argument("--temperature", type=float, help="0 to 2 (default: 0.9)")
    sampling.add_argument("--top-k", type=int, help="default: 50")
    sampling.add_argument("--top-p", type=float, help="default: 1")
    sampling.add_argument("--repetition-penalty", type=float, help="default: 1.05")
    declare_references(parser)
    takes_json(parser)
    takes_quiet(parser)
    takes_studio(parser)


@dataclass(frozen=True)
class Line:
    """One text and where it goes."""

    source: str
    """File it came from; empty for an argument or standard input."""
    text: str
    output: str
    """File, `-`, or empty where it is only played."""


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.desk import desk_for

    lines = _lines(arguments)
    asked = _asked(arguments)
    desk = desk_for(settings, arguments)
    status = DONE
    with guest(desk, arguments) as brought:
        asked["voice"] = brought or _voice(desk, arguments)
        lines = [part for line in lines for part in _parts(desk, line, asked["voice"])]
        for line in lines:
            status = max(status, _tried(desk, asked, line, arguments, len(lines) > 1))
    return status


def _parts(desk: Desk, line: Line, voice: dict[str, Any]) -> list[Line]:
    from backend.commands.volumes import volumes

    return [Line(line.source, text, output) for text, output in volumes(desk, line.text, line.output, voice)]


def _tried(desk: Desk, asked: dict[str, Any], line: Line, arguments: argparse.Namespace, one_of_several: bool) -> int:
    """The exit status of one text; of several one may fail."""
    try:
        _speak(desk, asked, line, arguments)
    except Problem as problem:
        if not one_of_several and not arguments.json:
            raise
        return failed(line.source, problem, arguments.json)
    return DONE


def _speak(desk: Desk, asked: dict[str, Any], line: Line, arguments: argparse.Namespace) -> None:
    from backend.commands.asking import checked
    from backend.core.types import GenerationRequest

    if line.output not in ("", "-"):
        writable(Path(line.output))
    request = checked(GenerationRequest, {**asked, "text": line.text, "format": _format(line.output, arguments.format)})
    result = watched(desk.speak(request.model_dump(mode="json")), "The performance", arguments.quiet)
    result.pop("job_id", None)  # only a studio that runs has one
    written = _deliver(desk, result, line.output, arguments.subtitles)
    for notice in result.get("notices", ()):
        tell(notice["text"])
    if arguments.play:
        _play(desk, result)
    if arguments.json:
        as_json({"input": line.source, "output": line.output, "files": written, **result})
    facts = f"{result['duration']:.1f} s, {result['engine']} engine, seed {result['seed']}"
    tell(f"{line.output or 'Played'}: {facts}. {result.get('engine_note', '')}".strip())


def _lines(arguments: argparse.Namespace) -> list[Line]:
    """What is spoken and where it goes. Raises Misused for what contradicts itself, before any work."""
    from backend.commands.asking import existing, one_each, spread, text_from, text_of, worded

    if arguments.output and arguments.out:
        raise Misused("Both -o and --out are given.", hint="One file, or a folder.")
    if arguments.json and arguments.output == STREAM:
        raise Misused("Sound and JSON cannot both go to standard output.", hint="Name a file: -o hello.wav.")
    if arguments.subtitles and not _leaves_files(arguments):
        raise Misused("Subtitles lie beside a file.", hint="Name one: -o hello.wav.")
    if not arguments.file:
        output = _output(arguments, "speech")
        _format(output, arguments.format)  # a wrong ending is told before standard input is waited for
        return [Line("", text_from(arguments.text), output)]
    if arguments.text is not None:
        raise Misused("Both a text and --file are given.", hint="Leave one of them out.")
    paths = existing(spread(arguments.file), "Name a file of text.")
    if arguments.output:
        if len(paths) > 1:
            raise Misused("Several files cannot become one.", hint="--out takes a folder for them.")
        return [Line(str(paths[0]), worded(text_of(paths[0]), str(paths[0])), arguments.output)]
    targets = {path: Path(_output(arguments, path.stem)) for path in paths}
    if not arguments.play or arguments.out:
        one_each(targets)
    return [
        Line(str(path), worded(text_of(path), str(path)), str(target) if target.name else "")
        for path, target in targets.items()
    ]


def _leaves_files(arguments: argparse.Namespace) -> bool:
    return bool(arguments.out) or (arguments.output != STREAM and not (arguments.play and not arguments.output))


def _output(arguments: argparse.Namespace, stem: str) -> str:
    """The file that a text of that name becomes."""
    if arguments.output:
        return str(arguments.output)
    if arguments.play and not arguments.out:
        return ""
    name = f"{stem}.{_extension(arguments.format)}"
    return str(folder_for(arguments.out) / name) if arguments.out else name


def _extension(audio_format: str | None) -> str:
    return AUDIO_FORMATS[audio_format or "wav"].extension


def _format(output: str, given: str | None) -> str:
    if given is not None:
        return given
    ending = Path(output).suffix.lower().lstrip(".")
    if ending and ending not in AUDIO_FORMATS:
        raise Misused(f"A file cannot end in .{ending[:20]}.", hint=f"Endings: {', '.join(AUDIO_FORMATS)}.")
    return ending or "wav"


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    from backend.commands.asking import given

    parts = {"sampling": given(arguments, OF_SAMPLING), "join": given(arguments, OF_JOIN)}
    return {**given(arguments, OF_REQUEST), **{name: part for name, part in parts.items() if part}}


def _voice(desk: Desk, arguments: argparse.Namespace) -> dict[str, Any]:
    """Raises NotFound."""
    emotion = arguments.emotion
    if arguments.describe:
        named = {"kind": "designed", "description": arguments.describe, "emotion": emotion}
    elif arguments.voice:
        from backend.rooms.naming import voice_among

        named = voice_among(desk.voices(), arguments.voice, emotion).model_dump(mode="json")
    else:
        named = {"kind": "preset", "speaker": arguments.speaker or "Ryan", "emotion": emotion}
    if arguments.style and named["kind"] != "preset":
        raise Misused("Only a speaker takes --style.", hint="Leave it out, or use emotion tags.")
    return {**named, "style": arguments.style} if arguments.style else named


def _deliver(desk: Desk, result: dict[str, Any], output: str, subtitles: str | None) -> list[str]:
    """The files that were written."""
    take, audio_format = str(result["id"]), str(result["format"])
    if output == STREAM:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "sound"
            desk.sound(take, audio_format, made)
            sys.stdout.buffer.write(made.read_bytes())
            sys.stdout.buffer.flush()
        return []
    if not output:
        return []
    wanted = {Path(output): audio_format}
    if subtitles:
        wanted[Path(output).with_suffix(f".{subtitles}")] = subtitles
    for path, extension in wanted.items():
        with delivered(path) as partial:
            desk.sound(take, extension, partial)
    return [str(path) for path in wanted]


def _play(desk: Desk, result: dict[str, Any]) -> None:
    from backend.commands.playing import play

    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "speech.wav"
        desk.sound(str(result["id"]), "wav", sound)
        play(sound)
