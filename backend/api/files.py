"""Sends files of the studio: found by look-up, typed by our own tables, seekable. Joins no path from a request."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import IO

from flask import Response, send_file

from backend.api.context import studio
from backend.core.errors import NotFound
from backend.core.tables.formats import AUDIO_FORMATS, SUBTITLE_FORMATS

MEDIA_TYPES: dict[str, str] = {
    **{row.extension: row.media_type for row in AUDIO_FORMATS.values()},
    **SUBTITLE_FORMATS,
    "zip": "application/zip",
}
NAME_LENGTH = 80  # characters of a suggested file name
_NOT_IN_NAMES = frozenset('/\\:*?"<>|')


def send_take(take: str, extension: str, download: bool) -> Response:
    """One form of a take. Raises NotFound for what is not in the store."""
    if extension not in MEDIA_TYPES:
        raise NotFound("There is no such form of a take.", hint=f"There are: {', '.join(MEDIA_TYPES)}.")
    title = str(studio().takes.get(take).get("title", ""))
    return send(
        studio().takes.file(take, extension), MEDIA_TYPES[extension], f"{title}.{extension}" if download else ""
    )


def send(path: Path, media_type: str, download_name: str = "") -> Response:
    """A file as the answer, with ranges and an ETag; as a download where a name is given."""
    response = _file(path, media_type, download_name)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def send_open(file: IO[bytes], media_type: str, download_name: str) -> Response:
    """An open file as a download; it is closed when the answer is over."""
    return _file(file, media_type, download_name)


def _file(file: Path | IO[bytes], media_type: str, name: str) -> Response:
    safe = _safe(name) if name else None
    return send_file(file, mimetype=media_type, as_attachment=bool(name), download_name=safe, conditional=True)


def _safe(name: str) -> str:
    """A name that every system can store: no control or direction characters, no separators, not too long."""
    kept = "".join("_" if c in _NOT_IN_NAMES else c for c in name if unicodedata.category(c)[0] != "C" or c == "\u200d")
    stem, _, extension = " ".join(kept.split()).rpartition(".")
    return f"{stem[:NAME_LENGTH].strip('. ') or 'speech'}.{extension}"
