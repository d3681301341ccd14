"""Campaign: SIGKILL the lane's child at random moments; every job must end done, run again, or failed with a problem.

`python -m benchmarks.soak.kill_lane --kills 50` works with a handler that makes files; `--speech` with the real voice;
`--at-once 4` makes so many files beside each other.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from backend.core.events import FINAL_PHASES, ProgressEvent
from backend.core.settings import Settings
from backend.jobs import report
from backend.jobs.model import Job, Terms
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.runner import Handler, JobContext
from backend.jobs.service import JobService
from backend.jobs.store import JobStore
from backend.jobs.turns import asked_by

SENTENCE = "The lane is working on this sentence, and somebody ends its process in the middle of it. "
LONGEST_WAIT = 2.0  # seconds between two kills: some hit a start, some a job, some the last write
FILES = "files"
"""Kind of the jobs that make files, and the word by which they may do so at once."""
FILE_BYTES = 200_000
STEPS = 20


@dataclass(frozen=True)
class Report:
    """What became of the jobs."""

    kills: int
    jobs: int
    done: int
    run_again: int
    failed_with_a_problem: int
    wrong: list[str]
    """Sentences: a job without an end or with two, without its file, with a gap in its log; a process left over."""
    seconds: float
    slowest_restart: float
    """Seconds from a kill to the next ready child."""


def handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    """What the child of this campaign can do."""
    report.tell({"shared": {"by": FILES, "jobs": settings["shared_jobs"]}})
    return {FILES: make_file}


def make_file(request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Write FILE_BYTES in steps beside the target, then rename; the result names the file and its digest."""
    target = Path(request["folder"]) / f"{context.job_id}.bin"
    part = target.with_name(f".tmp-{target.name}-{os.getpid()}")
    digest = hashlib.sha256()
    with open(part, "wb") as file:
        for step in range(STEPS):
            block = hashlib.shake_128(f"{context.job_id}{step}".encode()).digest(FILE_BYTES // STEPS)
            file.write(block)
            digest.update(block)
            yield ProgressEvent(phase="working", stage=f"Block {step + 1}", progress=(step + 1) / STEPS)
            time.sleep(0.01)
        os.fsync(file.fileno())
    part.replace(target)
    yield ProgressEvent(phase="done", progress=1.0, result={"file": target.name, "sha256": digest.hexdigest()})


def campaign(data_dir: Path, kills: int, seed: int = 1, *, speech: bool = False, at_once: int = 1) -> Report:
    """Kill until so many children died; then let everything finish, look at every job, and count."""
    settings = Settings(data_dir=data_dir, shared_jobs=at_once)
    target = "backend.studio:lane_handlers" if speech else "benchmarks.soak.kill_lane:handlers"
    runner = ProcessRunner(target, settings.for_child(), settings.stall_limit)
    service = JobService(JobStore(settings.state_dir / "jobs.sqlite"), runner, settings.lease, at_once=at_once)
    began = time.monotonic()
    service.start()
    killer = _Killer(runner, kills, seed)
    killer.start()
    jobs: list[str] = []
    while killer.is_alive():
        jobs.append(_submit(service, settings, speech))
        if len(jobs) >= 2 + at_once:  # two wait behind those that run
            _wait(service, jobs[-2 - at_once])
    for job_id in jobs:
        _wait(service, job_id)
    service.stop()
    records = [service.store.get(job_id) for job_id in jobs]
    wrong = [text for job in records for text in _wrong_with(job, service.store, settings, speech)]
    service.close()
    wrong += [f"process {pid} is left over" for pid in killer.victims if psutil.pid_exists(pid) and _is_lane(pid)]
    return Report(
        kills=len(killer.victims),
        jobs=len(jobs),
        done=sum(job.status == "done" for job in records),
        run_again=sum(job.attempts > 1 for job in records),
        failed_with_a_problem=sum(job.status == "failed" for job in records),
        wrong=wrong,
        seconds=round(time.monotonic() - began, 1),
        slowest_restart=round(killer.slowest_restart, 2),
    )


class _Killer(threading.Thread):
    """Ends the child at random moments of its life: while it starts, works, writes or rests."""

    def __init__(self, runner: ProcessRunner, kills: int, seed: int) -> None:
        super().__init__(daemon=True, name="killer")
        self.victims: list[int] = []
        self.slowest_restart = 0.0
        self._runner, self._kills = runner, kills
        self._chance = random.Random(seed)  # noqa: S311 - kills to repeat, no secrets

    def run(self) -> None:
        while len(self.victims) < self._kills:
            time.sleep(self._chance.uniform(0.0, LONGEST_WAIT))
            pid = self._runner.child_pid
            if pid is None or pid in self.victims:
                continue
            try:
                psutil.Process(pid).kill()
            except psutil.NoSuchProcess:
                continue
            self.victims.append(pid)
            if self._chance.random() < 0.8:  # the others may be hit again while they start
                self._await_successor(pid)

    def _await_successor(self, pid: int) -> None:
        killed = time.monotonic()
        while self._runner.child_pid in (pid, None) or self._runner.state == "starting":
            if time.monotonic() - killed > 60:
                return
            time.sleep(0.002)
        self.slowest_restart = max(self.slowest_restart, time.monotonic() - killed)


def _submit(service: JobService, settings: Settings, speech: bool) -> str:
    if speech:
        request = {"text": SENTENCE * 6, "voice": {"kind": "preset", "speaker": "Ryan"}, "language": "en"}
        return service.submit("generate", request, len(request["text"]), "generate:preview").id
    settings.output_dir.mkdir(parents=True, exist_ok=True)
    with asked_by(secrets.token_hex(2)):  # somebody else each time: the last place is for who has none
        return service.submit(FILES, {"folder": str(settings.output_dir)}, STEPS, terms=Terms(FILES)).id


def _wait(service: JobService, job_id: str) -> None:
    for _ in service.follow(job_id):
        pass


def _wrong_with(job: Job, store: JobStore, settings: Settings, speech: bool) -> list[str]:
    log = store.events(job.id, limit=100_000)
    finals = [body for _, body in log if body["phase"] in FINAL_PHASES]
    found = []
    if [number for number, _ in log] != list(range(1, len(log) + 1)):
        found.append(f"{job.id}: the numbers of its events have a gap")
    if len(finals) != 1 or finals[0] is not log[-1][1] or finals[0]["phase"] != job.status:
        found.append(f"{job.id}: {len(finals)} final events, status {job.status}")
    if job.status == "failed" and not (job.problem or {}).get("detail"):
        found.append(f"{job.id}: failed without a problem")
    if job.status == "done" and not _file_is_whole(job.result or {}, settings, speech):
        found.append(f"{job.id}: done, but its file is not there or not whole")
    return found


def _file_is_whole(result: dict[str, Any], settings: Settings, speech: bool) -> bool:
    if speech:
        return (settings.output_dir / f"{result.get('id')}.wav").is_file()
    path = settings.output_dir / result["file"]
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == result["sha256"]


def _is_lane(pid: int) -> bool:
    try:
        return "backend.jobs.child" in psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=1, help="files that are made beside each other")
    parser.add_argument("--speech", action="store_true", help="speak with the preview engine instead of making files")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = campaign(Path(folder), asked.kills, asked.seed, speech=asked.speech, at_once=asked.at_once)
    print(json.dumps(asdict(found)))
    return 1 if found.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
