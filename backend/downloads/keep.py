"""Who may touch a model's folder: one at a time, in whichever process. And the removal of what was left in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from backend.core.errors import Conflict
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.journal import Journal, leftovers, own_files
from backend.downloads.providers import is_expected
from backend.downloads.validate import problems
from backend.safety.locks import FileLock

LOCKS = ".locks"


def lock_of(target: Path, entry: ModelEntry) -> FileLock:
    """`target` is where a download of the model goes."""
    return FileLock(target.parent / LOCKS / f"{entry.key}.lock")


@contextmanager
def held(target: Path, entry: ModelEntry) -> Iterator[None]:
    """Nobody fetches the model meanwhile. Raises Conflict while somebody does."""
    lock = lock_of(target, entry)
    if not lock.try_acquire():
        raise Conflict(f"{entry.title} is being downloaded.", hint="Cancel the download first.")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def all_held(root: Path) -> Iterator[None]:
    """Nobody fetches any model into the folder meanwhile. Raises Conflict while somebody does."""
    with ExitStack() as stack:
        for entry in catalog().values():
            stack.enter_context(held(root / entry.local, entry))
        yield


def forget_locks(root: Path) -> None:
    """Remove the locks of a models folder that is used no more, as far as nobody holds them."""
    for path in (root / LOCKS).glob("*.lock"):
        with suppress(OSError):
            path.unlink()
    with suppress(OSError):
        (root / LOCKS).rmdir()


def clean(target: Path, entry: ModelEntry) -> int:
    """Remove what an unfinished download left; answers the bytes. Raises Conflict while it goes on."""
    with held(target, entry):
        journal = Journal.read(target, entry.key)
        useless = leftovers(target, entry)
        if problems(target, entry):  # a journal may have come with a folder from elsewhere: only names of the catalog
            useless += [target / path for path in journal.finished if is_expected(entry, path)]
        freed = _remove(useless)
        journal.remove()
        _remove_empty(target, entry)
        return freed


def remove_own(folder: Path, entry: ModelEntry) -> int:
    """Remove all that the model has in a folder, which others may share; answers the bytes. To be `held`."""
    freed = _remove(own_files(folder, entry))
    Journal.read(folder, entry.key).remove()
    _remove_empty(folder, entry)
    return freed


def _remove(files: Iterator[Path] | list[Path]) -> int:
    freed = 0
    for path in files:
        if path.is_file():
            freed += path.stat().st_size
            path.unlink()
    return freed


def _remove_empty(target: Path, entry: ModelEntry) -> None:
    for folder in sorted({(target / file.path).parent for file in entry.files} | {target}, reverse=True):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
