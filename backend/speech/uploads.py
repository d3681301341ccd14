"""Recordings that a job will work on, kept by an unguessable id between the request and the job's end.

A job's request is plain JSON, so it names its recording by id; a job that waits over a restart still finds it.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import IO

from backend.core.errors import NotFound
from backend.safety.saving import remove_leftovers, rename, sync_folder, telling_disk_errors, temporary_name, write_new

_ENDING = re.compile(r"\.[a-z0-9]{1,8}")
_ID = re.compile(r"[0-9a-f]{32}(\.[a-z0-9]{1,8})?")
_BLOCK = 1 << 20


class UploadStore:
    """One folder; each recording is a file under its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, source: bytes | Path | IO[bytes], name: str = "") -> str:
        """Copy it in and answer its id, with the ending of `name`: decoding compares that with the content.

        Raises DiskFull, StorageFailed.
        """
        ending = Path(name).suffix.lower()
        upload_id = secrets.token_hex(16) + (ending if _ENDING.fullmatch(ending) else "")
        temporary = self._folder / temporary_name()
        with telling_disk_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                write_new(temporary, source if isinstance(source, bytes) else _blocks(source))
                rename(temporary, self._folder / upload_id)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(self._folder)
        return upload_id

    def path(self, upload_id: str) -> Path:
        """Raises NotFound."""
        path = self._folder / upload_id
        if not _ID.fullmatch(upload_id) or not path.is_file():
            raise NotFound("The recording is no longer here.", hint="Send it again.", code="upload-not-found")
        return path

    def drop(self, upload_id: str) -> None:
        """Remove it; one that is gone is no fault."""
        if _ID.fullmatch(upload_id):
            (self._folder / upload_id).unlink(missing_ok=True)

    def sweep(self, seconds: float) -> int:
        """Remove what is older, and what was never finished; how many went."""
        if not self._folder.is_dir():
            return 0
        gone = remove_leftovers(self._folder)
        for path in self._folder.iterdir():
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink(missing_ok=True)
                gone += 1
        return gone


def _blocks(source: Path | IO[bytes]) -> Iterator[bytes]:
    with open(source, "rb") if isinstance(source, Path) else nullcontext(source) as file:
        while block := file.read(_BLOCK):
            yield block
