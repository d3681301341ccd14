"""Asked the same, ours and the official package answer the same codes. Needs the oracle's environment."""

from __future__ import annotations

import json
from pathlib import Path

import make_tiny_checkpoints
import numpy as np
import pytest
import torch

from tests.oracle import draws, ours
from tests.oracle.cases import Case, case, cloned, greedy_cases, preset
from tests.oracle_environment import run_in_oracle
from tests.tiny_checkpoints import tiny_checkpoints

pytestmark = [pytest.mark.oracle, pytest.mark.timeout(1800)]
FULL_SIZE = {"0.6B": "custom_0_6b", "1.7B": "base_1_7b"}
WIDTH = 2048
"""Of the 1.7B model's speaker vectors."""


@pytest.mark.parametrize("stops", [False, True], ids=["to the bound", "to the end token"])
def test_greedy_codes_of_two_hundred_frames_are_the_official_ones(stops: bool, tmp_path: Path) -> None:
    _compare(greedy_cases(tiny_checkpoints(stops=stops)), tmp_path)


@pytest.mark.parametrize("size", FULL_SIZE)
def test_greedy_codes_of_a_full_size_model_are_the_official_ones(size: str, tmp_path: Path) -> None:
    key = FULL_SIZE[size]
    make_tiny_checkpoints.main(["--out", str(tmp_path), "--size", size.lower(), "--only", key])
    text = "Full size, random weights: nobody knows what this means."
    if size == "0.6B":
        said = case(tmp_path, size, "custom", [preset(text, "english"), preset("Ja.", "german", "eric")], True, 20)
    else:
        known = cloned(text, "english", WIDTH, 5, frames=12, transcript="What was said.")
        said = case(tmp_path, size, "base", [known], False, 20)
    _compare([{**said, "threads": 2}], tmp_path)


def _compare(cases: list[Case], folder: Path) -> None:
    asked, out = folder / "cases.json", folder / "official.npz"
    asked.write_text(json.dumps(cases), "utf-8")
    run_in_oracle("official.py", asked, out, threads=2)
    torch.set_num_threads(2)
    with np.load(out) as official:
        for number, one in enumerate(cases):
            for row, codes in enumerate(ours.greedy(one)):
                np.testing.assert_array_equal(codes, official[f"{number}/{row}"], f"{number} {one['name']}, row {row}")


def test_the_committed_draws_are_those_of_the_official_package() -> None:
    found = draws.official_draws()
    with np.load(Path(__file__).parents[1] / "engines" / "qwen3_tts" / "golden" / "draws.npz") as golden:
        assert set(golden) == set(found)
        for name, values in found.items():
            np.testing.assert_allclose(golden[name], values, atol=1e-5, err_msg=name)
