"""A tenth of the campaign of downloads from hubs that misbehave; `make soak` runs the whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.downloads import Campaign


def test_interrupted_and_killed_again_and_again_it_costs_little_and_leaves_nothing(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path, 6_000_000)
    for row in (campaign.interruptions(6), campaign.kills(2), campaign.two_processes()):
        assert row.is_good, row.line()
        assert "WENT BACK" not in row.result


@pytest.mark.soak
def test_every_row_of_the_fault_table_is_good(tmp_path: Path) -> None:
    for row in Campaign(tmp_path, 64_000_000).rows():
        assert row.is_good, row.line()
        assert "WENT BACK" not in row.result
