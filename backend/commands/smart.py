"""`qwentts smart`: one long recording into clips on the disk, judged and with suggested emotions, in this process."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from backend.commands.terminal import watched, writing
from backend.core.errors import BadRequest
from backend.core.settings import Settings
from backend.jobs.runner import JobContext
from backend.rooms.rooms import Rooms
from backend.rooms.smart import checked_language, cut, sessions_of


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    rooms = Rooms(settings)
    source = Path(arguments.file)
    if not source.is_file():
        raise BadRequest(f"There is no file {source}.", hint="Name a recording.")
    language = checked_language(rooms, arguments.engine, arguments.language)
    upload = rooms.uploads.keep(source, source.name)
    request = {"upload": upload, "name": source.name, "language": language, "engine": arguments.engine}
    session = watched(cut(rooms, request, JobContext("command-line", 1)), "The cutting")
    for notice in session["notices"]:
        print(notice["text"], file=sys.stderr)
    if arguments.out:
        _deliver(rooms, session, Path(arguments.out))
    for clip in session["clips"]:
        print(_line(clip))
    return 0


def _deliver(rooms: Rooms, session: dict[str, Any], folder: Path) -> None:
    """Every clip as a WAV file, and `clips.json`; the session goes."""
    sessions = sessions_of(rooms)
    with writing(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
        for clip in session["clips"]:
            sound = sessions.window(session["session"], clip["start"], clip["end"])
            (folder / f"{clip['id']}-{clip['emotion']}.wav").write_bytes(sound)
        text = json.dumps(session, ensure_ascii=False, indent=1)
        (folder / "clips.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    sessions.drop(session["session"])


def _line(clip: dict[str, Any]) -> str:
    mark = "*" if clip["proposed"] else " "
    facts = (
        f"{clip['start']:8.2f} {clip['duration']:6.2f} s  {clip['score']:3d}  {clip['emotion']} {clip['confidence']}"
    )
    return f"{mark} {clip['id']} {facts}  {clip['transcript']}".rstrip()
