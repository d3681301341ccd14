"""Writes that survive a kill, a full disk and a power cut; a trash with undo. Knows nothing of what is saved.

One file: temporary name in the same folder → fsync → `os.replace` → fsync of the folder. Whoever saves several files
writes them under names made from their content first and replaces the one file that names them last.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import DiskFull, StorageFailed

TEMPORARY = ".tmp-"
"""Prefix of every file and folder that is not yet saved; `remove_leftovers` removes them."""

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_WINDOWS_TRIES = 20


def temporary_name() -> str:
    return f"{TEMPORARY}{secrets.token_hex(8)}"


@contextmanager
def telling_disk_errors() -> Iterator[None]:
    """Turn what the disk answers into DiskFull or StorageFailed, without naming a path."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                "The disk is full, so nothing was changed.", hint="Free some space and save again."
            ) from error
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise StorageFailed(
            f"The data folder could not be written ({reason}).",
            hint="Check the disk and the permissions of the data folder, then save again.",
        ) from error


def sync_folder(folder: Path) -> None:
    """Make renames inside the folder durable. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write the bytes, or their pieces, to a file that nobody reads yet, and sync it. The folder is not synced."""
    with open(path, "xb") as file:
        for piece in [data] if isinstance(data, bytes) else data:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def write_file(path: Path, data: bytes) -> None:
    """Replace the file as a whole: readers and crashes see the old bytes or the new ones.

    Raises DiskFull, StorageFailed; the old file is then still there.
    """
    temporary = path.with_name(temporary_name())
    with telling_disk_errors():
        try:
            write_new(temporary, data)
            rename(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def rename(source: Path, target: Path) -> None:
    """`os.replace`, tried again while a Windows virus scanner or indexer holds the file."""
    patiently(lambda: os.replace(source, target))


def patiently(action: Callable[[], None]) -> None:
    """Run the action, on Windows again for a second while it answers PermissionError."""
    for _ in range(_WINDOWS_TRIES - 1 if os.name == "nt" else 0):
        try:
            return action()
        except PermissionError:
            time.sleep(0.05)  # another program holds the file for a moment
    return action()


def remove_leftovers(folder: Path, older_than: float = 0.0) -> int:
    """Remove the folder's temporary files and folders of at least that age in seconds; answers how many."""
    removed = 0
    for entry in _entries(folder):
        if entry.name.startswith(TEMPORARY) and _age(entry) >= older_than:
            remove(Path(entry.path))
            removed += 1
    return removed


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; what is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except FileNotFoundError:
        return []


def _age(entry: os.DirEntry[str]) -> float:
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return 0.0


@dataclass(frozen=True)
class Trashed:
    """One deleted thing in the trash."""

    path: Path
    kind: str
    name: str
    deleted: float
    """Seconds since the epoch."""


class Trash:
    """A folder in which deleted things rest. An entry is `<kind>~<name>~<seconds>~<hex>`: one rename in, one out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, path: Path, kind: str, name: str) -> str:
        """Move the file or folder in; answers the entry's name. Raises FileNotFoundError when it is gone."""
        entry = f"{kind}~{name}~{time.time():.6f}~{secrets.token_hex(3)}"
        with telling_disk_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            patiently(lambda: os.rename(path, self.folder / entry))
            sync_folder(self.folder)
            sync_folder(path.parent)
        return entry

    def find(self, kind: str, name: str) -> Trashed | None:
        """The latest deletion of that thing."""
        found = [item for item in self.contents(kind) if item.name == name]
        return max(found, key=lambda item: item.deleted, default=None)

    def restore(self, item: Trashed, target: Path) -> None:
        """Move it back. `target` must not exist."""
        with telling_disk_errors():
            patiently(lambda: os.rename(item.path, target))
            sync_folder(target.parent)
            sync_folder(self.folder)

    def contents(self, kind: str) -> list[Trashed]:
        """Everything of that kind, in no order."""
        read = (_read_entry(Path(entry.path)) for entry in _entries(self.folder))
        return [item for item in read if item is not None and item.kind == kind]

    def purge(self, kind: str, days: float) -> int:
        """Remove what has rested longer than that; answers how many."""
        old = [item for item in self.contents(kind) if time.time() - item.deleted > days * 86_400]
        for item in old:
            remove(item.path)
        return len(old)


_ENTRY = re.compile(r"([a-z]+)~(.+)~(\d+\.\d{3,6})~[0-9a-f]{6}", re.DOTALL)


def _read_entry(path: Path) -> Trashed | None:
    match = _ENTRY.fullmatch(path.name)
    return Trashed(path, match[1], match[2], float(match[3])) if match else None
