"""`qwentts VERB …`: finds the verb, reads the settings, does it. Verbs live in `commands/`, each with its arguments.

Only the module of the verb that is asked for is imported, so that no verb pays for another.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Collection, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO, cast

from backend import __version__
from backend.commands.grammar import CANCELLED, STATUSES, VERBS, WRONG, examples_of, module_of, statuses
from backend.commands.terminal import failed
from backend.core.errors import Problem

if TYPE_CHECKING:
    from backend.core.settings import Settings

OF_SETTINGS = ("data_dir", "host", "port", "token", "open_browser")
PIPE_CLOSED = 141
"""What a shell makes of a program whose reader has gone: 128 and the number of SIGPIPE."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do one verb and answer its exit status."""
    for stream in (sys.stdout, sys.stderr):
        _as_utf8(stream)
    given = list(sys.argv[1:] if argv is None else argv)
    if argv is None and "_ARGCOMPLETE" in os.environ:
        known = grammar(_verb_in(os.environ.get("COMP_LINE", "").split()))
        return int(importlib.import_module("backend.commands.completion").answer(known))
    arguments = grammar(_verb_in(given)).parse_args(given)
    verb = module_of(arguments.verb)
    try:
        status = _done(verb, arguments)
        sys.stdout.flush()  # a reader that has gone is noticed here, not at the end of Python
        return status
    except Problem as problem:
        return failed("", problem, getattr(arguments, "json", False))
    except KeyboardInterrupt:
        print("Cancelled.", file=sys.stderr)
        return CANCELLED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the end of Python would stumble over it
        return PIPE_CLOSED


def grammar(filled: Collection[str] = tuple(VERBS)) -> argparse.ArgumentParser:
    """Every verb; those in `filled` with their arguments."""
    parser = argparse.ArgumentParser(
        prog="qwentts",
        description="QwenTTS All-in-One, a voice studio of your own.",
        epilog=f"`qwentts VERB --help` shows examples.\n\n{statuses(STATUSES)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"qwentts {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="verb", dest="verb")
    for name, summary in VERBS.items():
        verb = verbs.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name in filled:
            module = module_of(name)
            module.declare(verb)
            verb.epilog = examples_of(module)
    return parser


def _verb_in(given: Sequence[str]) -> Collection[str]:
    return [word for word in given if word in VERBS][:1]


def _done(verb: ModuleType, arguments: argparse.Namespace) -> int:
    if getattr(verb, "NEEDS_NO_SETTINGS", False):
        return int(verb.run(arguments))
    try:
        settings = _settings(arguments)
    except ValueError as error:  # pydantic's own error is one
        print(f"The settings cannot be used: {_reason(error)}", file=sys.stderr)
        return WRONG
    return int(verb.run(settings, arguments))


def _settings(arguments: argparse.Namespace) -> Settings:
    """Raises ValueError."""
    from backend.core.settings import Settings  # brings pydantic, which help and completion need not wait for

    named = {name: getattr(arguments, name, None) for name in OF_SETTINGS}
    given = {name: value for name, value in named.items() if value is not None}
    config = getattr(arguments, "config", None)
    if config is None:
        return Settings(**given)
    if not os.path.isfile(config):
        raise ValueError(f"there is no file {config}")
    chosen = type("Settings", (Settings,), {"model_config": {**Settings.model_config, "yaml_file": config}})
    return cast("Settings", chosen(**given))


def _reason(error: ValueError) -> str:
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    rows = [(".".join(map(str, row["loc"])), row["msg"]) for row in error.errors(include_url=False)]
    unknown = "is no setting; see config.example.yml for those there are"
    return "; ".join(f"{name} {unknown if 'Extra inputs' in text else text[:200]}" for name, text in rows)


def _as_utf8(stream: TextIO) -> None:
    """What goes into files and pipes is UTF-8 on every system; a console that lacks a sign shows another."""
    change: Any = getattr(stream, "reconfigure", None)
    if change is None:
        return
    if stream.isatty():
        change(errors="replace")
    else:
        change(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
