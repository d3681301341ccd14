"""The verbs there are, what every verb of a kind takes, and what exit statuses mean. Imports nothing that takes time.

A verb is a module of this folder: `declare(parser)` adds its arguments, `EXAMPLES` shows it (a test runs each of
them), and `run(settings, arguments)` does it and answers the exit status. `NEEDS_NO_SETTINGS` leaves the first out.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from types import ModuleType

from backend.core.errors import BadRequest

VERBS: dict[str, str] = {
    "serve": "start the studio and open its page",
    "speak": "speak a text, or files of text",
    "transcribe": "write down what recordings say",
    "clone": "make a voice from recordings",
    "voices": "list, show, export, import and delete who can speak",
    "smart": "cut one long recording into judged clips",
    "chimera": "join your voice and an acted one into a recording",
    "models": "list, download, check and delete models",
    "history": "list, show, save and delete what was spoken",
    "jobs": "list and cancel the work of a running studio",
    "doctor": "check this machine and say what to do",
    "link": "make a new one-time link to the page of a running studio with a token",
    "verify-data": "look for anything inconsistent in the data folder",
    "completion": "print what makes your shell complete names",
    "reference": "print a page that is made from the source",
}

DONE, FAILED, WRONG, ALREADY_RUNNING, PORT_TAKEN, GONE, CANCELLED = 0, 1, 2, 3, 4, 5, 130
STATUSES: dict[int, str] = {
    DONE: "done",
    FAILED: "a problem; its sentence is on standard error. Of several files the others were done",
    WRONG: "wrong arguments or settings",
    ALREADY_RUNNING: "another studio holds the data folder",
    PORT_TAKEN: "the port is taken",
    GONE: "the studio that was asked cannot be reached, or went away in the middle",
    CANCELLED: "stopped by Ctrl-C; nothing half-written is left",
}


class Misused(BadRequest):
    """Arguments that contradict each other, lack one or are out of range: seen before any work, like argparse's own."""

    exit_status = WRONG


Example = tuple[str, str]
"""A command, and what it does."""


def module_of(verb: str) -> ModuleType:
    return importlib.import_module(f"backend.commands.{verb.replace('-', '_')}")


def statuses(table: Mapping[int, str]) -> str:
    rows = (f"  {number:>3}  {text}" for number, text in table.items())
    return "\n".join(["exit status:", *rows])


def examples_of(verb: ModuleType) -> str:
    """For the end of a verb's help."""
    shown = [f"  {command}\n      {text}" for command, text in verb.EXAMPLES]
    return "\n".join(["examples:", *shown])


def takes_data_dir(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data-dir", metavar="FOLDER", help="folder that holds models, voices and output")
    parser.add_argument("--config", metavar="FILE", help="settings (default: config.yml here)")


def takes_studio(parser: argparse.ArgumentParser) -> None:
    """Of verbs that a running studio can do, or this process."""
    takes_data_dir(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--server", metavar="URL", help="a running studio (default: the one of the data folder, if any)")
    where.add_argument("--no-server", action="store_true", help="work in this process even where a studio runs")
    parser.add_argument("--token", metavar="KEY", help="its key, where it asks for one")


def takes_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")


def takes_json(parser: argparse.ArgumentParser, text: str = "the result as JSON, one line each") -> None:
    parser.add_argument("--json", action="store_true", help=text)
