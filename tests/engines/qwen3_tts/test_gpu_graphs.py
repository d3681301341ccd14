"""Recorded frames and pieces on a CUDA device: as right as they are on the processor's tape, and quicker."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.core.settings import Settings
from backend.core.types import PresetVoice, Segment
from backend.engines.base import SpeakOptions
from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.engines.qwen3_tts.generation import TorchBackend
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt, build
from backend.engines.qwen3_tts.sampling import Sampling
from backend.engines.qwen3_tts.static.backend import StaticBackend
from backend.engines.qwen3_tts.static.codec import StaticCodec
from backend.engines.qwen3_tts.static.graphs import CudaRecorder, Replays
from backend.engines.qwen3_tts.static.trial import tried
from backend.engines.qwen3_tts.static.turn import Turn
from tests.engines.qwen3_tts.speaking import BOLD, GREEDY, NAMES, SAID, USUAL, Codes, spoken

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")]

RYAN = PresetVoice(speaker="Ryan")


def loaded(models: Path, dtype: torch.dtype = torch.float32) -> tuple[Qwen3TTS, list[Prompt]]:
    model = Qwen3TTS.load(models / NAMES["1.7B"], "cuda", dtype)
    with torch.inference_mode():
        return model, [build(model, one) for one in SAID]


def alike(one: Codes, other: Codes) -> float:
    """Share of codes that are the same, over frames that both have."""
    pairs = [(a, b) for row, twin in zip(one, other, strict=True) for a, b in zip(row, twin, strict=False)]
    return float(np.mean([np.mean(np.array(a) == np.array(b)) for a, b in pairs]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("sampling", [GREEDY, USUAL, BOLD], ids=["greedy", "usual", "bold"])
def test_a_recorded_frame_is_the_frame_as_it_is(sampling: Sampling, dtype: torch.dtype, tiny_models: Path) -> None:
    model, said = loaded(tiny_models, dtype)
    backend = StaticBackend(model, CudaRecorder(), slots=4, capacity=256)
    frames = 30 if dtype == torch.float32 else 3  # a rounding that turns one draw turns all that follow
    with backend.replays.paused():
        expected = spoken(backend, said, sampling, frames)
    assert not len(backend.replays)
    found = spoken(backend, said, sampling, frames)
    assert len(backend.replays) == 1
    assert alike(found, expected) > (0.99 if dtype == torch.float32 else 0.6)


def test_recorded_frames_are_those_of_plain_pytorch(tiny_models: Path) -> None:
    model, said = loaded(tiny_models)
    for asked in (said[:1], said):
        backend = StaticBackend(model, CudaRecorder(), slots=4, capacity=256)
        assert alike(spoken(backend, asked, most=20), spoken(TorchBackend(model), asked, most=20)) > 0.9


def test_rows_and_positions_grow_over_every_border(tiny_models: Path) -> None:
    model, said = loaded(tiny_models)
    backend = StaticBackend(model, CudaRecorder(), slots=4, capacity=256)
    found = spoken(backend, said, most=260)
    assert [len(row) for row in found] == [260] * 3
    assert len(backend.replays) >= 1, "recorded anew after the room moved"
    with backend.replays.paused():
        assert alike(found, spoken(backend, said, most=260)) > 0.9


def test_several_threads_share_the_device_while_recordings_are_made(tiny_models: Path) -> None:
    model, said = loaded(tiny_models)
    alone = [spoken(TorchBackend(model), [one], most=40)[0] for one in said]
    backend = StaticBackend(model, CudaRecorder(), slots=4, capacity=256)
    heard: dict[int, Codes] = {}

    def speak(number: int) -> None:
        heard[number] = spoken(backend, [said[number]], most=40)

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert alike([heard[number][0] for number in range(3)], alone) > 0.9


def test_the_trial_passes_and_recording_is_several_times_quicker(tiny_models: Path) -> None:
    model, _ = loaded(tiny_models, torch.bfloat16)
    backend = StaticBackend(model, CudaRecorder(), slots=4)
    backend.record()
    found = tried(backend)
    print(found)
    assert found.passed and found.recorded < found.as_it_is / 2


def test_recorded_pieces_sound_as_the_whole(tiny_models: Path) -> None:
    folder = tiny_models / "Qwen3-TTS-Tokenizer-12Hz"
    plain = CodecDecoder.load(folder, "cuda")
    codec = StaticCodec(plain, Replays(CudaRecorder()), Turn())
    codec.record()
    codes = torch.randint(0, 64, (1, plain.groups, 120), generator=torch.Generator().manual_seed(1))
    state = codec.start()
    pieces = [codec.push(piece, state) for piece in torch.split(codes, [1, 2, 4, 8, 8, 8, 89], dim=2)]
    whole = plain.push(codes, plain.start())
    assert torch.allclose(torch.cat(pieces, dim=1), whole, atol=1e-3)


def test_the_engine_records_says_so_and_speaks_again_after_a_rest(tiny_models: Path, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, models_dir=tiny_models, device="cuda", qwen_size="0.6b")
    engine = Qwen3TtsEngine(settings)

    def sound() -> np.ndarray:
        chunks = engine.speak([Segment(0, "Hello there.")], RYAN, SpeakOptions(seed=3, max_new_tokens=24))
        return np.concatenate([chunk.samples for chunk in chunks])

    engine.load("custom")
    checkpoint = engine._resident
    assert checkpoint is not None and not checkpoint.doubt, checkpoint and checkpoint.doubt
    assert isinstance(checkpoint.backend, StaticBackend) and isinstance(checkpoint.decoder, StaticCodec)
    assert "CUDA graph" in engine.device().reason
    before = sound()
    engine.park()
    engine.load("custom")
    assert np.array_equal(sound(), before)
    engine.unload()
