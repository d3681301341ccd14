"""The probabilities behind the official package's draws, kept small.

    python -m tests.oracle.draws OUT.npz

For case n of `sampled_cases`: `n/drawn` (draws,) ids that were taken, and of every draw the ids with a share, one draw
after the other: `n/counts` (draws,), `n/ids` and `n/shares` (sum of counts,).
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.oracle.cases import Case, sampled_cases
from tests.oracle_environment import run_in_oracle
from tests.tiny_checkpoints import tiny_checkpoints


def cases() -> list[Case]:
    return sampled_cases(tiny_checkpoints(), tiny_checkpoints(stops=True))


def official_draws() -> dict[str, np.ndarray]:
    """Asks the official package anew."""
    with tempfile.TemporaryDirectory() as folder:
        asked, out = Path(folder) / "cases.json", Path(folder) / "draws.npz"
        asked.write_text(json.dumps(cases()), "utf-8")
        run_in_oracle("official.py", asked, out)
        with np.load(out) as found:
            return {name: values for number in range(len(cases())) for name, values in _sparse(found, number).items()}


def _sparse(found: Mapping[str, np.ndarray], number: int) -> dict[str, np.ndarray]:
    shares = found[f"{number}/shares"]
    draws, ids = np.nonzero(shares)
    counts = np.bincount(draws, minlength=len(shares))
    kept = {"drawn": found[f"{number}/drawn"], "counts": counts, "ids": ids}
    small = {f"{number}/{name}": values.astype(np.int16) for name, values in kept.items()}
    return {**small, f"{number}/shares": shares[draws, ids].astype(np.float32)}


def dense(found: Mapping[str, np.ndarray], number: int, draw: int, size: int) -> np.ndarray:
    """Shares (size,) of one draw."""
    counts = found[f"{number}/counts"].astype(int)
    part = slice(counts[:draw].sum(), counts[: draw + 1].sum())
    whole = np.zeros(size, np.float32)
    whole[found[f"{number}/ids"][part]] = found[f"{number}/shares"][part]
    return whole


if __name__ == "__main__":
    np.savez_compressed(sys.argv[1], **official_draws())  # type: ignore[arg-type]  # its stub is too narrow
