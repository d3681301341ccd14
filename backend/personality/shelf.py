"""Personalities as folders: reading, committing, sweeping. Knows no audio and no request.

A folder is a personality only if its `config.json` is whole. A change writes new files under names made from their
content and then replaces `config.json`: that one rename is the commit, so nobody ever reads a mixture.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from backend.core.errors import NotFound
from backend.personality.record import (
    CONFIG,
    MAX_CONFIG_BYTES,
    SOURCE_NAME,
    WAV_NAME,
    Config,
    ConfigError,
    read_config,
    write_config,
)
from backend.safety.locks import NamedLocks
from backend.safety.names import free_slug, look_up, slug
from backend.safety.saving import (
    remove,
    remove_leftovers,
    rename,
    sync_folder,
    telling_disk_errors,
    temporary_name,
    write_file,
    write_new,
)

KIND = "personality"
GRACE = 3600.0
"""Seconds that a file stays after the record has let go of it: a job may still be reading it."""
SETTLED = 100_000_000
"""Nanoseconds after which a change shows in the time stamps; what is younger is not remembered."""
_NAMING = "new~"
"""Lock under which ids are given out; no id can be called that."""


@dataclass(frozen=True)
class Shelved:
    """One personality as it stood at one moment."""

    key: str
    folder: Path
    config: Config
    present: frozenset[str]
    """Names of the files in the folder, read after the record: what it names was there."""


def content_name(label: str, data: bytes, ending: str) -> str:
    """`happy-0a1b2c3d4e5f.wav`: a slug for people, and the content's hash."""
    return f"{slug(label, 'emotion')}-{hashlib.sha256(data).hexdigest()[:12]}.{ending}"


def is_ours(name: str) -> bool:
    return bool(WAV_NAME.fullmatch(name) or SOURCE_NAME.fullmatch(name))


class Shelf:
    """The folder of all personalities."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.locks = NamedLocks(root / ".locks")
        self._seen: dict[str, tuple[tuple[int, ...], Shelved]] = {}
        self._arriving: set[str] = set()  # temporary folders that are being filled now

    def keys(self) -> list[str]:
        """Every folder that may be a personality, in the order of names."""
        try:
            with os.scandir(self.root) as listing:
                return sorted(e.name for e in listing if e.is_dir(follow_symlinks=False) and e.name[0] != ".")
        except FileNotFoundError:
            return []

    def load(self, key: str) -> Shelved:
        """The personality. Raises NotFound, also for a folder whose record is broken."""
        known = look_up(key, self.keys())
        if known is None:
            raise _unknown()
        try:
            return self.read(known)
        except FileNotFoundError:
            raise _unknown() from None
        except ConfigError as error:
            raise NotFound(
                f"The record of this personality cannot be read: {error}.",
                hint="Mend or remove config.json in its folder.",
                code="personality-not-found",
            ) from error

    def everything(self) -> list[Shelved]:
        """All personalities whose record is whole."""
        found = []
        for key in self.keys():
            with suppress(FileNotFoundError, ConfigError):
                found.append(self.read(key))
        gone = self._seen.keys() - {item.key for item in found}
        for key in gone:
            self._seen.pop(key, None)
        return found

    def read(self, key: str) -> Shelved:
        """Read a folder that `keys` named. Raises FileNotFoundError, ConfigError."""
        folder = self.root / key
        stamp = _stamp(folder)
        cached = self._seen.get(key)
        if cached is not None and cached[0] == stamp:
            return cached[1]
        config = read_config(_config_bytes(folder))
        shelved = Shelved(key, folder, config, frozenset(_file_names(folder)))
        if time.time_ns() - max(stamp[1], stamp[3]) > SETTLED:
            self._seen[key] = (stamp, shelved)
        return shelved

    @contextmanager
    def changing(self, key: str) -> Iterator[Shelved]:
        """The personality as it stands, held against other changes. Raises NotFound, Busy."""
        known = self.load(key).key
        with self.locks.hold(known):
            yield self.load(known)

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Held while an id is given out or given back."""
        with self.locks.hold(_NAMING):
            yield

    def commit(self, shelved: Shelved, config: Config, files: Mapping[str, bytes]) -> Shelved:
        """Make `config` the personality's record, with new files. The caller holds its lock.

        Raises DiskFull or StorageFailed, and then the old record stands; NotFound when the folder has gone.
        """
        folder = shelved.folder
        try:
            if _write_all(folder, files):
                with telling_disk_errors():
                    sync_folder(folder)
            write_file(folder / CONFIG, write_config(config))
        except FileNotFoundError:
            raise _unknown() from None
        _let_go(folder, shelved.config.files - config.files)
        self._remove_unnamed(folder, config, GRACE)
        return self.read(shelved.key)

    def new_folder(self) -> Path:
        """A temporary folder to fill; `settle` makes it a personality, `abandon` removes it."""
        folder = self.root / temporary_name()
        self._arriving.add(folder.name)
        with telling_disk_errors():
            folder.mkdir(parents=True)
        return folder

    def abandon(self, folder: Path) -> None:
        remove(folder)
        self._arriving.discard(folder.name)

    def settle(self, folder: Path, config: Config, taken: frozenset[str] = frozenset()) -> Shelved:
        """Write the record into the filled folder under a free id, and give the folder that name: the commit."""
        with self.naming(), telling_disk_errors():
            used = {name.casefold() for name in os.listdir(self.root)} | {name.casefold() for name in taken}
            key = free_slug(config.name, used.__contains__)
            write_new(folder / CONFIG, write_config(config.model_copy(update={"id": key})))
            sync_folder(folder)
            rename(folder, self.root / key)
            sync_folder(self.root)
        self._arriving.discard(folder.name)
        return self.read(key)

    def sweep(self, grace: float = 0.0) -> int:
        """Remove what no record names and what was never finished, of at least that age in seconds; answers how many.

        Only at the start may the age be 0: later, somebody may still read what was let go.
        """
        removed = 0
        for name in _names(self.root):
            if name.startswith(".tmp-") and name not in self._arriving and _age(self.root / name) >= grace:
                remove(self.root / name)
                removed += 1
        for key in self.keys():
            with self.locks.hold(key):
                removed += remove_leftovers(self.root / key, grace)
                with suppress(FileNotFoundError, ConfigError):
                    removed += self._remove_unnamed(self.root / key, self.read(key).config, grace)
        if not grace:
            self._forget_locks()
        return removed

    def _forget_locks(self) -> None:
        """Remove the lock files of personalities that are gone. Only at the start: nobody may hold one."""
        keys = set(self.keys())
        for name in _names(self.locks.folder):
            key = name.removesuffix(".lock")
            if key != _NAMING and key not in keys:
                with suppress(PermissionError):  # Windows: in use
                    (self.locks.folder / name).unlink(missing_ok=True)

    def _remove_unnamed(self, folder: Path, config: Config, grace: float) -> int:
        unnamed = [name for name in _names(folder) if is_ours(name) and name not in config.files]
        old = [name for name in unnamed if _age(folder / name) >= grace]
        for name in old:
            with suppress(PermissionError):  # Windows: somebody reads it; the next sweep takes it
                (folder / name).unlink(missing_ok=True)
        return len(old)


def _write_all(folder: Path, files: Mapping[str, bytes]) -> int:
    """Write what is not there yet; on failure take back what was written. Answers how many were new."""
    written: list[Path] = []
    try:
        for name, data in files.items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != len(data):
                temporary = folder / temporary_name()
                written.append(temporary)
                with telling_disk_errors():
                    write_new(temporary, data)
                    rename(temporary, path)
                written[-1] = path
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)  # no record names it
        raise
    return len(written)


def _let_go(folder: Path, names: frozenset[str]) -> None:
    """Their grace begins now."""
    for name in names:
        with suppress(OSError):
            os.utime(folder / name)


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes whenever the record is replaced or a file comes or goes. Raises FileNotFoundError."""
    record, place = os.stat(folder / CONFIG), os.stat(folder)
    return record.st_ino, record.st_mtime_ns, record.st_size, place.st_mtime_ns, place.st_ino


def _config_bytes(folder: Path) -> bytes:
    try:
        with open(folder / CONFIG, "rb") as file:
            return file.read(MAX_CONFIG_BYTES + 1)
    except (IsADirectoryError, PermissionError, NotADirectoryError) as error:
        raise ConfigError("it is no readable file") from error


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []


def _file_names(folder: Path) -> list[str]:
    with os.scandir(folder) as listing:
        return [entry.name for entry in listing if entry.is_file(follow_symlinks=False)]


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _unknown() -> NotFound:
    return NotFound(
        "There is no personality with this id.",
        hint="Choose one of the list, or restore it from the trash.",
        code="personality-not-found",
    )
