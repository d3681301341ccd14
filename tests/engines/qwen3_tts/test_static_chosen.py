"""When static shapes are taken, when they give their place to plain PyTorch, and that the engine speaks with them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.core.errors import Cancelled
from backend.core.settings import Settings
from backend.core.types import PresetVoice, Segment
from backend.engines.base import DeviceChoice, SpeakOptions
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.engines.qwen3_tts.generation import TorchBackend
from backend.engines.qwen3_tts.quick import backend_for, decoder_for, quickened
from backend.engines.qwen3_tts.static.backend import StaticBackend
from backend.engines.qwen3_tts.static.codec import StaticCodec
from backend.engines.qwen3_tts.static.trial import ALIKE, Trial, tried
from tests.engines.qwen3_tts.speaking import SAID, USUAL, model, prompts, spoken
from tests.engines.qwen3_tts.tape import Tape

RYAN = PresetVoice(speaker="Ryan")
SHORT = SpeakOptions(seed=3, max_new_tokens=24)
GPU = DeviceChoice("cuda", "a GPU", "bfloat16", "sdpa", 1, "It is fast.")
MAC = DeviceChoice("mps", "a Mac", "float16", "sdpa", 1, "It is there.")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_a_gpu_records_and_says_so_unless_the_settings_forbid_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    chosen = quickened(GPU, settings)
    assert chosen.static and not chosen.quantised and "CUDA graph" in chosen.reason
    assert "trial" in quickened(MAC, settings).reason
    off = quickened(GPU, settings.model_copy(update={"gpu_graphs": False}))
    assert not off.static and "gpu_graphs is off" in off.reason
    assert isinstance(backend_for(model(), off, tmp_path, lambda share: None)[0], TorchBackend)


def test_a_device_without_graphs_takes_what_is_quicker(tmp_path: Path) -> None:
    told: list[float] = []
    found, doubt = backend_for(model(), quickened(MAC, Settings(data_dir=tmp_path)), tmp_path, told.append)
    assert isinstance(found, StaticBackend) == (not doubt)
    assert isinstance(found, StaticBackend) or "quicker" in doubt
    assert told[-1] == 1.0


def test_where_recording_is_not_possible_plain_pytorch_computes_and_says_why(tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("it is possible here")
    found, doubt = backend_for(model(), quickened(GPU, Settings(data_dir=tmp_path)), tmp_path, lambda share: None)
    assert isinstance(found, TorchBackend)
    assert doubt.startswith("Recorded frames do not work here") and doubt.endswith("plain PyTorch computes.")


class Wrong(Tape):
    """Repeats nothing."""

    def record(self, step: Callable[[], object]) -> Callable[[], None]:
        super().record(step)
        return lambda: None


def test_a_trial_finds_what_repeats_wrongly_and_what_is_slow() -> None:
    good = tried(StaticBackend(model(), tape := Tape(), slots=2, capacity=256))
    assert good.alike == 1.0 and good.recorded > 0 and tape.repeated
    assert tried(StaticBackend(model(), Wrong(), slots=2, capacity=256)).alike < ALIKE
    assert Trial(0.9, recorded=3.0, as_it_is=20.0).passed
    assert not Trial(0.9, recorded=21.0, as_it_is=20.0).passed
    assert not Trial(0.2, recorded=3.0, as_it_is=20.0).passed


def test_fewer_slots_where_memory_does_not_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Small(StaticBackend):
        def wake(self) -> None:
            asked.append(self.slots)
            if self.slots > 4:
                raise torch.OutOfMemoryError("out of memory")
            super().wake()

    made = Small.fitting(model(), None, 16)
    assert asked == [16, 8, 4] and made.slots == 4


@pytest.fixture
def engine(tmp_path: Path, tiny_models: Path) -> Qwen3TtsEngine:
    """On the processor, with the backend and the codec of a GPU, taped."""
    settings = Settings(
        data_dir=tmp_path, models_dir=tiny_models, device="cpu", dtype="float32", threads=1, qwen_size="0.6b"
    )
    made = Qwen3TtsEngine(settings)
    made.load("custom")
    return made


def recorded(engine: Qwen3TtsEngine, slots: int = 4) -> StaticBackend:
    checkpoint = engine._resident
    assert checkpoint is not None
    checkpoint.backend = backend = StaticBackend(checkpoint.model, Tape(), slots=slots, capacity=256)
    return backend


def heard(engine: Qwen3TtsEngine, text: str, seed: int) -> np.ndarray:
    options = SpeakOptions(seed=seed, max_new_tokens=24)
    return np.concatenate([chunk.samples for chunk in engine.speak([Segment(0, text)], RYAN, options)])


def test_several_users_of_one_engine_hear_what_each_hears_alone(engine: Qwen3TtsEngine) -> None:
    texts = ["Hello there.", "One, two, three, four.", "And a third voice speaks."]
    alone = [heard(engine, text, seed) for seed, text in enumerate(texts)]
    backend = recorded(engine)
    together: dict[int, np.ndarray] = {}

    def listen(seed: int) -> None:
        together[seed] = heard(engine, texts[seed], seed)

    threads = [threading.Thread(target=listen, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for seed, expected in enumerate(alone):
        assert np.abs(together[seed] - expected).max() < 1e-4
    assert backend._batcher._room.free == 4


def test_who_leaves_or_is_cancelled_gives_the_rows_back_at_once(engine: Qwen3TtsEngine) -> None:
    backend = recorded(engine, slots=1)
    left = engine.speak([Segment(0, "Hello there.")], RYAN, SHORT)
    next(left)
    left.close()  # type: ignore[attr-defined]  # a generator
    gone = SpeakOptions(seed=3, max_new_tokens=24, cancelled=lambda: True)
    with pytest.raises(Cancelled) as kept:  # with its traceback, which knows every frame that it came through
        list(engine.speak([Segment(0, "Hello there.")], RYAN, gone))
    assert kept.value.__traceback__ is not None and backend._batcher._room.free == 1
    assert len(heard(engine, "Hello there.", 3))


def test_batches_are_no_larger_than_the_slots(engine: Qwen3TtsEngine) -> None:
    usual = engine.batch_size()
    recorded(engine, slots=2)
    assert engine.batch_size() == 2 < usual


def test_who_speaks_beside_others_leaves_slots_for_the_next(engine: Qwen3TtsEngine) -> None:
    backend = recorded(engine, slots=8)
    assert engine.concurrent_jobs() == 8
    alone = engine.batch_size()
    other = backend.speak(prompts("0.6B", SAID), USUAL, [1, 2, 3], 50)
    next(other)
    assert (backend.free, engine.batch_size()) == (5, 2)
    more = backend.speak(prompts("0.6B", SAID), USUAL, [1, 2, 3], 50)
    next(more)
    assert (backend.free, engine.batch_size()) == (2, 1)
    other.close()
    more.close()
    assert engine.batch_size() == alone == 4


def test_only_frames_that_are_shared_serve_several(engine: Qwen3TtsEngine) -> None:
    assert engine.concurrent_jobs() == 1, "a processor"
    engine.unload()
    assert engine.concurrent_jobs() == 1


def test_the_codec_is_recorded_beside_a_recorded_model_only(engine: Qwen3TtsEngine) -> None:
    checkpoint = engine._resident
    assert checkpoint is not None
    plain = checkpoint.decoder
    assert decoder_for(plain, checkpoint.backend) is plain
    assert decoder_for(plain, StaticBackend(checkpoint.model, None, slots=1, capacity=256)) is plain
    assert isinstance(decoder_for(plain, recorded(engine)), StaticCodec)


def test_a_parked_checkpoint_lets_go_of_its_recordings_and_speaks_again(engine: Qwen3TtsEngine) -> None:
    said = prompts("0.6B", SAID[:1])
    backend = recorded(engine)
    before = spoken(backend, said)
    assert len(backend.replays) == 2, "its prompt and its frame"
    backend.rest()
    assert len(backend.replays) == 0
    backend.wake()
    assert spoken(backend, said) == before
