"""Several jobs at once in one lane: who may begin beside whom, and what ends with whom."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.core.errors import PreviousFailure
from backend.jobs import process_lane
from backend.jobs.beside import Places, may_begin
from backend.jobs.model import Claim, Job, Terms
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from backend.jobs.turns import asked_by
from tests.jobs.beside_handlers import BY
from tests.jobs.waiting import finals, until

TARGET = "tests.jobs.beside_handlers:handlers"
Begin = Callable[..., JobService]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    opened: list[JobService] = []

    def make(at_once: int = 4, jobs: int = 4, stall_limit: float = 300.0) -> JobService:
        runner = ProcessRunner(TARGET, {"jobs": jobs}, stall_limit)
        opened.append(JobService(JobStore(tmp_path / "jobs.sqlite"), runner, lease=15, at_once=at_once))
        opened[-1].start()
        return opened[-1]

    yield make
    for service in opened:
        service.stop()
        service.close()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Jobs stay until this file is there."""
    return tmp_path / "open"


def ask(service: JobService, kind: str = "stay", gate: Path | None = None, by: str = BY, asker: str = "a") -> Job:
    with asked_by(asker):
        return service.submit(kind, {"until": str(gate)} if gate else {}, terms=Terms(by))


def statuses(service: JobService, *jobs: Job) -> list[str]:
    return [service.store.get(job.id).status for job in jobs]


def stages(service: JobService, job: Job) -> list[str]:
    return [str(body.get("stage")) for _, body in service.store.events(job.id)]


def working(service: JobService, *jobs: Job) -> None:
    """Wait until all of these are inside."""
    until(lambda: all(len(service.store.events(job.id)) > 1 for job in jobs))


def child_of(service: JobService) -> int:
    pid = service._lane.runner.child_pid  # type: ignore[attr-defined]  # of this kind of runner only
    assert isinstance(pid, int)
    return pid


def claim(by: str, turn: str = "a") -> Claim:
    return Claim("id", 1, 1, "stay", {}, turn=turn, shares=by)


def test_only_work_of_one_word_runs_beside_each_other_and_only_where_the_lane_says_so() -> None:
    three = Places("tones", 3)
    assert may_begin(claim(""), [], Places()), "whoever comes first"
    assert may_begin(claim("tones"), [claim("tones")], three)
    assert not may_begin(claim("tones"), [claim("tones")], Places())
    assert not may_begin(claim("other"), [claim("tones")], three)
    assert not may_begin(claim("other"), [claim("other")], three)
    assert not may_begin(claim(""), [claim("")], three)
    assert not may_begin(claim("tones"), [claim("tones")] * 3, three)


def test_the_last_place_is_kept_for_who_has_none() -> None:
    taken = [claim("tones"), claim("tones")]
    assert not may_begin(claim("tones"), taken, Places("tones", 3))
    assert not may_begin(claim("tones", "a/brief"), taken, Places("tones", 3)), "the same asker, with a sentence"
    assert may_begin(claim("tones", "b"), taken, Places("tones", 3))


def test_the_lane_tells_how_many_and_the_setting_bounds_it() -> None:
    facts = {"shared": {"by": "tones", "jobs": 16}}
    assert Places.told(facts, 8) == Places("tones", 8)
    assert Places.told(facts, 32) == Places("tones", 16)
    assert Places.told({}, 8) == Places("", 1)


def test_jobs_of_one_word_run_at_once_each_with_events_and_an_end_of_its_own(begin: Begin, gate: Path) -> None:
    service = begin()
    jobs = [ask(service, gate=gate, asker=asker) for asker in "abcd"]
    working(service, *jobs)
    assert statuses(service, *jobs) == ["running"] * 4
    until(lambda: all("4 inside" in stages(service, job) for job in jobs))
    gate.touch()
    results = [service.wait(job.id, timeout=10) for job in jobs]
    assert [result["most"] for result in results] == [4] * 4
    assert len({result["pid"] for result in results}) == 1
    assert all(finals(service, job.id) == ["done"] for job in jobs)


@pytest.mark.parametrize(("at_once", "jobs"), [(1, 4), (4, 1)], ids=["by the settings", "by the engine"])
def test_one_after_the_other_where_one_place_is_all_there_is(begin: Begin, gate: Path, at_once: int, jobs: int) -> None:
    service = begin(at_once, jobs)
    first, second = ask(service, gate=gate), ask(service, asker="b")
    working(service, first)
    assert statuses(service, first, second) == ["running", "queued"]
    gate.touch()
    assert [service.wait(job.id, timeout=10)["most"] for job in (first, second)] == [1, 1]


def test_one_asker_never_holds_all_places_and_anothers_job_is_done_while_the_long_ones_go_on(
    begin: Begin, gate: Path
) -> None:
    service = begin(at_once=3)
    long = [ask(service, gate=gate) for _ in range(5)]
    working(service, *long[:2])
    assert service.wait(ask(service, asker="b").id, timeout=10)["most"] == 3
    assert statuses(service, *long) == ["running"] * 2 + ["queued"] * 3
    gate.touch()
    for job in long:
        service.wait(job.id, timeout=10)


def test_who_can_begin_at_once_is_not_told_to_wait_for_those_who_run(begin: Begin, gate: Path) -> None:
    service = begin()
    service.wait(service.submit("stay", {}, 10, "slow", Terms(BY)).id, timeout=10)  # from now on there is a rate
    with asked_by("a"):
        long = service.submit("stay", {"until": str(gate)}, 1e6, "slow", Terms(BY))
    working(service, long)
    etas = {}
    for word in (BY, ""):
        with asked_by(f"b{word}"):
            etas[word] = service.store.events(service.submit("stay", {}, 10, "slow", Terms(word)).id)[0][1]["eta"]
    assert etas[BY] < etas[""] / 2
    gate.touch()


def test_other_work_waits_for_all_who_run_and_is_overtaken_by_nobody(begin: Begin, gate: Path, tmp_path: Path) -> None:
    service = begin()
    long = [ask(service, gate=gate, asker=asker) for asker in "ab"]
    working(service, *long)
    swap = ask(service, by="", asker="c")
    late = ask(service, asker="d")
    assert service.store.waiting() == [swap.id, late.id]
    service.cancel(long[0].id)
    with pytest.raises(PreviousFailure):
        service.wait(long[0].id, timeout=10)
    assert statuses(service, long[1], swap, late) == ["running", "queued", "queued"], "one still speaks"
    gate.touch()
    assert service.wait(swap.id, timeout=10)["most"] == 1, "nobody runs beside it"
    service.wait(late.id, timeout=10)
    began = [service.store.get(job.id).started or 0 for job in (long[1], swap, late)]
    assert began == sorted(began)


def test_cancelling_one_leaves_the_others_alone(begin: Begin, gate: Path) -> None:
    service = begin()
    jobs = [ask(service, gate=gate, asker=asker) for asker in "abc"]
    until(lambda: "3 inside" in stages(service, jobs[1]))
    for job in (jobs[0], jobs[2]):  # one in the lane's own thread, one beside it
        service.cancel(job.id)
        with pytest.raises(PreviousFailure) as told:
            service.wait(job.id, timeout=10)
        assert told.value.code == "cancelled"
    pid = child_of(service)
    beside = ask(service, asker="d")
    assert service.wait(beside.id, timeout=10)["most"] == 2, "their places are free"
    gate.touch()
    assert service.wait(jobs[1].id, timeout=10) == {"most": 3, "attempt": 1, "pid": pid}


def test_one_that_does_not_hear_its_cancelling_does_not_end_the_process_of_others(
    begin: Begin, gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_lane, "CANCEL_LIMIT", 0.3)
    service = begin()
    other = ask(service, gate=gate)
    working(service, other)
    deaf = ask(service, "deaf", gate.with_name("never"), asker="b")
    working(service, deaf)
    service.cancel(deaf.id)
    pid = child_of(service)
    with pytest.raises(TimeoutError):
        service.wait(deaf.id, timeout=1.0)
    gate.touch()
    assert service.wait(other.id, timeout=10)["pid"] == pid
    with pytest.raises(PreviousFailure) as told:
        service.wait(deaf.id, timeout=10)
    assert told.value.code == "cancelled", "alone it is ended with its process"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_process_repeats_all_that_ran_in_it_one_by_one(begin: Begin, gate: Path) -> None:
    service = begin()
    jobs = [ask(service, gate=gate, asker=asker) for asker in "abc"]
    working(service, *jobs)
    os.kill(child_of(service), signal.SIGKILL)
    gate.touch()
    results = [service.wait(job.id, timeout=20) for job in jobs]
    assert [(result["attempt"], result["most"]) for result in results] == [(2, 1)] * 3
    assert all(finals(service, job.id) == ["done"] for job in jobs)
    codes = [[body.get("stage_code") for _, body in service.store.events(job.id)] for job in jobs]
    assert all("run-again" in told for told in codes)


def test_what_kills_the_process_fails_and_its_neighbours_do_not(begin: Begin, gate: Path) -> None:
    service = begin()
    jobs = [ask(service, gate=gate, asker=asker) for asker in "ab"]
    working(service, *jobs)
    poison = ask(service, "poison", asker="c")
    until(lambda: [service.store.get(job.id).attempts for job in (*jobs, poison)] == [2, 1, 1], 20)
    gate.touch()
    with pytest.raises(PreviousFailure, match="ended twice"):
        service.wait(poison.id, timeout=20)
    assert [service.wait(job.id, timeout=20)["attempt"] for job in jobs] == [2, 2]


def test_one_that_hangs_costs_the_others_no_attempt(begin: Begin, gate: Path) -> None:
    service = begin(stall_limit=1.0)
    other = ask(service, gate=gate)
    working(service, other)
    stuck = ask(service, "deaf", gate.with_name("never"), asker="b")
    with pytest.raises(PreviousFailure) as told:
        service.wait(stuck.id, timeout=20)
    assert told.value.code == "engine-stalled"
    gate.touch()
    assert service.wait(other.id, timeout=20)["attempt"] == 1


def test_what_has_no_memory_beside_others_is_run_again_alone(begin: Begin, gate: Path) -> None:
    service = begin()
    other = ask(service, gate=gate)
    working(service, other)
    large = ask(service, "large", asker="b")
    until(lambda: service.store.get(large.id).status == "queued" and len(service.store.events(large.id)) > 2)
    gate.touch()
    assert service.wait(large.id, timeout=10) == {"attempt": 1}
    assert service.wait(other.id, timeout=10)["attempt"] == 1


def test_what_runs_at_once_goes_back_to_the_queue_when_the_studio_closes(begin: Begin, gate: Path) -> None:
    service = begin()
    jobs = [ask(service, gate=gate, asker=asker) for asker in "abc"]
    working(service, *jobs)
    service.stop()
    assert statuses(service, *jobs) == ["queued"] * 3
    assert [service.store.get(job.id).attempts for job in jobs] == [0] * 3
    gate.touch()
    again = begin()
    assert [again.wait(job.id, timeout=10)["attempt"] for job in jobs] == [1] * 3
