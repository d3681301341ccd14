"""Campaign: SIGKILL the lane's child at random moments, again and again; every job must end done or with a problem.

`python -m benchmarks.soak.kill_lane --kills 50` speaks with the preview engine through the real lane.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from backend.core.settings import Settings
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.service import JobService
from backend.jobs.store import JobStore

SENTENCE = "The lane is working on this sentence, and somebody ends its process in the middle of it. "


@dataclass(frozen=True)
class Report:
    """What became of the jobs."""

    kills: int
    jobs: int
    done: int
    run_again: int
    failed_with_a_problem: int
    lost: int
    """Neither done nor failed with a problem, or done without its file."""
    seconds: float


def campaign(data_dir: Path, kills: int, seed: int = 1, repeats: int = 6) -> Report:
    """Kill until `kills` children died under work; then let everything finish and count."""
    settings = Settings(data_dir=data_dir)
    runner = ProcessRunner("backend.studio:lane_handlers", settings.for_child(), settings.stall_limit)
    service = JobService(JobStore(settings.state_dir / "jobs.sqlite"), runner, settings.lease)
    began = time.monotonic()
    service.start()
    killer = _Killer(runner, service, kills, seed)
    killer.start()
    jobs = []
    while killer.is_alive():
        jobs.append(_submit(service, repeats))
        _wait(service, jobs[-1])
    jobs.append(_submit(service, repeats))
    _wait(service, jobs[-1])
    report = _counted(service, settings, jobs, kills, time.monotonic() - began)
    service.stop()
    service.close()
    return report


class _Killer(threading.Thread):
    """Ends the child at random moments, while a job runs."""

    def __init__(self, runner: ProcessRunner, service: JobService, kills: int, seed: int) -> None:
        super().__init__(daemon=True, name="killer")
        self._runner, self._service, self._kills = runner, service, kills
        self._chance = random.Random(seed)

    def run(self) -> None:
        killed = 0
        while killed < self._kills:
            time.sleep(self._chance.uniform(0.01, 0.8))
            pid = self._runner.child_pid
            if pid is not None and self._service.lane_state == "busy":
                try:
                    psutil.Process(pid).kill()
                    killed += 1
                except psutil.NoSuchProcess:
                    continue


def _submit(service: JobService, repeats: int) -> str:
    request = {"text": SENTENCE * repeats, "voice": {"kind": "preset", "speaker": "Ryan"}, "language": "en"}
    return service.submit("generate", request, len(request["text"]), "generate:preview").id


def _wait(service: JobService, job_id: str) -> None:
    for _ in service.follow(job_id):
        pass


def _counted(service: JobService, settings: Settings, jobs: list[str], kills: int, seconds: float) -> Report:
    records = [service.store.get(job_id) for job_id in jobs]
    seen = Counter(record.status for record in records)
    without_file = sum(r.status == "done" and not _has_file(settings, r.result or {}) for r in records)
    with_problem = sum(record.status == "failed" and bool((record.problem or {}).get("detail")) for record in records)
    return Report(
        kills=kills,
        jobs=len(jobs),
        done=seen["done"] - without_file,
        run_again=sum(record.attempts > 1 for record in records),
        failed_with_a_problem=with_problem,
        lost=len(jobs) - (seen["done"] - without_file) - with_problem,
        seconds=round(seconds, 1),
    )


def _has_file(settings: Settings, result: dict[str, Any]) -> bool:
    return (settings.output_dir / f"{result.get('id')}.wav").is_file()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = campaign(Path(folder), asked.kills, asked.seed)
    print(json.dumps(asdict(report)))
    return 1 if report.lost else 0


if __name__ == "__main__":
    raise SystemExit(main())
