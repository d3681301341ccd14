"""One lane: a thread that takes jobs under a lease, has them run, and commits what comes back."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable

from backend.core.errors import EngineFailed, Problem
from backend.core.events import ProgressEvent
from backend.jobs.broker import Broker
from backend.jobs.model import MAX_ATTEMPTS, Claim, LeaseLostError
from backend.jobs.runner import Died, Left, Outcome, Runner, failed_event
from backend.jobs.store import JobStore

log = logging.getLogger(__name__)

REST = 0.05  # seconds between recorded events that only move the progress bar
CLOSING = "The studio is closing; the job will run again after the restart"


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
        self._last_kept = 0.0
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

    def stop(self, timeout: float) -> None:
        """The running job goes back to the queue."""
        self._leaving.set()
        self.runner.stop()
        self._wake.set()
        if self._threads[0].is_alive():
            self._threads[0].join(timeout)

    def _work(self) -> None:
        self.runner.start()
        while not self._leaving.is_set():
            try:
                if not self._work_one():
                    self._wake.wait(self._lease / 3)
                    self._wake.clear()
                    self._reap()
            except Problem as problem:  # the table cannot be written now: the disk may be full
                log.error("the lane waits: %s", problem.detail)
                self._leaving.wait(1.0)

    def _work_one(self) -> bool:
        claim = self._store.claim(self._owner, self._lease)
        if claim is None:
            return False
        self._claim = claim
        self._moved()
        try:
            outcome = self.runner.run(claim, self._store.rates(), lambda event: self._report(claim, event))
            self._commit(claim, outcome)
        except LeaseLostError:
            log.warning("job %s is somebody else's now", claim.job_id)
        finally:
            self._claim = None
        return True

    def _report(self, claim: Claim, event: ProgressEvent) -> None:
        """Keep an event and pass it on; audio and mere movements of the bar are passed on only."""
        now = time.monotonic()
        if event.audio is not None or (_is_minor(event) and now - self._last_kept < REST):
            if self._broker.followed(claim.job_id):
                self._broker.publish(claim.job_id, (None, event.on_the_wire(claim.job_id)))
            return
        self._last_kept = now if _is_minor(event) else self._last_kept
        try:
            self._broker.publish(claim.job_id, self._store.append(claim, event))
        except LeaseLostError:
            self.runner.cancel(claim.job_id)

    def _commit(self, claim: Claim, outcome: Outcome) -> None:
        if isinstance(outcome, ProgressEvent):
            self._broker.publish(claim.job_id, self._store.finish(claim, outcome))
        elif isinstance(outcome, Left):
            self._store.release(claim, counts=False)
            event = ProgressEvent(phase="queued", stage=CLOSING, stage_code="closing")
            self._broker.publish(claim.job_id, self._store.note(claim.job_id, event))
        else:
            self._after_death(claim, outcome)

    def _after_death(self, claim: Claim, death: Died) -> None:
        """Once more, then a problem that says how it died."""
        log.warning("the process of job %s died: %s", claim.job_id, death.how)
        if claim.attempt < MAX_ATTEMPTS:
            event = ProgressEvent(
                phase="queued",
                progress=0.0,
                stage="The engine's process ended; the job is run again",
                stage_code="run-again",
            )
            self._broker.publish(claim.job_id, self._store.append(claim, event))
            self._store.release(claim)
            return
        problem = EngineFailed(
            f"The engine's process ended twice while it worked ({death.how}).",
            hint="Try a shorter text. If memory is short, close other programs.",
        )
        self._broker.publish(claim.job_id, self._store.finish(claim, failed_event(problem)))

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

    def _reap(self) -> None:
        for job_id, number, body in self._store.reap():
            self._broker.publish(job_id, (number, body))


def _is_minor(event: ProgressEvent) -> bool:
    return event.notice is None and event.phase == "working" and event.stage_code in ("", "speaking")
