"""One lane: a thread that takes jobs under a lease, has them run, and commits what comes back.

Nothing that happens to one job ends the thread; what the disk refuses now is written as soon as it can be.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable

from backend.core.errors import EngineFailed, Problem
from backend.core.events import Notice, ProgressEvent
from backend.jobs.attempt import Attempt
from backend.jobs.broker import Broker
from backend.jobs.model import MAX_ATTEMPTS, Claim, LeaseLostError
from backend.jobs.runner import Died, Left, Outcome, Runner, failed_event, translated
from backend.jobs.store import JobStore

log = logging.getLogger(__name__)

RETRY = 1.0  # seconds between tries to write what could not be written
QUIET = 5.0  # seconds without a try to keep events after the disk refused one: the work must not wait for it
PRUNE_EVERY = 100  # ended jobs


class Lane:
    """Works the queue with one runner until told to stop."""

    def __init__(
        self, store: JobStore, broker: Broker, runner: Runner, lease: float, moved: Callable[[], None]
    ) -> None:
        self.runner = runner
        self._store = store
        self._broker = broker
        self._lease = lease
        self._moved = moved
        self._owner = secrets.token_hex(8)
        self._wake = threading.Event()
        self._leaving = threading.Event()
        self._claim: Claim | None = None
        self._attempt = Attempt(None)
        self._unwritten: dict[str, tuple[Claim, Outcome]] = {}
        self._quiet_until = 0.0
        self._recovered = False
        self._ended = 0
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name="lane"),
            threading.Thread(target=self._keep_lease, daemon=True, name="lease"),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        self._wake.set()

    def cancel(self, job_id: str) -> None:
        self.runner.cancel(job_id)

    @property
    def left(self) -> float | None:
        """Seconds until the running job will be done: 0 when none runs, None when nobody knows."""
        return 0.0 if self._claim is None else self._attempt.left

    def unwritten_end(self, job_id: str) -> ProgressEvent | None:
        """How a job ended that the disk does not know of yet."""
        outcome = self._unwritten.get(job_id, (None, None))[1]
        return outcome if isinstance(outcome, ProgressEvent) else None

    def stop(self, timeout: float) -> None:
        """The running job goes back to the queue."""
        self._leaving.set()
        self.runner.stop()
        self._wake.set()
        if self._threads[0].is_alive():
            self._threads[0].join(timeout)

    def _work(self) -> None:
        while not self._leaving.is_set():
            try:
                self._step()
            except Problem as problem:  # the table cannot be read or written now: the disk may be full
                log.error("the lane waits: %s", problem.detail)
                self._leaving.wait(RETRY)
            except Exception:  # a dead lane would be a studio that waits for ever
                log.exception("the lane goes on after a mistake")
                self._leaving.wait(RETRY)
        self._write_the_unwritten()

    def _step(self) -> None:
        self.runner.start()
        if not self._recovered:
            self._tell(self._store.recover())
            self._recovered = True
        self._write_the_unwritten()
        if not self._work_one():
            self._wake.wait(RETRY if self._unwritten else self._lease / 3)
            self._wake.clear()
            self._tell(self._store.reap(keep=self._owner))

    def _work_one(self) -> bool:
        claim = self._store.claim(self._owner, self._lease)
        if claim is None:
            return False
        rates = self._store.rates()
        self._attempt = Attempt(rates[claim.key] * claim.units if claim.key in rates else None)
        self._claim = claim
        try:
            self._moved()
            self._settle(claim, self._run(claim, rates))
        finally:
            self._claim = None
        return True

    def _run(self, claim: Claim, rates: dict[str, float]) -> Outcome:
        try:
            return self.runner.run(claim, rates, lambda event: self._report(claim, event))
        except Exception as error:  # whatever it is, it is the end of this job and of nothing else
            log.exception("job %s could not be run", claim.job_id)
            return failed_event(translated(error))

    def _report(self, claim: Claim, event: ProgressEvent) -> None:
        """Keep an event and pass it on; audio and mere movements of the bar are passed on only."""
        event = self._attempt.shaped(event)
        if self._attempt.worth_keeping(event) and time.monotonic() >= self._quiet_until:
            try:
                self._broker.publish(claim.job_id, self._store.append(claim, event))
                return
            except LeaseLostError:
                self.runner.cancel(claim.job_id)
                return
            except Problem as problem:  # the work is worth more than its log
                log.error("events of job %s are not kept: %s", claim.job_id, problem.detail)
                self._quiet_until = time.monotonic() + QUIET
                event = event.model_copy(update={"notice": Notice(code=problem.code, text=problem.detail)})
        if self._broker.followed(claim.job_id):
            self._broker.publish(claim.job_id, (None, event.on_the_wire(claim.job_id)))

    def _settle(self, claim: Claim, outcome: Outcome) -> None:
        """Commit; and if the disk refuses, tell the followers now and write it later."""
        try:
            self._commit(claim, outcome)
        except Problem as problem:
            log.error("the end of job %s waits to be written: %s", claim.job_id, problem.detail)
            self._unwritten[claim.job_id] = claim, outcome
            if isinstance(outcome, ProgressEvent):
                self._broker.publish(claim.job_id, (None, outcome.on_the_wire(claim.job_id)))

    def _write_the_unwritten(self) -> None:
        for job_id, (claim, outcome) in list(self._unwritten.items()):
            try:
                self._commit(claim, outcome)
            except Problem as problem:
                log.error("the end of job %s still waits to be written: %s", job_id, problem.detail)
                return
            del self._unwritten[job_id]

    def _commit(self, claim: Claim, outcome: Outcome) -> None:
        try:
            self._broker.publish(claim.job_id, self._committed(claim, outcome))
        except LeaseLostError:
            log.warning("job %s is somebody else's now", claim.job_id)
        self._ended += 1
        if self._ended % PRUNE_EVERY == 0:
            self._store.prune()

    def _committed(self, claim: Claim, outcome: Outcome) -> tuple[int, dict[str, object]]:
        if isinstance(outcome, ProgressEvent):
            return self._store.finish(claim, outcome)
        if isinstance(outcome, Left):
            return self._store.release(claim, closing_event(), counts=False)
        log.warning("the process of job %s died: %s", claim.job_id, outcome.how)
        if claim.attempt < MAX_ATTEMPTS:
            return self._store.release(claim, _again())
        return self._store.finish(claim, failed_event(_died_twice(outcome)))

    def _keep_lease(self) -> None:
        while not self._leaving.wait(self._lease / 3):
            claim = self._claim
            if claim is None:
                continue
            try:
                self._store.renew(claim, self._lease)
            except LeaseLostError:
                if claim is self._claim:
                    self.runner.cancel(claim.job_id)
            except Problem as problem:
                log.error("the lease cannot be renewed: %s", problem.detail)

    def _tell(self, written: list[tuple[str, int, dict[str, object]]]) -> None:
        for job_id, number, body in written:
            self._broker.publish(job_id, (number, body))


def closing_event() -> ProgressEvent:
    """The last thing a follower hears of a job that has not ended when the studio leaves."""
    stage = "The studio is closing; the job will run again after the restart"
    return ProgressEvent(phase="queued", stage=stage, stage_code="closing")


def _again() -> ProgressEvent:
    stage = "The engine's process ended; the job is run again"
    return ProgressEvent(phase="queued", progress=0.0, stage=stage, stage_code="run-again", queue_place=1)


def _died_twice(death: Died) -> EngineFailed:
    memory = "SIGKILL" in death.how  # what the system sends when it runs out of memory
    return EngineFailed(
        f"The engine's process ended twice while it worked ({death.how}).",
        hint="The memory may be too small: close other programs, or try a shorter text." if memory
        else "Try a shorter text or another engine; the log says more.",
    )  # fmt: skip
