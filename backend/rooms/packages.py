"""The studio set: which of its packages are missing, what they weigh, and the job that installs them."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

import psutil

from backend.core.errors import Cancelled, EngineFailed, Offline
from backend.core.events import ProgressEvent
from backend.core.settings import PROJECT_DIR, Settings
from backend.jobs.runner import JobContext

PACKAGES_MB = {
    "torch": 870, "transformers": 125, "safetensors": 2, "tokenizers": 12, "huggingface_hub": 20, "librosa": 275,
    "pydub": 1, "openai-whisper": 10,
}  # fmt: skip
"""Distribution → megabytes on disk, about, with what it brings along. Measured on Linux, torch for CPUs."""
TORCH_CUDA_MB = 5500
"""The same for torch where it comes with CUDA."""
TICK = 0.25  # seconds
SHOWN = 20
"""Last lines of the installer that a failure shows."""
GRACE = 5.0
"""Seconds that a cancelled installer has to end by itself."""


def missing_packages() -> list[str]:
    """Distributions of the studio set that are not installed."""
    missing = []
    for name in PACKAGES_MB:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    return missing


def megabytes(names: Iterable[str], with_cuda: bool) -> int:
    """What installing these takes, about."""
    sizes = PACKAGES_MB | ({"torch": TORCH_CUDA_MB} if with_cuda else {})
    return sum(sizes[name] for name in names)


def packages_installed(
    settings: Settings, context: JobContext, installed: Callable[[], None], root: Path = PROJECT_DIR
) -> Iterator[ProgressEvent]:
    """The studio set, by the script that `setup.sh` runs, in processes of its own. Raises EngineFailed, Offline."""
    script = root / "scripts" / "install.py"
    if settings.offline:
        raise Offline("The studio is offline: nothing is installed.", hint="Switch STUDIO_OFFLINE off.")
    if not script.is_file():
        raise EngineFailed("The installer is not here.", hint="Run: pip install -r requirements.txt")
    process = subprocess.Popen(
        [sys.executable, str(script), "studio"], cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=os.name == "posix",
    )  # fmt: skip
    said: list[str] = []
    try:
        yield from _followed(process, context, said)
    finally:
        _end(process)
    if process.returncode != 0:
        raise EngineFailed(
            "The studio set could not be installed: " + " ".join(said[-2:]),
            hint="Often it is the network or a full disk; try again, or run ./setup.sh. .venv/install.log holds all.",
        )
    installed()
    yield ProgressEvent(phase="done", stage="The studio set is installed", stage_code="done", progress=1.0, result={})


def _followed(process: subprocess.Popen[str], context: JobContext, said: list[str]) -> Iterator[ProgressEvent]:
    """Until the installer has ended. Raises Cancelled."""
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None, "a pipe was asked for"
    reader = threading.Thread(target=_read, args=(process.stdout, lines), daemon=True, name="installer")
    reader.start()
    while process.poll() is None:
        if context.cancelled():
            raise Cancelled("The installation was cancelled.")
        yield from _told(lines, said)
    reader.join(TICK)
    list(_told(lines, said))


def _told(lines: queue.Queue[str], said: list[str]) -> Iterator[ProgressEvent]:
    """What the installer said since, as progress."""
    with contextlib.suppress(queue.Empty):
        said.append(lines.get(timeout=TICK))
        while True:
            said.append(lines.get_nowait())
    del said[:-SHOWN]
    if said:
        stage = said[-1][:200]
        yield ProgressEvent(phase="working", stage=stage, stage_code="installing", params={"line": stage})


def _read(pipe: IO[str], lines: queue.Queue[str]) -> None:
    with pipe:
        for line in pipe:
            if line.strip():
                lines.put(line.strip())


def _end(process: subprocess.Popen[str]) -> None:
    """The installer and all that it started: pip would go on alone and change packages that nobody watches."""
    if process.poll() is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    _signal(process, children, kill=False)
    until = time.monotonic() + GRACE
    while time.monotonic() < until and (process.poll() is None or any(map(_is_alive, children))):
        time.sleep(0.05)
    _signal(process, children, kill=True)
    process.wait()


def _is_alive(process: psutil.Process) -> bool:
    """Also one that ended counts as gone which nobody collects, as in a container without an init."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(process: subprocess.Popen[str], children: list[psutil.Process], kill: bool) -> None:
    """To its whole group; where there are no groups (Windows), to each."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL if kill else signal.SIGTERM)
        return
    if process.poll() is None:
        process.terminate()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):  # it knows a number that went to somebody else
            child.kill()
