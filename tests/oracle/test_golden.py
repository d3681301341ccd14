"""The committed golden values are what the official package says today."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.golden_cases import CASES, NARROW
from tests.oracle_environment import ROOT, run_in_oracle

GOLDEN = ROOT / "tests" / "engines" / "qwen3_tts" / "golden" / "official.npz"


@pytest.mark.oracle
@pytest.mark.timeout(600)
def test_the_golden_values_are_what_the_official_package_says(tmp_path: Path) -> None:
    run_in_oracle("make_golden.py", tmp_path / "fresh.npz")
    with np.load(tmp_path / "fresh.npz") as fresh, np.load(GOLDEN) as kept:
        assert set(fresh) == set(kept)
        for name in kept:
            if name.endswith("-lead"):
                continue
            assert fresh[name].shape == kept[name].shape, name
            np.testing.assert_allclose(fresh[name], kept[name], atol=1e-4, err_msg=name)


def test_no_golden_case_hangs_on_a_choice_that_rounding_could_turn() -> None:
    with np.load(GOLDEN) as kept:
        narrowest = {case.name: float(kept[f"{case.name}-lead"].min()) for case in CASES}
    assert {name: lead for name, lead in narrowest.items() if lead < NARROW} == {}
