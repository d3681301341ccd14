"""A studio whose Qwen3-TTS serves several jobs at once, as on a GPU: tiny checkpoints, unrecorded, on the processor.
And callers of it, each with an address of its own, so that they take turns.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, Any

from backend import studio
from backend.engines import registry
from backend.engines.qwen3_tts.engine import Qwen3TtsEngine
from backend.jobs.process_lane import ProcessRunner
from backend.jobs.runner import Handler, Runner
from tests.running_studio import RunningStudio

if TYPE_CHECKING:  # the lane's process sets its threads up before torch is imported
    from backend.engines.qwen3_tts.checkpoint import Checkpoint

SLOTS = 4


class EngineOnSlots(Qwen3TtsEngine):
    """With the backend that a GPU has."""

    def _ready(self, key: str, progress: Callable[[float], None]) -> Checkpoint:
        import torch

        from backend.engines.qwen3_tts.static.backend import StaticBackend

        checkpoint = super()._ready(key, progress)
        if not isinstance(checkpoint.backend, StaticBackend):
            torch.set_num_threads(1)  # the models are tiny
            checkpoint.backend = StaticBackend(checkpoint.model, None, slots=SLOTS, capacity=256)
        return checkpoint


def lane_handlers(settings: dict[str, Any]) -> dict[str, Handler]:
    """In the lane's process."""
    registry.ENGINES["qwen3_tts"] = EngineOnSlots
    return studio.lane_handlers(settings)


class StudioOnSlots(studio.Studio):
    def _runner(self) -> Runner:
        return ProcessRunner(f"{__name__}:lane_handlers", self.settings.for_child(), self.settings.stall_limit)


def on_slots(models: Any, folder: Any) -> RunningStudio:
    """Speech goes on to `max_new_tokens`."""
    tiny = {"device": "cpu", "dtype": "float32", "qwen_size": "0.6b", "models_dir": models}
    return RunningStudio(folder, kind=StudioOnSlots, lane_runner="process", fake_engine="", **tiny)


class Caller:
    """Asks for one performance in a thread of its own and keeps what it is told; `number` makes its address."""

    def __init__(self, place: RunningStudio, number: int, body: dict[str, Any]) -> None:
        self._place, self._from = place, (f"127.0.0.{number}", 0)
        self.events: list[dict[str, Any]] = []
        self.begun = threading.Event()
        """Something was spoken."""
        self._thread = threading.Thread(target=self._listen, args=(body,), daemon=True)
        self._thread.start()

    @contextmanager
    def _called(self, method: str, path: str, body: dict[str, Any] | None = None) -> Iterator[HTTPResponse]:
        caller = HTTPConnection("127.0.0.1", self._place.port, timeout=60, source_address=self._from)
        data = json.dumps(body) if body is not None else None
        with closing(caller):
            caller.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            with caller.getresponse() as answer:
                yield answer

    def _read(self, path: str, method: str = "GET") -> bytes:
        with self._called(method, path) as answer:
            return answer.read()

    def _listen(self, body: dict[str, Any]) -> None:
        with self._called("POST", "/api/generate_stream", body) as answer:
            for line in answer:
                if line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
                    if (self.events[-1].get("progress") or 0) > 0.1 or "audio" in self.events[-1]:
                        self.begun.set()
        self.begun.set()

    @property
    def job(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._read(f"/api/jobs/{self.events[0]['job_id']}"))
        return found

    @property
    def speaks(self) -> bool:
        return self._thread.is_alive()

    def cancel(self) -> None:
        self._read(f"/api/jobs/{self.events[0]['job_id']}", "DELETE")

    def end(self, seconds: float = 60) -> dict[str, Any]:
        """The last event."""
        self._thread.join(seconds)
        assert not self.speaks
        return self.events[-1]

    def sound(self) -> bytes:
        """The WAV of what it was given."""
        return self._read(str(self.end()["url"]))
