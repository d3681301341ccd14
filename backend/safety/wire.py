"""Request bodies as they come off a connection: of known length, or in chunks. Knows bytes, no meaning.

`read` gives what is there, without waiting for the rest. `exhausted` says whether the next request may follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from backend.core.errors import Malformed, RequestTimeout

MAX_LINE = 256  # bytes of a chunk's size line or of a trailer
MAX_TRAILERS = 20
FREE_CHUNKS = 10_000  # chunks before their average size is looked at
SMALLEST_AVERAGE = 64  # bytes

_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,12})[ \t]*(?:;[^\r\n]*)?\r\n")


class Source(Protocol):
    def read1(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class KnownBody:
    """A body whose length was declared."""

    def __init__(self, source: Source, length: int) -> None:
        self._source = source
        self._left = length

    @property
    def exhausted(self) -> bool:
        return self._left == 0

    def read(self, size: int) -> bytes:
        data = _read_some(self._source, min(size, self._left))
        self._left -= len(data)
        return data


class ChunkedBody:
    """A body in chunks. Raises Malformed for what is none, and for dust: a flood of tiny chunks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._left = 0  # bytes of the present chunk
        self._chunks = 0
        self._bytes = 0
        self.exhausted = False

    def read(self, size: int) -> bytes:
        if self._left == 0 and not self.exhausted:
            self._next_chunk()
        if self.exhausted:
            return b""
        data = _read_some(self._source, min(size, self._left))
        self._left -= len(data)
        if self._left == 0 and self._line() != b"\r\n":
            raise Malformed("A chunk of the body does not end where it should.")
        return data

    def _next_chunk(self) -> None:
        match = _CHUNK_SIZE.fullmatch(self._line())
        if match is None:
            raise Malformed("The size of a chunk of the body cannot be read.")
        self._left = int(match[1], 16)
        self._chunks += 1
        self._bytes += self._left
        if self._left == 0:
            self._skip_trailers()
        elif self._chunks > FREE_CHUNKS and self._bytes < self._chunks * SMALLEST_AVERAGE:
            raise Malformed("The body comes in too many tiny chunks.")

    def _skip_trailers(self) -> None:
        for _ in range(MAX_TRAILERS):
            if self._line() == b"\r\n":
                self.exhausted = True
                return
        raise Malformed("The body has too many trailers.")

    def _line(self) -> bytes:
        with _problems_of_the_wire():
            return self._source.readline(MAX_LINE)


class PromptBody:
    """A body whose sender waits for `100 Continue`: it gets it when somebody reads, so a refused body is never sent."""

    def __init__(self, body: KnownBody | ChunkedBody, sink: Sink) -> None:
        self._body = body
        self._sink: Sink | None = sink

    @property
    def exhausted(self) -> bool:
        return self._body.exhausted

    def read(self, size: int) -> bytes:
        sink, self._sink = self._sink, None
        if sink is not None:
            with _problems_of_the_wire():
                sink.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._body.read(size)


def _read_some(source: Source, size: int) -> bytes:
    if size == 0:
        return b""
    with _problems_of_the_wire():
        data = source.read1(size)
    if not data:
        raise Malformed("The body ended before its end.")
    return data


@contextmanager
def _problems_of_the_wire() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise RequestTimeout("The rest of the body did not come.") from None
    except OSError:
        raise Malformed("The connection broke while the body was read.") from None
