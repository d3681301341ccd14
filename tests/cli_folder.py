"""A folder with all that the examples of the command line name: recordings, texts, a saved voice, takes."""

from __future__ import annotations

from pathlib import Path

from backend.cli import main
from backend.personality_manager import PersonalityManager
from backend.rooms.rooms import _record


def furnish(folder: Path, voice_wav: bytes) -> Path:
    """Fill it; answers it."""
    (folder / "recordings").mkdir()
    for name in ("me.wav", "interview.wav", "laugh.wav", "tears.wav", "recordings/happy.wav"):
        (folder / name).write_bytes(voice_wav)
    (folder / "recordings" / "happy.txt").write_text("We did it!")
    (folder / "empty.txt").write_text(" \n")
    for name in ("story.txt", "letter.txt"):
        (folder / name).write_text("[happy] A line. [sad] Another one.")
    manager = PersonalityManager(folder / "data" / "saved_personalities", folder / "data" / ".trash", _record)
    manager.put_emotion(manager.create("Anna", language="en")["id"], "neutral", voice_wav, transcript="A line.")
    with manager.export_zip(manager.create("Other")["id"]) as made:
        (folder / "other.zip").write_bytes(made.read())
    for name in ("talk.wav", "second.flac"):
        here = ["--data-dir", str(folder / "data"), "-o", str(folder / name)]
        assert main(["speak", "A letter.", "--engine", "preview", "--seed", "1", *here]) == 0
    return folder
