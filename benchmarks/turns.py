"""Programs that take turns: a parent asks, a child answers, one JSON object a line. A child rests between its turns.

Standard library only: a child may live in an environment that has nothing of ours.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OF_OTHERS = ("OMP_", "KMP_", "GOMP_", "MKL_", "STUDIO_", "PYTHON", "NUMBA_")
"""How the variables begin that would make a child another than the one a user starts."""
CAN_REST = hasattr(signal, "SIGSTOP")
PR_SET_PDEATHSIG = 1


class ChildFailed(Exception):
    """A child ended or raised; the last lines of what it said."""


def cores(count: int) -> tuple[int, ...]:
    """The first so many cores that this process may use."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return tuple(allowed)[:count]


class Child:
    """`with Child(python, "benchmarks.qwen3_ours", threads=2) as ours: ours.ask("load", size="0.6b")`.

    It has as many cores as threads. Where the system can do it, a child is stopped between its turns, so that no idle
    thread of one disturbs the other.
    """

    def __init__(self, python: str | Path, module: str, threads: int) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed where the child ends
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_OTHERS)}
        environment |= {
            "OMP_NUM_THREADS": str(threads),
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "PYTHONWARNINGS": "ignore",
        }
        self._process = subprocess.Popen(
            [str(python), "-m", module, ",".join(map(str, cores(threads)))],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )
        self.pid = self._process.pid

    def ask(self, what: str, **words: Any) -> dict[str, Any]:
        """Its answer to one question. Raises ChildFailed."""
        assert self._process.stdin is not None and self._process.stdout is not None, "both are pipes"
        self._signal("SIGCONT")
        try:
            self._process.stdin.write(json.dumps({"ask": what, **words}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # what it said before it ended tells more
        line = self._process.stdout.readline()
        if not line:
            raise ChildFailed(self._last_words())
        self._signal("SIGSTOP")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def _signal(self, name: str) -> None:
        if CAN_REST:
            self._process.send_signal(getattr(signal, name))

    def _last_words(self) -> str:
        self._process.wait()
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")[-2000:]


def serve(questions: Mapping[str, Callable[..., dict[str, Any]]], arguments: Sequence[str] | None = None) -> None:
    """Answer until the parent goes. To be called before anything asks how many cores there are."""
    given = sys.argv[1:] if arguments is None else arguments
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [int(core) for core in given[0].split(",")])
    _end_with_the_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print, and the answers must stay alone
    for line in sys.stdin:
        words = json.loads(line)
        answers.write(json.dumps(questions[words.pop("ask")](**words)) + "\n")
        answers.flush()


def _end_with_the_parent() -> None:
    """A parent that was killed leaves nobody stopped behind; only Linux can promise that."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def memory() -> dict[str, Any]:
    """Megabytes of this process: the most it ever had, what it has now, and what of that is pages of files."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return {"peak_mb": _most_of_resources(), "now_mb": None, "files_mb": None}
    found = dict(line.split(":", 1) for line in status.splitlines() if line.startswith(("Vm", "Rss")))
    # Not ru_maxrss: a child inherits that of the process that started it.
    names = {"peak_mb": "VmHWM", "now_mb": "VmRSS", "files_mb": "RssFile"}
    return {name: _megabytes(found[row]) for name, row in names.items()}


def _megabytes(kilobytes: str) -> float:
    return round(int(kilobytes.split()[0]) * 1024 / 1e6, 1)


def _most_of_resources() -> float | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6, 1)
