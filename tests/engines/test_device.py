"""Where models compute, with which numbers, and why: one choice, told in a sentence."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the studio set is not installed")

from backend.core.errors import BadRequest  # noqa: E402 - after the look for torch
from backend.core.settings import Settings  # noqa: E402 - so does this
from backend.engines import device  # noqa: E402 - and this


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A graphics card that torch tells of."""

    def make(major: int, gigabytes: float) -> None:
        card = SimpleNamespace(name="Some Card", major=major, total_memory=int(gigabytes * 2**30))
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: card)

    return make


def test_without_a_graphics_card_the_processor_computes_and_one_core_stays_free() -> None:
    choice = device.choose_device(Settings(device="cpu"))
    assert choice.kind == "cpu" and choice.dtype in ("bfloat16", "float32") and choice.name
    assert choice.threads == device.free_threads() >= 1
    assert choice.threads < max(2, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    assert choice.reason.endswith(".") and choice.dtype in choice.reason


@pytest.mark.parametrize(("major", "dtype"), [(9, "bfloat16"), (8, "bfloat16"), (7, "float16"), (6, "float16")])
def test_a_graphics_card_computes_in_what_it_has_in_hardware(gpu: Any, major: int, dtype: str) -> None:
    gpu(major, 24)
    choice = device.choose_device(Settings())
    assert (choice.kind, choice.dtype, choice.name) == ("cuda", dtype, "Some Card")
    assert "24 GB" in choice.reason


def test_the_settings_are_followed_and_said_to_be_the_reason(gpu: Any) -> None:
    gpu(9, 24)
    choice = device.choose_device(Settings(device="cpu", dtype="float32", threads=2))
    assert (choice.kind, choice.dtype, choice.threads) == ("cpu", "float32", 2)
    assert "the settings" in choice.reason


@pytest.mark.parametrize("wanted", ["cuda", "mps"])
def test_a_device_that_is_asked_for_and_not_there_is_refused_with_a_way_out(
    wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(BadRequest) as told:
        device.choose_device(Settings(device=wanted))  # type: ignore[arg-type]  # a table of literals
    assert "STUDIO_DEVICE" in told.value.hint


def test_memory_is_told_in_megabytes() -> None:
    free, total = device.memory("cpu")
    assert 100 < free <= total


@pytest.mark.skipif(sys.platform != "linux", reason="the system is asked in Linux's words")
def test_pages_of_a_mapped_file_go_back_and_come_again(tmp_path: Path) -> None:
    def resident() -> int:
        """Kilobytes of the file in this process."""
        rows = Path("/proc/self/smaps").read_text("utf-8").splitlines()
        at = next(number for number, row in enumerate(rows) if row.endswith(str(file)))
        return int(next(row for row in rows[at:] if row.startswith("Rss:")).split()[1])

    file = tmp_path / "weights"
    file.write_bytes(bytes(range(256)) * 4096)
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        whole = mapped[:]
        assert resident() >= 1024
        device.let_go(file)
        assert resident() < 256
        assert mapped[:] == whole
