"""A model's folder is judged by names, headers and lengths; nothing that a file holds can crash the judge."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from backend.core.settings import Settings
from backend.downloads.locate import locate
from backend.downloads.validate import INDEX, WEIGHTS, is_sound, problems
from tests.downloads.hub_folders import ENTRY, fill, weights

SHARD = "model-00001-of-00001.safetensors"
NESTED = b"[" * 100_000
HOSTILE = {"lists": NESTED, "objects": b'{"a":' * 100_000, "not text": b"\xff\xfe{", "cut off": b'{"a"', "number": b"1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path) / ENTRY.local


def safetensors(header: object) -> bytes:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw


def tensor(start: object, end: object) -> dict[str, object]:
    return {"dtype": "U8", "shape": [4], "data_offsets": [start, end]}


def test_a_whole_folder_has_no_problems(folder: Path) -> None:
    assert problems(folder, ENTRY) == []


def test_a_folder_with_its_weights_in_shards_is_whole(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / SHARD)
    (folder / INDEX).write_text(json.dumps({"weight_map": {"a": SHARD}}))
    assert problems(folder, ENTRY) == []


@pytest.mark.parametrize(
    "index",
    [
        *("{}", "[]", "null", '{"weight_map": {}}', '{"weight_map": []}', '{"weight_map": {"a": 1}}', NESTED.decode()),
        *(json.dumps({"weight_map": {"a": SHARD, "b": name}}) for name in ("../x.safetensors", "..", "", "run.py")),
        *(json.dumps({"weight_map": {"a": name}}) for name in ("/x.safetensors", "a/x.safetensors")),
        *(json.dumps({"weight_map": {"a": name}}) for name in ("..\\x.safetensors", "C:x.safetensors")),
    ],
    ids=lambda index: index[:40],
)
def test_an_index_that_names_no_usable_weights_is_damaged(folder: Path, index: str) -> None:
    (folder / WEIGHTS).rename(folder / SHARD)
    (folder.parent / "x.safetensors").write_bytes(weights(500))
    (folder / INDEX).write_text(index)
    assert problems(folder, ENTRY) == [f"{INDEX} (damaged)"]


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"__metadata__": {"format": "pt"}},
        {"a": tensor(-4, 0)},
        {"a": tensor(4, 0)},
        {"a": tensor(False, False)},
        {"a": {"data_offsets": [0, 0]}, "b": 7},
        *HOSTILE.values(),
    ],
    ids=lambda header: str(header)[:40],
)
def test_weights_without_a_tensor_or_with_a_senseless_header_are_damaged(folder: Path, header: object) -> None:
    (folder / WEIGHTS).write_bytes(safetensors(header))
    assert problems(folder, ENTRY) == [f"{WEIGHTS} (damaged)"]


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_json_file_is_damaged_and_no_crash(folder: Path, what: str) -> None:
    (folder / "vocab.json").write_bytes(HOSTILE[what])
    assert problems(folder, ENTRY) == ["vocab.json (damaged)"]


def test_a_hostile_config_in_a_folder_of_any_size_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "data/models/base").mkdir(parents=True)
    (tmp_path / "data/models/base/config.json").write_bytes(NESTED)
    found = locate(Settings(data_dir=tmp_path / "data"), "base_0_6b")
    assert found is None or "data/models/base" not in found.path.as_posix()


def test_a_file_that_changes_is_judged_again(folder: Path) -> None:
    assert is_sound(folder / "vocab.json")
    (folder / "vocab.json").write_text("{")
    assert not is_sound(folder / "vocab.json")
