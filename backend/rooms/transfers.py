"""What the network queue does: fetch a model, install the studio set, move the models folder."""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from backend.core.errors import BadRequest, Cancelled, EngineFailed, Offline
from backend.core.events import Notice, ProgressEvent
from backend.core.settings import PROJECT_DIR, Settings
from backend.downloads.catalog import catalog
from backend.jobs.runner import Handler, JobContext
from backend.rooms.models import DOWNLOAD, MOVE, PACKAGES
from backend.safety.saving import telling_disk_errors

TICK = 0.25  # seconds
SHOWN = 20
"""Last lines of the installer that a failure shows."""


def handlers(settings: Settings, installed: Callable[[], None]) -> dict[str, Handler]:
    """By kind of job; `installed` is called when new packages are there."""
    return {
        DOWNLOAD: lambda request, context: downloaded(settings, request, context),
        PACKAGES: lambda request, context: packages_installed(settings, context, installed),
        MOVE: lambda request, context: moved(settings, request, context),
    }


def downloaded(settings: Settings, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Fetch one model into the models folder. Raises what `fetch_model` raises."""
    from backend.downloads.transfer import TransferOptions, fetch_model

    entry = catalog()[str(request["key"])]
    target = settings.models_root / entry.local
    options = TransferOptions.from_settings(settings, str(request.get("provider", "auto")))
    yield _downloading(entry.title, {"key": entry.key, "bytes": "0", "total": str(entry.bytes)}, 0.0, None)
    for now in fetch_model(entry, target, options, context.cancelled):
        params = {"key": entry.key, "bytes": str(now.done), "total": str(now.total), "file": now.file}
        params |= {"provider": now.provider, "speed": f"{now.speed or 0:.0f}"}
        event = _downloading(entry.title, params, now.done / max(1, now.total), now.eta)
        yield event.model_copy(update={"notice": Notice(code="download", text=now.notice)}) if now.notice else event
    result = {"key": entry.key, "path": str(target)}
    yield ProgressEvent(phase="done", stage=f"{entry.title} is here", stage_code="done", progress=1.0, result=result)


def _downloading(title: str, params: dict[str, str], progress: float, eta: float | None) -> ProgressEvent:
    return ProgressEvent(
        phase="working",
        stage=f"Downloading {title}",
        stage_code="downloading",
        params={"title": title, **params},
        progress=round(min(1.0, progress), 4),
        eta=None if eta is None else round(eta, 1),
    )


def packages_installed(
    settings: Settings, context: JobContext, installed: Callable[[], None]
) -> Iterator[ProgressEvent]:
    """The studio set, by the script that `setup.sh` runs, in a process of its own. Raises EngineFailed, Offline."""
    script = PROJECT_DIR / "scripts" / "install.py"
    if settings.offline:
        raise Offline("The studio is offline: nothing is installed.", hint="Switch STUDIO_OFFLINE off.")
    if not script.is_file():
        raise EngineFailed("The installer is not here.", hint="Run: pip install -r requirements.txt")
    process = subprocess.Popen(
        [sys.executable, str(script), "studio"], cwd=PROJECT_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=os.name == "posix",
    )  # fmt: skip
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None, "a pipe was asked for"
    threading.Thread(target=_read, args=(process.stdout, lines), daemon=True, name="installer").start()
    said: list[str] = []
    try:
        while process.poll() is None:
            if context.cancelled():
                raise Cancelled("The installation was cancelled.")
            yield from _told(lines, said)
    finally:
        _end(process)
    list(_told(lines, said))
    if process.returncode != 0:
        raise EngineFailed(
            "The studio set could not be installed: " + " ".join(said[-2:]),
            hint="Often it is the network or a full disk; try again, or run ./setup.sh. .venv/install.log holds all.",
        )
    installed()
    yield ProgressEvent(phase="done", stage="The studio set is installed", stage_code="done", progress=1.0, result={})


def _told(lines: queue.Queue[str], said: list[str]) -> Iterator[ProgressEvent]:
    """What the installer said since, as progress."""
    try:
        said.append(lines.get(timeout=TICK))
        while True:
            said.append(lines.get_nowait())
    except queue.Empty:
        pass
    del said[:-SHOWN]
    if said:
        stage = said[-1][:200]
        yield ProgressEvent(phase="working", stage=stage, stage_code="installing", params={"line": stage})


def _read(pipe: IO[str], lines: queue.Queue[str]) -> None:
    for line in pipe:
        if line.strip():
            lines.put(line.strip())


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def moved(settings: Settings, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Copy all models to another folder, use that one from then on, and remove the old copies.

    Cut off at any moment, the old folder is whole until the new one is; then the new one counts.
    """
    source, target = settings.models_root, Path(str(request["path"]))
    if target == source or source in target.parents:
        raise BadRequest("The new folder lies in the old one.", hint="Choose a folder outside of it.")
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    total, done = sum(path.stat().st_size for path in files), 0
    with telling_disk_errors():
        for path in files:
            if context.cancelled():
                raise Cancelled("Moving was cancelled; the models stay where they were.")
            copy = target / path.relative_to(source)
            if not copy.is_file() or copy.stat().st_size != path.stat().st_size:
                copy.parent.mkdir(parents=True, exist_ok=True)
                partial = copy.with_name(f"{copy.name}.part")
                shutil.copy2(path, partial)
                os.replace(partial, copy)
            done += path.stat().st_size
            params = {"bytes": str(done), "total": str(total), "file": path.name}
            yield ProgressEvent(
                phase="working", stage="Moving the models", stage_code="moving", params=params,
                progress=round(done / max(1, total), 4),
            )  # fmt: skip
        settings.use_models_folder(target)
        for path in files:
            path.unlink(missing_ok=True)
        for folder in sorted((path for path in source.rglob("*") if path.is_dir()), reverse=True):
            if not any(folder.iterdir()):
                folder.rmdir()
    result = {"folder": str(target)}
    yield ProgressEvent(phase="done", stage="The models are moved", stage_code="done", progress=1.0, result=result)
