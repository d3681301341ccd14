"""Moving the models folder: all is linked or copied, then the new folder counts, then the old files go.

`.studio/moving.json` says from where to where, and which files were made, until the end. Whoever begins to move finds
it after a kill: before the switch what was made is used or removed, after it the old files are removed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.core.errors import BadRequest, Cancelled, Conflict, DiskFull
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.downloads.keep import all_held, forget_locks
from backend.jobs.runner import JobContext
from backend.safety.saving import rename, sync_folder, telling_disk_errors, write_file

NOTE = "moving.json"
MOVING = ".moving"
"""Ending of a file that is not whole yet."""
READ = 4 * 2**20  # bytes
ROOM = 32 * 10**6
"""Bytes that must stay free besides."""


def moved(settings: Settings, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Use another folder for all models from then on. Raises BadRequest, Conflict, Cancelled, DiskFull."""
    target = Path(str(request["path"]))
    with telling_disk_errors():
        note = _Note.read(settings.state_dir / NOTE)
        if note and note.target == settings.models_root:
            _remove_old(note, sure=False)
            note.forget()
        elif note and note.target != target:
            note.undo()
        source = settings.models_root
        if source != target:
            check(source, target)
            made = note.made if note and (note.source, note.target) == (source, target) else []
            note = _Note(settings.state_dir / NOTE, source, target, made)
            with all_held(source):
                yield from _carried_over(note, context)
                settings.use_models_folder(target)
                _remove_old(note, sure=True)
            note.forget()
    result = {"folder": str(target)}
    yield ProgressEvent(phase="done", stage="The models are moved", stage_code="done", progress=1.0, result=result)


def check(source: Path, target: Path) -> None:
    """Raises BadRequest for a folder that cannot be moved to."""
    if source.resolve() in target.resolve().parents:
        raise BadRequest("The new folder lies in the old one.", hint="Choose a folder outside of it.")


@dataclass
class _Note:
    """What is being moved."""

    path: Path
    source: Path
    target: Path
    made: list[str] = field(default_factory=list)
    """Files below the target that were not there before, noted before each is made."""

    @classmethod
    def read(cls, path: Path) -> _Note | None:
        """The one that a cut off move left; None where there is none or where it cannot be read."""
        try:
            raw = json.loads(path.read_text("utf-8"))
            return cls(path, Path(raw["source"]), Path(raw["target"]), [str(name) for name in raw["made"]])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        body = {"source": str(self.source), "target": str(self.target), "made": self.made}
        write_file(self.path, json.dumps(body, indent=1).encode())

    def will_make(self, name: str) -> None:
        if name not in self.made:
            self.made.append(name)
            self.write()

    def undo(self) -> None:
        """Remove what was made; the models stay where they were."""
        for name in self.made:
            for path in (self.target / name, _unfinished(self.target / name)):
                path.unlink(missing_ok=True)
        _remove_empty({(self.target / name).parent for name in self.made}, self.target)
        self.path.unlink(missing_ok=True)

    def forget(self) -> None:
        """The old folder is used no more."""
        forget_locks(self.source)
        self.path.unlink(missing_ok=True)


def _carried_over(note: _Note, context: JobContext) -> Iterator[ProgressEvent]:
    """Everything is in the new folder as well, or nothing of it."""
    files = _files(note.source)
    total, done = sum(path.stat().st_size for path in files), 0
    note.target.mkdir(parents=True, exist_ok=True)
    note.write()
    try:
        _demand_room(note, files)
        for path in files:
            for size in _carried(path, note):
                if context.cancelled():
                    raise Cancelled("Moving was cancelled; the models stay where they were.")
                done += size
                yield _moving(path.name, done, total)
    except BaseException:  # a studio that is closing, too: it begins anew
        note.undo()
        raise


def _moving(name: str, done: int, total: int) -> ProgressEvent:
    params = {"bytes": str(done), "total": str(total), "file": name}
    progress = round(min(1.0, done / max(1, total)), 4)
    return ProgressEvent(
        phase="working", stage="Moving the models", stage_code="moving", params=params, progress=progress
    )


def _files(root: Path) -> list[Path]:
    """What lies in the folders of the models: files, and links to folders."""
    folders = [path for path in sorted(root.glob("*")) if path.is_dir() and not path.name.startswith(".")]
    below = [path for folder in folders if not folder.is_symlink() for path in sorted(folder.rglob("*"))]
    linked = [path for path in folders if path.is_symlink()]
    return [path for path in [*below, *linked] if path.is_file() or path.is_symlink()]


def _demand_room(note: _Note, files: list[Path]) -> None:
    """A folder on the same disk takes links, which need no room."""
    if note.source.stat().st_dev == note.target.stat().st_dev:
        return
    wanted = [path for path in files if not (note.target / path.relative_to(note.source)).exists()]
    need, free = sum(path.stat().st_size for path in wanted) + ROOM, shutil.disk_usage(note.target).free
    if free < need:
        raise DiskFull(
            f"The models need {need / 1e9:.1f} GB, but {free / 1e9:.1f} GB are free there.",
            hint="Choose a larger disk, or delete models that you do not use.",
        )


def _carried(path: Path, note: _Note) -> Iterator[int]:
    """One file, durably; yields bytes as they are there. Raises Conflict where another file has its name."""
    name = path.relative_to(note.source).as_posix()
    copy, size = note.target / name, 0 if path.is_dir() else path.stat().st_size
    if copy.exists() or copy.is_symlink():
        if (yield from _is_same(path, copy)):
            yield size
            return
        if name not in note.made:
            raise Conflict(
                f"The new folder has another {name} already.",
                hint="Choose an empty folder, or take that one away. The models stay where they were.",
            )
    note.will_make(name)
    copy.parent.mkdir(parents=True, exist_ok=True)
    partial = _unfinished(copy)
    partial.unlink(missing_ok=True)
    if _linked(path, partial):
        yield size
    else:
        yield from _copied(path, partial)
    rename(partial, copy)
    sync_folder(copy.parent)


def _is_same(one: Path, other: Path) -> Generator[int, None, bool]:
    """Whether both hold the same bytes; pauses between pieces (yields 0)."""
    if not other.exists() or os.path.samefile(one, other):
        return other.exists()
    if one.is_dir() or other.is_dir() or one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while piece := first.read(READ):
            if piece != second.read(READ):
                return False
            yield 0
    return True


def _linked(path: Path, partial: Path) -> bool:
    """Give the file a second name, which costs nothing; a folder that lies elsewhere is linked to again."""
    try:
        if path.is_dir():
            partial.symlink_to(path.resolve(), target_is_directory=True)
        else:
            os.link(path.resolve(), partial)
    except OSError:
        if path.is_dir():
            raise
        return False
    return True


def _copied(path: Path, partial: Path) -> Iterator[int]:
    with path.open("rb") as source, partial.open("xb") as target:
        while piece := source.read(READ):
            target.write(piece)
            yield len(piece)
        target.flush()
        os.fsync(target.fileno())
    shutil.copystat(path, partial)


def _remove_old(note: _Note, sure: bool) -> None:
    """`sure`: all of it was carried over just now. Else only what is in the new folder with the same bytes goes."""
    files = _files(note.source) if note.source.is_dir() else []
    for path in files:
        if sure or _ended(_is_same(path, note.target / path.relative_to(note.source))):
            path.unlink(missing_ok=True)
    _remove_empty({path.parent for path in files}, note.source)


def _ended(steps: Generator[int, None, bool]) -> bool:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return bool(end.value)


def _remove_empty(folders: set[Path], root: Path) -> None:
    """The deepest first, up to the root, which stays."""
    nested = {folder for path in folders for folder in (path, *path.parents) if root in folder.parents}
    for folder in sorted(nested, reverse=True):
        with suppress(OSError):  # it holds something else, or is gone
            folder.rmdir()


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}{MOVING}")
