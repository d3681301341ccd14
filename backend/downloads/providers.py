"""What a hub has of a model: Hugging Face, ModelScope, or single addresses. Looks up names; fetches no file.

A hub's answer is material, never an instruction: only files of the catalog (and shards of its weights) are taken from
it, and only where it tells a length and a digest.

Addresses and fields: the Hub API of huggingface_hub (`/api/models/{repo}/tree/{revision}`, `lfs.oid` is the sha256,
`oid` the git blob's sha1) and of modelscope (`/api/v1/models/{repo}/repo/files`).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from backend.downloads.catalog import ModelEntry, ModelFile
from backend.downloads.http import Head, Untrusted, redirected

log = logging.getLogger(__name__)

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
SHARD = re.compile(r"model-\d{5}-of-\d{5}\.safetensors")
CODEC = "speech_tokenizer/"
LARGEST = 2**40  # bytes of one file
MOST_PAGES = 200
NAMES = {"hf": "Hugging Face", "modelscope": "ModelScope", "direct": "the publisher"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


class Unsuited(Exception):
    """This provider cannot give the model; another may."""

    def __init__(self, reason: str, gated: bool = False) -> None:
        super().__init__(reason)
        self.gated = gated


@dataclass(frozen=True)
class RemoteFile:
    """One file as a provider tells it."""

    path: str
    size: int
    """Bytes."""
    url: str
    sha256: str = ""
    git_sha1: str = ""
    """Digest of the git blob, which Hugging Face tells of small files instead."""

    def is_same(self, other: RemoteFile | None) -> bool:
        """Whether both have the same content, by their digests; from whichever provider."""
        if other is None or self.size != other.size:
            return False
        if self.sha256 and other.sha256:
            return self.sha256 == other.sha256
        return bool(self.git_sha1) and self.git_sha1 == other.git_sha1


@dataclass(frozen=True)
class Plan:
    """All files of a model at one provider."""

    provider: str
    files: tuple[RemoteFile, ...]

    @property
    def total(self) -> int:
        return sum(file.size for file in self.files)


Asker = Callable[[str, str], Generator[str, None, tuple[Head, bytes]]]
"""Asks an address by a method, with retries; yields words while it waits. Raises Unsuited."""


@dataclass(frozen=True)
class Hub:
    """Where a hub is asked for a repository."""

    provider: str
    endpoint: str
    repo: str

    @property
    def listing(self) -> str:
        if self.provider == "hf":
            return f"{self.endpoint}/api/models/{self.repo}/tree/main?recursive=true"
        return f"{self.endpoint}/api/v1/models/{self.repo}/repo/files?Revision=master&Recursive=True"

    def file(self, path: str) -> str:
        if self.provider == "hf":
            return f"{self.endpoint}/{self.repo}/resolve/main/{quote(path)}"
        query = urlencode({"Revision": "master", "FilePath": path})
        return f"{self.endpoint}/api/v1/models/{self.repo}/repo?{query}"


def plan_of_hub(hub: Hub, entry: ModelEntry, ask: Asker) -> Generator[str, None, Plan]:
    """Ask for the list; the plan is the generator's value. Raises Unsuited."""
    told: dict[str, RemoteFile] = {}
    url, others = hub.listing, 0
    for _ in range(MOST_PAGES):
        head, body = yield from ask(url, "GET")
        rows = _rows(body)
        found = {row.path: row for raw in rows if (row := _row(hub, raw, entry))}
        told = {**found, **told}
        others += len(rows) - len(found)
        more = _NEXT.search(head.headers.get("link", ""))
        if not more:
            break
        url = _next_page(url, more[1])
    if others:
        log.info("%d other files of %s are left alone", others, hub.repo)
    return Plan(hub.provider, tuple(_wanted(entry, told)))


def _next_page(url: str, named: str) -> str:
    """Where the list goes on; held to what a redirect is held to. Raises Unsuited."""
    try:
        return redirected(url, named)
    except (Untrusted, ValueError) as error:
        raise Unsuited("its list leads to an address that must not be asked") from error


def plan_of_addresses(entry: ModelEntry, ask: Asker) -> Generator[str, None, Plan]:
    """The same for files that have an address and a sha256 in the catalog."""
    files = []
    for file in entry.files:
        head, _ = yield from ask(file.url, "HEAD")
        length = head.headers.get("content-length", "")
        if not length.isdigit() or not file.sha256:
            raise Unsuited(f"the length of {file.path} is not told")
        files.append(RemoteFile(file.path, int(length), file.url, file.sha256))
    return Plan("direct", tuple(files))


def is_expected(entry: ModelEntry, path: str) -> bool:
    """Whether the path is one of the catalog's, or a part of its weights."""
    if any(file.path == path for file in entry.files):
        return True
    is_shard = path == INDEX or SHARD.fullmatch(path) is not None
    return is_shard and any(file.path == WEIGHTS for file in entry.files)


def _wanted(entry: ModelEntry, told: Mapping[str, RemoteFile]) -> Iterator[RemoteFile]:
    """The files to fetch, small ones first. Raises Unsuited where one is missing."""
    wanted = [file for path in _paths(entry, told) for file in [_pinned(told.get(path), path, entry)]]
    yield from sorted(wanted, key=lambda file: (file.size, file.path))


def _paths(entry: ModelEntry, told: Mapping[str, RemoteFile]) -> Iterable[str]:
    has_codec = any(path.startswith(CODEC) for path in told)
    for file in entry.files:
        if file.path == WEIGHTS and WEIGHTS not in told and INDEX in told:
            yield from [INDEX, *(path for path in sorted(told) if SHARD.fullmatch(path))]
        elif has_codec or not file.path.startswith(CODEC):  # else the codec's own model is used
            yield file.path


def _pinned(told: RemoteFile | None, path: str, entry: ModelEntry) -> RemoteFile:
    if told is None:
        raise Unsuited(f"it has no {path}")
    if not (told.sha256 or told.git_sha1):
        raise Unsuited(f"it tells no checksum of {path}")
    known: Mapping[str, ModelFile] = {file.path: file for file in entry.files}
    pinned = known[path].sha256 if path in known else ""
    if pinned and told.sha256 and pinned != told.sha256:
        raise Unsuited(f"its {path} is another one than the catalog's")
    return told


def _rows(body: bytes) -> list[Any]:
    """Entries of a listing of either hub."""
    try:
        raw = json.loads(body)
        if isinstance(raw, dict):
            raw = raw["Data"]["Files"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unsuited("its list of files cannot be read") from error
    if not isinstance(raw, list):
        raise Unsuited("its list of files cannot be read")
    return raw


def _row(hub: Hub, raw: Any, entry: ModelEntry) -> RemoteFile | None:
    """One entry of a listing; None for folders, for what nobody wants and for what makes no sense."""
    path = (raw.get("path") or raw.get("Path")) if isinstance(raw, dict) else None
    if not isinstance(path, str) or not is_expected(entry, path):
        return None
    row = {str(name).lower(): value for name, value in raw.items()}
    size, lfs = row.get("size"), row.get("lfs")
    if row.get("type") not in ("file", "blob"):
        return None
    if isinstance(lfs, dict):
        size = lfs.get("size", size)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST:
        return None
    sha256 = lfs.get("oid") if isinstance(lfs, dict) else row.get("sha256")
    git_sha1 = None if isinstance(lfs, dict) or hub.provider != "hf" else row.get("oid")
    return RemoteFile(path, size, hub.file(path), _digest(_SHA256, sha256), _digest(_SHA1, git_sha1))


def _digest(pattern: re.Pattern[str], value: Any) -> str:
    text = value.removeprefix("sha256:").lower() if isinstance(value, str) else ""
    return text if pattern.fullmatch(text) else ""
