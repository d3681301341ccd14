"""A slow call that a job can walk away from: it reports while the call runs, and stops at once when cancelled.

`aside` waits for work that can be told to stop; this is for calls that cannot (a decoder, the first import of torch).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import TypeVar

from backend.core.errors import Cancelled
from backend.core.events import ProgressEvent

Answer = TypeVar("Answer")

TICK = 0.2  # seconds between two looks


def meanwhile(
    call: Callable[[], Answer], event: Callable[[], ProgressEvent], cancelled: Callable[[], bool]
) -> Generator[ProgressEvent, None, Answer]:
    """Yield an event every fifth of a second, then return what the call answered or raise what it raised.

    Raises Cancelled as soon as the job is; the call is then left to end by itself, and nobody hears of it.
    """
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:  # noqa: BLE001 - handed to the thread of the job below
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="meanwhile")
    thread.start()
    while thread.is_alive():
        thread.join(TICK)
        if cancelled():
            raise Cancelled("Stopped.")
        if thread.is_alive():
            yield event()
    if errors:
        raise errors[0]
    return answers[0]
