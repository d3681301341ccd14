"""Live speech as the body of an answer: encoded bytes, or events. Leaving it frees its slot and cancels its job."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from flask import Response, request

from backend.api.context import here, studio
from backend.api.sse import StreamSlots
from backend.audio.streaming import StreamEncoder, louder
from backend.core.errors import BadRequest, Problem
from backend.core.types import GenerationRequest

log = logging.getLogger("studio.api")


def caller_has_left() -> Callable[[], bool]:
    """Whether the caller of this request has hung up; may be asked from any thread."""
    found: Callable[[], bool] = request.environ.get("studio.has_left", lambda: False)
    return found


def encoder_for(format_name: str, rate: int | None = None, bit_rate: int | None = None) -> StreamEncoder:
    """Raises BadRequest for a rate that the format has not."""
    try:
        return StreamEncoder(format_name, rate or 24_000, bit_rate)
    except ValueError as error:
        raise BadRequest(f"That rate cannot be had: {error}.", fields={"sample_rate": str(error)}) from None


PATIENCE = 600.0  # seconds that a player may rest: what it has not read yet is kept for it


class Speech(Protocol):
    """Sound while it is spoken, as the studio gives it."""

    job_id: str
    result: dict[str, Any]

    def __iter__(self) -> Iterator[bytes]: ...
    def close(self) -> None: ...


class Sounding:
    """Speech that has begun: its first bytes are there, so that what fails before them is an ordinary answer.

    Iterating gives encoded bytes. `close` once, whatever happened.
    """

    def __init__(self, speech: Speech, encoder: StreamEncoder, slots: StreamSlots, gain: float = 1.0) -> None:
        self.speech = speech
        self.encoder = encoder
        self._slots: StreamSlots | None = slots
        self._pieces = iter(speech)
        self._gain = gain
        self._head = next(self._encoded(), b"")

    def __iter__(self) -> Iterator[bytes]:
        if self._head:
            yield self._head
            yield from self._encoded()

    def close(self) -> None:
        slots, self._slots = self._slots, None
        if slots is not None:
            slots.give_back()
            self.speech.close()

    def _encoded(self) -> Iterator[bytes]:
        for pcm in self._pieces:
            if data := self.encoder.feed(louder(pcm, self._gain)):
                yield data
        if data := self.encoder.end():
            yield data


def begin(asked: GenerationRequest, encoder: StreamEncoder, gain: float = 1.0) -> Sounding:
    """Speak, and wait for the first bytes. Raises what is wrong with the request, the job's problem, Busy."""
    slots = here().slots
    slots.take()
    try:
        speech = studio().live.speak(asked, asked.client, caller_has_left())
        try:
            return Sounding(speech, encoder, slots, gain)
        except BaseException:
            speech.close()
            raise
    except BaseException:
        slots.give_back()
        raise


class Body:
    """The bytes of an answer. What fails in their midst cuts the connection: nobody takes half for the whole."""

    def __init__(self, sounding: Sounding, pieces: Callable[[Sounding], Iterator[bytes]] = iter) -> None:
        self._sounding = sounding
        self._pieces = pieces(sounding)

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except Problem as problem:
            log.warning("an answer was cut: %s", problem.detail)
            raise ConnectionAbortedError(errno.ECONNABORTED, problem.detail) from problem

    def close(self) -> None:
        self._sounding.close()


def streamed(body: Body, media_type: str, job_id: str) -> Response:
    """The answer, with what keeps proxies from holding it back, and a server that waits for who plays it."""
    wait: Callable[[float], None] = request.environ.get("studio.wait_for", lambda seconds: None)
    wait(PATIENCE)
    response = Response(body, content_type=media_type)
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["X-Job-Id"] = job_id
    return response
