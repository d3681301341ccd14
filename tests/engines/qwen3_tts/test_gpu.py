"""Qwen3-TTS on a CUDA device: the same performances, memory back after an unload, and memory that runs out survived.
Of recorded frames: `test_gpu_graphs`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from backend.core.errors import OutOfMemory
from backend.core.settings import Settings
from backend.core.types import DesignedVoice, PresetVoice, Segment, Voice
from backend.engines.base import SpeakOptions
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.model_manager import ModelManager
from tests.engines.qwen3_tts.test_engine import anna, sound

__all__ = ["anna"]  # the fixture of a recording

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")]

RYAN = PresetVoice(speaker="Ryan")
SAILOR = DesignedVoice(description="an old sailor, slow and hoarse")
OPTIONS = SpeakOptions(seed=3, max_new_tokens=24)
TEXT = Segment(0, "Hello there, how are you today?")
MEBIBYTE = 1 << 20


def made(tmp_path: Path, models: Path, **wanted: object) -> Qwen3TtsEngine:
    chosen = {"qwen_size": "0.6b", "device": "cuda", **wanted}
    return Qwen3TtsEngine(Settings(data_dir=tmp_path, models_dir=models, **chosen))  # type: ignore[arg-type]  # a table of settings


def allocated() -> int:
    gc.collect()
    torch.cuda.empty_cache()
    return torch.cuda.memory_allocated()


def loaded_and_spoken(engine: Qwen3TtsEngine) -> NDArray[np.float32]:
    engine.load("custom")
    return sound(engine.speak([TEXT], RYAN, OPTIONS))


@pytest.fixture(autouse=True)
def all_memory_again() -> Iterator[None]:
    yield
    torch.cuda.set_per_process_memory_fraction(1.0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_every_kind_of_voice_speaks_on_the_gpu(dtype: str, tiny_models: Path, tmp_path: Path, anna: Voice) -> None:
    engine = made(tmp_path, tiny_models, dtype=dtype)
    for voice in (anna, RYAN, SAILOR):
        engine.load(engine.variant_for(voice))
        samples = sound(engine.speak([TEXT], voice, OPTIONS))
        assert len(samples) == 24 * 1920 and np.isfinite(samples).all()
        assert 0.01 < np.sqrt((samples**2).mean()) < 0.7
    assert engine.device().kind == "cuda" and engine.device().name
    engine.unload()


def test_the_same_seed_says_the_same_on_the_gpu(tiny_models: Path, tmp_path: Path) -> None:
    engine = made(tmp_path, tiny_models)
    engine.load("custom")
    first, again = (sound(engine.speak([TEXT], RYAN, OPTIONS)) for _ in range(2))
    assert np.array_equal(first, again)
    engine.unload()


def test_memory_comes_back_after_an_unload_and_a_swap_back_is_a_copy(tiny_models: Path, tmp_path: Path) -> None:
    before = allocated()
    engine = made(tmp_path, tiny_models)
    models = ModelManager({"qwen3_tts": engine})
    for voice in (RYAN, SAILOR, RYAN, SAILOR, RYAN):
        with models.use(engine, voice):
            sound(engine.speak([TEXT], voice, OPTIONS))
    resting = [row for row in models.facts()["resident"] if row["state"] == "parked"]
    assert [row["variant"] for row in resting] == ["design_1_7b"]
    models.unload_model()
    assert allocated() - before < MEBIBYTE


def test_memory_that_runs_out_is_told_and_the_next_request_is_served(tiny_models: Path, tmp_path: Path) -> None:
    engine = made(tmp_path, tiny_models)
    good = loaded_and_spoken(engine)
    engine.unload()
    left = allocated()
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction((left + 4 * MEBIBYTE) / total)
    with pytest.raises(OutOfMemory) as told:
        loaded_and_spoken(engine)
    assert "graphics card" in told.value.detail and told.value.hint
    engine.unload()
    assert allocated() - left < MEBIBYTE, "what was half loaded is still there"
    torch.cuda.set_per_process_memory_fraction(1.0)
    assert np.array_equal(loaded_and_spoken(engine), good)
    engine.unload()
