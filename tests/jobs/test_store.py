"""The table of jobs when the file under it is locked, full, damaged or from the future."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.core.errors import DiskFull, StorageFailed
from backend.core.events import ProgressEvent
from backend.jobs.database import Database
from backend.jobs.endings import closing_event
from backend.jobs.store import JobStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[JobStore]:
    made = JobStore(path, patience=0.1)
    yield made
    made.close()


def test_a_locked_file_is_a_problem_in_moments_and_readers_do_not_wait(store: JobStore, path: Path) -> None:
    job = store.submit("count", {})
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StorageFailed, match="held by another program"):
            store.submit("count", {})
        assert store.get(job.id).status == "queued"
        assert time.monotonic() - began < 4  # the library alone waits for five
        other.execute("ROLLBACK")
    assert store.submit("count", {}).status == "queued"


def test_a_full_disk_is_a_problem_loses_nothing_and_heals(
    store: JobStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.submit("count", {"text": "kept"})
    connect = Database._connect

    def connect_to_a_full_disk(database: Database) -> sqlite3.Connection:
        connection = connect(database)
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes what is used already: not one page more
        return connection

    store.close()
    monkeypatch.setattr(Database, "_connect", connect_to_a_full_disk)
    with pytest.raises(DiskFull) as caught:
        store.submit("count", {"text": "x" * 100_000})
    assert str(path) not in str(caught.value.as_dict())
    assert [job.id for job in store.newest()] == [kept.id]
    monkeypatch.undo()
    store.submit("count", {"text": "x" * 100_000})
    assert len(store.newest()) == 2


def test_a_damaged_file_is_kept_and_a_new_one_begins(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)
    store = JobStore(path)
    assert store.newest() == []
    store.submit("count", {})
    store.close()
    assert path.with_name("jobs.sqlite.corrupt-1").read_bytes().startswith(b"this is no database")


@pytest.mark.parametrize("cut", [1, 4096, 4097, 9000])
def test_a_file_cut_anywhere_does_not_stop_the_start(path: Path, cut: int) -> None:
    store = JobStore(path)
    for _ in range(50):
        store.submit("count", {"text": "x" * 500})
    store.close()
    path.write_bytes(path.read_bytes()[:cut])
    store = JobStore(path)
    store.submit("count", {})
    store.close()


def test_the_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version=99")
    before = path.read_bytes()
    with pytest.raises(StorageFailed, match="newer version"):
        JobStore(path)
    assert path.read_bytes() == before


def test_a_closed_store_still_answers(store: JobStore) -> None:
    job = store.submit("count", {})
    store.close()
    assert store.get(job.id).id == job.id
    store.request_cancel(job.id)
    assert store.get(job.id).status == "cancelled"


def test_a_job_cancelled_while_the_studio_leaves_does_not_run_after_the_restart(store: JobStore) -> None:
    job = store.submit("count", {})
    claim = store.claim("lane", 15)
    assert claim is not None
    store.request_cancel(job.id)
    store.release(claim, closing_event(), counts=False)
    assert store.get(job.id).status == "cancelled"


def test_a_jump_of_the_clock_takes_no_job_from_its_own_lane(store: JobStore) -> None:
    store.submit("count", {})
    claim = store.claim("lane", 0.001)
    assert claim is not None
    time.sleep(0.01)
    assert store.reap(keep="lane") == []
    store.finish(claim, ProgressEvent(phase="done", result={}))


def test_the_oldest_ended_jobs_are_forgotten_with_their_events_and_waiting_ones_are_not(store: JobStore) -> None:
    waiting = store.submit("count", {})
    ended = [store.request_cancel(store.submit("count", {}).id) for _ in range(5)]
    assert all(ended)
    store.prune(keep=2)
    assert len(store.newest()) == 3
    assert store.get(waiting.id).status == "queued"
    assert store._db.rows("SELECT count(DISTINCT job_id) AS jobs FROM job_events")[0]["jobs"] <= 3


def test_many_threads_submit_and_claim_and_each_job_is_claimed_once(path: Path) -> None:
    store = JobStore(path, queue_limit=1000)
    claimed: list[str] = []

    def work(name: str) -> None:
        for _ in range(10):
            store.submit("count", {})
            claim = store.claim(name, 15)
            if claim is not None:
                claimed.append(claim.job_id)

    threads = [threading.Thread(target=work, args=(str(n),)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(set(claimed)) == 120
    store.close()
