"""Locks hold against threads and processes, and die with their holder."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from backend.core.errors import Busy
from backend.safety.locks import ALREADY_RUNNING, DataDirInUse, FileLock, NamedLocks, lock_data_dir

PROJECT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from backend.safety.locks import lock_data_dir
lock = lock_data_dir(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_studio_on_the_same_folder_is_told_so(tmp_path: Path) -> None:
    lock = lock_data_dir(tmp_path / ".studio")
    with pytest.raises(DataDirInUse) as caught:
        lock_data_dir(tmp_path / ".studio")
    assert caught.value.exit_status == ALREADY_RUNNING == 3
    assert "already running" in caught.value.detail
    lock.release()
    lock_data_dir(tmp_path / ".studio").release()


def test_a_killed_studio_leaves_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with holder.stdout as told:
        assert told.readline() == "held\n"
        with pytest.raises(DataDirInUse):
            lock_data_dir(tmp_path)
        holder.kill()
        holder.wait()
    lock_data_dir(tmp_path).release()


def test_only_one_thread_at_a_time_holds_a_name(tmp_path: Path) -> None:
    locks = NamedLocks(tmp_path)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with locks.hold("anna"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1


def test_another_name_is_free_and_the_same_name_gives_up_in_time(tmp_path: Path) -> None:
    locks, others = NamedLocks(tmp_path, patience=0.2), NamedLocks(tmp_path, patience=0.2)
    with locks.hold("anna"):
        with others.hold("bob"):
            pass
        before = time.monotonic()
        with pytest.raises(Busy), others.hold("anna"):
            pass
        with pytest.raises(Busy), locks.hold("anna"):
            pass
        assert time.monotonic() - before < 5
    with others.hold("anna"):
        pass


def test_a_released_lock_may_be_released_again(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.try_acquire()
    lock.release()
    lock.release()
