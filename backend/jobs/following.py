"""One follower of one job: the log from where it left, then what happens, to the last event. Knows no runner."""

from __future__ import annotations

import weakref
from collections.abc import Generator, Iterator
from typing import Any

from backend.core.errors import Problem
from backend.core.events import FINAL_PHASES, ProgressEvent
from backend.jobs.broker import Broker, Item, Subscription
from backend.jobs.model import Job
from backend.jobs.store import JobStore

PAGE = 200  # events read from the table at once: a reader that never reads holds no more than these
CLOSING = "closing"
"""Stage code of the last event when the studio leaves before the job has ended."""


class Following:
    """An iterator that listens from its making on, so that no sound is missed; let go by `close`, or when forgotten.

    Items are (number, body), number None for what is live only; None stands for `heartbeat` quiet seconds.
    Raises NotFound.
    """

    def __init__(
        self,
        store: JobStore,
        broker: Broker,
        job_id: str,
        after: int,
        heartbeat: float,
        subscription: Subscription | None = None,
    ) -> None:
        self._job_id = job_id
        subscription = subscription or broker.subscribe(job_id)
        self._let_go = weakref.finalize(self, broker.unsubscribe, job_id, subscription)
        self._let_go.atexit = False
        # After we began to listen: what is not in the log by now will come into our letter box.
        job = store.get(job_id)
        self._items = _follow(store, job, after, heartbeat, subscription)

    def __iter__(self) -> Following:
        return self

    def __next__(self) -> Item | None:
        try:
            return next(self._items)
        except Problem as problem:  # the table cannot be read: say so, as a stream can, and end
            event = ProgressEvent(phase="failed", stage=problem.detail, stage_code="failed", problem=problem.as_dict())
            return None, event.on_the_wire(self._job_id)

    def close(self) -> None:
        self._let_go()
        self._items.close()


def _follow(
    store: JobStore, job: Job, after: int, heartbeat: float, subscription: Subscription
) -> Generator[Item | None, None, None]:
    shown: dict[str, Any] = {}
    for number, body in _log(store, job.id, after, job.last_event):
        after, shown = number, body
        yield number, body
    if job.ended:
        return
    while True:
        item = subscription.get(heartbeat)
        if subscription.missed:
            subscription.missed = False
            for number, body in _states(_log(store, job.id, after)):
                after, shown = number, body
                yield number, body
                if body["phase"] in FINAL_PHASES:
                    return
        if item is None:
            if subscription.closed:
                return
            yield None
        elif _is_news(item, after, shown):
            after = after if item[0] is None else item[0]
            shown = shown if "audio" in item[1] else item[1]
            yield item
            if item[1]["phase"] in FINAL_PHASES or item[1].get("stage_code") == CLOSING:
                return


def _is_news(item: Item, after: int, shown: dict[str, Any]) -> bool:
    """False for what the log has told meanwhile: the same event, or an older state of the bar."""
    number, body = item
    if number is not None:
        return number > after
    return "audio" in body or (body.get("progress") or 1.0) >= (shown.get("progress") or 0.0)


def _log(store: JobStore, job_id: str, after: int, last: int | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The stored events after a number, to the `last` one, page by page."""
    while page := store.events(job_id, after, PAGE):
        for number, body in page:
            if last is not None and number > last:
                return
            yield number, body
        after = page[-1][0]


def _states(events: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """For a reader that is late: of events that only move the bar, the last."""
    held: tuple[int, dict[str, Any]] | None = None
    for item in events:
        if held is not None and (_said(held[1]) != _said(item[1]) or "notice" in held[1]):
            yield held
        held = item
    if held is not None:
        yield held


def _said(body: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(body.get(name) for name in ("phase", "stage_code", "segment"))
