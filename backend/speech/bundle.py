"""One zip with everything of a take: sound, subtitles, the script and how it was made. Same take, same bytes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.audio.subtitles import WRITERS

_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold


def write_bundle(path: Path, sound: Path, record: Mapping[str, Any]) -> None:
    """Write the zip. The sound is copied in blocks and not compressed: it would save little."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("speech.wav", _DATE)
        with archive.open(entry, "w", force_zip64=True) as target, open(sound, "rb") as source:
            while block := source.read(2**20):
                target.write(block)
        for name, writer in WRITERS.items():
            _put(archive, f"speech.{name}", writer(record))
        _put(archive, "script.txt", str(record.get("text", "")))
        _put(archive, "take.json", json.dumps(dict(record), ensure_ascii=False, indent=1))


def _put(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text.encode("utf-8"))
