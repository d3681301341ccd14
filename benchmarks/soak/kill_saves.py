"""Kill a process at random while it saves personalities at full speed, and count what is lost, mixed or unreadable.

    python -m benchmarks.soak.kill_saves --kills 200
    python -m benchmarks.soak.kill_saves --kills 50 --careless    (for comparison)

A child creates, changes, records, deletes, restores and imports, and tells each act before and after it. What it told
as done must be there after the kill, whole; the one act that it had begun may be there or not, but never in part.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.core.errors import Problem
from backend.personality import shelf
from backend.personality.record import CONFIG, Config, Reference, write_config
from backend.personality_manager import PersonalityManager
from backend.speech.record import wav_of

PROJECT = Path(__file__).resolve().parents[2]
EMOTIONS = ("neutral", "happy", "sad")
MOST_ALIVE = 6
ACTS = ("create", "update", "update", "put", "put", "put", "forget", "delete", "restore", "import")


def tone(token: str) -> bytes:
    """A WAV that only this token has: 0.1 s of noise seeded by it."""
    return wav_of(random.Random(token).randbytes(4800))  # noqa: S311 (repeatable, no secret)


def stamp(upload: bytes | Path, *_where: object, **_how: object) -> Reference:
    """A recorder for the campaign: the upload is the token."""
    data = upload if isinstance(upload, bytes) else upload.read_bytes()
    return Reference(tone(data.decode()), "wav", {"duration": 0.1, "peaks": [0.5] * 200})


def manager(folder: Path) -> PersonalityManager:
    return PersonalityManager(folder / "voices", folder / ".trash", stamp)


class Child:
    """Acts at random for ever. Every act carries a new token, so that a mixture shows."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.voices = manager(folder)
        self.random = random.Random(seed)  # noqa: S311 (repeatable, no secret)
        self.deleted = "nobody"

    def run(self) -> None:
        tell({"ready": True})
        while True:
            alive = [record["id"] for record in self.voices.list()]
            act = self.random.choice(ACTS) if alive else "create"
            if len(alive) > MOST_ALIVE:
                act = "delete"
            self.do(act, self.random.choice(alive) if alive else "", f"{self.random.random()}")

    def do(self, act: str, key: str, token: str) -> None:
        tell({"begin": act, "key": key if act not in ("create", "import", "restore") else ""})
        try:
            tell({"done": act, **getattr(self, f"do_{act}")(key, token)})
        except Problem as problem:
            tell({"done": act, "refused": problem.code})

    def do_create(self, _key: str, token: str) -> dict[str, Any]:
        return summary(self.voices.create(self.random.choice(["Anna", "Боб", "你好"]), token, tags=[token]))

    def do_update(self, key: str, token: str) -> dict[str, Any]:
        return summary(self.voices.update(key, {"description": token, "tags": [token]}))

    def do_put(self, key: str, token: str) -> dict[str, Any]:
        emotion = self.random.choice(EMOTIONS)
        return summary(self.voices.put_emotion(key, emotion, token.encode(), transcript=token))

    def do_forget(self, key: str, _token: str) -> dict[str, Any]:
        return summary(self.voices.delete_emotion(key, self.random.choice(EMOTIONS)))

    def do_delete(self, key: str, _token: str) -> dict[str, Any]:
        self.voices.delete(key)
        self.deleted = key
        return {"key": key, "gone": True}

    def do_restore(self, _key: str, _token: str) -> dict[str, Any]:
        return summary(self.voices.restore(self.deleted))

    def do_import(self, key: str, _token: str) -> dict[str, Any]:
        with self.voices.export_zip(key) as file:
            return summary(self.voices.import_zip(file))


def tell(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def summary(record: dict[str, Any]) -> dict[str, Any]:
    emotions = {name: [item["file"], item["transcript"]] for name, item in sorted(record["emotions"].items())}
    return {"key": record["id"], "state": [record["revision"], record["description"], record["tags"], emotions]}


@dataclass
class Tally:
    """What a campaign found."""

    kills: int = 0
    acts: int = 0
    in_flight: int = 0
    """Kills that met an act before its end."""
    lost: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    inconsistent: set[str] = field(default_factory=set)
    swept: int = 0
    slowest_sweep: float = 0.0  # seconds

    @property
    def bad(self) -> int:
        return len(self.lost) + len(self.mixed) + len(self.inconsistent)

    def line(self) -> str:
        return (
            f"{self.kills} kills ({self.in_flight} inside an act) after {self.acts} acts: {len(self.lost)} lost, "
            f"{len(self.mixed)} mixed, {len(self.inconsistent)} inconsistent; {self.swept} leftovers swept, "
            f"slowest sweep {self.slowest_sweep * 1000:.0f} ms"
        )


class Campaign:
    """Starts children, kills them, and compares what is there with what they told."""

    def __init__(self, folder: Path, seed: int = 1, careless: bool = False) -> None:
        self.folder = folder
        self.random = random.Random(seed)  # noqa: S311 (repeatable, no secret)
        self.manner = ["--careless"] if careless else []
        self.known: dict[str, Any] = {}  # key → state, of all that is told to be there
        self.tally = Tally()

    def run(self, kills: int) -> Tally:
        for _ in range(kills):
            self.check(self.one_life())
        return self.tally

    def one_life(self) -> dict[str, Any] | None:
        """Start a child, kill it somewhere; answers the act it had begun and not ended."""
        arguments = ["--child", str(self.folder), str(self.random.randrange(10**9))]
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak.kill_saves", *arguments, *self.manner],
            stdout=subprocess.PIPE, text=True, cwd=PROJECT,
        )  # fmt: skip
        assert child.stdout is not None
        with child.stdout as told:
            told.readline()
            time.sleep(self.random.uniform(0.0, 0.15))
            child.kill()
            lines = told.read().splitlines()
        child.wait()
        self.tally.kills += 1
        return self.read(lines)

    def read(self, lines: list[str]) -> dict[str, Any] | None:
        begun: dict[str, Any] | None = None
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                break  # cut by the kill
            if "begin" in message:
                begun = message
                continue
            begun = None
            self.tally.acts += 1
            if message.get("gone"):
                self.known.pop(message["key"], None)
            elif "state" in message:
                self.known[message["key"]] = message["state"]
        self.tally.in_flight += begun is not None
        return begun

    def check(self, begun: dict[str, Any] | None) -> None:
        voices = manager(self.folder)
        before = time.perf_counter()
        self.tally.swept += voices.sweep()
        self.tally.slowest_sweep = max(self.tally.slowest_sweep, time.perf_counter() - before)
        self.tally.inconsistent |= {f"{item.personality}: {item.text}" for item in voices.verify(grace=0)}
        there = {item["key"]: item["state"] for item in map(summary, voices.list())}
        for key in self.known.keys() - there.keys():
            if not (begun and begun["begin"] == "delete" and begun["key"] == key):
                self.tally.lost.append(key)
        new = there.keys() - self.known.keys()
        if len(new) > (1 if begun and begun["begin"] in ("create", "import", "restore") else 0):
            self.tally.mixed.append(f"{sorted(new)} came from nowhere")
        for key, state in there.items():
            self.compare(key, state, begun)
        self.known = there

    def compare(self, key: str, state: Any, begun: dict[str, Any] | None) -> None:
        told = self.known.get(key)
        may_differ = begun is not None and begun["key"] in (key, "")
        if told is not None and state != told and not (may_differ and state[0] == told[0] + 1):
            self.tally.lost.append(f"{key} has revision {state[0]}, told was {told[0]}")
        if state[2] != [state[1]]:
            self.tally.mixed.append(f"{key}: tags of one change, description of another")
        for emotion, (file, transcript) in state[3].items():
            if file != shelf.content_name(emotion, tone(transcript), "wav"):
                self.tally.mixed.append(f"{key}: sound of one change, transcript of another")


def write_carelessly() -> None:
    """Every file synced, but the record in place and before its sounds. The campaign must find that."""

    def commit(self: shelf.Shelf, shelved: shelf.Shelved, config: Config, files: Mapping[str, bytes]) -> shelf.Shelved:
        for name, data in ({CONFIG: write_config(config), **files}).items():
            with (shelved.folder / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        return self.read(shelved.key)

    shelf.Shelf.commit = commit  # type: ignore[method-assign]  # the point of this mode


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--careless", action="store_true", help="write in place, for comparison")
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.child:
        if asked.careless:
            write_carelessly()
        Child(Path(asked.child[0]), int(asked.child[1])).run()
    with tempfile.TemporaryDirectory() as folder:
        tally = Campaign(Path(folder), asked.seed, asked.careless).run(asked.kills)
    print(tally.line())
    for line in [*tally.lost, *tally.mixed, *sorted(tally.inconsistent)][:10]:
        print("  ", line)
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
