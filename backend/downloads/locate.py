"""Where a model lies on this machine: our folder, folders of other programs, caches of the hubs. Writes nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backend.core.settings import PROJECT_DIR, Settings, of_others
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.validate import needs_codec, problems

OTHER_PROGRAM = "SuperAutoCutVideo"
"""The program whose models folder users of its guide have already."""
VARIANTS = {"base": "base", "custom_voice": "custom", "voice_design": "design"}
SIZES = {"0b6": "0.6B", "1b7": "1.7B"}
CODEC = "tokenizer_12hz"


@dataclass(frozen=True)
class Found:
    """A model's folder."""

    key: str
    path: Path
    valid: bool
    missing: tuple[str, ...]
    """Names of files that are missing or damaged."""
    source: str
    """Which of the places: `models`, `project`, `user data`, `hub cache` or `modelscope cache`."""


@dataclass(frozen=True)
class Place:
    """A folder in which models are looked for."""

    path: Path
    source: str
    is_cache: bool = False


def locate(settings: Settings, key: str) -> Found | None:
    """The first whole copy in the order of `places`, else the first that is not whole, else None."""
    entry = catalog()[key]
    first: Found | None = None
    for place in places(settings):
        for folder in candidates(place, entry):
            found = examined(settings, folder, entry, place.source)
            if found.valid:
                return found
            first = first or found
    return first


def examined(settings: Settings, folder: Path, entry: ModelEntry, source: str) -> Found:
    """What there is in a folder that may hold the model."""
    missing = problems(folder, entry)
    if not missing and entry.key != CODEC and needs_codec(folder, entry):
        codec = locate(settings, CODEC)
        if codec is None or not codec.valid:
            missing = [f.path for f in entry.files if f.path.startswith("speech_tokenizer/")]
    return Found(entry.key, folder, not missing, tuple(missing), source)


def places(settings: Settings) -> list[Place]:
    """Where models are looked for, best first; the first is where downloads go."""
    found = [Place(settings.models_root, "models"), Place(PROJECT_DIR / "models", "project")]
    found += [Place(folder / "models" / "Qwen", "user data") for folder in user_data_folders()]
    found += [Place(folder, "hub cache", is_cache=True) for folder in hub_caches()]
    found += [Place(folder, "modelscope cache") for folder in modelscope_caches()]
    unique = {place.path: place for place in reversed(found)}
    return [place for place in found if unique[place.path] is place]


def user_data_folders() -> list[Path]:
    """The user data folder of this system for the program whose guide many followed."""
    home = Path.home()
    if sys.platform == "darwin":
        return [home / "Library" / "Application Support" / OTHER_PROGRAM]
    if sys.platform == "win32":
        return [Path(of_others("LOCALAPPDATA") or home / "AppData" / "Local") / OTHER_PROGRAM]
    return [Path(of_others("XDG_DATA_HOME") or home / ".local" / "share") / OTHER_PROGRAM]


def hub_caches() -> list[Path]:
    """Where the tools of Hugging Face keep what they fetched."""
    if cache := of_others("HF_HUB_CACHE"):
        return [Path(cache)]
    if home := of_others("HF_HOME"):
        return [Path(home) / "hub"]
    return [Path(of_others("XDG_CACHE_HOME") or Path.home() / ".cache") / "huggingface" / "hub"]


def modelscope_caches() -> list[Path]:
    root = Path(of_others("MODELSCOPE_CACHE") or Path.home() / ".cache" / "modelscope" / "hub")
    return [root / "models", root]


def candidates(place: Place, entry: ModelEntry) -> Iterator[Path]:
    """Folders of a place that may hold the model."""
    if place.is_cache:
        yield from _snapshots(place.path, entry)
        return
    names = [entry.local, entry.hf, f"Qwen/{entry.local}" if entry.hf.startswith("Qwen/") else ""]
    for name in dict.fromkeys(name for name in names if name):
        if (place.path / name).is_dir() and _belongs(place.path / name, entry, by_name=True):
            yield place.path / name
    for name in entry.aliases:
        if (place.path / name).is_dir() and _belongs(place.path / name, entry, by_name=False):
            yield place.path / name


def _belongs(folder: Path, entry: ModelEntry, by_name: bool) -> bool:
    """Whether the folder is this model's. A folder called `base` may hold any size: its config.json says which.

    One that several models share (Whisper's) is a model's when one of its files is there.
    """
    if by_name:
        return bool(entry.hf) or any((folder / file.path).exists() for file in entry.files)
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        variant, size = VARIANTS.get(config["tts_model_type"]), SIZES.get(config["tts_model_size"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return False
    return (variant, size) == (entry.variant, entry.size_label)


def _snapshots(cache: Path, entry: ModelEntry) -> Iterator[Path]:
    """Revisions in a hub cache, the newest first."""
    if not entry.hf:
        return
    folder = cache / f"models--{entry.hf.replace('/', '--')}" / "snapshots"
    try:
        revisions = [path for path in folder.iterdir() if path.is_dir()]
    except OSError:
        return
    yield from sorted(revisions, key=lambda path: path.stat().st_mtime, reverse=True)
