"""What is inconsistent in the folder of personalities: found by reading everything, changed by nobody here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from backend.personality.archive import is_reference
from backend.personality.record import CONFIG, ConfigError
from backend.personality.shelf import Shelf, Shelved, is_ours
from backend.safety.saving import TEMPORARY


@dataclass(frozen=True)
class Inconsistency:
    """One thing that is not as it should be."""

    personality: str
    """The folder; empty for the folder of all."""
    code: str
    """record-unreadable, record-missing, file-missing, file-changed, file-unnamed, leftover, link."""
    text: str


def inspect_shelf(shelf: Shelf, grace: float) -> Iterator[Inconsistency]:
    """Everything inconsistent. What was let go or begun less than `grace` seconds ago is no leftover yet."""
    if not shelf.root.is_dir():
        return
    for entry in sorted(shelf.root.iterdir()):
        if entry.name.startswith(TEMPORARY):
            if _old(entry.stat().st_mtime, grace):
                yield Inconsistency("", "leftover", f"{entry.name} was never finished")
        elif entry.is_symlink():
            yield Inconsistency(entry.name, "link", "a link is no personality")
    for key in shelf.keys():  # noqa: SIM118 (a method, no mapping)
        yield from _inspect_folder(shelf, key, grace)


def _inspect_folder(shelf: Shelf, key: str, grace: float) -> Iterator[Inconsistency]:
    try:
        shelved = shelf.read(key)
    except FileNotFoundError:
        yield Inconsistency(key, "record-missing", f"the folder has no {CONFIG}")
    except ConfigError as error:
        yield Inconsistency(key, "record-unreadable", f"{CONFIG}: {error}")
    else:
        yield from _inspect_files(shelved, grace)


def _inspect_files(shelved: Shelved, grace: float) -> Iterator[Inconsistency]:
    for name in sorted(shelved.config.files):
        if name not in shelved.present:
            yield Inconsistency(shelved.key, "file-missing", f"{name} is named by the record and not there")
            continue
        data = (shelved.folder / name).read_bytes()
        wrong_kind = name.endswith(".wav") and ".source." not in name and not is_reference(data)
        if hashlib.sha256(data).hexdigest()[:12] != name.partition(".")[0][-12:] or wrong_kind:
            yield Inconsistency(shelved.key, "file-changed", f"{name} is not what was saved")
    for name in sorted(shelved.present - shelved.config.files):
        if (is_ours(name) or name.startswith(TEMPORARY)) and _old((shelved.folder / name).stat().st_mtime, grace):
            code = "leftover" if name.startswith(TEMPORARY) else "file-unnamed"
            yield Inconsistency(shelved.key, code, f"{name} belongs to no emotion")


def _old(changed: float, grace: float) -> bool:
    return time.time() - changed >= grace
