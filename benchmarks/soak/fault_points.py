"""Break every act on a personality at every single system call that changes the disk: killed, disk full, I/O error.

    python -m benchmarks.soak.fault_points

Needs Linux and strace. After each fault the record must be the old one or the new one, whole; an act that was told as
done must be there. Where `kill_saves` asks how often, this asks whether there is any point at all.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from backend.core.errors import Problem
from backend.personality_manager import PersonalityManager
from benchmarks.soak.kill_saves import manager, summary, tell

PROJECT = Path(__file__).resolve().parents[2]
CALLS = "write,fsync,rename,renameat,renameat2,mkdir,mkdirat,unlink,unlinkat,rmdir,utimensat,flock,ftruncate"
FAULTS = ("signal=KILL", "error=ENOSPC", "error=EIO")
ACTS = ("create", "update", "put", "put_same", "forget", "delete", "restore", "import")


def prepare(folder: Path) -> None:
    """Anna with two emotions, Bob in the trash, and Anna's export."""
    voices = manager(folder)
    voices.create("Anna", "old", tags=["old"])
    voices.put_emotion("anna", "happy", b"one", transcript="one")
    voices.put_emotion("anna", "sad", b"two", transcript="two")
    voices.create("Bob")
    voices.delete("bob")
    with voices.export_zip("anna") as file:
        (folder / "anna.zip").write_bytes(file.read())
    voices.sweep()


def act(voices: PersonalityManager, name: str, folder: Path) -> Any:
    """One act; what it does is always the same."""
    acts: dict[str, Callable[[], Any]] = {
        "create": lambda: voices.create("Carla", "new"),
        "update": lambda: voices.update("anna", {"description": "new", "tags": ["new"]}),
        "put": lambda: voices.put_emotion("anna", "happy", b"three", transcript="three"),
        "put_same": lambda: voices.put_emotion("anna", "happy", b"one", transcript="four"),
        "forget": lambda: voices.delete_emotion("anna", "happy"),
        "delete": lambda: voices.delete("anna"),
        "restore": lambda: voices.restore("bob"),
        "import": lambda: voices.import_zip(folder / "anna.zip"),
    }
    return acts[name]()


def state(folder: Path) -> list[Any]:
    """Everything that can be told about the folder; ids that are drawn by chance are cut."""
    told = [summary(record) for record in manager(folder).list()]
    return sorted([re.sub(r"-[0-9a-f]{4}$", "-*", item["key"]), *item["state"]] for item in told)


def child(folder: Path, name: str) -> None:
    try:
        act(manager(folder), name, folder)
        tell({"done": True})
    except Problem as problem:
        tell({"refused": problem.code})


def traced(folder: Path, name: str, *options: str) -> tuple[str, str]:
    """Run the act under strace; answers what it told, and the trace."""
    trace = folder.parent / "trace"
    command = ["strace", "-o", str(trace), "-e", f"trace={CALLS}", *options, sys.executable, "-B"]
    command += ["-m", "benchmarks.soak.fault_points", "--child", str(folder), name]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False).stdout
    return told, trace.read_text()


def points(template: Path, name: str) -> tuple[Counter[str], list[Any]]:
    """How often the act makes each call, and the state after it."""
    with Copied(template) as folder:
        _, trace = traced(folder, name)
        return Counter(re.findall(r"^(\w+)\(", trace, re.MULTILINE)), state(folder)


class Copied:
    """A copy of the prepared folder, gone afterwards."""

    def __init__(self, template: Path) -> None:
        self._template = template
        self._place = tempfile.TemporaryDirectory()

    def __enter__(self) -> Path:
        return Path(shutil.copytree(self._template, Path(self._place.name) / "data"))

    def __exit__(self, *_error: object) -> None:
        self._place.cleanup()


def run(template: Path, name: str) -> Iterator[str]:
    """Every fault at every point of one act; yields what went wrong, and tells the count."""
    before = state(template)
    calls, after = points(template, name)
    counted: Counter[str] = Counter()
    for fault in FAULTS:
        for call, times in calls.items():
            for number in range(1, times + 1):
                counted[fault] += 1
                with Copied(template) as folder:
                    told, _ = traced(folder, name, "-e", f"inject={call}:{fault}:when={number}")
                    yield from (
                        f"{name}, {fault} at {call} {number}: {why}" for why in judge(folder, told, before, after)
                    )
    print(f"{name:9} " + ", ".join(f"{fault}: {count} points" for fault, count in counted.items()), flush=True)


def judge(folder: Path, told: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    voices = manager(folder)
    voices.sweep()
    now = state(folder)
    if now not in (before, after):
        yield f"neither the old nor the new state: {now}"
    done = any(json.loads(line).get("done") for line in told.splitlines())
    if done and now != after:
        yield "told as done and not there"
    yield from (f"{item.code}: {item.text}" for item in voices.verify(grace=0))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--acts", nargs="+", default=ACTS, choices=ACTS)
    arguments.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.child:
        child(Path(asked.child[0]), asked.child[1])
        return 0
    bad = []
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place) / "data")
        for name in asked.acts:
            bad += list(run(Path(place) / "data", name))
    print(f"{len(bad)} bad")
    print("\n".join(bad[:20]))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
