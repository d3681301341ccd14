"""A tenth of the campaign that kills the lane's child at random moments: benchmarks/soak/kill_lane.py."""

from __future__ import annotations

from pathlib import Path

from benchmarks.soak.kill_lane import campaign


def test_every_job_has_one_end_and_its_file_however_often_the_child_is_killed(tmp_path: Path) -> None:
    report = campaign(tmp_path, kills=5, seed=7)
    assert report.wrong == []
    assert report.kills == 5
    assert report.done + report.failed_with_a_problem == report.jobs
