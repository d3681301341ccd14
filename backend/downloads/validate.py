"""Is a model's folder whole? Looks at names, headers and lengths; reads no weights."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from backend.downloads.catalog import ModelEntry

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
LONGEST_HEADER = 100 * 2**20  # bytes; the format's own limit


def problems(folder: Path, entry: ModelEntry) -> list[str]:
    """Names of what is missing, and of what is there but damaged with the word `damaged`; empty when all is well."""
    found = []
    for path in wanted(folder, entry):
        file = folder / path
        if not file.is_file():
            found.append(path)
        elif not is_sound(file):
            found.append(f"{path} (damaged)")
    return found


def wanted(folder: Path, entry: ModelEntry) -> Iterator[str]:
    """Paths of the files that make the model whole. Weights may be one file or several with an index.

    The codec may come from `tokenizer_12hz` instead of the model's own folder.
    """
    has_codec = (folder / "speech_tokenizer").is_dir()
    for file in entry.files:
        if file.path == WEIGHTS and (folder / INDEX).is_file():
            yield INDEX
            yield from _shards(folder / INDEX)
        elif has_codec or not file.path.startswith("speech_tokenizer/"):
            yield file.path


def needs_codec(folder: Path, entry: ModelEntry) -> bool:
    """Whether the codec has to come from another folder."""
    return (
        any(f.path.startswith("speech_tokenizer/") for f in entry.files) and not (folder / "speech_tokenizer").is_dir()
    )


def _shards(index: Path) -> list[str]:
    try:
        names = {str(name) for name in json.loads(index.read_text("utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []  # the index itself is told to be damaged
    return sorted(name for name in names if Path(name).name == name)


def is_sound(file: Path) -> bool:
    """Whether a file can be what its name says. Looked at once, and again when it changes."""
    try:
        facts = file.stat()
    except OSError:
        return False
    return _is_sound(file, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=1000)
def _is_sound(file: Path, size: int, changed: int) -> bool:
    try:
        if file.suffix == ".json":
            return isinstance(json.loads(file.read_text("utf-8")), dict | list)
        if file.suffix == ".safetensors":
            return _safetensors_end(file) == size
        return size > 0
    except (OSError, ValueError):
        return False


def _safetensors_end(file: Path) -> int:
    """Length that the header of a safetensors file claims, in bytes. Raises ValueError for a header that is none."""
    with file.open("rb") as stream:
        raw = stream.read(8)
        if len(raw) < 8:
            raise ValueError("no header")
        (size,) = struct.unpack("<Q", raw)
        if size > min(LONGEST_HEADER, file.stat().st_size):
            raise ValueError("no header")
        header = json.loads(stream.read(size))
    if not isinstance(header, dict):
        raise ValueError("no header")
    ends = [_end(tensor) for name, tensor in header.items() if name != "__metadata__"]
    return 8 + size + max(ends, default=0)


def _end(tensor: object) -> int:
    offsets = tensor.get("data_offsets") if isinstance(tensor, dict) else None
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(isinstance(at, int) for at in offsets)):
        raise ValueError("no header")
    return int(offsets[1])
