"""Recordings wait for their jobs under ids that nobody guesses, and leave nothing behind."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from backend.core.errors import NotFound
from backend.speech.uploads import UploadStore


@pytest.fixture
def store(tmp_path: Path) -> UploadStore:
    return UploadStore(tmp_path / "uploads")


def test_a_recording_is_found_by_its_id_with_its_ending(store: UploadStore, tmp_path: Path) -> None:
    (tmp_path / "voice.tmp").write_bytes(b"RIFF" * 700_000)
    from_file, from_bytes = store.keep(tmp_path / "voice.tmp", "My voice.WAV"), store.keep(b"abc", "../../x.e/vil")
    assert store.path(from_file).suffix == ".wav"
    assert store.path(from_file).read_bytes() == b"RIFF" * 700_000
    assert store.path(from_bytes).parent == tmp_path / "uploads" and store.path(from_bytes).read_bytes() == b"abc"


@pytest.mark.parametrize("asked", ["", "..", "../settings.json", "0" * 32, "0" * 32 + "/x", "0" * 32 + ".wav/../y"])
def test_an_id_that_was_never_given_is_not_found(store: UploadStore, asked: str) -> None:
    store.keep(b"abc")
    with pytest.raises(NotFound):
        store.path(asked)
    store.drop(asked)


def test_what_is_dropped_or_old_is_gone_and_leftovers_too(store: UploadStore, tmp_path: Path) -> None:
    dropped, old, young = store.keep(b"1"), store.keep(b"2", "a.flac"), store.keep(b"3")
    store.drop(dropped)
    store.drop(dropped)
    os.utime(store.path(old), (time.time() - 100, time.time() - 100))
    assert store.sweep(50) == 1
    assert [path.name for path in (tmp_path / "uploads").iterdir()] == [young]


def test_there_is_nothing_to_sweep_before_the_first_recording(store: UploadStore) -> None:
    assert store.sweep(0) == 0
