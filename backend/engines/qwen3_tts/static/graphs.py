"""Steps are recorded once and replayed: one launch for thousands of kernels. What records is the caller's choice."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Hashable, Iterator
from typing import Protocol

import torch

from backend.engines.qwen3_tts.checkpoint import is_out_of_memory

log = logging.getLogger(__name__)

Step = Callable[[], None]
"""Reads and writes memory that stays where it is, and nothing else."""


class Recorder(Protocol):
    def record(self, step: Step) -> Step:
        """Run a step, then answer what repeats it. Raises RuntimeError where that is not possible."""


class CudaRecorder:
    """CUDA graphs that share one pool of memory: they are replayed one after the other, on one stream."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()
        self._beside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch's

    def record(self, step: Step) -> Step:
        self._beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._beside):
            step()  # in the first run libraries make their work spaces
        torch.cuda.current_stream().wait_stream(self._beside)
        graph = torch.cuda.CUDAGraph()
        # Other threads may allocate meanwhile: a recogniser, the encoder of a new voice.
        with torch.cuda.graph(graph, pool=self._pool, stream=self._beside, capture_error_mode="thread_local"):
            step()
        repeat: Step = graph.replay
        return repeat


class Replays:
    """What was recorded, by key. A step that cannot be recorded runs as it is."""

    def __init__(self, recorder: Recorder | None) -> None:
        """None records nothing."""
        self._recorder = recorder
        self._made: dict[Hashable, Step] = {}
        self._refused: set[Hashable] = set()
        self.full = False
        """Whether memory ran out: what is recorded stays, and nothing is added."""
        self._paused = False

    def __len__(self) -> int:
        return len(self._made)

    @property
    def records(self) -> bool:
        """Whether anything is recorded at all."""
        return self._recorder is not None

    def lacks(self, key: Hashable) -> bool:
        """Whether `prepare` would record something."""
        known = key in self._made or key in self._refused
        return self._recorder is not None and not self.full and not known and not self._paused

    def prepare(self, key: Hashable, step: Step) -> None:
        """Record a step unless it is; it runs meanwhile, so nothing that it changes may matter."""
        if self._recorder is None or not self.lacks(key):
            return
        try:
            self._made[key] = self._recorder.record(step)
        except (RuntimeError, MemoryError) as error:
            self.full = is_out_of_memory(error)
            self._refused.add(key)
            log.warning("%s is not recorded: %s", key, error)

    def run(self, key: Hashable, step: Step) -> None:
        """Repeat what was recorded under the key; else run the step."""
        repeat = step if self._paused else self._made.get(key, step)
        repeat()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Everything runs as it is."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    def clear(self) -> None:
        """Forget everything: the memory that it knew has moved."""
        self._made.clear()
        self._refused.clear()
        self.full = False
