"""Weights of four to six bits by groups: how exact they are, what threads and neighbours change, how they are kept."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from backend.core.settings import Settings
from backend.engines.base import DeviceChoice
from backend.engines.qwen3_tts.generation import TorchBackend, generate
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt, Utterance, build
from backend.engines.qwen3_tts.quick import quickened
from backend.engines.qwen3_tts.sampling import Sampling
from tests.tiny_checkpoints import tiny_checkpoints

pytest.importorskip("numba", reason="the studio set is not installed")

from backend.engines.qwen3_tts.int8 import grouped, packing
from backend.engines.qwen3_tts.int8 import testing as trials
from backend.engines.qwen3_tts.int8.backend import Int8Backend

pytestmark = pytest.mark.xdist_group("int8")  # compiled once, not by every worker

TEXTS = ("Hello there, how are you today?", "Short.", "The quick brown fox jumps over the lazy dog. " * 6)
FEW = {"int6": 0.998, "int5": 0.993, "int4": 0.975}
"""Least cosine of states and logits with PyTorch's, on the tiny random weights."""


@cache
def model() -> Qwen3TTS:
    return Qwen3TTS.load(tiny_checkpoints() / "Qwen3-TTS-12Hz-0.6B-CustomVoice", "cpu", torch.float32)


@cache
def backend(kind: str, threads: int) -> Int8Backend:
    return Int8Backend(model(), threads, None, lambda share: None, kind=kind)


def prompts(*texts: str) -> list[Prompt]:
    spoken = [Utterance(text, "english", speaker="ryan", instruction=None, voice=None) for text in texts]
    with torch.inference_mode():
        return [build(model(), utterance) for utterance in spoken]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize(("bits", "most"), [(4, 0.09), (5, 0.045), (6, 0.023)])
def test_each_bit_halves_what_rounding_changes(bits: int, most: float) -> None:
    matrix = torch.randn(32, 256, generator=torch.Generator().manual_seed(2))
    numbers, scales = grouped.rounded(matrix, bits)
    assert int(numbers.max()) < 2**bits
    again = ((numbers.float() - (2**bits - 1) / 2) * scales.float()[:, :, None]).view(32, 256)
    assert most / 2 < (again - matrix).norm() / matrix.norm() < most


@pytest.mark.parametrize("bits", [4, 5, 6])
def test_one_large_number_spoils_its_own_group_only(bits: int) -> None:
    matrix = torch.randn(32, 64, generator=torch.Generator().manual_seed(3))
    matrix[5, 40] = 1000.0
    numbers, scales = grouped.rounded(matrix, bits)
    again = ((numbers.float() - (2**bits - 1) / 2) * scales.float()[:, :, None]).view(32, 64)
    assert (again[5, :32] - matrix[5, :32]).norm() < 0.12 * matrix[5, :32].norm()


def test_a_group_of_zeros_stays_zero() -> None:
    numbers, scales = grouped.rounded(torch.zeros(32, 32), 4)
    assert (((numbers.float() - 7.5) * scales.float()[:, :, None]).abs() < 1e-10).all()


@pytest.mark.parametrize("kind", FEW)
def test_a_start_tries_the_product_and_notices_a_wrong_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bits = packing.BITS[kind]
    trials.self_test(bits)
    right = grouped.packed
    monkeypatch.setattr(grouped, "packed", lambda matrix, width: right(matrix, width) ^ np.int8(1))
    with pytest.raises(ArithmeticError, match=f"{bits} bits"):
        trials.self_test(bits)


@pytest.mark.parametrize("kind", ["int8", *FEW])
def test_a_start_tries_the_product_of_the_heads_as_well(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "LARGEST", trials.LARGEST * 4)  # numbers that eight bits cannot hold
    with pytest.raises(ArithmeticError, match="otherwise than expected"):
        Int8Backend(model(), 1, None, lambda share: None, kind=kind)


@pytest.mark.parametrize("kind", FEW)
def test_few_bits_hear_and_go_on_nearly_as_plain_pytorch_does(kind: str) -> None:
    rows = prompts(*TEXTS)
    frame = torch.full((3, model().config.groups), 5)
    text = torch.stack([prompt.pad for prompt in rows])
    with torch.inference_mode():
        plain, quick = TorchBackend(model()).start(rows), backend(kind, 2).start(rows)
        for _ in range(3):
            plain.talker_step(frame, text)
            quick.talker_step(frame, text)
    for mine, theirs in ((quick.hidden, plain.hidden), (quick.logits, plain.logits)):
        assert functional.cosine_similarity(mine, theirs).min() > FEW[kind]


@pytest.mark.parametrize("kind", FEW)
def test_what_few_bits_say_depends_on_no_number_of_threads_and_on_no_neighbour(kind: str) -> None:
    def codes(threads: int, texts: tuple[str, ...], seeds: list[int]) -> list[torch.Tensor]:
        found: dict[int, list[torch.Tensor]] = {row: [] for row in range(len(texts))}
        for frame in generate(model(), prompts(*texts), Sampling(), seeds, 6, backend(kind, threads)):
            for row, heard in zip(frame.rows, frame.codes, strict=True):
                found[row].append(heard)
        return [torch.stack(rows) for rows in found.values()]

    alone = [codes(1, (text,), [seed])[0] for seed, text in enumerate(TEXTS)]
    together = codes(3, TEXTS, [0, 1, 2])
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_packed_weights_of_one_kind_are_not_taken_for_another(tmp_path: Path) -> None:
    folder = tmp_path / "packed"
    first = Int8Backend(model(), 1, folder, lambda share: None, kind="int4")
    assert packing.kept(folder, "int8") is None
    again = packing.kept(folder, "int4")
    assert again is not None and np.array_equal(again[0].weights, first.talker.weights)
    assert first.talker.weights.nbytes < backend("int6", 2).talker.weights.nbytes


@pytest.mark.parametrize("kind", FEW)
def test_the_settings_choose_few_bits_and_the_reason_says_what_they_cost(kind: str, tmp_path: Path) -> None:
    cpu = DeviceChoice("cpu", "a processor", "float32", "sdpa", 1, "There is nothing else.")
    chosen = quickened(cpu, Settings.model_validate({"data_dir": tmp_path, "dtype": kind}))
    assert chosen.quantised == kind and kind in chosen.reason and "exact" in chosen.reason
    gpu = DeviceChoice("cuda", "a GPU", "bfloat16", "sdpa", 1, "It is fast.")
    assert quickened(gpu, Settings.model_validate({"data_dir": tmp_path, "dtype": kind})).quantised == ""
