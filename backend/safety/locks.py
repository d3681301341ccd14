"""Locks that other processes see: one for the data folder, one per thing that is being changed.

They rest on the operating system's file locks, which a killed process loses at once: a stale lock cannot exist.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from backend.core.errors import Busy, Conflict
from backend.safety.saving import telling_disk_errors

ALREADY_RUNNING = 3
"""Exit status of a second server on the same data folder."""


class DataDirInUse(Conflict):
    """A second studio was started on the same data folder; the command line exits with status 3."""

    code, title = "data-dir-in-use", "Another studio is running already"
    exit_status = ALREADY_RUNNING


class FileLock:
    """An exclusive lock on one file, held from `try_acquire` to `release`. Not re-entrant, not for several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def try_acquire(self) -> bool:
        with telling_disk_errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = open(self.path, "ab")  # noqa: SIM115 (held until release)
        if _lock(file):
            self._file = file
            return True
        file.close()
        return False

    def release(self) -> None:
        if self._file is not None:
            self._file.close()  # closing gives the lock back on every system
            self._file = None


def lock_data_dir(state_dir: Path) -> FileLock:
    """Hold the data folder until `release` or the end of the process. Raises DataDirInUse."""
    lock = FileLock(state_dir / "studio.lock")
    if not lock.try_acquire():
        raise DataDirInUse(
            f"Another studio is already running on the data folder {state_dir.parent}.",
            hint="Use the one that runs, stop it, or give this one a folder of its own: --data-dir FOLDER.",
        )
    return lock


class NamedLocks:
    """One lock per name, against other threads of this process and against other processes."""

    def __init__(self, folder: Path, patience: float = 30.0) -> None:
        self.folder = folder
        self._patience = patience  # seconds
        self._guard = threading.Lock()
        self._threads: dict[str, threading.Lock] = {}

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Only one holder of that name at a time. Raises Busy after the patience has run out."""
        deadline = time.monotonic() + self._patience
        with self._guard:
            thread_lock = self._threads.setdefault(name, threading.Lock())
        if not thread_lock.acquire(timeout=self._patience):
            raise _too_long()
        try:
            file_lock = FileLock(self.folder / f"{name}.lock")
            while not file_lock.try_acquire():
                if time.monotonic() > deadline:
                    raise _too_long()
                time.sleep(0.005)
            try:
                yield
            finally:
                file_lock.release()
        finally:
            thread_lock.release()


def _too_long() -> Busy:
    return Busy("Somebody else has been changing this for too long.", hint="Try again.", code="locked")


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> bool:
        try:
            file.seek(0, os.SEEK_SET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
