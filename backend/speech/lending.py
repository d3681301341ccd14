"""Borrow an engine while the job goes on telling how far its load is. Knows no sound."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from backend.core.types import Voice
from backend.engines.base import SpeechEngine
from backend.model_manager import ModelManager

TICK = 0.25  # seconds between two looks at the load


def borrow(
    stack: ExitStack, models: ModelManager, engine: SpeechEngine, voice: Voice, cancelled: Callable[[], bool]
) -> Iterator[float]:
    """Yield shares of the load from 0 to 1; then the engine is lent until `stack` ends.

    The load runs in a thread of its own, since a generator that waits for it could tell nothing. Raises what
    `ModelManager.use` raises. A load under way is not cut off: it ends, and then the cancelled borrower leaves.
    """
    shares: queue.SimpleQueue[float] = queue.SimpleQueue()
    lending = models.use(engine, voice, cancelled, shares.put)
    outcome: list[BaseException | None] = []

    def enter() -> None:
        try:
            lending.__enter__()
            outcome.append(None)
        except BaseException as error:  # noqa: BLE001 - handed to the thread of the job below
            outcome.append(error)

    thread = threading.Thread(target=enter, daemon=True, name="loading")
    thread.start()
    try:
        loading = True
        while loading:
            thread.join(TICK)
            loading = thread.is_alive()
            share = _newest(shares)
            if share is not None:
                yield share
    finally:
        thread.join()
        if outcome[0] is None:
            stack.push(lending.__exit__)
    if outcome[0] is not None:
        raise outcome[0]


def _newest(shares: queue.SimpleQueue[float]) -> float | None:
    share = None
    while not shares.empty():
        share = shares.get()
    return share
