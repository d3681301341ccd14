"""`qwentts models`: what there is, fetch it, check it, delete it; by the studio that runs, or in this process."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, FAILED, Example, Misused, takes_json, takes_quiet, takes_studio
from backend.commands.terminal import as_json, failed, tell, watched
from backend.core.errors import Problem

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (
    ("qwentts models", "all there are, what is here, what fits this machine"),
    ("qwentts models validate", "whether everything that is here is whole"),
    ("qwentts models path custom_0_6b", "where it lies, or would"),
    ("qwentts models --json", "the same for programs"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    actions = ("list", "download", "validate", "path", "delete")
    parser.add_argument("action", nargs="?", default="list", choices=actions, help="default: list")
    parser.add_argument("keys", nargs="*", metavar="key", help="models, by their keys")
    parser.add_argument("--provider", default="auto", choices=("auto", "hf", "modelscope"), help="where to fetch from")
    takes_json(parser, "as JSON")
    takes_quiet(parser)
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.desk import desk_for

    desk = desk_for(settings, arguments)
    if arguments.action == "list":
        return _list(desk, arguments.json)
    rows = desk.models()["models"]
    keys = arguments.keys
    if not keys and arguments.action == "validate":
        keys = [row["key"] for row in rows if row["source"]]
    elif not keys:
        raise Misused("Name the models.", hint=f"There are: {', '.join(row['key'] for row in rows)}.")
    status = DONE
    for key in keys:
        try:
            status = max(status, _ACTIONS[arguments.action](desk, key, arguments))
        except Problem as problem:
            status = max(status, failed(key, problem, arguments.json))
    return status


def _list(desk: Desk, in_json: bool) -> int:
    overview = desk.models()
    if in_json:
        as_json(overview)
        return DONE
    print(f"{overview['recommendation']['text']}\nModels lie in {overview['folder']}\n")
    for row in overview["models"]:
        sign = {"installed": "✓", "partial": "…", "broken": "!"}.get(row["state"], " ")
        chosen = "  (recommended)" if row["recommended"] and row["state"] != "installed" else ""
        print(f"{sign} {row['key']:<24}{row['bytes'] / 1e9:>6.2f} GB  {row['title']}{chosen}")
        if row["missing"]:
            print(f"    missing: {', '.join(row['missing'])}")
    return DONE


def _download(desk: Desk, key: str, arguments: argparse.Namespace) -> int:
    result = watched(_telling(desk.download_model(key, arguments.provider)), "The download", arguments.quiet)
    _told(arguments.json, result, f"{key} is here: {result['path']}", people=True)
    return DONE


def _telling(events: Any) -> Any:
    """The events; what they say besides stands above the bar, and how much there is within it."""
    for event in events:
        if "notice" in event:
            tell(f"\n{event['notice']['text']}")
        params = event.get("params", {})
        if "total" in params:
            speed = float(params.get("speed") or 0) / 1e6
            size = f"{int(params['bytes']) / 1e6:.0f} of {int(params['total']) / 1e6:.0f} MB"
            yield {**event, "stage": f"{event['stage']}, {size}" + (f", {speed:.1f} MB/s" if speed else "")}
        else:
            yield event


def _validate(desk: Desk, key: str, arguments: argparse.Namespace) -> int:
    found = desk.examine_model(key)
    state = "complete" if found["valid"] else "missing " + ", ".join(found["missing"])
    _told(arguments.json, found, f"{key}: {state} ({found['path']})")
    return DONE if found["valid"] else FAILED


def _path(desk: Desk, key: str, arguments: argparse.Namespace) -> int:
    found = desk.examine_model(key)
    _told(arguments.json, found, str(found["path"]))
    return DONE


def _delete(desk: Desk, key: str, arguments: argparse.Namespace) -> int:
    freed = desk.delete_model(key)
    _told(arguments.json, freed, f"{key}: {freed['freed'] / 1e9:.2f} GB freed")
    return DONE


def _told(in_json: bool, data: dict[str, Any], sentence: str, people: bool = False) -> None:
    """`people`: the sentence is no data."""
    if in_json:
        as_json(data)
    elif people:
        tell(sentence)
    else:
        print(sentence)


_ACTIONS = {"download": _download, "validate": _validate, "path": _path, "delete": _delete}
