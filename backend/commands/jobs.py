"""`qwentts jobs`: what a running studio works on, and an end to it."""

from __future__ import annotations

import argparse
import shutil
import sys
import unicodedata
from datetime import UTC, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_studio
from backend.commands.terminal import as_json, lasting, plain, tell

if TYPE_CHECKING:
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (
    ("qwentts jobs", "what waits, runs and was done, newest first; needs a running studio"),
    ("qwentts jobs cancel JIv1Hin8wWPynTB3O2yIww", "end one, by its id"),
    ("qwentts jobs --json", "the same for programs"),
)
WIDE = 120  # columns of a line that nobody watches


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
        raise Misused("No job is named.", hint="qwentts jobs lists them.")
    studio = desk_for(settings, arguments)
    if not isinstance(studio, There):
        hint = "Start it (qwentts serve), or name another folder by --data-dir FOLDER, or a studio by --server URL."
        raise Gone(f"No studio runs on the data folder {settings.data_dir}, so there is no queue.", hint=hint)
    rows = [studio.cancel(key) for key in arguments.ids] if arguments.action == "cancel" else studio.jobs()
    if arguments.json:
        for row in rows:
            as_json(row)
    else:
        print("\n".join(lines(rows, datetime.now(UTC), _width())), end="\n" if rows else "")
    if not rows:
        tell("Nothing was asked for yet.")
    return DONE


def lines(jobs: list[dict[str, Any]], now: datetime, width: int) -> list[str]:
    """A line for each: id, when it was asked for, how long it took, state, kind, voice; its text as far as it fits."""
    rows = [tuple(map(plain, _row(job, now))) for job in jobs]
    wide = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
    padded = (
        "  ".join(cell + " " * (size - _columns(cell)) for cell, size in zip(row, wide, strict=True)) for row in rows
    )
    return [_cut(line.rstrip(), width) for line in padded]


def _columns(text: str) -> int:
    """Columns of a terminal: what East Asia writes wide takes two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _cut(line: str, width: int) -> str:
    """Not wider than so many columns; an ellipsis stands for what is missing."""
    if _columns(line) <= width:
        return line
    ends = accumulate(map(_columns, line))
    return f"{line[: sum(end < width for end in ends)]}…"


def _row(job: dict[str, Any], now: datetime) -> tuple[str, ...]:
    about, problem = job.get("about") or {}, job["problem"] or {}
    told = problem.get("detail") or about.get("text") or ("" if job["finished"] else job["stage"])
    voice = str(about.get("voice") or "")
    return job["id"], _when(job["created"], now), _took(job, now), _state(job), job["kind"], voice[:20], told


def _when(moment: str, now: datetime) -> str:
    """On the clock of who reads it; the day where it is another one."""
    asked = datetime.fromisoformat(moment).astimezone()
    today = asked.date() == now.astimezone().date()
    return f"{asked:today %H:%M}" if today else f"{asked:%Y-%m-%d %H:%M}"


def _took(job: dict[str, Any], now: datetime) -> str:
    if not job["started"]:
        return ""
    ended = datetime.fromisoformat(job["finished"]) if job["finished"] else now
    return lasting((ended - datetime.fromisoformat(job["started"])).total_seconds())


def _state(job: dict[str, Any]) -> str:
    if job["status"] == "queued" and job["queue_place"]:
        return f"queued, place {job['queue_place']}"
    share = job["progress"] if job["status"] == "running" else None
    return str(job["status"]) if share is None else f"running {100 * share:.0f} %"


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDE
