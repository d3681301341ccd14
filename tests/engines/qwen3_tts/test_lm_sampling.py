"""Our draws follow the official package's probabilities (golden/draws.npz), and each row has dice of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from backend.engines.qwen3_tts.config import ModelConfig
from backend.engines.qwen3_tts.generation import generate
from backend.engines.qwen3_tts.sampling import Dice, FirstCode, Sampling, pick, shares
from tests.oracle import draws
from tests.oracle.cases import Case
from tests.oracle.ours import loaded, prompts, sampling_of, shares_along

GOLDEN = Path(__file__).parent / "golden" / "draws.npz"
CASES = 3


@pytest.fixture(scope="module")
def official() -> Mapping[str, np.ndarray]:
    torch.set_num_threads(1)
    with np.load(GOLDEN) as found:
        return dict(found)


@pytest.mark.parametrize("number", range(CASES))
def test_every_draw_has_the_official_probabilities(number: int, official: Mapping[str, np.ndarray]) -> None:
    drawn = official[f"{number}/drawn"]
    ours = shares_along(draws.cases()[number], drawn)
    assert len(ours) == len(drawn)
    for draw, found in enumerate(ours):
        wanted = draws.dense(official, number, draw, len(found))
        assert np.abs(found - wanted).max() < 1e-5, f"draw {draw}"


def test_the_end_is_out_of_reach_for_two_frames_and_then_within_it(official: Mapping[str, np.ndarray]) -> None:
    case = draws.cases()[2]
    end = loaded(case["model"]).config.control.end
    offered = [draws.dense(official, 2, draw, 4096)[end] > 0 for draw in range(0, len(official["2/drawn"]), 16)]
    assert not any(offered[:2])
    assert any(offered[2:])


def test_first_codes_of_many_seeds_are_spread_as_the_official_probabilities(official: Mapping[str, np.ndarray]) -> None:
    case = draws.cases()[0]
    counts = np.bincount(_first_codes(case, sampling_of(case), 1000), minlength=4096)
    assert _misfit(counts, draws.dense(official, 0, 0, 4096)) < 5


def test_another_temperature_would_be_noticed(official: Mapping[str, np.ndarray]) -> None:
    case = draws.cases()[0]
    counts = np.bincount(_first_codes(case, Sampling(temperature=1.2), 1000), minlength=4096)
    assert _misfit(counts, draws.dense(official, 0, 0, 4096)) > 5


def _first_codes(case: Case, sampling: Sampling, seeds: int) -> np.ndarray:
    model = loaded(case["model"])
    (prompt,) = prompts(model, case)
    (frame,) = generate(model, [prompt] * seeds, sampling, range(seeds), 1)
    return frame.codes[:, 0].numpy()


def _misfit(counts: np.ndarray, wanted: np.ndarray) -> float:
    """How many standard deviations chi-square lies above what chance makes of it; huge for ids without a share."""
    if counts[wanted == 0].any():
        return float("inf")
    expected = counts.sum() * wanted[wanted > 0]
    freedom = len(expected) - 1
    return float((((counts[wanted > 0] - expected) ** 2 / expected).sum() - freedom) / np.sqrt(2 * freedom))


def test_a_thousand_numbers_fall_as_the_shares_say() -> None:
    wanted = torch.tensor([[0.0, 0.5, 0.0, 0.25, 0.125, 0.125, 0.0]])
    chance = torch.arange(1000) / 1000
    counts = torch.bincount(pick(wanted.expand(1000, -1), chance), minlength=7)
    assert counts.tolist() == [0, 500, 0, 250, 125, 125, 0]


def test_the_greatest_chance_never_leads_behind_the_last_share() -> None:
    found = torch.softmax(torch.randn(500, 300, generator=torch.Generator().manual_seed(1)), dim=-1)
    found[:, 200:] = 0
    assert int(pick(found, torch.full((500,), 1 - 2**-24)).max()) < 200


def test_ties_at_the_edge_of_top_k_stay_together() -> None:
    logits = torch.tensor([[3.0, 2.0, 1.0, 1.0, 1.0, 0.0]])
    assert (shares(logits, 1.0, 3, 1.0) > 0).tolist() == [[True, True, True, True, True, False]]


def test_top_p_keeps_the_likeliest_even_when_it_is_more_than_asked() -> None:
    logits = torch.tensor([[5.0, 0.0, 0.0]])
    assert shares(logits, 1.0, 0, 0.1).tolist() == [[1.0, 0.0, 0.0]]


def test_temperature_zero_takes_the_likeliest() -> None:
    logits = torch.tensor([[0.1, 0.3, 0.2], [9.0, 1.0, 2.0]])
    assert pick(shares(logits, 0.0, 50, 1.0), torch.tensor([0.99, 0.99])).tolist() == [1, 0]


def test_what_was_said_is_less_likely_to_be_said_again(tiny_models: Path) -> None:
    config = ModelConfig.read(tiny_models / "Qwen3-TTS-12Hz-0.6B-Base")
    first = FirstCode(config, Sampling(repetition_penalty=2.0, temperature=1.0, top_k=0), 1, torch.device("cpu"))
    logits = torch.zeros(1, config.talker.vocabulary)
    logits[0, :2] = torch.tensor([2.0, -2.0])
    for code in (0, 1):
        first.remember(torch.tensor([code]))
    found = first.shares(logits)[0]
    assert torch.allclose((found[:2] / found[2]).log(), torch.tensor([1.0, -4.0]), atol=1e-5)


def test_controls_are_never_drawn(tiny_models: Path) -> None:
    config = ModelConfig.read(tiny_models / "Qwen3-TTS-12Hz-0.6B-Base")
    first = FirstCode(config, Sampling(top_k=0), 1, torch.device("cpu"))
    logits = torch.zeros(1, config.talker.vocabulary)
    for _ in range(2):
        assert torch.nonzero(first.shares(logits)[0]).flatten().tolist() == list(range(256))
        first.remember(torch.tensor([0]))
    assert torch.nonzero(first.shares(logits)[0]).flatten().tolist() == [*range(256), config.control.end]


def test_a_row_throws_the_same_alone_and_beside_others() -> None:
    alone, beside = Dice([7], 16), Dice([3, 7, 9], 16)
    for frame in range(4):
        if frame == 2:
            beside.select([1, 2])
        row = 1 if frame < 2 else 0
        assert torch.equal(alone.throw(torch.device("cpu"))[0], beside.throw(torch.device("cpu"))[row])
