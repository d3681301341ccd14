"""The jobs that bring a model into memory and give it back. They run where the models are: in the lane."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Any

from backend.core.errors import BadRequest
from backend.core.events import ProgressEvent
from backend.jobs.runner import Handler, JobContext
from backend.model_manager import ModelManager

SWITCH, UNLOAD = "switch-model", "unload-models"
TICK = 0.25  # seconds between two reports of a load


def handlers(models: ModelManager) -> dict[str, Handler]:
    """By kind of job."""
    return {
        SWITCH: lambda request, context: switched(models, request, context),
        UNLOAD: lambda request, context: unloaded(models),
    }


def switched(models: ModelManager, request: dict[str, Any], context: JobContext) -> Iterator[ProgressEvent]:
    """Load the model named in the request; a failed load raises what went wrong, and the former model serves on."""
    name = request.get("model")
    if not isinstance(name, str) or not name:
        raise BadRequest("Name the model to switch to.", fields={"model": "base, custom, design or a model's key"})
    shares: queue.SimpleQueue[float] = queue.SimpleQueue()
    outcome: list[str | BaseException] = []

    def load() -> None:
        try:
            outcome.append(models.switch_model(name, context.cancelled, shares.put))
        except BaseException as error:  # noqa: BLE001 - handed to the thread of the job below
            outcome.append(error)

    thread = threading.Thread(target=load, daemon=True, name="loading")
    thread.start()
    yield _event(name, 0.0)
    while thread.is_alive():
        thread.join(TICK)
        with contextlib.suppress(queue.Empty):
            share = shares.get_nowait()
            while not shares.empty():
                share = shares.get()
            yield _event(name, share)
    ended = outcome[0]
    if isinstance(ended, BaseException):
        raise ended
    yield ProgressEvent(
        phase="done", stage="Ready", stage_code="done", progress=1.0, result={"model": ended, **models.facts()}
    )


def unloaded(models: ModelManager) -> Iterator[ProgressEvent]:
    yield ProgressEvent(phase="working", stage="Giving memory back", stage_code="unloading", progress=0.0)
    models.unload_model()
    yield ProgressEvent(phase="done", stage="Memory is free", stage_code="done", progress=1.0, result=models.facts())


def _event(name: str, share: float) -> ProgressEvent:
    return ProgressEvent(
        phase="loading",
        stage=f"Switching model: {name}",
        stage_code="switching",
        params={"model": name, "percent": f"{100 * share:.0f}"},
        progress=round(share, 3),
    )
