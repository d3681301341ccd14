"""`qwentts clone`: recordings become a voice, with what the doctor says of each; a failure leaves nothing behind."""

from __future__ import annotations

import argparse
import contextlib
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.commands.grammar import DONE, Example, Misused, takes_json, takes_quiet, takes_studio
from backend.commands.terminal import as_json, tell, watched
from backend.commands.voices import named, verdict
from backend.core.errors import BadRequest, EngineUnavailable, Problem
from backend.core.tables.emotions import canonical

if TYPE_CHECKING:
    from backend.commands.desk import Desk
    from backend.core.settings import Settings

SOUNDS = frozenset({".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".aiff", ".aif", ".webm", ".mp4"})
"""Endings of what a folder of recordings holds."""
ROUGH = "rough-recogniser"
"""Notice of a transcript that is too doubtful to clone by."""
EXAMPLES: tuple[Example, ...] = (
    ("qwentts clone Zoe me.wav --transcript 'The train leaves at nine.' --consent 'Zoe Doe'", "one recording"),
    ("qwentts clone Zoe neutral=me.wav happy=laugh.wav --language en --consent 'Zoe Doe'", "an emotion each"),
    ("qwentts clone Zoe recordings --consent 'Zoe Doe'", "a folder: happy.wav with its words in happy.txt, and so on"),
    ("qwentts clone sad=tears.wav --into Anna", "one more emotion of a voice that is there"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="of the new voice; with --into it is the first recording")
    parser.add_argument(
        "recordings",
        nargs="*",
        metavar="recording",
        help="FILE, EMOTION=FILE, or a folder; a file named after an emotion is that one, else neutral. "
        "The words stand in FILE's .txt where there is one",
    )
    parser.add_argument("--into", metavar="VOICE", help="add to this saved voice, by id or name")
    parser.add_argument("--transcript", help="what is said in the one recording")
    parser.add_argument("--listen", action="store_true", help="have a recogniser write down what is not given")
    parser.add_argument("--consent", metavar="WHO", help="name of who speaks and agreed; asked for where it is missing")
    parser.add_argument("--language", default="", help="code or name of what is spoken")
    parser.add_argument("--description", default="", help="a sentence about the voice")
    takes_json(parser, "the voice as JSON")
    takes_quiet(parser)
    takes_studio(parser)


@dataclass(frozen=True)
class Recording:
    emotion: str
    path: Path
    transcript: str | None


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    from backend.commands.asking import spread
    from backend.commands.desk import desk_for

    given = [*([arguments.name] if arguments.into else []), *arguments.recordings]
    recordings = _recordings(spread(given), arguments.transcript)
    consent = {} if arguments.into else agreed(arguments.consent)
    desk = desk_for(settings, arguments)
    old = named(desk, arguments.into) if arguments.into else None
    record = old or desk.create_voice(_facts(arguments, consent))
    try:
        for recording in recordings:
            words = recording.transcript
            if words is None and arguments.listen:
                words = _heard(desk, recording.path, arguments)
            record = desk.record(record["id"], recording.emotion, recording.path, words)
    except BaseException:
        if old is None:
            with contextlib.suppress(Problem):
                desk.delete_voice(record["id"])  # half a voice is worse than none
        raise
    _tell(record, [recording.emotion for recording in recordings], arguments.json)
    return DONE


def _tell(record: dict[str, Any], emotions: list[str], in_json: bool) -> None:
    if in_json:
        as_json(record)
    for emotion, recording in sorted(record["emotions"].items()):
        if emotion in emotions or (canonical(emotion) or emotion) in map(canonical, emotions):
            tell(verdict(emotion, recording))
    tell(f"Saved: --voice {record['id']}")


def _facts(arguments: argparse.Namespace, consent: dict[str, str]) -> dict[str, Any]:
    names = ("name", "description", "language")
    return {**{name: getattr(arguments, name) for name in names}, "consent": consent}


def agreed(who: str | None) -> dict[str, str]:
    """The consent of whoever speaks, as records hold it. Raises BadRequest where nobody says so."""
    if who is None and sys.stdin.isatty():
        tell("Cloning is for voices that agreed to it. Who speaks in these recordings, and agreed? (a name)")
        who = sys.stdin.readline()
    if not (who or "").strip():
        hint = "Name who speaks in the recordings and agreed: --consent 'Zoe Doe'."
        raise Misused("Cloning is for voices that agreed to it.", hint=hint)
    when = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"who": str(who).strip(), "when": when, "statement": "Told to the command line."}


def _recordings(given: list[str], transcript: str | None) -> list[Recording]:
    """Raises BadRequest for what is no recording, and for two of one emotion."""
    found = [recording for text in given for recording in _meant(text)]
    if not found:
        raise Misused("No recording is named.", hint="qwentts clone NAME FILE.")
    twice = {one.emotion for one in found if [other.emotion for other in found].count(one.emotion) > 1}
    if twice:
        hint = "Say which is which: happy=FILE sad=FILE; a voice has one recording of each emotion."
        raise Misused(f"Several recordings are {', '.join(sorted(twice))}.", hint=hint)
    if transcript is None:
        return found
    if len(found) > 1:
        raise Misused("--transcript is of one recording.", hint="Write the words of each into FILE's .txt.")
    return [Recording(found[0].emotion, found[0].path, transcript)]


def _meant(text: str) -> list[Recording]:
    """`happy=laugh.wav`, `laugh.wav` or a folder."""
    from backend.commands.asking import existing

    path, emotion = Path(text), ""
    if not path.exists() and "=" in text:
        emotion, _, name = text.partition("=")
        path = Path(name)
    if path.is_dir() and not emotion:
        return recordings_in(path)
    return [_recording(existing([str(path)])[0], emotion)]


def recordings_in(folder: Path) -> list[Recording]:
    """Of a folder, with their words. Raises BadRequest where there are none."""
    if not folder.is_dir():
        raise BadRequest(f"There is no folder {folder}.")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SOUNDS)
    if not files:
        raise BadRequest(f"There is no recording in {folder}.", hint="A folder holds happy.wav, happy.txt and so on.")
    return [_recording(file, "") for file in files]


def _recording(path: Path, emotion: str) -> Recording:
    from backend.commands.asking import text_of

    words = path.with_suffix(".txt")
    transcript = text_of(words).strip() if words.is_file() else None
    return Recording(emotion or canonical(path.stem) or "neutral", path, transcript)


def _heard(desk: Desk, path: Path, arguments: argparse.Namespace) -> str:
    """Raises EngineUnavailable where nobody listens well enough."""
    wish = {"engine": "auto", "language": arguments.language or "auto", "clean": False, "context": ""}
    result = watched(desk.transcribe(path, wish), "The listening", arguments.quiet)
    if any(notice["code"] == ROUGH for notice in result["notices"]):
        hint = "Download a Whisper (qwentts models download whisper_base), or write the words into a .txt beside it."
        raise EngineUnavailable(f"{result['engine_title']} mishears too much for a reference.", hint=hint)
    return str(result["text"])
