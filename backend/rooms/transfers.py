"""What the network queue does: fetch a model, install the studio set, move the models folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from backend.core.events import Notice, ProgressEvent
from backend.core.settings import Settings
from backend.downloads.catalog import catalog
from backend.jobs.runner import Handler, JobContext
from backend.rooms.models import DOWNLOAD, MOVE, PACKAGES
from backend.rooms.moving import moved
from backend.rooms.packages import packages_installed


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
