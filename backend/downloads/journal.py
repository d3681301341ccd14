"""What an unfinished download knows of itself, beside its files: so that it goes on after a kill at any point.

`<file>.part` holds what came so far; its length is the offset, as a number beside it could only disagree with it. One
journal for a model says what each part is to become. Both are gone when the model is whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from backend.downloads.catalog import ModelEntry
from backend.downloads.providers import Plan, RemoteFile, is_expected
from backend.safety.saving import patiently

PART = ".part"


@dataclass
class Journal:
    """The record of one model's download."""

    path: Path
    provider: str = ""
    total: int = 0
    """Bytes of all files."""
    files: dict[str, RemoteFile] = field(default_factory=dict)
    """By path, as the provider told them when the part was begun."""
    finished: list[str] = field(default_factory=list)
    """Paths of files that this download has put in place."""

    @classmethod
    def read(cls, target: Path, key: str) -> Journal:
        """The journal as it lies there; an empty one where there is none or where it cannot be read."""
        path = journal_path(target, key)
        try:
            raw = json.loads(path.read_text("utf-8"))
            files = {row["path"]: RemoteFile(**row) for row in raw["files"]}
            return cls(path, str(raw["provider"]), int(raw["total"]), files, [str(name) for name in raw["finished"]])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return cls(path)

    def expects(self, plan: Plan) -> None:
        """Note what is fetched from now on; what was noted of a part that is the same file stays valid."""
        self.provider, self.total = plan.provider, plan.total
        self.files = {file.path: file for file in plan.files}
        self._write()

    def has_finished(self, path: str) -> None:
        self.finished.append(path)
        self._write()

    def _write(self) -> None:
        body = {
            "provider": self.provider,
            "total": self.total,
            "files": [asdict(file) for file in self.files.values()],
            "finished": self.finished,
        }
        fresh = self.path.with_name(self.path.name + PART)  # one name, so that a kill leaves nothing new behind
        with fresh.open("wb") as file:
            file.write(json.dumps(body, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: os.replace(fresh, self.path))

    def remove(self) -> None:
        self.path.with_name(self.path.name + PART).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


def journal_path(target: Path, key: str) -> Path:
    return target / f".{key}.download.json"


def part_path(target: Path, path: str) -> Path:
    return target / f"{path}{PART}"


def own_files(target: Path, entry: ModelEntry) -> Iterator[Path]:
    """This model's files and their parts, those of shards too; several models may share the folder."""
    for folder in sorted({Path(file.path).parent for file in entry.files}):
        for path in _listed(target / folder):
            if is_expected(entry, (folder / path.name.removesuffix(PART)).as_posix()) and path.is_file():
                yield path


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # not there, or deleted meanwhile
        return []


def leftovers(target: Path, entry: ModelEntry) -> list[Path]:
    """What did not become a file yet."""
    return [path for path in own_files(target, entry) if path.name.endswith(PART)]


def present(target: Path, entry: ModelEntry) -> int:
    """Bytes of it that lie there; another may be deleting it meanwhile."""
    return sum(map(_bytes_of, own_files(target, entry)))


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
