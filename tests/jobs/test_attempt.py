"""What is left of a running job."""

from __future__ import annotations

import pytest

from backend.core.events import ProgressEvent
from backend.jobs.attempt import Attempt


def test_what_the_handler_says_is_left_counts_more_than_what_such_jobs_took_before() -> None:
    attempt = Attempt(500.0)
    assert attempt.left == pytest.approx(500, abs=5)
    attempt.shaped(ProgressEvent(phase="working", stage="Speaking", stage_code="speaking", progress=0.7, eta=131.0))
    assert attempt.left == pytest.approx(131, abs=5)
    told = attempt.shaped(ProgressEvent(phase="working", stage="Speaking", stage_code="speaking", progress=0.7))
    assert told.eta == pytest.approx(131, abs=5)


def test_a_handler_that_said_too_little_leaves_nothing_to_say() -> None:
    attempt = Attempt(None)
    attempt.shaped(ProgressEvent(phase="working", stage="Speaking", stage_code="speaking", progress=0.9, eta=0.0))
    assert attempt.left is None
