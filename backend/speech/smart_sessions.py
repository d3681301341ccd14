"""Long recordings that were cut into clips, kept until a voice is made of them. Knows no measure and no HTTP.

A session is a folder: `sound.wav` (mono, 24 kHz, 16 bits) and `clips.json`. It is made under a temporary name and comes
into being by one rename, so a kill leaves a whole session or a leftover that is swept.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
import shutil
import time
import wave
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

SOUND, RECORD = "sound.wav", "clips.json"
KEPT = 7 * 86_400.0  # seconds
_ID = re.compile(r"[0-9a-f]{32}")


class SmartSessions:
    """One folder; every process may have one over it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def new_id(self) -> str:
        """Nobody can guess it."""
        return secrets.token_hex(16)

    def save(self, record: dict[str, Any], samples: Samples) -> None:
        """Keep a session under `record["session"]`. Raises DiskFull, StorageFailed; then nothing is left of it."""
        from backend.audio.files import write_wav  # brings numpy: the page's process only reads

        temporary = self._folder / temporary_name()
        with telling_disk_errors():
            try:
                temporary.mkdir(parents=True)
                write_wav(temporary / SOUND, samples)
                write_new(temporary / RECORD, json.dumps(record, ensure_ascii=False, allow_nan=False).encode())
                _sync(temporary / SOUND)
                sync_folder(temporary)
                rename(temporary, self._folder / record["session"])
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            sync_folder(self._folder)

    def get(self, session: str) -> dict[str, Any]:
        """The record. Raises NotFound."""
        try:
            record: dict[str, Any] = json.loads((self._path(session) / RECORD).read_text("utf-8"))
        except (OSError, ValueError):
            raise _gone() from None
        return record

    def clip(self, session: str, clip: str) -> dict[str, Any]:
        """One clip of the record. Raises NotFound."""
        for one in self.get(session)["clips"]:
            if one["id"] == clip:
                found: dict[str, Any] = one
                return found
        raise NotFound("There is no such clip.", hint="The session lists its clips.", code="clip-not-found")

    def window(self, session: str, start: float, end: float) -> bytes:
        """The sound from `start` to `end` seconds as a WAV file; what lies beyond the recording is left out.

        Raises NotFound.
        """
        try:
            with wave.open(str(self._path(session) / SOUND), "rb") as sound:
                rate, whole = sound.getframerate(), sound.getnframes()
                first, last = (min(whole, max(0, round(at * rate))) for at in (start, end))
                sound.setpos(first)
                return _as_wav(sound.readframes(last - first), rate)
        except (OSError, EOFError, wave.Error):
            raise _gone() from None

    def drop(self, session: str) -> None:
        """Raises NotFound."""
        path = self._path(session)
        if not path.is_dir():
            raise _gone()
        with telling_disk_errors():
            out = self._folder / temporary_name()
            rename(path, out)  # gone at once; a kill while files are removed leaves a leftover
            remove(out)

    def sweep(self, seconds: float = KEPT) -> int:
        """Remove older sessions and what was never finished; how many went."""
        if not self._folder.is_dir():
            return 0
        gone = remove_leftovers(self._folder, older_than=3600.0)
        for path in self._folder.iterdir():
            if _ID.fullmatch(path.name) and time.time() - path.stat().st_mtime > seconds:
                remove(path)
                gone += 1
        return gone

    def _path(self, session: str) -> Path:
        if not _ID.fullmatch(session):
            raise _gone()
        return self._folder / session


def _gone() -> NotFound:
    return NotFound(
        "This recording is no longer here: it is kept for seven days.", hint="Send it again.", code="session-not-found"
    )


def _as_wav(frames: bytes, rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return buffer.getvalue()


def _sync(path: Path) -> None:
    with open(path, "rb+") as file:
        os.fsync(file.fileno())
