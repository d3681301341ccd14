"""`qwentts history`: takes that were spoken: list, show, save in any format, delete."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_studio
from backend.commands.terminal import as_json, delivered, failed, plain, tell
from backend.core.errors import BadRequest, Problem
from backend.core.tables.formats import AUDIO_FORMATS, SUBTITLE_FORMATS

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

SHOWN = 60  # characters of a text in the list
LATEST = "latest"
FORMATS = (*AUDIO_FORMATS, *SUBTITLE_FORMATS, "zip")
EXAMPLES: tuple[Example, ...] = (
    ("qwentts history --limit 5", "what was spoken last"),
    ("qwentts history --query letter", "takes whose text, title or voice has the word"),
    ("qwentts history save latest -o again.mp3", "a take once more, in another format; srt, vtt and zip, too"),
    ("qwentts history show latest --json", "everything about it"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    actions = ("list", "show", "save", "delete")
    parser.add_argument("action", nargs="?", default="list", choices=actions, help="default: list")
    parser.add_argument("takes", nargs="*", metavar="take", help=f"ids; {LATEST} is the newest")
    parser.add_argument("--query", default="", metavar="WORDS", help="only takes that hold them")
    parser.add_argument("--limit", type=int, default=20, help="how many to list (default: 20)")
    parser.add_argument("-o", "--output", metavar="FILE", help="file to save to (default: <take>.wav)")
    parser.add_argument("--format", choices=FORMATS, help="default: by the ending, else wav")
    takes_json(parser)
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.desk import desk_for

    if arguments.action != "list" and not arguments.takes:
        raise Misused("No take is named.", hint=f"qwentts history {arguments.action} {LATEST}.")
    if arguments.output and len(arguments.takes) > 1:
        raise Misused("Several takes cannot become one file.", hint="Leave -o out.")
    desk = desk_for(settings, arguments)
    if arguments.action == "list":
        return _list(desk, arguments)
    status = DONE
    for name in arguments.takes:
        try:
            _ACTIONS[arguments.action](desk, _take(desk, name), arguments)
        except Problem as problem:
            if len(arguments.takes) == 1 and not arguments.json:
                raise
            status = max(status, failed(name, problem, arguments.json))
    return status


def _list(desk: Desk, arguments: argparse.Namespace) -> int:
    takes, _ = desk.takes(arguments.query, max(0, arguments.limit))
    if not takes:
        tell("No take has these words." if arguments.query else "Nothing was spoken yet. qwentts speak 'Hello.'")
    for take in takes:
        if arguments.json:
            as_json(take)
        else:
            text = " ".join((take.get("title") or take["text"]).split())
            cut = f"{text[: SHOWN - 1]}…" if len(text) > SHOWN else text
            print(f"{take['id']}  {take['created'][:16]}  {take['duration']:7.1f} s  {plain(cut)}")
    return DONE


def _take(desk: Desk, name: str) -> dict[str, Any]:
    """Raises NotFound, BadRequest where nothing was spoken yet."""
    if name != LATEST:
        return desk.take(name)
    takes, _ = desk.takes("", 1)
    if not takes:
        raise BadRequest("Nothing was spoken yet.", hint="qwentts speak 'Hello.'")
    return desk.take(takes[0]["id"])


def _show(_desk: Desk, take: dict[str, Any], arguments: argparse.Namespace) -> None:
    if arguments.json:
        as_json(take)
        return
    print(f"{take['id']}  {take['created']}  {take['duration']:.1f} s, {take['engine']} engine, seed {take['seed']}")
    print("\n".join(map(plain, take["text"].splitlines())))


def _save(desk: Desk, take: dict[str, Any], arguments: argparse.Namespace) -> None:
    ending = Path(arguments.output or "").suffix.lower().lstrip(".")
    wanted = arguments.format or ending or "wav"
    if wanted not in FORMATS:
        raise Misused(f"A file cannot end in .{wanted[:20]}.", hint=f"Endings: {', '.join(FORMATS)}.")
    output = Path(arguments.output or f"{take['id']}.{wanted}")
    with delivered(output) as partial:
        desk.sound(take["id"], wanted, partial)
    if arguments.json:
        as_json({"id": take["id"], "output": str(output)})
    tell(f"{output}: {take['duration']:.1f} s.")


def _delete(desk: Desk, take: dict[str, Any], arguments: argparse.Namespace) -> None:
    desk.delete_take(take["id"])
    if arguments.json:
        as_json({"id": take["id"]})
    tell(f"{take['id']} rests in the trash.")


_ACTIONS = {"show": _show, "save": _save, "delete": _delete}
