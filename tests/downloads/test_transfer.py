"""A model comes whole, from either hub, and goes on where it was cut off."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from backend.core.errors import Offline
from backend.core.settings import Settings
from backend.downloads.transfer import TransferOptions, fetch_model
from backend.downloads.validate import problems
from tests.downloads.fake_hub import FakeHub, Fault
from tests.downloads.hub_folders import ENTRY, WEIGHTS, contents, direct_entry, expected, fetch, fill, size_of


@pytest.fixture
def served(tmp_path: Path) -> Path:
    return fill(tmp_path / "hub")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / ENTRY.local


@pytest.mark.parametrize("provider", ["hf", "modelscope"])
def test_a_model_comes_whole_with_nothing_besides(served: Path, target: Path, provider: str) -> None:
    with FakeHub(served) as hub:
        told = fetch(hub, target, provider)
    assert contents(target) == expected(served)
    assert not problems(target, ENTRY)
    assert {progress.provider for progress in told} == {provider}
    assert told[-1].done == told[-1].total == size_of(served)
    assert hub.sent_bytes == size_of(served)


def test_a_file_of_the_publisher_is_held_to_the_checksum_of_the_catalog(served: Path, target: Path) -> None:
    (served / "whisper").mkdir()
    (served / "whisper" / "small.pt").write_bytes(b"weights" * 30_000)
    with FakeHub(served) as hub:
        entry = direct_entry(hub, hashlib.sha256(b"weights" * 30_000).hexdigest())
        told = fetch(hub, target, entry=entry)
    assert contents(target) == {"small.pt": b"weights" * 30_000}
    assert told[-1].provider == "direct"


@pytest.mark.parametrize("kind", ["fin", "rst", "stall"])
def test_a_cut_off_download_goes_on_at_the_same_byte(served: Path, target: Path, kind: str) -> None:
    cuts = [Fault(kind, at, WEIGHTS) for at in (70_000, 150_000)]
    with FakeHub(served, cuts) as hub:
        fetch(hub, target)
    assert contents(target) == expected(served)
    assert len(hub.struck) >= 2
    assert hub.sent_bytes == size_of(served)


def test_offline_nothing_is_asked(served: Path, target: Path) -> None:
    with FakeHub(served) as hub:
        options = TransferOptions("auto", hub.url, hub.url, offline=True)
        with pytest.raises(Offline):
            list(fetch_model(ENTRY, target, options, lambda: False))
    assert not hub.seen
    assert not target.exists()


def test_the_settings_say_where_models_come_from() -> None:
    settings = Settings(download_provider="modelscope", hf_endpoint="https://mirror.example/", hf_token="hf_x")
    options = TransferOptions.from_settings(settings)
    assert (options.provider, options.hf_endpoint, options.token) == ("modelscope", "https://mirror.example", "hf_x")
    assert "hf_x" not in repr(options)
    assert TransferOptions.from_settings(settings, "hf").provider == "hf"
