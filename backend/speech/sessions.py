"""Work that is not saved yet: a folder for each sitting, kept for a week. Knows no measure, no HTTP, no content.

A session is made under a temporary name and comes into being by one rename, so a kill leaves a whole session or a
leftover that is swept.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.core.errors import NotFound
from backend.safety.saving import (
    remove,
    remove_leftovers,
    rename,
    sync_folder,
    telling_disk_errors,
    temporary_name,
    write_new,
)

KEPT = 7 * 86_400.0  # seconds
_UNFINISHED = 3600.0  # seconds after which what was not finished has no writer any more
_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """Nobody can guess it."""
    return secrets.token_hex(16)


class Draft:
    """A session that is being made: files are laid into it, then it is kept or discarded."""

    def __init__(self, root: Path, record: str, session: str = "") -> None:
        """`record` is the name of the file that says what is in it."""
        self.id = session or new_id()
        self.folder = root / temporary_name()
        self._root = root
        self._record = record

    def __enter__(self) -> Draft:
        with telling_disk_errors():
            self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        remove(self.folder)  # nothing, where it was kept

    def put(self, name: str, data: bytes) -> Path:
        """A file under a name of ours; answers its path. Raises DiskFull, StorageFailed."""
        with telling_disk_errors():
            write_new(self.folder / name, data)
        return self.folder / name

    def make(self, name: str, write: Callable[[Path], None]) -> None:
        """The same of a file too large for memory, which `write` makes. Raises DiskFull, StorageFailed."""
        with telling_disk_errors():
            write(self.folder / name)
            with open(self.folder / name, "rb+") as file:
                os.fsync(file.fileno())

    def keep(self, record: dict[str, Any]) -> None:
        """From here on the session exists. Raises DiskFull, StorageFailed."""
        self.put(self._record, json.dumps(record, ensure_ascii=False, allow_nan=False).encode())
        with telling_disk_errors():
            sync_folder(self.folder)
            rename(self.folder, self._root / self.id)
            sync_folder(self._root)


class Sessions:
    """One folder; every process may have one over it."""

    record = "record.json"
    gone = "This is no longer here: it is kept for seven days."
    """What is told of a session that is not there, and what to do."""
    again = "Make it again."

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, session: str = "") -> Draft:
        """A new one."""
        return Draft(self._folder, self.record, session)

    def get(self, session: str) -> dict[str, Any]:
        """The record. Raises NotFound."""
        try:
            found = json.loads((self._path(session) / self.record).read_text("utf-8"))
        except (OSError, ValueError):
            raise self._gone() from None
        if not isinstance(found, dict):
            raise self._gone()
        return found

    def drop(self, session: str) -> None:
        """Raises NotFound."""
        out = self._folder / temporary_name()
        try:
            with telling_disk_errors():
                rename(self._path(session), out)  # gone at once; a kill while files are removed leaves a leftover
        except FileNotFoundError:
            raise self._gone() from None
        remove(out)

    def sweep(self, seconds: float = KEPT) -> int:
        """Remove older sessions and what was never finished; how many went."""
        if not self._folder.is_dir():
            return 0
        gone = remove_leftovers(self._folder, _UNFINISHED)
        for path in self._folder.iterdir():
            if _ID.fullmatch(path.name) and time.time() - path.stat().st_mtime > seconds:
                remove(path)
                gone += 1
        return gone

    def _path(self, session: str) -> Path:
        if not _ID.fullmatch(session):
            raise self._gone()
        return self._folder / session

    def _gone(self) -> NotFound:
        return NotFound(self.gone, hint=self.again, code="session-not-found")
