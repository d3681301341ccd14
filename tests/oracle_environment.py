"""Runs programs of tests/oracle in the environment of the official package, or skips where there is none."""

from __future__ import annotations

import os
import subprocess
from functools import cache
from pathlib import Path

import make_oracle
import pytest

ROOT = Path(__file__).resolve().parents[1]


_works = cache(make_oracle.works)


def run_in_oracle(program: str, *arguments: str | Path, threads: int = 1) -> None:
    """Run tests/oracle/<program>; its last words are in the failure."""
    if not _works():
        pytest.skip("There is no .oracle here: `make oracle` makes it.")
    done = subprocess.run(
        [make_oracle.python(), ROOT / "tests" / "oracle" / program, *arguments],
        env={**os.environ, "OMP_NUM_THREADS": str(threads), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
