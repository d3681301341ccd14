"""Personalities under kills, threads, full disks and broken records: nothing lost, nothing mixed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core.errors import NotFound, Stale
from backend.personality.shelf import content_name
from backend.personality_manager import PersonalityManager
from benchmarks.soak.kill_saves import Campaign, stamp, tone

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture
def voices(tmp_path: Path) -> PersonalityManager:
    made = PersonalityManager(tmp_path / "voices", tmp_path / ".trash", stamp)
    made.create("Anna")
    made.put_emotion("anna", "happy", b"first", transcript="first")
    return made


def together(*works: Callable[[], object], times: int = 1) -> None:
    """Run all at once, and fail where one of them failed."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (told to the test below)
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_twenty_kills_at_full_speed_lose_and_mix_nothing(tmp_path: Path) -> None:
    tally = Campaign(tmp_path, seed=11).run(20)
    assert tally.bad == 0, tally.line()
    assert tally.acts > 50
    assert tally.in_flight > 5
    assert tally.slowest_sweep < 2


def test_fifty_threads_lose_no_change(voices: PersonalityManager) -> None:
    stale = []

    def add_a_tag() -> None:
        mine = threading.current_thread().name
        while True:
            record = voices.get("anna")
            try:
                voices.update("anna", {"tags": [*record["tags"], mine]}, if_match=record["revision"])
            except Stale:
                stale.append(mine)
                time.sleep(0.002)
            else:
                return

    together(add_a_tag, times=50)
    record = voices.get("anna")
    assert len(set(record["tags"])) == 50
    assert record["revision"] == 2 + 50
    assert stale  # they did meet


def test_readers_never_see_the_sound_of_one_change_with_the_words_of_another(voices: PersonalityManager) -> None:
    over = threading.Event()
    seen: set[str] = set()

    def read() -> None:
        while not over.is_set():
            happy = voices.get("anna")["emotions"]["happy"]
            assert happy["file"] == content_name("happy", tone(happy["transcript"]), "wav")
            voice, _ = voices.voice_for("anna", "happy")
            assert voice.reference.read_bytes() == tone(voice.transcript)
            seen.add(voice.transcript)

    def write() -> None:
        try:
            for number in range(60):
                voices.put_emotion("anna", "happy", str(number).encode(), transcript=str(number))
        finally:
            over.set()

    together(write, read, read, read)
    assert len(seen) > 5


def test_fifty_that_are_created_at_once_are_all_there(tmp_path: Path) -> None:
    voices = PersonalityManager(tmp_path / "voices", tmp_path / ".trash", stamp)
    together(lambda: voices.create("Anna"), times=50)
    assert len({record["id"] for record in voices.list()}) == 50
    assert voices.verify(grace=0) == ()
    assert voices.sweep() == 0


def test_two_processes_on_one_folder_lose_no_change(voices: PersonalityManager, tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from backend.personality_manager import PersonalityManager
voices = PersonalityManager(Path({str(tmp_path / "voices")!r}), Path({str(tmp_path / ".trash")!r}))
for number in range(40):
    voices.update("anna", {{"description": str(number)}})
"""
    children = [subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert voices.get("anna")["revision"] == 2 + 80


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
def test_a_full_disk_keeps_the_old_recording_and_heals_by_itself(tmp_path: Path) -> None:
    program = f"""
import resource, signal
from pathlib import Path
from backend.core.errors import DiskFull
from backend.personality_manager import PersonalityManager
from benchmarks.soak.kill_saves import stamp
voices = PersonalityManager(Path({str(tmp_path / "voices")!r}), Path({str(tmp_path / ".trash")!r}), stamp)
voices.create("Anna")
before = voices.put_emotion("anna", "happy", b"one")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for room in (0, 3, 1000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    for sound in (b"two", b"x" * 5000):
        try:
            voices.put_emotion("anna", "happy", sound)
            print("saved")
        except DiskFull:
            assert voices.get("anna") == before
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print([item.text for item in voices.verify(grace=0)])
print(voices.put_emotion("anna", "sad", b"x" * 5000)["revision"])
"""
    answer = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == ["[]", "3"]


def broken_records(whole: str) -> dict[str, bytes]:
    return {f"cut at {at}": whole.encode()[:at] for at in range(0, len(whole), 97)} | {
        "nulls": bytes(900), "a list": b"[1]", "deep": b"[" * 200_000, "too large": b" " * (8 * 2**20 + 1),
        "a file outside": whole.replace('"happy-', '"../happy-').encode(),
        "newer": whole.replace('"schema": 1', '"schema": 9').encode(),
    }  # fmt: skip


def test_a_broken_record_is_kept_not_listed_and_reported(voices: PersonalityManager) -> None:
    voices.create("Bob")
    path = voices._shelf.root / "anna" / "config.json"
    whole = path.read_text("utf-8")
    for why, data in broken_records(whole).items():
        path.write_bytes(data)
        os.utime(path, ns=(1, 1))
        assert [record["id"] for record in voices.list()] == ["bob"], why
        with pytest.raises(NotFound):
            voices.put_emotion("anna", "happy", b"x")
        assert [item.code for item in voices.verify()] == ["record-unreadable"]
        assert voices.sweep() == 0
        assert path.read_bytes() == data
    path.write_text(whole, "utf-8")
    assert voices.get("anna")["emotions"]["happy"]["transcript"] == "first"
    assert voices.create("Anna")["id"] != "anna"


def test_everything_that_is_not_as_it_should_be_is_named(voices: PersonalityManager, tmp_path: Path) -> None:
    root = voices._shelf.root
    sound, upload = voices.emotion_path("anna", "happy"), voices.source_path("anna", "happy")
    assert voices.verify(grace=0) == ()
    sound.write_bytes(sound.read_bytes()[:-2])
    upload.unlink()
    (root / "anna" / "sad-000000000000.wav").write_bytes(b"x")
    (root / "anna" / "notes.txt").write_text("mine")
    (root / "anna" / ".tmp-123").write_bytes(b"half")
    (root / ".tmp-456").mkdir()
    (root / "empty").mkdir()
    (root / "link").symlink_to(tmp_path)
    (root / "notes.txt").write_text("mine")
    found = sorted(item.code for item in voices.verify(grace=0))
    assert found == ["file-changed", "file-missing", "file-unnamed", "leftover", "leftover", "link", "record-missing"]
    assert voices.sweep() == 3
    left = sorted(item.code for item in voices.verify(grace=0))
    assert left == ["file-changed", "file-missing", "link", "record-missing"]
    assert (root / "anna" / "notes.txt").exists()


def test_a_recording_whose_file_is_missing_is_not_offered(voices: PersonalityManager) -> None:
    voices.emotion_path("anna", "happy").unlink()
    assert voices.get("anna")["emotions"] == {}
    with pytest.raises(NotFound):
        voices.voice_for("anna")
    assert list(voices.put_emotion("anna", "happy", b"again")["emotions"]) == ["happy"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_never_followed(voices: PersonalityManager, tmp_path: Path) -> None:
    outside = tmp_path / "outside.wav"
    outside.write_bytes(b"secret")
    path = voices.emotion_path("anna", "happy")
    path.unlink()
    path.symlink_to(outside)
    with pytest.raises(NotFound):
        voices.emotion_path("anna", "happy")
    (voices._shelf.root / "linked").symlink_to(voices._shelf.root / "anna")
    with pytest.raises(NotFound):
        voices.get("linked")


def test_a_change_shows_at_once_even_to_another_process(voices: PersonalityManager, tmp_path: Path) -> None:
    other = PersonalityManager(tmp_path / "voices", tmp_path / ".trash", stamp)
    for number in range(50):
        voices.update("anna", {"description": str(number)})
        assert other.get("anna")["description"] == str(number)


def test_a_thousand_personalities_are_swept_and_listed_in_two_seconds(voices: PersonalityManager) -> None:
    root = voices._shelf.root
    body = json.loads((root / "anna" / "config.json").read_text("utf-8"))
    for number in range(1000):
        (root / f"v{number}").mkdir()
        (root / f"v{number}" / "config.json").write_text(json.dumps(body | {"emotions": {}}), "utf-8")
    before = time.perf_counter()
    voices.sweep()
    swept = time.perf_counter() - before
    assert len(voices.list()) == 1001
    assert swept < 2
