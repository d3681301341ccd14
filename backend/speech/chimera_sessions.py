"""Chimeras that were made and not saved yet: a folder each, listened to, compared, gone after a week. Knows no HTTP.

A session is made under a temporary name and comes into being by one rename, so a kill leaves a whole session or a
leftover that is swept.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from pathlib import Path
from typing import Any

from backend.core.errors import NotFound
from backend.core.types import Samples
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
RECORD = "chimera.json"
_UNFINISHED = 3600.0  # seconds after which what was not finished has no writer any more
_ID = re.compile(r"[0-9a-f]{32}")


class Draft:
    """A session that is being made: recordings are laid into it, then it is kept or discarded."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self.id = secrets.token_hex(16)
        self.folder = folder / temporary_name()

    def __enter__(self) -> Draft:
        with telling_disk_errors():
            self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *_: object) -> None:
        remove(self.folder)  # nothing, where it was kept

    def put(self, name: str, wav: bytes) -> Path:
        """A recording under a name of ours; answers its path. Raises DiskFull, StorageFailed."""
        with telling_disk_errors():
            write_new(self.folder / f"{name}.wav", wav)
        return self.folder / f"{name}.wav"

    def keep(self, record: dict[str, Any]) -> None:
        """From here on the session exists. Raises DiskFull, StorageFailed."""
        with telling_disk_errors():
            write_new(self.folder / RECORD, json.dumps(record, ensure_ascii=False, allow_nan=False).encode())
            sync_folder(self.folder)
            rename(self.folder, self._root / self.id)
            sync_folder(self._root)


class ChimeraSessions:
    """One folder; every process may have one over it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self) -> Draft:
        """A new one; what is too old goes, since a studio may run for months."""
        self.sweep()
        return Draft(self._folder)

    def get(self, session: str) -> dict[str, Any]:
        """The record. Raises NotFound."""
        try:
            record: dict[str, Any] = json.loads((self._path(session) / RECORD).read_text("utf-8"))
        except (OSError, ValueError):
            raise _gone() from None
        return record

    def sound(self, session: str, name: str) -> Path:
        """The WAV of that name, looked up among those there are. Raises NotFound."""
        folder = self._path(session)
        try:
            found = {path.stem: path for path in folder.iterdir() if path.suffix == ".wav"}
        except OSError:
            raise _gone() from None
        if name not in found:
            raise NotFound("This chimera has no such recording.", hint=f"There are: {', '.join(sorted(found))}.")
        return found[name]

    def drop(self, session: str) -> None:
        """Raises NotFound."""
        path = self._path(session)
        out = self._folder / temporary_name()
        try:
            rename(path, out)  # gone at once; a kill while files are removed leaves a leftover
        except FileNotFoundError:
            raise _gone() from None
        remove(out)

    def sweep(self, seconds: float = KEPT) -> int:
        """Remove older sessions and what was never finished; how many went."""
        gone = remove_leftovers(self._folder, _UNFINISHED)
        if not self._folder.is_dir():
            return gone
        for path in self._folder.iterdir():
            if _ID.fullmatch(path.name) and time.time() - path.stat().st_mtime > seconds:
                remove(path)
                gone += 1
        return gone

    def _path(self, session: str) -> Path:
        if not _ID.fullmatch(session):
            raise _gone()
        return self._folder / session


def wav_bytes(samples: Samples) -> bytes:
    """24 kHz samples as a WAV file of the studio."""
    from backend.audio.files import as_pcm16  # brings numpy: the page's process only reads
    from backend.speech.record import wav_of

    return wav_of(as_pcm16(samples).tobytes())


def _gone() -> NotFound:
    return NotFound(
        "This chimera is no longer here: it is kept for seven days.", hint="Make it again.", code="session-not-found"
    )
