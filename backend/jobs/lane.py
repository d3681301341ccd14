"""One lane: a thread that takes jobs under a lease, has them run, and commits what comes back. Where the place in which
they run can do several at once, a second thread takes those that may run beside the first one's.

Nothing that happens to one job ends the thread; what the disk refuses now is written as soon as it can be.
"""

from __future__ import annotations

import itertools
import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from backend.core.errors import Problem
from backend.core.events import Notice, ProgressEvent
from backend.jobs.attempt import Attempt
from backend.jobs.beside import Places, may_begin
from backend.jobs.broker import Broker
from backend.jobs.endings import again_event, closing_event, died_twice_event, failed_event
from backend.jobs.model import MAX_ATTEMPTS, Claim, LeaseLostError
from backend.jobs.runner import Left, Outcome, Runner, translated
from backend.jobs.store import JobStore

log = logging.getLogger(__name__)

RETRY = 1.0  # seconds between tries to write what could not be written
QUIET = 5.0  # seconds without a try to keep events after the disk refused one: the work must not wait for it
PRUNE_EVERY = 100  # ended jobs


@dataclass(frozen=True)
class Run:
    """A job under way."""

    claim: Claim
    rates: dict[str, float]
    attempt: Attempt
    over: threading.Event = field(default_factory=threading.Event)
    """It came back from the runner and is only settled: a lease that is lost now is one that was given back."""


class Lane:
    """Works the queue with one runner until told to stop."""

    def __init__(
        self,
        store: JobStore,
        broker: Broker,
        runner: Runner,
        lease: float,
        moved: Callable[[], None],
        at_once: int = 1,
    ) -> None:
        """`at_once`: jobs that run beside each other at most; the runner's facts say whether any can."""
        self.runner = runner
        self._store = store
        self._broker = broker
        self._lease = lease
        self._moved = moved
        self._owner = secrets.token_hex(8)
        self._at_once = at_once
        self._wake, self._place = threading.Event(), threading.Event()
        self._leaving = threading.Event()
        self._claiming, self._writing = threading.Lock(), threading.Lock()
        self._running: dict[str, Run] = {}
        self._helpers: set[threading.Thread] = set()
        self._unwritten: dict[str, tuple[Claim, Outcome]] = {}
        self._quiet_until = 0.0
        self._recovered = False
        self._ended = itertools.count(1)
        runner.watch(self._place.set)
        works = {"lane": self._work, "lease": self._keep_lease}
        works |= {"beside": self._work_beside} if at_once > 1 else {}
        self._threads = [threading.Thread(target=work, daemon=True, name=name) for name, work in works.items()]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        self._wake.set()
        self._place.set()

    def cancel(self, job_id: str) -> None:
        self.runner.cancel(job_id)

    @property
    def left(self) -> float | None:
        """Seconds until all that runs will be done: 0 when nothing does, None when nobody knows."""
        found = [run.attempt.left for run in list(self._running.values())]
        known = [left for left in found if left is not None]
        return max(known, default=0.0) if len(known) == len(found) else None

    def has_room(self, shares: str, turn: str) -> bool:
        """Whether a job that comes now could begin at once."""
        running = [run.claim for run in list(self._running.values())]
        places = Places.told(self.runner.facts, self._at_once)
        return may_begin(Claim("", 0, 0, "", {}, turn=turn, shares=shares), running, places)

    def unwritten_end(self, job_id: str) -> ProgressEvent | None:
        """How a job ended that the disk does not know of yet."""
        outcome = self._unwritten.get(job_id, (None, None))[1]
        return outcome if isinstance(outcome, ProgressEvent) else None

    def stop(self, timeout: float) -> None:
        """What runs goes back to the queue."""
        self._leaving.set()
        self.runner.stop()
        self.wake()
        end = time.monotonic() + timeout
        for thread in (self._threads[0], *list(self._helpers)):
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

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
        run = self._taken()
        if run is not None:
            self._worked(run)
        return run is not None

    def _work_beside(self) -> None:
        """In a thread of its own: give a thread to each job that may run beside those that do."""
        while not self._leaving.is_set():
            self._place.wait()
            self._place.clear()
            try:
                while (run := self._taken(beside=True)) is not None:
                    self._give_thread(run)
            except Exception:  # the table cannot be read now, or a mistake: what runs goes on, and later more beside it
                log.exception("nothing is run beside what runs")
                self._leaving.wait(RETRY)
                self._place.set()  # what waits may have no other sign to come

    def _give_thread(self, run: Run) -> None:
        helper = threading.Thread(target=self._help, args=(run,), daemon=True, name="lane-beside")
        self._helpers.add(helper)
        try:
            helper.start()
        except BaseException:  # no thread is to be had
            self._helpers.discard(helper)
            self._end(run, again_event("There was no thread for it beside others; the job is run again alone"))
            self._wake.set()
            raise

    def _help(self, run: Run) -> None:
        try:
            self._worked(run)
        except Exception:
            log.exception("job %s did not come to its end", run.claim.job_id)
        finally:
            self._helpers.discard(threading.current_thread())
            self._wake.set()  # the lane's own thread may have waited for all to end, or has to start a new process

    def _taken(self, *, beside: bool = False) -> Run | None:
        """The job whose turn it is, if it may begin now; `beside`: only where others run."""
        places = Places.told(self.runner.facts, self._at_once)
        with self._claiming:
            if self._leaving.is_set() or (beside and not (places.shares and self._running)):
                return None
            running, rates = [run.claim for run in self._running.values()], self._store.rates()
            claim = self._store.claim(self._owner, self._lease, lambda claim: may_begin(claim, running, places))
            if claim is None:
                return None
            run = Run(claim, rates, Attempt(rates[claim.key] * claim.units if claim.key in rates else None))
            self._running[claim.job_id] = run
        return run

    def _worked(self, run: Run) -> None:
        outcome: Outcome = again_event("Interrupted; the job is run again")
        try:
            self._moved()
            outcome = self._outcome(run)
        finally:
            self._end(run, outcome)

    def _end(self, run: Run, outcome: Outcome) -> None:
        run.over.set()
        try:
            self._settle(run.claim, outcome)
        finally:
            with self._claiming:
                del self._running[run.claim.job_id]
            self._place.set()

    def _outcome(self, run: Run) -> Outcome:
        try:
            return self.runner.run(run.claim, run.rates, lambda event: self._report(run, event))
        except Exception as error:  # whatever it is, it is the end of this job and of nothing else
            log.exception("job %s could not be run", run.claim.job_id)
            return failed_event(translated(error))

    def _report(self, run: Run, event: ProgressEvent) -> None:
        """Keep an event and pass it on; audio and mere movements of the bar are passed on only."""
        claim, event = run.claim, run.attempt.shaped(event)
        if run.attempt.worth_keeping(event) and time.monotonic() >= self._quiet_until:
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
        """From the lane's own thread, which may be at work for long, and from the one that keeps leases."""
        with self._writing:
            for job_id, (claim, outcome) in list(self._unwritten.items()):
                try:
                    self._commit(claim, outcome)
                except Problem as problem:
                    log.error("the end of job %s still waits to be written: %s", job_id, problem.detail)
                    return
                del self._unwritten[job_id]
                self.wake()

    def _commit(self, claim: Claim, outcome: Outcome) -> None:
        try:
            self._broker.publish(claim.job_id, self._committed(claim, outcome))
        except LeaseLostError:
            log.warning("job %s is somebody else's now", claim.job_id)
        if next(self._ended) % PRUNE_EVERY == 0:
            self._store.prune()

    def _committed(self, claim: Claim, outcome: Outcome) -> tuple[int, dict[str, object]]:
        if isinstance(outcome, ProgressEvent):
            if outcome.done:
                return self._store.finish(claim, outcome)
            return self._store.release(claim, outcome, counts=False, alone=True)
        if isinstance(outcome, Left):
            return self._store.release(claim, closing_event(), counts=False)
        log.warning("the process of job %s died: %s", claim.job_id, outcome.how)
        if claim.attempt < MAX_ATTEMPTS:  # alone, for it may be what ended the process of all that ran
            return self._store.release(claim, again_event(), alone=True)
        return self._store.finish(claim, died_twice_event(outcome.how))

    def _keep_lease(self) -> None:
        while not self._leaving.wait(self._lease / 3):
            try:
                for run in list(self._running.values()):
                    self._renew(run)
                self._write_the_unwritten()
            except Exception:  # as in the lane's own thread
                log.exception("leases are kept on after a mistake")

    def _renew(self, run: Run) -> None:
        try:
            self._store.renew(run.claim, self._lease)
        except LeaseLostError:
            if self._running.get(run.claim.job_id) is run and not run.over.is_set():
                self.runner.cancel(run.claim.job_id)
        except Problem as problem:
            log.error("the lease cannot be renewed: %s", problem.detail)

    def _tell(self, written: list[tuple[str, int, dict[str, object]]]) -> None:
        for job_id, number, body in written:
            self._broker.publish(job_id, (number, body))
