"""The models the studio knows, from catalog.yml. Knows nothing of this machine and of no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import yaml

CATALOG = Path(__file__).with_name("catalog.yml")


@dataclass(frozen=True)
class ModelFile:
    """One file of a model."""

    path: str
    """Relative to the model's folder, with slashes."""
    size: int | None = None
    """Bytes, where they are known for sure."""
    sha256: str = ""
    """Hexadecimal; empty where only the provider knows it."""
    url: str = ""
    """Where it lies outside of any hub; empty for a file of a repository."""


@dataclass(frozen=True)
class ModelEntry:
    """One model."""

    key: str
    title: str
    gives: str
    """What people get from it, in a sentence."""
    kind: str
    """speech, codec, transcription, embedding or vocoder."""
    engine: str
    variant: str
    """base, custom or design; empty for what is no Qwen3-TTS."""
    size_label: str
    hf: str
    """Repository on Hugging Face, or empty."""
    ms: str
    """Repository on ModelScope, or empty."""
    local: str
    """Its folder below a models root."""
    aliases: tuple[str, ...]
    """Other names of that folder."""
    files: tuple[ModelFile, ...]
    bytes: int
    """What is downloaded, about."""
    licence: str
    memory_mb: Mapping[str, int] = field(repr=False)
    """By `cpu` and `cuda`."""
    packages: tuple[str, ...] = ()
    """Distributions it needs, of the studio set."""
    requires: tuple[str, ...] = ()
    """Keys of models it needs besides."""
    gated: bool = False
    """Whether its publisher asks for an account and a token."""
    page: str = ""
    """Where people read about it."""

    @property
    def downloadable(self) -> bool:
        return bool(self.hf or self.ms or any(file.url for file in self.files))


@cache
def catalog() -> Mapping[str, ModelEntry]:
    """Key → model, in the order of the file."""
    raw = yaml.safe_load(CATALOG.read_text("utf-8"))["models"]
    return MappingProxyType({key: _entry(key, row) for key, row in raw.items()})


def _entry(key: str, row: Mapping[str, Any]) -> ModelEntry:
    repo = row.get("repo", "")
    urls: Mapping[str, str] = row.get("urls", {})
    files = [ModelFile(path) for path in [*row.get("files", []), *row.get("by_hand", [])]]
    files += [ModelFile(path, sha256=_sha256_in(url), url=url) for path, url in urls.items()]
    return ModelEntry(
        key=key,
        title=row["title"],
        gives=row["gives"],
        kind=row["kind"],
        engine=row["engine"],
        variant=row.get("variant", ""),
        size_label=str(row.get("size_label", "")),
        hf=repo,
        ms=row.get("modelscope", repo),
        local=row.get("local") or repo.rpartition("/")[2],
        aliases=tuple(row.get("aliases", ())),
        files=tuple(files),
        bytes=int(row["megabytes"]) * 1_000_000,
        licence=row["licence"],
        memory_mb=MappingProxyType(row["memory_mb"]),
        packages=tuple(row.get("packages", ())),
        requires=tuple(row.get("requires", ())),
        gated=bool(row.get("gated", False)),
        page=row.get("page") or (f"https://huggingface.co/{repo}" if repo else ""),
    )


def _sha256_in(url: str) -> str:
    """OpenAI's addresses hold the sha256 of the file as a folder."""
    parts = [part for part in urlsplit(url).path.split("/") if len(part) == 64]
    return parts[0] if parts and all(letter in "0123456789abcdef" for letter in parts[0]) else ""
