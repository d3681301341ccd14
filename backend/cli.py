"""`qwentts serve | speak | transcribe | smart | chimera | voices | link | doctor …`: arguments → settings → one verb.

Exit status: 0 done · 1 a problem (its sentence on stderr) · 2 wrong arguments or settings · 3 the data folder is in
use · 4 the port is taken.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from backend import __version__
from backend.core.errors import Problem
from backend.core.settings import Settings

FAILED, WRONG = 1, 2
OF_SETTINGS = ("data_dir", "host", "port", "token", "open_browser")


def main(argv: Sequence[str] | None = None) -> int:
    """Do one verb. Only its own module is imported, so that no verb pays for another."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["doctor"]:
        return int(importlib.import_module("backend.doctor").main(given[1:]))
    arguments = grammar().parse_args(given)
    try:
        settings = _settings(arguments)
    except (ValidationError, ValueError) as error:
        print(f"The settings cannot be used: {_reason(error)}", file=sys.stderr)
        return WRONG
    try:
        return int(importlib.import_module(f"backend.commands.{arguments.module}").run(settings, arguments))
    except Problem as problem:
        print(" ".join(filter(None, (problem.detail, problem.hint))), file=sys.stderr)
        return int(getattr(problem, "exit_status", FAILED))
    except KeyboardInterrupt:
        return 130


def grammar() -> argparse.ArgumentParser:
    """Every verb and its arguments."""
    parser = argparse.ArgumentParser(prog="qwentts", description="QwenTTS All-in-One, a voice studio of your own.")
    parser.add_argument("--version", action="version", version=f"qwentts {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="verb")
    serve = _verb(verbs, "serve", "start the studio and open its page")
    serve.add_argument("--host", help="address to listen on; anything but loopback demands a token")
    serve.add_argument("--port", type=int, help="TCP port; 0 takes a free one")
    serve.add_argument("--token", help="key that every caller must send")
    serve.add_argument("--no-browser", dest="open_browser", action="store_false", default=None, help="open no page")
    _speak_arguments(_verb(verbs, "speak", "speak a text into a file"))
    _transcribe_arguments(_verb(verbs, "transcribe", "write down what a recording says"))
    _smart_arguments(_verb(verbs, "smart", "cut one long recording into judged clips"))
    _chimera_arguments(_verb(verbs, "chimera", "join your voice and an acted one into a recording"))
    voices = _verb(verbs, "voices", "list who can speak")
    voices.add_argument("--json", action="store_true", help="as JSON")
    models = _verb(verbs, "models", "list, download, check and delete models")
    models.add_argument("action", nargs="?", default="list", choices=("list", "download", "validate", "path", "delete"))
    models.add_argument("keys", nargs="*", metavar="key", help="models, by their keys")
    models.add_argument("--provider", default="auto", choices=("auto", "hf", "modelscope"), help="where to fetch from")
    models.add_argument("--json", action="store_true", help="list as JSON")
    link = _verb(verbs, "link", "make a new one-time link to the page of a running studio with a token")
    link.add_argument("--port", type=int, help="port of the running studio")
    link.add_argument("--token", help="its token")
    _verb(verbs, "verify-data", "look for anything inconsistent in the data folder")
    reference = _verb(verbs, "reference", "print a page that is made from the source")
    reference.add_argument("page", choices=("settings-example", "settings", "errors"))
    verbs.add_parser("doctor", help="check this machine and say what to do")
    return parser


def _verb(verbs: Any, name: str, help_text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
    parser.add_argument("--data-dir", help="folder that holds models, voices and output")
    parser.set_defaults(module=name.replace("-", "_"))
    return parser


def _speak_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", help="what to say; without it, or with -, standard input is read")
    voice = parser.add_mutually_exclusive_group()
    voice.add_argument("--voice", help="a saved voice, by id or name")
    voice.add_argument("--speaker", default="Ryan", help="a preset speaker (default: Ryan)")
    voice.add_argument("--describe", help="a voice in words")
    parser.add_argument("-o", "--output", help="file to write (default: speech.<format>); - is standard output")
    parser.add_argument("--format", choices=("wav", "mp3", "ogg", "opus", "flac"), help="default: by the file's ending")
    parser.add_argument("--language", default="auto", help="code or name; default: auto")
    parser.add_argument("--emotion", default="neutral", help="emotion of text before the first tag")
    parser.add_argument("--engine", default="auto", help="engine; default: the best that is available")
    parser.add_argument("--seed", type=int, help="makes a take repeatable")
    parser.add_argument("--speed", type=float, default=1.0, help="2 is twice as fast")
    parser.add_argument("--pitch", type=float, default=0.0, help="semitones")


def _chimera_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="a recording of the voice; or --voice")
    parser.add_argument("--voice", help="a saved voice, by id or name")
    parser.add_argument("--transcript", help="what is said in the recording")
    parser.add_argument("--text", help="what the acted part says")
    parser.add_argument("--emotion", default="happy", help="what is acted (default: happy)")
    actor = parser.add_mutually_exclusive_group()
    actor.add_argument("--speaker", help="a preset speaker acts")
    actor.add_argument("--describe", help="a voice in words acts")
    actor.add_argument("--clone", action="store_true", help="the voice itself acts, cloned")
    actor.add_argument("--ai-file", help="a recording that is acted already")
    parser.add_argument("--ai-transcript", help="what is said in it")
    for name, help_text in (("user", "of the voice"), ("ai", "of the acted part")):
        parser.add_argument(f"--{name}-seconds", type=float, help=f"seconds {help_text}, 1 to 20 (default: 5)")
    parser.add_argument("--crossfade-ms", type=float, help="milliseconds, 50 to 200 (default: 120)")
    parser.add_argument("--temperature", type=float, help="0 to 2, for engines that draw")
    parser.add_argument("--tries", type=int, help="seeds to try, 1 to 8 (default: 3); the most alike is taken")
    parser.add_argument("--seed", type=int, help="makes it repeatable")
    parser.add_argument("--language", help="code or name; default: auto")
    parser.add_argument("--engine", help="engine; default: the best that is available")
    parser.add_argument("-o", "--output", default="chimera.wav", help="file to write (default: chimera.wav)")
    parser.add_argument("--save", metavar="NAME", help="save it as that emotion of a new voice, too")


def _transcribe_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="the recording: WAV, MP3, FLAC, OGG, Opus, M4A, AAC, AIFF or WebM")
    parser.add_argument("--engine", default="auto", help="a recogniser or a family of them; default: the best there is")
    parser.add_argument("--language", default="auto", help="code or name; default: auto")
    parser.add_argument(
        "--format", choices=("json", "text", "srt", "vtt", "verbose_json"), help="default: by the ending, else text"
    )
    parser.add_argument("--clean", action="store_true", help="have a language model mend the text")
    parser.add_argument("--context", default="", help="what the recording is about, for the language model")
    parser.add_argument("-o", "--output", default="-", help="file to write (default: -, standard output)")


def _smart_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a recording of up to half an hour")
    parser.add_argument("--engine", default="auto", help="who writes down what is said; none writes nothing down")
    parser.add_argument("--language", default="auto", help="code or name; default: auto")
    parser.add_argument("--out", help="folder for the clips; without it they stay in the studio for a week")


def _settings(arguments: argparse.Namespace) -> Settings:
    given = {name: getattr(arguments, name, None) for name in OF_SETTINGS}
    return Settings(**{name: value for name, value in given.items() if value is not None})


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    rows = [(".".join(map(str, row["loc"])), row["msg"]) for row in error.errors(include_url=False)]
    unknown = "is no setting; see config.example.yml for those there are"
    return "; ".join(f"{name} {unknown if 'Extra inputs' in text else text[:200]}" for name, text in rows)


if __name__ == "__main__":
    sys.exit(main())
