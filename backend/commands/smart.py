"""`qwentts smart`: one long recording into clips on the disk, judged and with suggested emotions, or into a voice."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, takes_json, takes_quiet, takes_studio
from backend.commands.terminal import as_json, delivered, folder_for, tell, watched

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

EXAMPLES: tuple[Example, ...] = (
    ("qwentts smart interview.wav --out clips", "a WAV file for each clip, and clips.json"),
    ("qwentts smart interview.wav --engine none --json", "without transcripts; the session as JSON"),
    (
        "qwentts smart interview.wav --engine none --save Zoe --consent 'Zoe Doe'",
        "a voice of the clips that are proposed",
    ),
)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a recording of up to half an hour")
    parser.add_argument("--engine", default="auto", help="who writes down what is said; none writes nothing down")
    parser.add_argument("--language", default="auto", help="code or name; default: auto")
    parser.add_argument("--out", metavar="FOLDER", help="for the clips; without it they stay in the studio for a week")
    parser.add_argument("--save", metavar="NAME", help="make a voice of the clips that are proposed")
    parser.add_argument("--consent", metavar="WHO", help="who agreed to be cloned, for --save")
    takes_json(parser, "the session as JSON")
    takes_quiet(parser)
    takes_studio(parser)


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.asking import existing
    from backend.commands.clone import agreed
    from backend.commands.desk import desk_for

    source = existing([arguments.file])[0]
    consent = agreed(arguments.consent) if arguments.save else {}
    folder = folder_for(arguments.out) if arguments.out else None
    desk = desk_for(settings, arguments)
    wish = {"engine": arguments.engine, "language": arguments.language}
    session = watched(desk.smart(source, wish), "The cutting", arguments.quiet)
    session.pop("job_id", None)
    for notice in session["notices"]:
        tell(notice["text"])
    if arguments.save:
        _save(desk, session, arguments, consent)
    if folder is not None:
        _deliver(desk, session, folder)
    if arguments.json:
        as_json(session)
    else:
        for clip in session["clips"]:
            print(_line(clip))
    return DONE


def _save(desk: Desk, session: dict[str, Any], arguments: argparse.Namespace, consent: dict[str, str]) -> None:
    emotions = {emotion: {"clip": clip} for emotion, clip in session["proposed"].items()}
    language = "" if arguments.language == "auto" else arguments.language
    wish = {"name": arguments.save, "language": language, "consent": consent, "emotions": emotions}
    record = desk.smart_voice(session["session"], wish)
    tell(f"Saved: --voice {record['id']} ({', '.join(sorted(record['emotions']))})")


def _deliver(desk: Desk, session: dict[str, Any], folder: Path) -> None:
    """Every clip as a WAV file, and `clips.json`; the session goes."""
    for clip in session["clips"]:
        with delivered(folder / f"{clip['id']}-{clip['emotion']}.wav") as partial:
            desk.smart_clip(session["session"], clip, partial)
    with delivered(folder / "clips.json") as partial:
        text = json.dumps(session, ensure_ascii=False, indent=1)
        partial.write_text(text + "\n", encoding="utf-8", newline="\n")
    desk.drop_smart(session["session"])


def _line(clip: dict[str, Any]) -> str:
    mark = "*" if clip["proposed"] else " "
    facts = (
        f"{clip['start']:8.2f} {clip['duration']:6.2f} s  {clip['score']:3d}  {clip['emotion']} {clip['confidence']}"
    )
    return f"{mark} {clip['id']} {facts}  {clip['transcript']}".rstrip()
