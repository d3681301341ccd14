"""`qwentts jobs`: what a running studio works on, and an end to it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, takes_json, takes_studio
from backend.commands.terminal import as_json, tell
from backend.core.errors import BadRequest

if TYPE_CHECKING:
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (
    ("qwentts jobs", "what waits, runs and was done; needs a running studio"),
    ("qwentts jobs --json", "the same for programs"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", default="list", choices=("list", "cancel"), help="default: list")
    parser.add_argument("ids", nargs="*", metavar="job", help="ids to cancel")
    takes_json(parser)
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.desk import desk_for
    from backend.commands.there import There
    from backend.commands.wire import Gone

    if arguments.action == "cancel" and not arguments.ids:
        raise BadRequest("No job is named.", hint="qwentts jobs lists them.")
    studio = desk_for(settings, arguments)
    if not isinstance(studio, There):
        hint = "Start it (qwentts serve), or name one by --server."
        raise Gone("No studio runs on this data folder, so there is no queue.", hint=hint)
    rows = [studio.cancel(key) for key in arguments.ids] if arguments.action == "cancel" else studio.jobs()
    for row in rows:
        if arguments.json:
            as_json(row)
        else:
            print(_line(row))
    if not rows:
        tell("Nothing was asked for yet.")
    return DONE


def _line(job: dict[str, Any]) -> str:
    share = "" if job["progress"] is None or job["status"] != "running" else f" {100 * job['progress']:.0f} %"
    return f"{job['id']}  {job['kind']:<20} {job['status']}{share}  {job['stage'] or ''}".rstrip()
