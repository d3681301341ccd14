"""The models of this machine: what there is, what is missing, and the jobs that fetch, move, load and delete them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from backend.core.errors import BadRequest, Conflict, NotFound, StorageFailed
from backend.core.settings import Settings
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.journal import present
from backend.downloads.keep import clean, held, remove_own
from backend.downloads.locate import Found, locate
from backend.jobs.model import Job
from backend.rooms import machine as machines
from backend.rooms import moving
from backend.rooms.packages import megabytes, missing_packages
from backend.rooms.queues import Queues
from backend.rooms.switching import SWITCH, UNLOAD

DOWNLOAD, PACKAGES, MOVE = "download-model", "install-packages", "move-models"
PROVIDERS = ("auto", "hf", "modelscope")
OPENERS = {"darwin": ["open"], "win32": ["explorer"]}


class ModelShelf:
    """Everything about models that is asked over HTTP or by the command line."""

    def __init__(self, settings: Settings, queues: Queues | None = None) -> None:
        self._settings = settings
        self._queues = queues
        self._submitting = threading.RLock()
        """Held from the look for a job that does the same to the submission of another."""

    def overview(self, lane: dict[str, Any]) -> dict[str, Any]:
        """`GET /api/models`; `lane` is what the lane told of itself."""
        machine = machines.look(self._settings.models_root)
        missing, running = missing_packages(), self._running(DOWNLOAD)
        packages = megabytes(missing, machine.has_cuda)
        rows = {key: self._row(entry, running.get(key)) for key, entry in catalog().items()}
        advice = machines.advise(machine, {key: _still_to_fetch(row) for key, row in rows.items()}, packages)
        return {
            "machine": machines.as_wire(machine, self._settings.models_root, lane),
            "studio_set": {
                "installed": not missing,
                "missing": missing,
                "size_mb": packages,
                "job_id": next(iter(self._running(PACKAGES).values()), None),
            },
            "resident": lane.get("resident", []),
            "recommended": list(advice.keys),
            "recommendation": {"code": advice.code, "text": advice.text, "params": advice.params},
            "offline": self._settings.offline,
            "folder": str(self._settings.models_root),
            "models": [{**row, "recommended": key in advice.keys} for key, row in rows.items()],
        }

    def _row(self, entry: ModelEntry, job_id: str | None) -> dict[str, Any]:
        found = locate(self._settings, entry.key)
        target = self.target(entry)
        partial = 0 if found and found.valid else present(target, entry)
        return {
            "key": entry.key,
            "title": entry.title,
            "gives": entry.gives,
            "kind": entry.kind,
            "engine": entry.engine,
            "variant": entry.variant,
            "size_label": entry.size_label,
            "bytes": entry.bytes,
            "memory_mb": dict(entry.memory_mb),
            "licence": entry.licence,
            "gated": entry.gated,
            "downloadable": entry.downloadable,
            "providers": [name for name, repo in (("hf", entry.hf), ("modelscope", entry.ms)) if repo],
            "packages": list(entry.packages),
            "requires": list(entry.requires),
            "url": entry.page,
            "state": _state(found, job_id, partial),
            "installed": bool(found and found.valid),
            "valid": bool(found and found.valid),
            "missing": list(found.missing) if found else [],
            "path": str(found.path if found else target),
            "source": found.source if found else "",
            "job_id": job_id,
            "downloaded_bytes": partial,
        }

    def target(self, entry: ModelEntry) -> Path:
        """Where a download of it goes."""
        return self._settings.models_root / entry.local

    def entry(self, key: str) -> ModelEntry:
        """Raises NotFound."""
        if key not in catalog():
            raise NotFound(
                "There is no such model.", hint=f"There are: {', '.join(catalog())}.", code="model-not-found"
            )
        return catalog()[key]

    def qwen(self) -> list[dict[str, Any]]:
        """Every Qwen3-TTS model as `examined` tells it."""
        return [self.examined(key) for key, entry in catalog().items() if entry.engine == "qwen3_tts"]

    def examined(self, key: str) -> dict[str, Any]:
        """`{"key", "path", "exists", "valid", "missing"}`. Raises NotFound."""
        entry = self.entry(key)
        found = locate(self._settings, key)
        return {
            "key": key,
            "path": str(found.path if found else self.target(entry)),
            "exists": found is not None,
            "valid": bool(found and found.valid),
            "missing": list(found.missing) if found else [file.path for file in entry.files],
        }

    def download(self, key: str, provider: str = "auto") -> Job:
        """The job that fetches it; the one that already does. Raises NotFound, BadRequest, Conflict."""
        entry = self.entry(key)
        if provider not in PROVIDERS:
            raise BadRequest("There is no such provider.", fields={"provider": f"one of {', '.join(PROVIDERS)}"})
        self.downloadable(entry)
        with self._submitting:
            running = self._running(DOWNLOAD).get(key)
            if running:
                return self._ready.network.store.get(running)
            return self._ready.network.submit(
                DOWNLOAD, {"key": key, "provider": provider}, entry.bytes / 1e6, f"{DOWNLOAD}:{provider}"
            )

    def downloadable(self, entry: ModelEntry) -> None:
        """Raises Conflict for a model that has to be copied by hand."""
        if not entry.downloadable:
            raise Conflict(
                f"{entry.title} cannot be downloaded by the studio.",
                hint=f"Copy {', '.join(file.path for file in entry.files)} into {self.target(entry)}.",
            )

    def install(self, keys: list[str], packages: bool) -> list[dict[str, Any]]:
        """Everything that is wanted for these models, in order: packages first, then each model that is missing."""
        entries = [self.entry(key) for key in keys]
        jobs = []
        if packages and missing_packages():
            with self._submitting:
                running = next(iter(self._running(PACKAGES).values()), None)
                job_id = running or self._ready.network.submit(PACKAGES, {}, 1.0, PACKAGES).id
            jobs.append({"job_id": job_id, "packages": True})
        for entry in entries:
            found = locate(self._settings, entry.key)
            if not (found and found.valid):
                jobs.append({"job_id": self.download(entry.key).id, "key": entry.key})
        return jobs

    def switch(self, model: str) -> Job:
        """The job that loads a model: base, custom, design, or a key."""
        return self._ready.lane.submit(SWITCH, {"model": model}, 1.0, SWITCH)

    def unload(self) -> Job:
        return self._ready.lane.submit(UNLOAD, {}, 1.0, UNLOAD)

    def move(self, path: str) -> Job:
        """The job that moves the models folder. Raises BadRequest, Conflict where a setting names the folder."""
        if self._settings.models_dir:
            hint = "Change STUDIO_MODELS_DIR (or QWEN_TTS_MODELS_DIR) and move the files yourself."
            raise Conflict("A setting names the models folder.", hint=hint)
        target = Path(path).expanduser()
        if not path or not target.is_absolute():
            raise BadRequest("Name the whole path of the new folder.", fields={"path": "starts at the root"})
        moving.check(self._settings.models_root, target)
        with self._submitting:
            for job in self._ready.under_way(MOVE):
                if job.request == {"path": str(target)}:
                    return job
                raise Conflict("The models are being moved already.", hint="Wait until they are, or cancel that.")
            return self._ready.network.submit(MOVE, {"path": str(target)}, 1.0, MOVE)

    def delete(self, key: str) -> dict[str, Any]:
        """Remove a model's files from our own folder; what other programs keep stays. Raises NotFound, Conflict."""
        entry = self.entry(key)
        with held(self.target(entry), entry):
            return {"key": key, "freed": _remove(self.deletable(key).path, entry)}

    def deletable(self, key: str) -> Found:
        """What `delete` would remove. Raises NotFound, Conflict."""
        entry = self.entry(key)
        if key in self._running(DOWNLOAD):
            raise Conflict(f"{entry.title} is being downloaded.", hint="Cancel the download first.")
        found = locate(self._settings, key)
        if found is None:
            raise NotFound(f"{entry.title} is not here.", hint="There is nothing to delete.", code="model-not-found")
        if found.source not in ("models", "project") or found.path.is_symlink():
            raise Conflict(f"{entry.title} lies in a folder of another program.", hint=f"Delete it there: {found.path}")
        return found

    def clean(self, key: str) -> dict[str, Any]:
        """Remove what an unfinished download left. Raises NotFound, Conflict."""
        entry = self.entry(key)
        if key in self._running(DOWNLOAD):
            raise Conflict(f"{entry.title} is being downloaded.", hint="Cancel the download first.")
        return {"key": key, "freed": clean(self.target(entry), entry)}

    def open(self, key: str) -> dict[str, Any]:
        """Show the model's folder in the file manager of this machine. Raises NotFound, StorageFailed."""
        folder = Path(str(self.examined(key)["path"]))
        if not folder.is_dir():
            folder = self._settings.models_root
            folder.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.Popen([*OPENERS.get(sys.platform, ["xdg-open"]), str(folder)], stderr=subprocess.DEVNULL)
        except OSError as error:
            hint = f"Open it yourself: {folder}"
            raise StorageFailed("This machine has no file manager to open it with.", hint=hint) from error
        return {"key": key, "path": str(folder)}

    @property
    def _ready(self) -> Queues:
        assert self._queues is not None, "only a studio with queues takes jobs"
        return self._queues

    def _running(self, kind: str) -> dict[str, str]:
        """Key of a model (or the kind itself) → job that waits or runs."""
        if self._queues is None:
            return {}
        return {str(job.request.get("key", kind)): job.id for job in self._queues.under_way(kind)}


def _state(found: Found | None, job_id: str | None, partial: int) -> str:
    if job_id:
        return "downloading"
    if found is None:
        return "partial" if partial else "missing"
    if found.valid:
        return "installed"
    return "broken" if any("(damaged)" in name for name in found.missing) else "partial"


def _still_to_fetch(row: dict[str, Any]) -> int:
    """Megabytes."""
    return 0 if row["installed"] else max(0, int(row["bytes"]) - int(row["downloaded_bytes"])) // 1_000_000


def _size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0


def _remove(folder: Path, entry: ModelEntry) -> int:
    """A folder that several models share loses this one's files only. Answers the bytes."""
    if any(other.local == entry.local and other.key != entry.key for other in catalog().values()):
        return remove_own(folder, entry)
    size = _size(folder)
    shutil.rmtree(folder)
    return size
