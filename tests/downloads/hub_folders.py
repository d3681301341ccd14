"""A small model in a hub's folder, and what a download of it needs."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backend.downloads.catalog import ModelEntry, ModelFile, catalog
from backend.downloads.transfer import Progress, TransferOptions, fetch_model
from backend.downloads.wire import Manner
from tests.downloads.fake_hub import FakeHub

REPO = "Qwen/Qwen3-TTS-12Hz-0.6B-Base"
ENTRY = catalog()["base_0_6b"]
HASTY = Manner(stall=0.4, backoff=0.01, longest_backoff=0.02, tries=6)
WEIGHTS = "model.safetensors"


def weights(size: int, seed: int = 1) -> bytes:
    """A safetensors file of random bytes, exactly that long."""
    length = size - 8 - 128
    header = json.dumps({"a": {"dtype": "U8", "shape": [length], "data_offsets": [0, length]}}).encode().ljust(128)
    return struct.pack("<Q", len(header)) + header + random.Random(seed).randbytes(length)  # noqa: S311 (repeatable, no secret)


def fill(root: Path, size: int = 300_000) -> Path:
    """A whole model in `root`, as a hub keeps it, with files besides that nobody wants."""
    folder = root / REPO.partition("/")[2]
    for number, file in enumerate(ENTRY.files):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name == WEIGHTS:
            path.write_bytes(weights(size // (1 if file.path == WEIGHTS else 4), number + 1))
        else:
            path.write_text(json.dumps({"file": number, "ü": "é"}), "utf-8")
    (folder / "README.md").write_text("read me")
    (folder / "run.py").write_text("raise SystemExit")
    return root


def options(hub: FakeHub, provider: str = "auto", manner: Manner = HASTY, token: str = "") -> TransferOptions:
    return TransferOptions(provider, hub.url, hub.url, token, manner=manner)


def fetch(
    hub: FakeHub,
    target: Path,
    provider: str = "auto",
    entry: ModelEntry = ENTRY,
    cancelled: Callable[[], bool] = lambda: False,
    manner: Manner = HASTY,
    token: str = "",
) -> list[Progress]:
    return list(fetch_model(entry, target, options(hub, provider, manner, token), cancelled))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(root: Path, entry: ModelEntry = ENTRY) -> dict[str, bytes]:
    """What a whole download holds."""
    folder = root / REPO.partition("/")[2]
    return {file.path: (folder / file.path).read_bytes() for file in entry.files}


def size_of(root: Path) -> int:
    return sum(map(len, expected(root).values()))


def direct_entry(hub: FakeHub, sha256: str) -> ModelEntry:
    """A model that lies at an address of its own, as Whisper's do."""
    file = ModelFile("small.pt", sha256=sha256, url=f"{hub.url}/direct/whisper/small.pt")
    return replace(catalog()["whisper_small"], files=(file,))
