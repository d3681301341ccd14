"""Is a model's folder whole? Looks at names, headers and lengths; reads no weights."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeGuard

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
    """Names of the files that the index spreads the weights over; none where it is no index, which is told of it."""
    try:
        table = _json(index.read_bytes())
    except (OSError, ValueError):
        return []
    names = list(table.get("weight_map", {}).values()) if _is_index(table) else []
    return sorted(set(names))


def _is_index(table: object) -> TypeGuard[dict[str, dict[str, str]]]:
    """Whether it spreads some weights over files of its own folder. Raises nothing, whatever it is."""
    names = table.get("weight_map") if isinstance(table, dict) else None
    return isinstance(names, dict) and bool(names) and all(_is_shard(name) for name in names.values())


def _is_shard(name: object) -> bool:
    return isinstance(name, str) and name.endswith(".safetensors") and not set(name) & set("/\\:\0")


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
            read = _json(file.read_bytes())
            return _is_index(read) if file.name == INDEX else isinstance(read, dict | list)
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
        header = _json(stream.read(size))
    ends = [_end(tensor) for name, tensor in header.items() if name != "__metadata__"] if _is_table(header) else []
    if not ends:
        raise ValueError("no tensor")
    return 8 + size + max(ends)


def _is_table(value: object) -> TypeGuard[dict[str, object]]:
    return isinstance(value, dict)


def _end(tensor: object) -> int:
    offsets = tensor.get("data_offsets") if isinstance(tensor, dict) else None
    if not (isinstance(offsets, list) and len(offsets) == 2 and all(type(at) is int for at in offsets)):
        raise ValueError("no header")
    start, end = offsets
    if not 0 <= start <= end:
        raise ValueError("no header")
    return int(end)


def _json(raw: bytes) -> object:
    """Raises ValueError for what is no JSON, also for what is nested so deep that only an attacker writes it."""
    try:
        return json.loads(raw.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
