"""The body of a request as a bounded stream: counts bytes and time while they arrive, knows no meaning."""

from __future__ import annotations

import io
import time
from typing import Any, Protocol

from backend.core.errors import RequestTimeout, TooLarge

PATIENCE = 30.0  # seconds that any body may take
SLOWEST = 16 * 1024  # bytes a second that it must reach after that


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class BoundedBody(io.RawIOBase):
    """`wsgi.input` with a limit in bytes and a slowest speed. Raises TooLarge and RequestTimeout while reading."""

    def __init__(self, source: Readable, limit: int) -> None:
        self._source = source
        self._limit = limit
        self._seen = 0
        self._began = time.monotonic()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        self._seen += len(data)
        if self._seen > self._limit:
            raise too_large(self._limit)
        if data and time.monotonic() - self._began > PATIENCE + self._seen / SLOWEST:
            raise RequestTimeout("The body arrived too slowly.", hint="Try again over a faster connection.")
        buffer[: len(data)] = data
        return len(data)


def too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body may hold {_size(limit)} here.", hint="Send less, or raise the limit in the settings.")


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:.0f} MB" if n_bytes >= 2**20 else f"{n_bytes // 1024} kB"
