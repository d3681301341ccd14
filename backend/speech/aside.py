"""Runs slow work in a thread while the job goes on telling how far it is. Knows nothing of the work."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

Made = TypeVar("Made")
TICK = 0.25  # seconds between two looks at the work


def aside(work: Callable[[Callable[[float], None]], Made]) -> Generator[float | None, None, Made]:
    """Yield the newest share that `work` tells, None before its first; return what it made, raise what it raised.

    Left early it waits for the thread: whoever leaves has cancelled the work, and work asks for that.
    """
    shares: queue.SimpleQueue[float] = queue.SimpleQueue()
    made: list[Made] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            made.append(work(shares.put))
        except BaseException as error:  # noqa: BLE001 - handed to the thread of the job below
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name="aside")
    thread.start()
    share: float | None = None
    try:
        while thread.is_alive():
            thread.join(TICK)
            while not shares.empty():
                share = shares.get()
            yield share
    finally:
        thread.join()
    if failed:
        raise failed[0]
    return made[0]
