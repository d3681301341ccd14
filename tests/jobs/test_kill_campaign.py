"""A tenth of the campaign that kills the lane's child at random moments: benchmarks/soak/kill_lane.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.kill_lane import campaign


@pytest.mark.parametrize("at_once", [1, 4])
def test_every_job_has_one_end_and_its_file_however_often_the_child_is_killed(tmp_path: Path, at_once: int) -> None:
    report = campaign(tmp_path, kills=5, seed=7, at_once=at_once)
    assert report.wrong == []
    assert report.kills == 5
    assert report.done + report.failed_with_a_problem == report.jobs
