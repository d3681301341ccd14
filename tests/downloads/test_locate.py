"""Models are found wherever people put them, and what is missing is named."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.core.settings import Settings
from backend.downloads import locate as locating
from backend.downloads.catalog import catalog
from backend.downloads.locate import locate, places

ENTRY = catalog()["base_0_6b"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model of this machine is in the way."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "MODELSCOPE_CACHE", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(locating, "PROJECT_DIR", tmp_path / "project")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def tensors(length: int = 8) -> bytes:
    header = json.dumps({"a": {"dtype": "U8", "shape": [length], "data_offsets": [0, length]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(length)


def write_model(folder: Path, variant: str = "base", size: str = "0b6", codec: bool = True) -> Path:
    for file in ENTRY.files:
        if codec or not file.path.startswith("speech_tokenizer/"):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(tensors() if path.suffix == ".safetensors" else b"{}" if path.suffix == ".json" else b"x")
    (folder / "config.json").write_text(json.dumps({"tts_model_type": variant, "tts_model_size": size}))
    return folder


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "models": lambda root: root / "data/models" / ENTRY.local,
    "models/base": lambda root: root / "data/models/base",
    "models/Qwen/…": lambda root: root / "data/models/Qwen" / ENTRY.local,
    "project": lambda root: root / "project/models" / ENTRY.local,
    "hub cache": lambda root: root / f"home/.cache/huggingface/hub/models--Qwen--{ENTRY.local}/snapshots/abc",
    "modelscope": lambda root: root / "home/.cache/modelscope/hub/models" / str(ENTRY.ms),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_model_is_found_where_people_and_other_programs_put_it(
    layout: str, settings: Settings, tmp_path: Path
) -> None:
    folder = write_model(LAYOUTS[layout](tmp_path))
    found = locate(settings, "base_0_6b")
    assert found is not None and found.valid and found.path == folder and not found.missing
    assert locate(settings, "base_1_7b") is None


def test_the_user_data_folder_of_the_guide_is_searched(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for system, part in (
        ("linux", ".local/share/SuperAutoCutVideo"),
        ("darwin", "Library/Application Support/SuperAutoCutVideo"),
        ("win32", "AppData/Local/SuperAutoCutVideo"),
    ):
        monkeypatch.setattr(locating.sys, "platform", system)
        assert tmp_path / "home" / part / "models/Qwen" in [place.path for place in places(settings)]


def test_our_own_folder_comes_first_and_a_broken_copy_gives_way_to_a_whole_one(
    settings: Settings, tmp_path: Path
) -> None:
    ours = write_model(LAYOUTS["models"](tmp_path))
    cached = write_model(LAYOUTS["hub cache"](tmp_path))
    assert (found := locate(settings, "base_0_6b")) and found.path == ours
    (ours / "model.safetensors").unlink()
    assert (found := locate(settings, "base_0_6b")) and found.path == cached
    shutil.rmtree(cached)
    found = locate(settings, "base_0_6b")
    assert found and not found.valid and found.missing == ("model.safetensors",)


def test_a_folder_called_base_is_of_the_size_that_its_configuration_says(settings: Settings, tmp_path: Path) -> None:
    write_model(LAYOUTS["models/base"](tmp_path), size="1b7")
    assert locate(settings, "base_0_6b") is None
    assert (found := locate(settings, "base_1_7b")) and found.valid


def test_what_is_missing_or_damaged_is_told_by_name(settings: Settings, tmp_path: Path) -> None:
    folder = write_model(LAYOUTS["models"](tmp_path))
    (folder / "merges.txt").unlink()
    (folder / "vocab.json").write_text("{")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:-1])
    found = locate(settings, "base_0_6b")
    assert found and set(found.missing) == {"merges.txt", "vocab.json (damaged)", "model.safetensors (damaged)"}


def test_weights_in_several_files_need_all_of_them(settings: Settings, tmp_path: Path) -> None:
    folder = write_model(LAYOUTS["models"](tmp_path))
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    names = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    assert (found := locate(settings, "base_0_6b")) and found.missing == ("model-00002-of-00002.safetensors",)
    (folder / "model-00002-of-00002.safetensors").write_bytes(tensors())
    assert (found := locate(settings, "base_0_6b")) and found.valid


def test_a_model_without_a_codec_is_whole_where_the_codec_is_there_by_itself(
    settings: Settings, tmp_path: Path
) -> None:
    write_model(LAYOUTS["models"](tmp_path), codec=False)
    found = locate(settings, "base_0_6b")
    assert found and not found.valid and all(name.startswith("speech_tokenizer/") for name in found.missing)
    codec = tmp_path / "data/models/Qwen3-TTS-Tokenizer-12Hz"
    codec.mkdir(parents=True)
    for name in ("config.json", "preprocessor_config.json"):
        (codec / name).write_text("{}")
    (codec / "model.safetensors").write_bytes(tensors())
    assert (found := locate(settings, "base_0_6b")) and found.valid


def test_models_that_share_a_folder_are_told_apart_by_their_files(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "data/models/whisper"
    folder.mkdir(parents=True)
    (folder / "base.pt").write_bytes(b"x")
    assert (found := locate(settings, "whisper_base")) and found.valid
    assert locate(settings, "whisper_small") is None


@pytest.mark.parametrize("broken", [b"", b"\xff" * 8, struct.pack("<Q", 2**62) + b"{}", struct.pack("<Q", 2) + b"[]"])
def test_a_header_that_is_none_is_damage_and_no_crash(settings: Settings, tmp_path: Path, broken: bytes) -> None:
    folder = write_model(LAYOUTS["models"](tmp_path))
    (folder / "model.safetensors").write_bytes(broken)
    assert (found := locate(settings, "base_0_6b")) and "model.safetensors (damaged)" in found.missing


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_hub_cache_of_links_is_read_like_files(settings: Settings, tmp_path: Path) -> None:
    real = write_model(tmp_path / "blobs")
    snapshot = LAYOUTS["hub cache"](tmp_path)
    for file in ENTRY.files:
        (snapshot / file.path).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / file.path).symlink_to(real / file.path)
    assert (found := locate(settings, "base_0_6b")) and found.valid and found.source == "hub cache"
