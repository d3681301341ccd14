"""One file on its way to the disk: what came so far, its digest, and the rename that gives it its name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from backend.core.errors import DiskFull, StorageFailed
from backend.downloads.providers import RemoteFile
from backend.safety.saving import rename, sync_folder, telling_disk_errors

READ = 4 * 2**20  # bytes
SYNC = 64 * 2**20
"""Bytes after which the disk is waited for, so that the end has little left to wait for."""


class Part:
    """Appends bytes and digests them. To be closed. The file has no other writer: the model's lock is held."""

    def __init__(self, path: Path, remote: RemoteFile) -> None:
        self.path, self.remote = path, remote
        self.size = 0
        """Bytes that are there and digested."""
        with keeping_what_came():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = FileIO(path, "a+")
        self._unsynced = 0
        self._digest = new_digest(remote)

    def resume(self) -> Generator[None, None, None]:
        """Digest what an earlier run left; pauses between pieces. What is longer than the file is no part of it."""
        if os.fstat(self._file.fileno()).st_size > self.remote.size:
            self.restart()
        self._file.seek(0)
        while piece := self._file.read(READ):
            self._digest.update(piece)
            self.size += len(piece)
            yield

    def append(self, data: bytes) -> None:
        """Raises DiskFull, StorageFailed: what was written before stays."""
        left = memoryview(data)
        with keeping_what_came():
            while left:
                written = self._file.write(left) or 0
                self._digest.update(left[:written])
                self.size += written
                left = left[written:]
            self._unsynced += len(data)
            if self._unsynced >= SYNC:
                os.fsync(self._file.fileno())
                self._unsynced = 0

    def restart(self) -> None:
        """Forget all that came."""
        with keeping_what_came():
            self._file.truncate(0)
        self.size, self._digest = 0, new_digest(self.remote)

    def is_right(self) -> bool:
        """Whether the bytes are the provider's, by length and digest."""
        expected = self.remote.sha256 or self.remote.git_sha1
        return self.size == self.remote.size and bool(expected) and self._digest.hexdigest() == expected

    def become(self, target: Path) -> None:
        """Take the file's own name, durably. Only for what `is_right`."""
        assert self.is_right(), "only what was verified gets its name"
        with keeping_what_came():
            os.fsync(self._file.fileno())
            self._file.close()
            rename(self.path, target)
            sync_folder(target.parent)

    def close(self) -> None:
        self._file.close()


def new_digest(remote: RemoteFile) -> hashlib._Hash:
    """An empty digest of the kind that the provider told of this file."""
    if remote.sha256:
        return hashlib.sha256()
    digest = hashlib.sha1(usedforsecurity=False)  # what git calls a blob
    digest.update(f"blob {remote.size}\0".encode())
    return digest


def is_whole(path: Path, remote: RemoteFile) -> Generator[None, None, bool]:
    """Digest a file that has its name already; pauses between pieces. The verdict is the generator's value."""
    try:
        with path.open("rb", buffering=0) as file:
            digest = new_digest(remote)
            if os.fstat(file.fileno()).st_size != remote.size:
                return False
            while piece := file.read(READ):
                digest.update(piece)
                yield
    except OSError:
        return False
    return digest.hexdigest() == (remote.sha256 or remote.git_sha1)


@contextmanager
def keeping_what_came() -> Iterator[None]:
    """Tell what the disk answers in a download's words."""
    try:
        with telling_disk_errors():
            yield
    except DiskFull as error:
        raise DiskFull(
            "The disk became full while the model came.",
            hint="Free some space and start the download again: it goes on where it stopped.",
        ) from error
    except StorageFailed as error:
        raise StorageFailed(
            f"The models folder cannot be written: {error.detail}",
            hint="Check the disk and the permissions of the models folder, then start the download again.",
        ) from error
