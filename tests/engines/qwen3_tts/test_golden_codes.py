"""Ours says, code by code, what the official package said on the same checkpoints (`make golden` asks it anew)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.golden_cases import CASES, Case
from tests.spoken_cases import spoken

GOLDEN = Path(__file__).parent / "golden" / "official.npz"


@pytest.fixture(scope="module")
def golden() -> Iterator[dict[str, np.ndarray]]:
    with np.load(GOLDEN) as file:
        yield dict(file)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_greedy_codes_equal_the_official_ones(
    tiny_models: Path, tiny_models_that_stop: Path, golden: dict[str, np.ndarray], case: Case
) -> None:
    ours = spoken(case, tiny_models_that_stop if case.stops else tiny_models, golden)
    assert len(ours) == len(case.texts)
    for row, codes in enumerate(ours):
        official = golden[f"{case.name}-codes-{row}"]
        assert codes.shape == official.shape
        assert len(codes) == case.frames or case.stops
        np.testing.assert_array_equal(codes, official)


def test_the_golden_codes_are_lively(golden: dict[str, np.ndarray]) -> None:
    """A talker that hums one code for ever would be easy to equal."""
    long = [golden[f"{case.name}-codes-0"] for case in CASES if case.frames == 200]
    assert len(long) >= 10
    assert all(len(np.unique(codes[:, group])) > 40 for codes in long for group in (0, 1, 15))


def test_cases_that_stop_do_so_before_they_must(golden: dict[str, np.ndarray]) -> None:
    lengths = {case.name: [len(golden[f"{case.name}-codes-{row}"]) for row in (0, 1)] for case in CASES if case.stops}
    assert all(0 < length < 120 for both in lengths.values() for length in both)
    assert any(first != second for first, second in lengths.values())
