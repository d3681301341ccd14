"""Whose turn it is: askers alternate, one asker's jobs keep their order, a sentence passes the chapters that wait."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.jobs.database import LATER, SCHEMA, VERSION
from backend.jobs.endings import cancelled_event, closing_event
from backend.jobs.model import Claim
from backend.jobs.store import JobStore
from backend.jobs.turns import ask_as, asked_by, turn
from tests.jobs.conftest import Open


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(tmp_path / "jobs.sqlite")
    yield made
    made.close()


def put(store: JobStore, turns: str) -> None:
    """One job for each letter, in the name of that letter."""
    for name in turns:
        store.submit("count", {"of": name}, turn=name)


def run(store: JobStore) -> Claim:
    claim = store.claim("lane", 15)
    assert claim is not None
    store.finish(claim, cancelled_event())
    return claim


def names(store: JobStore, count: int) -> str:
    return "".join(run(store).request["of"] for _ in range(count))


def shown(store: JobStore) -> str:
    return "".join(store.get(job_id).request["of"] for job_id in store.waiting())


def test_one_askers_jobs_run_in_the_order_they_came(store: JobStore) -> None:
    jobs = [store.submit("count", {}, turn="a").id for _ in range(20)]
    assert [run(store).job_id for _ in range(20)] == jobs


def test_anothers_first_job_does_not_wait_behind_fifty(store: JobStore) -> None:
    put(store, "a" * 50)
    run(store)
    put(store, "b")
    assert shown(store)[:2] == "ab", "whoever came while a was served stands behind those who stood there"
    claim = store.claim("lane", 15)  # a's second
    put(store, "cb")
    assert claim is not None
    assert shown(store)[:5] == "bcaba", "who is served now had its turn"
    store.finish(claim, cancelled_event())
    assert names(store, 5) == "bcaba"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c", "run"]), max_size=40))
def test_the_shown_order_is_the_order_in_which_they_run(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    store = JobStore(tmp_path_factory.mktemp("order") / "jobs.sqlite")
    for step in steps:
        if step != "run":
            put(store, step)
        elif store.waiting():
            run(store)
    told = store.waiting()
    assert [run(store).job_id for _ in told] == told
    assert store.claim("lane", 15) is None
    store.close()


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_nobody_waits_for_more_than_one_job_of_each_other(
    tmp_path_factory: pytest.TempPathFactory, before: list[str]
) -> None:
    store = JobStore(tmp_path_factory.mktemp("fair") / "jobs.sqlite")
    put(store, "".join(before))
    claim = store.claim("lane", 15)
    put(store, "d")
    assert claim is not None
    store.finish(claim, cancelled_event())
    order = shown(store)
    assert all(order[: order.index("d")].count(name) <= 1 for name in "abc")
    store.close()


def test_who_asks_again_and_again_does_not_starve_who_waits(store: JobStore) -> None:
    put(store, "bbbb")
    order = ""
    for _ in range(8):
        put(store, "a")
        order += names(store, 1)
    assert order.count("b") == 4


def test_a_job_that_was_interrupted_is_the_next_one(store: JobStore) -> None:
    put(store, "aab")
    claim = store.claim("lane", 15)
    assert claim is not None
    store.release(claim, closing_event(), counts=False)
    again = store.claim("lane", 15)
    assert again is not None
    assert (again.job_id, again.fence) == (claim.job_id, claim.fence + 2)
    store.finish(again, cancelled_event())
    assert shown(store) == "ba"


def test_jobs_cancelled_while_they_waited_cost_no_turn(store: JobStore) -> None:
    put(store, "ab" * 3)
    for job_id in store.waiting():
        if store.get(job_id).request["of"] == "a":
            store.request_cancel(job_id)
    put(store, "a")
    assert shown(store) == "babb"


def test_places_and_times_follow_the_turns(open_service: Open) -> None:
    service = open_service()
    service.store.submit("count", {}, 10, "slow")
    claim = service.store.claim("lane", 15)
    assert claim is not None
    time.sleep(0.05)
    service.store.finish(claim, cancelled_event().model_copy(update={"phase": "done", "problem": None, "result": {}}))
    with asked_by("a"):
        chapters = [service.submit("count", {}, 1000, "slow") for _ in range(3)]
    watched = service.follow(chapters[2].id, heartbeat=0.05)
    told = [next(watched)]
    with asked_by("b"):
        sentence = service.submit("count", {}, 10, "slow")
    told += [item for item in (next(watched), next(watched)) if item]
    assert [service.place(job.id) for job in chapters] == [1, 3, 4]
    assert (service.place(sentence.id), sentence.as_dict()["eta"]) == (2, pytest.approx(5, rel=0.7))
    assert [item[1]["queue_place"] for item in told if item] == [3, 4], "who waits hears that somebody came between"
    watched.close()


def test_a_sentence_passes_the_chapters_of_the_same_asker_and_they_do_not_starve(open_service: Open) -> None:
    service = open_service()
    with asked_by("a"):
        chapters = [service.submit("count", {}, 9000).id for _ in range(3)]
        service._brief = {"count": 300}  # from now on
        sentences = [service.submit("count", {}, 80).id for _ in range(4)]
    order = service.store.waiting()
    assert order.index(sentences[0]) <= 1
    assert [job for job in order if job in chapters] == chapters
    assert [job for job in order if job in sentences] == sentences
    assert order.index(chapters[2]) <= 5, "every second turn is theirs"


def test_many_requests_of_one_asker_queue_without_a_refusal(open_service: Open) -> None:
    service = open_service(queue_limit=200)
    with asked_by("a"):
        jobs = [service.submit("count", {"steps": 1}).id for _ in range(120)]
    service.start()
    assert [service.wait(job)["steps"] for job in jobs] == [1] * 120


def test_the_name_of_the_asker_stays_inside_its_block() -> None:
    ask_as("")  # as the studio's own threads are; a test's thread may have answered requests before
    with asked_by("a"):
        assert turn("x", 1, {"x": 1}) == "a/brief"
        assert turn("x", 2, {"x": 1}) == "a"
    assert turn("y", 0, {}) == "/brief"
    ask_as("")


SINCE = {
    3: r",\s*shares TEXT NOT NULL DEFAULT '', held INTEGER NOT NULL DEFAULT 0",
    2: ", turn TEXT NOT NULL DEFAULT ''",
}


@pytest.mark.parametrize("version", [1, 2])
def test_a_table_of_a_version_before_keeps_its_jobs(tmp_path: Path, version: int) -> None:
    path = tmp_path / "jobs.sqlite"
    old = SCHEMA
    for later in range(VERSION, version, -1):
        old, replaced = re.subn(SINCE[later], "", old)
        assert replaced == 1
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"{old} PRAGMA user_version={version};")
        db.execute(
            "INSERT INTO jobs(id, kind, request, status, created, place) VALUES ('kept', 'count', '{}', 'queued', 1, 1)"
        )
        db.commit()
    store = JobStore(path)
    put(store, "a")
    assert store.waiting()[0] == "kept"
    assert set(LATER) == set(range(1, VERSION))
    store.close()
