"""Lines that are spoken beside each other are the same lines, in order, checked and redone like any other."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.core.types import GenerationRequest, PresetVoice
from backend.jobs.runner import JobContext
from backend.rooms.rooms import Rooms
from backend.speech.together import MOST_CHARACTERS, batches
from tests.tiny_checkpoints import tiny_checkpoints

torch = pytest.importorskip("torch", reason="the studio set is not installed")

SENTENCES = (
    "One more morning came.",
    "The boats went out again, all of them.",
    "Nobody waved.",
    "It was cold, and loud.",
)
TEXT = "\n\n".join(SENTENCES)


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    torch.set_num_threads(1)
    made = Rooms(
        Settings(data_dir=tmp_path, models_dir=tiny_checkpoints(stops=True), device="cpu", dtype="float32", threads=1)
    )
    yield made
    made.models.unload_model()


def performed(rooms: Rooms, **wanted: object) -> tuple[list[ProgressEvent], NDArray[np.float32]]:
    asked = {"text": TEXT, "voice": PresetVoice(speaker="Ryan"), "seed": 5, "engine": "qwen3_tts", **wanted}
    request = GenerationRequest(**asked)  # type: ignore[arg-type]  # a table of members
    events = list(rooms.speak(request.model_dump(mode="json"), JobContext("job", 1)))
    assert events[-1].result is not None
    with wave.open(str(rooms.settings.output_dir / f"{events[-1].result['id']}.wav")) as file:
        return events, np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def test_a_performance_sounds_the_same_spoken_at_once_and_line_by_line(rooms: Rooms) -> None:
    at_once = performed(rooms, verify="off")[1]
    one_by_one = performed(rooms, verify="off", stream_audio=True)[1]
    assert len(at_once) == len(one_by_one) > 24_000
    assert np.abs(at_once - one_by_one).max() < 1e-3  # of 16-bit files, levelled


def test_every_line_keeps_its_seed_its_place_and_its_checks(rooms: Rooms) -> None:
    events, _ = performed(rooms)
    result = events[-1].result
    assert result is not None
    rows = result["segments"]
    assert [row["index"] for row in rows] == list(range(4)) and rows[0]["text"] == SENTENCES[0]
    assert all(row["start"] < row["end"] for row in rows)
    assert all(one["end"] <= following["start"] for one, following in pairwise(rows))
    sound = [row for row in rows if all(check["ok"] for check in row["checks"])]
    assert all(row["seed"] % 1_000_003 == 5 + row["index"] for row in sound)


def test_a_cancelled_batch_ends_at_once(rooms: Rooms) -> None:
    request = GenerationRequest(text=TEXT, voice=PresetVoice(speaker="Ryan"), engine="qwen3_tts", seed=5)
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 12

    events = rooms.speak(request.model_dump(mode="json"), JobContext("job", 1, cancelled))
    with pytest.raises(Exception, match="Cancelled"):
        list(events)
    assert not list(rooms.settings.output_dir.glob("*.wav"))


def test_batches_hold_only_what_memory_should(rooms: Rooms) -> None:
    from backend.speech.segments import plan

    request = GenerationRequest(
        text=("A sentence of some length. " * 12 + "\n\n") * 8, voice=PresetVoice(speaker="Ryan")
    )
    lines = plan(request, rooms.models, rooms.personalities).lines
    groups = list(batches(lines, live=False))
    assert [line for group in groups for line in group] == list(lines)
    assert all(sum(len(line.text) for line in group) <= MOST_CHARACTERS and len(group) <= 4 for group in groups)
    assert max(len(group) for group in groups) > 1
    assert all(len(group) == 1 for group in batches(lines, live=True))


def test_speed_and_pitch_are_changed_afterwards_alone_and_in_a_batch(rooms: Rooms) -> None:
    usual = performed(rooms, verify="off")[1]
    for live in (False, True):
        quick = performed(rooms, verify="off", speed=2.0, stream_audio=live)[1]
        assert len(quick) < 0.75 * len(usual)
