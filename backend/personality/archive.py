"""A personality as one zip: out without loss, in without trust. Writes only where it is told to.

Nothing an archive says about itself is believed: names are compared with the few that can be, sizes are counted
while reading, and every recording must have the content that its name states.
"""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import tempfile
import wave
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from backend.core.errors import BadArchive, NotFound
from backend.core.types import STUDIO_RATE
from backend.personality.record import (
    CONFIG,
    MAX_CONFIG_BYTES,
    SOURCE_NAME,
    WAV_NAME,
    Config,
    ConfigError,
    describe,
    read_config,
    write_config,
)
from backend.safety.names import slug
from backend.safety.saving import telling_disk_errors

MAX_ENTRIES = 1000
MAX_DIRECTORY_BYTES = 2**20
MAX_WAV_BYTES = 4 * 2**20
MAX_SOURCE_BYTES = 100 * 2**20
MAX_TOTAL_BYTES = 2**30
_PIECE = 2**18  # bytes read at a time
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
"""What file managers add on their own; passed over."""

Sink = Callable[[str, Iterator[bytes]], None]
"""Takes a file's name and its pieces. It must take them all."""


def export(folder: Path, config: Config) -> IO[bytes]:
    """The zip of a personality as a nameless temporary file, at its beginning. Raises NotFound when it has gone."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    inside = slug(config.name)
    try:
        with telling_disk_errors(), zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(f"{inside}/{CONFIG}", write_config(config), zipfile.ZIP_DEFLATED)
            for name in sorted(config.files):
                archive.write(folder / name, f"{inside}/{name}")
    except BaseException as error:
        file.close()
        if isinstance(error, FileNotFoundError):
            raise NotFound(
                "The personality was changed meanwhile, or a file of it is missing.",
                hint="Try again; `qwentts verify-data` names what is missing.",
                code="personality-not-found",
            ) from error
        raise
    file.seek(0)
    return file


@dataclass(frozen=True)
class Contents:
    """What is in an archive."""

    config: Config
    sizes: dict[str, int]
    """File name → bytes, counted."""


def unpack(file: IO[bytes], sink: Sink) -> Contents:
    """Check the whole archive, handing every file but the record to the sink. Raises BadArchive, naming the entry."""
    with _opened(file) as archive:
        entries = _entries(archive)
        if CONFIG not in entries:
            raise BadArchive(f"There is no {CONFIG} in the archive.", hint="Choose a zip that the studio exported.")
        config = _record(archive, entries.pop(CONFIG))
        _compare(config, entries)
        budget = _Budget(MAX_TOTAL_BYTES)
        for name, entry in entries.items():
            sink(name, _checked(archive, entry, name, budget))
        return Contents(config, budget.sizes)


def _record(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Config:
    data = b"".join(_pieces(archive, entry, MAX_CONFIG_BYTES))
    try:
        return read_config(data)
    except ConfigError as error:
        raise _refused(entry, f"is not a personality's record: {error}") from error


def _compare(config: Config, entries: dict[str, zipfile.ZipInfo]) -> None:
    """What the record names and what is there must be the same."""
    for name in sorted(config.files):
        if name not in entries:
            raise BadArchive(f"The archive lacks {name}, which its record names.", hint="Export it again.")
    for name, entry in entries.items():
        if name not in config.files:
            raise _refused(entry, "belongs to no emotion of the record")


def preview(contents: Contents) -> dict[str, Any]:
    """The record as the API answers it, without id and addresses, with the files and their sizes."""
    shown = describe(contents.config, "", contents.sizes)
    del shown["id"]
    for recording in shown["emotions"].values():
        del recording["url"], recording["source"]
    return shown | {"files": contents.sizes, "bytes": sum(contents.sizes.values())}


def discard(_name: str, pieces: Iterator[bytes]) -> None:
    """The sink of one who only looks."""
    for _ in pieces:
        pass


class _Budget:
    """Bytes that may still come out, whatever the headers say."""

    def __init__(self, total: int) -> None:
        self.left = total
        self.sizes: dict[str, int] = {}

    def spend(self, entry: zipfile.ZipInfo, name: str, size: int) -> None:
        self.left -= size
        self.sizes[name] = self.sizes.get(name, 0) + size
        if self.left < 0:
            raise _refused(entry, "makes the archive larger than the studio accepts")


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    _check_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, EOFError, NotImplementedError) as error:
        raise _no_zip() from error
    with archive:
        yield archive


def _check_directory(file: IO[bytes]) -> None:
    """Refuse a huge list of entries before anybody reads it. Raises BadArchive."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 2**16 - 22))
    tail = file.read()
    at = len(tail) - 22 if tail[-22:-18] == b"PK\5\6" and tail.endswith(b"\0\0") else tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise _no_zip()
    count, length = struct.unpack("<HI", tail[at + 10 : at + 16])
    if tail[max(0, at - 20) : at].startswith(b"PK\6\7") or count > MAX_ENTRIES or length > MAX_DIRECTORY_BYTES:
        raise BadArchive("The archive has more entries than a personality can have.", hint="Export it again.")


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Plain file name → entry. All lie at the top or in one folder. Raises BadArchive, naming the entry."""
    found: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise BadArchive("The archive has more entries than a personality can have.", hint="Export it again.")
    for entry in infos:
        _check_entry(entry)
        if entry.is_dir() or _is_clutter(entry.filename):
            continue
        folder, _, name = entry.filename.rpartition("/")
        folders.add(folder)
        if name != CONFIG and not WAV_NAME.fullmatch(name) and not SOURCE_NAME.fullmatch(name):
            raise _refused(entry, "is no part of a personality")
        if "/" in folder or len(folders) > 1:
            raise _refused(entry, "lies in another folder than the rest")
        if name in found:
            raise _refused(entry, "is there twice")
        found[name] = entry
    _check_overlap(infos)
    return found


def _is_clutter(name: str) -> bool:
    return name.startswith(_CLUTTER[0]) or name.rpartition("/")[2] in _CLUTTER[1:]


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = name.replace("\\", "/").split("/")
    if "\\" in entry.orig_filename or "\0" in entry.orig_filename or name.startswith("/") or ":" in name:
        raise _refused(entry, "leads out of the folder")
    if any(part in ("..", ".") for part in parts):
        raise _refused(entry, "leads out of the folder")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(entry, "is a link or a device")
    if entry.header_offset < 0:
        raise _refused(entry, "begins before the archive")
    if entry.flag_bits & 0x1:
        raise _refused(entry, "is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(entry, "is packed in a way the studio does not read")


def _check_overlap(infos: list[zipfile.ZipInfo]) -> None:
    """Entries that share their bytes unpack to more than they are."""
    ordered = sorted(infos, key=lambda entry: entry.header_offset)
    for entry, after in pairwise(ordered):
        if entry.header_offset + 30 + len(entry.orig_filename) + entry.compress_size > after.header_offset:
            raise _refused(after, "overlaps another entry")


def _checked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, budget: _Budget) -> Iterator[bytes]:
    """The entry's pieces; after the last one, its content has been compared with its name."""
    is_wav = bool(WAV_NAME.fullmatch(name))
    digest = hashlib.sha256()
    data = b""
    for piece in _pieces(archive, entry, MAX_WAV_BYTES if is_wav else MAX_SOURCE_BYTES):
        budget.spend(entry, name, len(piece))
        digest.update(piece)
        if is_wav:
            data += piece
        yield piece
    if digest.hexdigest()[:12] != name.partition(".")[0][-12:]:
        raise _refused(entry, "is damaged: its content does not match its name")
    if is_wav and not is_reference(data):
        raise _refused(entry, "is no mono recording of 24 kHz and 16 bits")


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> Iterator[bytes]:
    if entry.file_size > limit:
        raise _refused(entry, "is larger than the studio accepts")
    left = limit
    try:
        with archive.open(entry) as file:
            while piece := file.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise _refused(entry, "is larger than the studio accepts")
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error) as error:
        raise _refused(entry, "is damaged") from error


def is_reference(data: bytes) -> bool:
    """Whether the bytes are a WAV as the studio writes them: mono, 24 kHz, 16 bits, whole."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            shape = file.getnchannels(), file.getsampwidth(), file.getframerate()
            return shape == (1, 2, STUDIO_RATE) and len(file.readframes(file.getnframes())) == 2 * file.getnframes() > 0
    except (wave.Error, EOFError, struct.error):
        return False


def _refused(entry: zipfile.ZipInfo, why: str) -> BadArchive:
    name = entry.filename.encode("utf-8", "replace").decode()[:80]
    return BadArchive(
        f"“{name}” in the archive {why}.", hint="Nothing was imported. Choose a zip that the studio exported."
    )


def _no_zip() -> BadArchive:
    return BadArchive("The file is no zip archive.", hint="Choose a zip that the studio exported.")
