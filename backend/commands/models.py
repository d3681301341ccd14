"""`qwentts models`: what there is, fetch it, check it, delete it. Works beside a running studio and without one."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

from backend.core.errors import BadRequest, Problem
from backend.core.settings import Settings
from backend.downloads.catalog import ModelEntry, catalog
from backend.rooms.models import ModelShelf

BAR = 28  # characters of the progress bar
EVERY = 0.2  # seconds between two lines of progress


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    shelf = ModelShelf(settings)
    if arguments.action == "list":
        return _list(shelf, arguments.json)
    keys = arguments.keys or ([] if arguments.action != "validate" else [row["key"] for row in _present(shelf)])
    if not keys and arguments.action != "validate":
        raise BadRequest("Name the models.", hint=f"There are: {', '.join(catalog())}.")
    return max([_ACTIONS[arguments.action](settings, shelf, shelf.entry(key), arguments) for key in keys], default=0)


def _list(shelf: ModelShelf, as_json: bool) -> int:
    overview = shelf.overview({})
    if as_json:
        print(json.dumps(overview, ensure_ascii=False))
        return 0
    print(f"{overview['recommendation']['text']}\nModels lie in {overview['folder']}\n")
    for row in overview["models"]:
        sign = {"installed": "✓", "partial": "…", "broken": "!"}.get(row["state"], " ")
        chosen = "  (recommended)" if row["recommended"] and row["state"] != "installed" else ""
        print(f"{sign} {row['key']:<24}{row['bytes'] / 1e9:>6.2f} GB  {row['title']}{chosen}")
        if row["missing"]:
            print(f"    missing: {', '.join(row['missing'])}")
    return 0


def _present(shelf: ModelShelf) -> list[dict[str, Any]]:
    return [row for row in (shelf.examined(key) for key in catalog()) if row["exists"]]


def _download(settings: Settings, shelf: ModelShelf, entry: ModelEntry, arguments: argparse.Namespace) -> int:
    from backend.downloads.transfer import TransferOptions, fetch_model

    shelf.downloadable(entry)
    told, width = 0.0, 0
    try:
        for now in fetch_model(
            entry, shelf.target(entry), TransferOptions.from_settings(settings, arguments.provider), lambda: False
        ):
            if now.notice:
                print(f"\n{now.notice}", file=sys.stderr)
            if time.monotonic() - told >= EVERY or now.done >= now.total:
                told = time.monotonic()
                line = _line(entry.title, now)
                print(f"\r{line:<{width}}", end="", file=sys.stderr, flush=True)
                width = len(line)
    except Problem as problem:
        print(f"\n{entry.title}: {problem.detail} {problem.hint}", file=sys.stderr)
        return 1
    print(f"\n{entry.title} is here: {shelf.target(entry)}", file=sys.stderr)
    return 0


def _line(title: str, now: Any) -> str:
    share = now.done / max(1, now.total)
    bar = "█" * int(share * BAR) + "░" * (BAR - int(share * BAR))
    speed = f"{now.speed / 1e6:.1f} MB/s" if now.speed else ""
    eta = f"{now.eta:.0f} s left" if now.eta else ""
    return f"{title} {bar} {100 * share:3.0f} %  {now.done / 1e6:.0f} of {now.total / 1e6:.0f} MB  {speed}  {eta}"


def _validate(settings: Settings, shelf: ModelShelf, entry: ModelEntry, arguments: argparse.Namespace) -> int:
    found = shelf.examined(entry.key)
    print(
        f"{entry.key}: {'complete' if found['valid'] else 'missing ' + ', '.join(found['missing'])} ({found['path']})"
    )
    return 0 if found["valid"] else 1


def _path(settings: Settings, shelf: ModelShelf, entry: ModelEntry, arguments: argparse.Namespace) -> int:
    print(shelf.examined(entry.key)["path"])
    return 0


def _delete(settings: Settings, shelf: ModelShelf, entry: ModelEntry, arguments: argparse.Namespace) -> int:
    print(f"{entry.key}: {shelf.delete(entry.key)['freed'] / 1e9:.2f} GB freed")
    return 0


_ACTIONS = {"download": _download, "validate": _validate, "path": _path, "delete": _delete}
