"""What followers hear of a job that does not go on by itself: cancelled, interrupted, run again. Knows no table."""

from __future__ import annotations

from backend.core.errors import Cancelled, EngineFailed, Interrupted, Problem
from backend.core.events import ProgressEvent


def failed_event(problem: Problem) -> ProgressEvent:
    return ProgressEvent(phase="failed", stage=problem.detail, stage_code="failed", problem=problem.as_dict())


def cancelled_event(hint: str = "Start it again whenever you like.") -> ProgressEvent:
    problem = Cancelled("The job was cancelled.", hint=hint)
    return ProgressEvent(phase="cancelled", stage="Cancelled", stage_code="cancelled", problem=problem.as_dict())


def hung_up_event() -> ProgressEvent:
    """The end of a job whose caller went with the studio."""
    return cancelled_event("Whoever listened to it is gone since the studio closed. Ask again.")


def closing_event() -> ProgressEvent:
    """The last thing a follower hears of a job that has not ended when the studio leaves."""
    stage = "The studio is closing; the job will run again after the restart"
    return ProgressEvent(phase="queued", stage=stage, stage_code="closing")


def again_event(stage: str = "The engine's process ended; the job is run again") -> ProgressEvent:
    """What is heard live begins anew, and followers skip what they heard."""
    return ProgressEvent(phase="queued", progress=0.0, stage=stage, stage_code="run-again", queue_place=1)


def interruption_event(attempts: int, most_attempts: int, cancelled: bool) -> ProgressEvent:
    """What to tell about a job whose runner is gone."""
    if cancelled:
        return cancelled_event()
    if attempts < most_attempts:
        return ProgressEvent(
            phase="queued", progress=0.0, stage="Interrupted; the job is run again", stage_code="interrupted"
        )
    return failed_event(
        Interrupted(
            "The job was interrupted twice and is not tried again.",
            hint="Start it anew; a shorter text may get through.",
        )
    )


def died_twice_event(how: str) -> ProgressEvent:
    memory = "SIGKILL" in how  # what the system sends when it runs out of memory
    problem = EngineFailed(
        f"The engine's process ended twice while it worked ({how}).",
        hint="The memory may be too small: close other programs, or try a shorter text." if memory
        else "Try a shorter text or another engine; the log says more.",
    )  # fmt: skip
    return failed_event(problem)
