"""An iterator's work done in a thread of its own: who makes results and who uses them do not wait for each other."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterator
from typing import TypeVar

Made = TypeVar("Made")
LOOK_EVERY = 0.05  # seconds between looks whether anybody still wants a result that finds no room
_END = object()


@contextlib.contextmanager
def ahead(source: Generator[Made | None, None, None], most: int) -> Iterator[Iterator[Made]]:
    """What `source` yields, made ahead by up to `most` results; its None is no result: there it can be stopped.

    Leaving stops the thread at the source's next yield and waits for that. What the source raises is raised here.
    """
    results: queue.Queue[object] = queue.Queue(most)
    leaving = threading.Event()
    thread = threading.Thread(target=_make, args=(source, results, leaving), daemon=True, name="ahead")
    thread.start()
    try:
        yield _taken(results)
    finally:
        leaving.set()
        thread.join()


def _make(source: Generator[Made | None, None, None], results: queue.Queue[object], leaving: threading.Event) -> None:
    last: object = _END
    try:
        with contextlib.closing(source):
            for made in source:
                if leaving.is_set():
                    return
                if made is not None and not _put(results, made, leaving):
                    return
    except BaseException as error:  # noqa: BLE001  - raised again where the results are taken
        last = _Raised(error)
    _put(results, last, leaving)


def _put(results: queue.Queue[object], made: object, leaving: threading.Event) -> bool:
    """False when nobody wants it any more."""
    while not leaving.is_set():
        with contextlib.suppress(queue.Full):
            results.put(made, timeout=LOOK_EVERY)
            return True
    return False


class _Raised:
    def __init__(self, error: BaseException) -> None:
        self.error = error


def _taken(results: queue.Queue[object]) -> Iterator[Made]:
    while (made := results.get()) is not _END:
        if isinstance(made, _Raised):
            raise made.error
        yield made  # type: ignore[misc]  # the queue holds results, and the two marks above
