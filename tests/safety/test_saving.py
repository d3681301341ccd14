"""Files are saved as a whole or not at all, and what is deleted can come back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.core.errors import DiskFull, StorageFailed
from backend.safety import saving
from backend.safety.saving import Trash, remove_leftovers, telling_disk_errors, write_file, write_new

PROJECT = Path(__file__).resolve().parents[2]


def test_a_file_is_replaced_and_nothing_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "record"
    write_file(path, b"one")
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["record"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
def test_a_full_disk_leaves_the_old_file_and_says_507(tmp_path: Path) -> None:
    program = f"""
import resource, signal
from pathlib import Path
from backend.safety.saving import write_file
from backend.core.errors import DiskFull
path = Path({str(tmp_path)!r}) / "record"
write_file(path, b"old")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
try:
    write_file(path, bytes(1000))
except DiskFull as problem:
    print(problem.status, path.read_bytes(), len(list(path.parent.iterdir())))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write_file(path, bytes(1000))
print(path.stat().st_size)
"""
    answer = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[:2] == ["507 b'old' 1", "1000"]


@pytest.mark.parametrize(
    ("number", "expected"), [(28, DiskFull), (5, StorageFailed), (13, StorageFailed), (30, StorageFailed)]
)
def test_what_the_disk_answers_becomes_a_problem_without_a_path(number: int, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught, telling_disk_errors():
        raise OSError(number, os.strerror(number), "/secret/place")
    assert "/secret" not in str(caught.value)


def test_a_new_file_never_overwrites(tmp_path: Path) -> None:
    write_new(tmp_path / "file", [b"a", b"b"])
    assert (tmp_path / "file").read_bytes() == b"ab"
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "file", b"c")


def test_leftovers_are_removed_by_age_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / saving.temporary_name()).mkdir()
    (tmp_path / saving.temporary_name()).write_bytes(b"half")
    (tmp_path / "mine.txt").write_bytes(b"whole")
    assert remove_leftovers(tmp_path, older_than=60) == 0
    assert remove_leftovers(tmp_path) == 2
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.txt"]


def test_what_is_deleted_comes_back_and_the_latest_comes_first(tmp_path: Path) -> None:
    trash = Trash(tmp_path / ".trash")
    for text in ("first", "second"):
        (tmp_path / "a~b").write_text(text)
        trash.put(tmp_path / "a~b", "take", "a~b")
        assert not (tmp_path / "a~b").exists()
    found = trash.find("take", "a~b")
    assert found is not None
    trash.restore(found, tmp_path / "a~b")
    assert (tmp_path / "a~b").read_text() == "second"
    assert trash.find("personality", "a~b") is None


def test_the_trash_forgets_only_its_kind_and_only_after_its_days(tmp_path: Path) -> None:
    trash = Trash(tmp_path / ".trash")
    (tmp_path / "x").mkdir()
    entry = trash.put(tmp_path / "x", "personality", "x")
    assert trash.purge("personality", 7) == 0
    old = tmp_path / ".trash" / entry.replace(entry.split("~")[2], "1000000000.000")
    (tmp_path / ".trash" / entry).rename(old)
    (tmp_path / ".trash" / "somebody else's").mkdir()
    assert trash.purge("take", 7) == 0
    assert trash.purge("personality", 7) == 1
    assert [item.name for item in (tmp_path / ".trash").iterdir()] == ["somebody else's"]
