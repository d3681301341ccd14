"""A transcription followed as text: who listens to it gets words as they are sure, and leaving cancels the job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from backend.core.errors import Cancelled, PreviousFailure, ShuttingDown
from backend.jobs.following import CLOSING
from backend.rooms.queues import Queues


class LiveText:
    """An iterator over pieces of text that together are the whole, None for a quiet moment.

    `result` holds the transcription after the end. `gone` is asked now and then whether nobody waits any more. Raises
    the job's problem, ShuttingDown, Cancelled.
    """

    def __init__(self, queues: Queues, job_id: str, gone: Callable[[], bool] = lambda: False) -> None:
        self.job_id = job_id
        self.result: dict[str, Any] | None = None
        self._queues = queues
        self._events = queues.follow(job_id)
        self._told = ""
        self._ended = False
        self._gone = gone

    def __iter__(self) -> Iterator[str | None]:
        for item in self._events:
            if self._gone():
                self.close()
                raise Cancelled("Nobody waits for the text any more.")
            if item is None:
                yield None
                continue
            body = item[1]
            if body.get("done"):
                self._ended = True
            if body.get("problem"):
                raise PreviousFailure(body["problem"])
            if body.get("stage_code") == CLOSING:
                raise ShuttingDown("The studio is closing; the job runs again after the restart.")
            if self._ended:
                self.result = body
            yield from self._news(body["text"] if self._ended else body.get("heard", ""))

    def close(self) -> None:
        """Nobody waits any more: a job that has not ended is cancelled."""
        close = getattr(self._events, "close", None)
        if close is not None:
            close()
        if not self._ended:
            self._ended = True
            self._queues.cancel(self.job_id)

    def finish(self) -> dict[str, Any]:
        """Wait for the end; all of it. Raises as iterating does."""
        for _ in self:
            continue
        if self.result is None:
            raise ShuttingDown("The studio is closing; the job runs again after the restart.")
        return self.result

    def _news(self, text: str) -> Iterator[str]:
        """What the text has more than was told. One that was changed behind that cannot be told piece by piece."""
        if len(text) > len(self._told) and text.startswith(self._told):
            yield text[len(self._told) :]
            self._told = text
