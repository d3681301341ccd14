"""`qwentts voices`: who can speak here: saved voices and preset speakers; their export, import and end."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_studio
from backend.commands.terminal import as_json, delivered, failed, tell
from backend.core.errors import NotFound, Problem

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (
    ("qwentts voices", "everybody who can speak"),
    ("qwentts voices show Anna", "her recordings, and what was found in them"),
    ("qwentts voices export Anna -o anna.zip", "everything about her in one file"),
    ("qwentts voices import other.zip", "a voice that was exported, under a new id"),
    ("qwentts voices delete Anna", "into the trash, where it rests for seven days"),
    ("qwentts voices restore anna", "by its id, out of the trash"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", default="list", choices=tuple(ACTIONS), help="default: list")
    parser.add_argument("names", nargs="*", metavar="voice", help="saved voices by id or name; files for import")
    parser.add_argument("-o", "--output", metavar="FILE", help="file of an export (default: <id>.zip)")
    takes_json(parser, "as JSON")
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.desk import desk_for

    _contradiction(arguments)
    desk = desk_for(settings, arguments)
    if arguments.action == "list":
        return _list(desk, arguments.json)
    status = DONE
    for name in arguments.names:
        try:
            ACTIONS[arguments.action](desk, name, arguments)
        except Problem as problem:
            if len(arguments.names) == 1 and not arguments.json:
                raise
            status = max(status, failed(name, problem, arguments.json))
    return status


def _contradiction(arguments: argparse.Namespace) -> None:
    """Raises Misused."""
    if arguments.action == "list" and arguments.names:
        raise Misused("A list takes no names.", hint="qwentts voices show NAME tells of one.")
    if arguments.action != "list" and not arguments.names:
        raise Misused("No voice is named.", hint=f"qwentts voices {arguments.action} NAME.")
    if arguments.output and (arguments.action != "export" or len(arguments.names) > 1):
        raise Misused("-o is the file of one export.")


def _list(desk: Desk, in_json: bool) -> int:
    from backend.core.tables.languages import LANGUAGES
    from backend.core.tables.speakers import SPEAKERS

    saved = desk.voices()
    if in_json:
        as_json({"personalities": saved, "speakers": list(SPEAKERS)})
        return DONE
    for voice in saved:
        print(f"--voice {voice['id']:<20} {voice['name']}: {_emotions(voice)}")
    for speaker in SPEAKERS.values():
        print(f"--speaker {speaker.id:<18} {speaker.description} ({LANGUAGES[speaker.language].english})")
    return DONE


def _emotions(voice: dict[str, Any]) -> str:
    return ", ".join(sorted(voice["emotions"])) or "no recording yet"


def named(desk: Desk, name: str) -> dict[str, Any]:
    """The saved voice of that id or name. Raises NotFound."""
    from backend.rooms.naming import saved_among

    records = desk.voices()
    key = saved_among(records, name.strip())
    for record in records:
        if record["id"] == key:
            return record
    known = ", ".join(str(record["name"]) for record in records[:20]) or "none yet; qwentts clone makes one"
    raise NotFound(f"There is no saved voice {name!r}.", hint=f"There are: {known}.", code="voice-not-found")


def _show(desk: Desk, name: str, arguments: argparse.Namespace) -> None:
    record = named(desk, name)
    if arguments.json:
        as_json(record)
        return
    facts = (record["language"], record["description"], ", ".join(record["tags"]), record["consent"]["who"])
    print(f"{record['name']} ({record['id']})")
    for title, fact in zip(("Language", "Description", "Tags", "Consent of"), facts, strict=True):
        if fact:
            print(f"  {title}: {fact}")
    for emotion, recording in sorted(record["emotions"].items()):
        print(verdict(emotion, recording))


def verdict(emotion: str, recording: dict[str, Any]) -> str:
    """What the doctor says of a recording, as lines."""
    quality = recording["quality"]
    words = f"“{recording['transcript']}”" if recording["transcript"] else "no transcript"
    head = f"  {emotion}: {quality['score']} of 100, {quality['verdict']}; {recording['duration']:.1f} s; {words}"
    return "\n".join([head, *(f"    {finding['text']}" for finding in quality["findings"])])


def _export(desk: Desk, name: str, arguments: argparse.Namespace) -> None:
    record = named(desk, name)
    output = Path(arguments.output or f"{record['id']}.zip")
    with delivered(output) as partial:
        desk.export_voice(record["id"], partial)
    _told(arguments.json, {"id": record["id"], "output": str(output)}, f"{output}: {record['name']}.")


def _import(desk: Desk, name: str, arguments: argparse.Namespace) -> None:
    from backend.commands.asking import existing

    record = desk.import_voice(existing([name], "Name a file that was exported.")[0])
    _told(arguments.json, record, f"{record['name']} is here: --voice {record['id']}.")


def _delete(desk: Desk, name: str, arguments: argparse.Namespace) -> None:
    record = named(desk, name)
    desk.delete_voice(record["id"])
    way = f"qwentts voices restore {record['id']} brings it back."
    _told(arguments.json, {"id": record["id"]}, f"{record['name']} rests in the trash; {way}")


def _restore(desk: Desk, name: str, arguments: argparse.Namespace) -> None:
    record = desk.restore_voice(name)
    _told(arguments.json, record, f"{record['name']} is back: --voice {record['id']}.")


def _told(in_json: bool, data: dict[str, Any], sentence: str) -> None:
    if in_json:
        as_json(data)
    else:
        tell(sentence)


ACTIONS: dict[str, Any] = {
    "list": None,
    "show": _show,
    "export": _export,
    "import": _import,
    "delete": _delete,
    "restore": _restore,
}
