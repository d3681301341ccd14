"""The history: one take is `<id>.wav` and `<id>.json` in the output folder. Knows no engines and no HTTP.

The JSON is the commit: a WAV without one does not exist. Other formats are made on demand and may be deleted.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.audio.encode import ENCODERS, Credits, encode
from backend.audio.subtitles import WRITERS
from backend.core.errors import Conflict, NotFound
from backend.core.tables.formats import AUDIO_FORMATS
from backend.safety.saving import (
    Trash,
    remove,
    remove_leftovers,
    rename,
    sync_folder,
    telling_disk_errors,
    temporary_name,
    write_file,
)
from backend.speech.bundle import write_bundle

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: no letter is taken for a digit."""
_ID = re.compile(rf"[{ALPHABET}]{{26}}")
_KIND, _SOUND = "take", "takesound"
DAY = 86_400.0  # seconds
LONG = 4000
"""Characters from which lists leave out the words of a take."""
_STALE = 900.0  # seconds without a write after which an unfinished file has no writer any more


def new_id() -> str:
    """26 characters: 48 bits of milliseconds, so that names sort by time, then 80 that nobody can guess."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def made_at(take: str) -> float:
    """Seconds since the epoch at which the id was made."""
    number = sum(ALPHABET.index(letter) << 5 * place for place, letter in enumerate(reversed(take)))
    return (number >> 80) / 1000


class TakeStore:
    """Every process may have one over the same folder."""

    def __init__(self, folder: Path, trash: Path, trash_days: float = 7) -> None:
        self.folder = folder
        self._trash = Trash(trash)
        self._trash_days = trash_days
        self._making = threading.Lock()
        self._read: dict[str, tuple[int, dict[str, Any]]] = {}
        """Id → time of change in nanoseconds, record as lists have it."""

    def search(
        self, query: str = "", starred: bool = False, limit: int = 50, before: str = ""
    ) -> tuple[list[dict[str, Any]], int]:
        """Takes newest first, those before an id, and how many there are in all that match.

        The list leaves out `segments[].words` of long takes; `get` has them.
        """
        words = query.casefold().split()
        found = [take for take in self._all() if _matches(take, words) and (take.get("starred") or not starred)]
        page = [take for take in found if not before or str(take["id"]) < before]
        return page[:limit], len(found)

    def get(self, take: str) -> dict[str, Any]:
        """The whole record. Raises NotFound."""
        try:
            record: dict[str, Any] = json.loads(self._record(take).read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            raise _missing() from None
        return record

    def change(self, take: str, starred: bool | None = None, title: str | None = None) -> dict[str, Any]:
        """Star or name it; None leaves as it is."""
        changes = {"starred": starred, "title": title}
        record = self.get(take) | {name: value for name, value in changes.items() if value is not None}
        self.commit(record)
        if title is not None:
            self._forget_made(take)  # they carry the old title
        return record

    def delete(self, take: str) -> str:
        """Put it into the trash; answers the entry there. The record goes first: it is what makes a take."""
        record = self._record(take)
        try:
            entry = self._trash.put(record, _KIND, take)
        except FileNotFoundError:
            raise _missing() from None
        self._forget_made(take)
        sound = self._sound(take)
        if sound.exists():
            self._trash.put(sound, _SOUND, take)
        return entry

    def restore(self, take: str) -> dict[str, Any]:
        """Bring the latest deletion back. Raises NotFound."""
        record = self._trash.find(_KIND, take)
        if record is None or not _ID.fullmatch(take):
            raise _missing()
        sound = self._trash.find(_SOUND, take)
        if sound is not None:
            self._trash.restore(sound, self._sound(take))
        self._trash.restore(record, self._record(take))
        return self.get(take)

    def file(self, take: str, extension: str) -> Path:
        """A form of the take, made now if it was not yet. Raises NotFound."""
        record = self.get(take)
        if extension == "wav":
            if not self._sound(take).exists():
                raise _missing()
            return self._sound(take)
        return self.make(record, extension)

    def make(self, record: Mapping[str, Any], extension: str) -> Path:
        """The form of a take that is not committed yet, or of one that is."""
        made = self._made(str(record["id"]), extension)
        maker = self._maker(record, extension)
        with self._making:
            if not made.exists():
                with self.writing(made) as temporary:
                    maker(temporary)
        return made

    def discard(self, take: str) -> None:
        """Remove the files of a take that was not committed."""
        for path in self.folder.glob(f"{take}.*"):
            remove(path)

    @contextmanager
    def writing(self, target: Path) -> Iterator[Path]:
        """A temporary file that becomes the target if all goes well. Whoever writes it syncs it if it matters."""
        temporary = self.folder / f"{temporary_name()}{target.suffix}"
        with telling_disk_errors():
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                yield temporary
                rename(temporary, target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(self.folder)

    def commit(self, record: Mapping[str, Any]) -> None:
        """Write the record: from here on the take exists."""
        write_file(self._record(str(record["id"])), json.dumps(record, ensure_ascii=False).encode("utf-8"))

    def begin(self) -> None:
        """Before something is spoken: there is a folder, without what killed writers left long ago."""
        self.folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(self.folder, _STALE)

    def sweep(self) -> int:
        """Remove what killed writers left and what the trash kept long enough; answers how many. At the start."""
        known = {path.stem for path in self.folder.glob("*.json")}
        known |= {item.name for item in self._trash.contents(_KIND)}
        orphans = [
            path
            for path in self.folder.glob("*.*")
            if _ID.fullmatch(path.name[:26]) and path.name[:26] not in known and _is_stale(path)
        ]
        for path in orphans:
            remove(path)
        purged = self._trash.purge(_KIND, self._trash_days) + self._trash.purge(_SOUND, self._trash_days)
        return len(orphans) + purged + remove_leftovers(self.folder, _STALE)

    def sweep_clients(self, days: float) -> int:
        """Remove takes older than that which other programs had spoken, for good; starred ones stay, 0 keeps all."""
        if not days:
            return 0
        oldest = time.time() - days * DAY
        passing = (take for take in self._all() if take.get("request", {}).get("client") and not take.get("starred"))
        gone = [str(take["id"]) for take in passing if made_at(str(take["id"])) < oldest]
        for take in gone:
            remove(self._record(take))  # first: it is what makes a take
            self.discard(take)
        return len(gone)

    def verify(self) -> list[str]:
        """What does not fit together, as sentences."""
        found = []
        for path in sorted(self.folder.glob("*.json")):
            if not _ID.fullmatch(path.stem):
                continue
            try:
                self.get(path.stem)
            except NotFound:
                found.append(f"output/{path.name}: the record cannot be read")
            if not self._sound(path.stem).exists():
                found.append(f"output/{path.name}: its sound is missing")
        return found

    def _all(self) -> Iterator[dict[str, Any]]:
        """Records as lists have them, newest first, read again only where a file has changed."""
        ids = sorted((path.stem for path in self.folder.glob("*.json") if _ID.fullmatch(path.stem)), reverse=True)
        for take in ids:
            try:
                changed = self._record(take).stat().st_mtime_ns
                if self._read.get(take, (0,))[0] != changed:
                    self._read[take] = (changed, _listed(self.get(take)))
            except (FileNotFoundError, NotFound):
                continue  # deleted meanwhile, or not whole: it is no take
            yield dict(self._read[take][1])

    def _maker(self, record: Mapping[str, Any], extension: str) -> Callable[[Path], object]:
        """What writes that form to a path."""
        take = str(record["id"])
        if extension in WRITERS:
            return lambda path: path.write_text(WRITERS[extension](record), encoding="utf-8", newline="\n")
        if extension in ENCODERS:
            return lambda path: encode(self._sound(take), path, extension, credits_of(record))
        if extension == "zip":
            return lambda path: write_bundle(path, self._sound(take), record)
        raise NotFound("There is no such form of a take.", hint=f"There are: {', '.join([*AUDIO_FORMATS, *WRITERS])}.")

    def _forget_made(self, take: str) -> None:
        for path in self.folder.glob(f"{take}.*"):
            if path not in (self._record(take), self._sound(take)):
                remove(path)

    def _record(self, take: str) -> Path:
        return self._path(take, "json")

    def _sound(self, take: str) -> Path:
        return self._path(take, "wav")

    def _made(self, take: str, extension: str) -> Path:
        return self._path(take, "subtitles.json" if extension == "json" else extension)

    def _path(self, take: str, extension: str) -> Path:
        if not _ID.fullmatch(take):
            raise _missing()
        return self.folder / f"{take}.{extension}"


def redoable(record: Mapping[str, Any], segment: int) -> None:
    """Raises NotFound for a segment (from 0) there is not, Conflict for one that runs into its neighbours."""
    rows = record["segments"]
    if not 0 <= segment < len(rows):
        hint = f"Segments are numbered from 0 to {len(rows) - 1}."
        raise NotFound("There is no such segment.", hint=hint, code="segment-not-found")
    beside = [rows[one : one + 2] for one in (segment - 1, segment) if 0 <= one < len(rows) - 1]
    if any(one["end"] > following["start"] for one, following in beside):
        hint = "Speak the whole text again, or without a crossfade."
        raise Conflict("This segment was crossfaded into its neighbours and cannot be taken out.", hint=hint)


def credits_of(record: Mapping[str, Any]) -> Credits:
    """What the files of a take say about themselves."""
    voices = dict.fromkeys(str(segment["voice"]) for segment in record["segments"])
    return Credits(
        title=str(record.get("title", "")),
        voice=", ".join(voices),
        engine=str(record.get("engine", "")),
        model=str(record.get("model", "")),
        seed=int(record.get("seed", 0)),
        date=str(record.get("created", "")),
    )


def _missing() -> NotFound:
    return NotFound("There is no such take.", hint="GET /api/history lists those there are.", code="take-not-found")


def _matches(take: Mapping[str, Any], words: list[str]) -> bool:
    voices = {str(segment.get("voice", "")) for segment in take["segments"]}
    where = " ".join([str(take.get("title", "")), str(take.get("text", "")), *voices]).casefold()
    return all(word in where for word in words)


def _listed(record: dict[str, Any]) -> dict[str, Any]:
    """The record as lists have it: the words of an hour of speech would be megabytes."""
    if len(str(record.get("text", ""))) <= LONG:
        return record
    bare = [{name: value for name, value in row.items() if name != "words"} for row in record["segments"]]
    return {**record, "segments": bare}


def _is_stale(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _STALE
    except FileNotFoundError:
        return False
