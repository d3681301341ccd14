"""Weights of one byte: the kernels against plain arithmetic, the session against PyTorch, packing against damage."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from backend.core.settings import Settings
from backend.core.types import PresetVoice, Segment
from backend.engines.base import DeviceChoice, SpeakOptions
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.engines.qwen3_tts.generation import Draw, TorchBackend, generate
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt, Utterance, build
from backend.engines.qwen3_tts.quick import backend_for, quickened
from backend.engines.qwen3_tts.sampling import Sampling
from tests.tiny_checkpoints import tiny_checkpoints

pytest.importorskip("numba", reason="the studio set is not installed")

from backend.engines.qwen3_tts.int8 import packing
from backend.engines.qwen3_tts.int8.backend import PACKING, Int8Backend
from backend.engines.qwen3_tts.int8.testing import self_test

pytestmark = pytest.mark.xdist_group("int8")  # compiled once, not by every worker

NAMES = {"0.6B": "Qwen3-TTS-12Hz-0.6B-CustomVoice", "1.7B": "Qwen3-TTS-12Hz-1.7B-CustomVoice"}
TEXTS = ("Hello there, how are you today?", "Short.", "The quick brown fox jumps over the lazy dog. " * 6)


@cache
def model(size: str) -> Qwen3TTS:
    return Qwen3TTS.load(tiny_checkpoints() / NAMES[size], "cpu", torch.float32)


@cache
def backend(size: str, threads: int) -> Int8Backend:
    return Int8Backend(model(size), threads, None, lambda share: None)


def prompts(size: str, *texts: str) -> list[Prompt]:
    spoken = [Utterance(text, "english", speaker="ryan", instruction=None, voice=None) for text in texts]
    with torch.inference_mode():
        return [build(model(size), utterance) for utterance in spoken]


def codes(size: str, threads: int, texts: tuple[str, ...], seeds: list[int], frames: int = 12) -> list[torch.Tensor]:
    """Of each row, (frames, groups)."""
    found: dict[int, list[torch.Tensor]] = {row: [] for row in range(len(texts))}
    for frame in generate(model(size), prompts(size, *texts), Sampling(), seeds, frames, backend(size, threads)):
        for row, heard in zip(frame.rows, frame.codes, strict=True):
            found[row].append(heard)
    return [torch.stack(rows) for rows in found.values()]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_the_instruction_of_this_processor_multiplies_exactly() -> None:
    self_test()


@pytest.mark.parametrize("feature", ["avx512vnni", "avxvnni", "avx2", "dotprod"])
def test_every_instruction_that_this_processor_has_multiplies_exactly(feature: str) -> None:
    program = f"""
import llvmlite.binding as llvm
has = dict(llvm.get_host_cpu_features())
if not has.get({feature!r}):
    raise SystemExit(77)
import numba
asked, llvm.get_host_cpu_features = llvm.get_host_cpu_features, lambda: {{{feature!r}: True}}
from backend.engines.qwen3_tts.int8 import instructions
llvm.get_host_cpu_features = asked
from backend.engines.qwen3_tts.int8.testing import self_test
for bits in (8, 6, 5, 4):
    self_test(bits)
print(instructions.KIND)
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=100)
    if ended.returncode == 77:
        pytest.skip("this processor has it not")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == {"avx512vnni": "avx512", "dotprod": "neon"}.get(feature, feature)


@pytest.mark.parametrize("size", NAMES)
@pytest.mark.parametrize("text", TEXTS)
def test_a_prompt_is_heard_as_plain_pytorch_hears_it(size: str, text: str) -> None:
    (prompt,) = prompts(size, text)
    with torch.inference_mode():
        plain, quick = TorchBackend(model(size)).start([prompt]), backend(size, 2).start([prompt])
    for mine, theirs in ((quick.hidden, plain.hidden), (quick.logits, plain.logits)):
        assert functional.cosine_similarity(mine, theirs).min() > 0.999


@pytest.mark.parametrize("size", NAMES)
def test_a_frame_is_predicted_and_taken_in_as_plain_pytorch_does(size: str) -> None:
    rows = prompts(size, *TEXTS)
    draw = Draw(torch.rand(3, model(size).config.groups), 0.0, 50, 1.0)
    with torch.inference_mode():
        plain, quick = TorchBackend(model(size)).start(rows), backend(size, 2).start(rows)
        first = plain.logits.argmax(dim=-1).clamp(max=model(size).config.predictor.vocabulary - 1)
        theirs, mine = plain.predict_frame(first, draw), quick.predict_frame(first, draw)
        assert (mine[:, :2] == theirs[:, :2]).all(), "the code after the first depends on one pass only"
        text = torch.stack([prompt.pad for prompt in rows])
        for _ in range(3):
            plain.talker_step(theirs, text)
            quick.talker_step(theirs, text)
    assert functional.cosine_similarity(quick.hidden, plain.hidden).min() > 0.998
    assert functional.cosine_similarity(quick.logits, plain.logits).min() > 0.998


def test_what_is_said_depends_on_no_number_of_threads_and_on_no_neighbour() -> None:
    alone = [codes("0.6B", 1, (text,), [seed])[0] for seed, text in enumerate(TEXTS)]
    for threads in (1, 2, 3):
        together = codes("0.6B", threads, TEXTS, [0, 1, 2])
        assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_a_row_that_ends_leaves_the_others_as_they_are() -> None:
    rows = prompts("0.6B", *TEXTS)
    draw = Draw(torch.full((3, model("0.6B").config.groups), 0.4), 0.9, 50, 1.0)
    text = torch.stack([prompt.pad for prompt in rows])
    with torch.inference_mode():
        whole, fewer = (backend("0.6B", 2).start(rows) for _ in range(2))
        first = torch.tensor([1, 2, 3])
        frame = whole.predict_frame(first, draw)
        fewer.predict_frame(first, draw)
        whole.talker_step(frame, text)
        fewer.talker_step(frame, text)
        fewer.select([0, 2])
        assert torch.equal(fewer.logits, whole.logits[[0, 2]])
        part = Draw(draw.chances[[0, 2]], 0.9, 50, 1.0)
        assert torch.equal(fewer.predict_frame(first[[0, 2]], part), whole.predict_frame(first, draw)[[0, 2]])


def test_keys_find_room_beyond_what_was_made_for_them() -> None:
    (prompt,) = prompts("0.6B", "Hi.")
    with torch.inference_mode():
        plain, quick = TorchBackend(model("0.6B")).start([prompt]), backend("0.6B", 2).start([prompt])
        frame = torch.full((1, model("0.6B").config.groups), 5)
        for _ in range(600):
            plain.talker_step(frame, prompt.pad[None])
            quick.talker_step(frame, prompt.pad[None])
    assert functional.cosine_similarity(quick.hidden, plain.hidden).min() > 0.995


@pytest.mark.parametrize(
    ("top_k", "top_p", "temperature"), [(50, 1.0, 0.9), (0, 0.8, 1.0), (5, 0.5, 0.7), (1, 1.0, 1.0)]
)
def test_codes_are_drawn_with_the_shares_of_the_reference(top_k: int, top_p: float, temperature: float) -> None:
    from backend.engines.qwen3_tts.int8.drawing import Drawing, drawn

    generator = torch.Generator().manual_seed(4)
    logits = torch.randn(1, 300, generator=generator) * 3
    logits[0, 10] = logits[0, 11]  # a tie
    empty = np.zeros((1, 1, 1), np.uint16)
    nothing = np.zeros((1, 1), np.int64)
    chances = torch.rand(400, generator=generator)
    drawing = Drawing(empty, nothing, chances[None].numpy(), np.zeros((1, 300), np.float32), temperature, top_k, top_p)
    for chance in chances:
        expected = int(Draw(chance[None, None], temperature, top_k, top_p)(logits, 0))
        found = drawn(logits.numpy(), 0, 300, np.float32(chance), drawing)
        assert found == expected or abs(logits[0, found] - logits[0, expected]) < 1e-5


def test_packed_weights_are_kept_mapped_and_made_anew_when_they_are_damaged(tmp_path: Path) -> None:
    told: list[float] = []
    first = Int8Backend(model("0.6B"), 1, tmp_path / "packed", told.append)
    assert told[-1] == 1.0 and told == sorted(told) and len(told) > 3
    later: list[float] = []
    again = Int8Backend(model("0.6B"), 1, tmp_path / "packed", later.append)
    assert later == [PACKING, 1.0], "nothing was packed"
    assert np.array_equal(first.talker.weights, again.talker.weights)
    damaged = tmp_path / "packed" / "0-weights.npy"
    damaged.unlink()  # the old bytes are still mapped
    damaged.write_bytes(b"\x93NUMPY damaged")
    assert packing.kept(tmp_path / "packed") is None
    third = Int8Backend(model("0.6B"), 1, tmp_path / "packed", told.append)
    assert np.array_equal(first.talker.weights, third.talker.weights)


def test_a_disk_that_keeps_nothing_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    made = Int8Backend(model("0.6B"), 1, tmp_path / "file" / "packed", lambda share: None)
    assert made.talker.layers == model("0.6B").config.talker.layers


CPU = DeviceChoice("cpu", "a processor", "float32", "sdpa", 1, "There is nothing else.")


def test_bytes_are_taken_on_a_processor_and_the_reason_is_told(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    chosen = quickened(CPU, settings)
    assert chosen.quantised == "int8" and "int8" in chosen.reason
    assert quickened(CPU, settings.model_copy(update={"dtype": "float32"})).quantised == ""
    gpu = DeviceChoice("cuda", "a GPU", "bfloat16", "sdpa", 1, "It is fast.")
    assert quickened(gpu, settings).quantised == ""


def test_kernels_that_do_not_work_here_give_their_place_to_plain_pytorch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(bits: int) -> None:
        raise ArithmeticError("wrong")

    monkeypatch.setattr("backend.engines.qwen3_tts.int8.backend.self_test", broken)
    chosen = quickened(CPU, Settings(data_dir=tmp_path))
    found, doubt = backend_for(model("0.6B"), chosen, tmp_path / "packed", lambda share: None)
    assert isinstance(found, TorchBackend) and "ArithmeticError" in doubt


def test_the_engine_speaks_with_bytes_and_sound_leaves_before_the_end(tmp_path: Path, tiny_models: Path) -> None:
    settings = Settings(data_dir=tmp_path, models_dir=tiny_models, device="cpu", threads=2, qwen_size="0.6b")
    engine = Qwen3TtsEngine(settings)
    told: list[float] = []
    engine.load("custom", told.append)
    assert told == sorted(told) and told[-1] == 1.0 and engine.device().quantised == "int8"
    speak: Callable[[], list[np.ndarray]] = lambda: [  # noqa: E731 - asked twice
        chunk.samples
        for chunk in engine.speak(
            [Segment(0, TEXTS[0])], PresetVoice(speaker="Ryan"), SpeakOptions(seed=3, max_new_tokens=24)
        )
    ]
    first, second = speak(), speak()
    assert [len(samples) // 1920 for samples in first] == [1, 2, 4, 4, 4, 4, 4, 1]
    assert np.array_equal(np.concatenate(first), np.concatenate(second))
    engine.unload()


@pytest.mark.parametrize(("gain", "taken"), [(False, 2), (True, 4)])
def test_more_threads_are_taken_only_where_they_bring_something(gain: bool, taken: int) -> None:
    made = Int8Backend(model("0.6B"), 4, None, lambda share: None)
    made._suit(lambda: time.sleep(0.04 / made.team.threads if gain else 0.01))
    assert made.team.threads == taken


def test_the_settings_number_of_threads_is_kept_and_an_automatic_one_is_a_bound(tmp_path: Path) -> None:
    assert not quickened(CPU, Settings(data_dir=tmp_path, threads=3)).fewer_threads
    assert quickened(CPU, Settings(data_dir=tmp_path)).fewer_threads
    bounded = Int8Backend(model("0.6B"), 3, None, lambda share: None, fixed=False)
    assert bounded.team.threads in (2, 3)
