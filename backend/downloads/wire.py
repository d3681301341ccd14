"""A provider that misbehaves, made usable: tries again with patience, goes on at the right byte, stops when told to.

Everything here is a generator that yields words for the user (mostly none) at least four times a second, so that
whoever runs it can show progress, keep its lease and cancel, in a stall as well.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

from backend.core.errors import Cancelled
from backend.downloads.http import Broken, Exchange, Head, Request, Untrusted, origin
from backend.downloads.part import Part
from backend.downloads.providers import NAMES, Unsuited

TICK = 0.2  # seconds
LONGEST_ANSWER = 64 * 2**20  # bytes of a listing
WORTH = 64 * 1024
"""Bytes that an attempt must bring to count as progress."""
LONGEST_REST = 300.0
"""Seconds that a provider may ask to wait; one that asks for more is left."""
WORTH_RETRYING = frozenset({408, 416, 425, 429, 500, 502, 503, 504, 509, 520, 521, 522, 523, 524})
T = TypeVar("T")
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Trouble(Exception):
    """An attempt failed in a way that another may mend."""

    def __init__(self, reason: str, rest: float = 0.0) -> None:
        super().__init__(reason)
        self.rest = rest
        """Seconds that the provider asks to wait."""


@dataclass(frozen=True)
class Manner:
    """How patient to be."""

    stall: float = 30.0
    """Seconds without a byte."""
    backoff: float = 0.5
    """Seconds after the first failure; doubled after each that follows without progress."""
    longest_backoff: float = 30.0
    tries: int = 8
    """Failures in a row without progress."""


class Wire:
    """Everything that is asked of one provider."""

    def __init__(self, provider: str, manner: Manner, cancelled: Callable[[], bool], hub: str = "", token: str = ""):
        self.provider = provider
        self._manner = manner
        self._cancelled = cancelled
        self._hub, self._token = hub, token
        self._failures = 0
        self._ranges = True
        self.received = 0
        """Bytes of files that came, all attempts together."""

    def ask(self, url: str, method: str = "GET") -> Generator[str, None, tuple[Head, bytes]]:
        """A whole answer of moderate size. Raises Unsuited, Cancelled."""
        while True:
            try:
                with closing(self._exchange(url, {}, method)) as exchange:
                    head = yield from self._head(exchange)
                    body = bytearray()
                    while piece := (yield from self._piece(exchange)):
                        body += piece
                        if len(body) > LONGEST_ANSWER:
                            raise Unsuited("its answer has no end")
                length = head.headers.get("content-length", "")
                if method == "GET" and length.isdigit() and int(length) != len(body):
                    raise Trouble("its answer was cut off")
                self._failures = 0
                return head, bytes(body)
            except (Trouble, Broken) as error:
                yield from self._rest(error)

    def fetch(self, part: Part) -> Iterator[str]:
        """Bring the part to its full length. Raises Unsuited, Cancelled, DiskFull, StorageFailed."""
        while part.size < part.remote.size:
            before = part.size
            try:
                yield from self._attempt(part)
            except (Trouble, Broken) as error:
                if part.size - before >= min(WORTH, part.remote.size):
                    self._failures = 0
                yield from self._rest(error)
        self._failures = 0

    def pause(self) -> None:
        """Raises Cancelled when the user wants it."""
        if self._cancelled():
            raise Cancelled("The download was stopped. What came is kept, and the next start goes on from there.")

    def patiently(self, steps: Generator[None, None, T]) -> Generator[str, None, T]:
        """Run slow steps of another kind, from each of which a cancel leads out."""
        with closing(steps):
            while True:
                self.pause()
                try:
                    next(steps)
                except StopIteration as end:
                    return end.value
                yield ""

    def _attempt(self, part: Part) -> Iterator[str]:
        asked = {"Range": f"bytes={part.size}-"} if part.size and self._ranges else {}
        with closing(self._exchange(part.remote.url, asked)) as exchange:
            head = yield from self._head(exchange)
            skip = self._skip(head, part)
            while part.size < part.remote.size:
                piece = yield from self._piece(exchange)
                if not piece:
                    raise Trouble("the connection ended early")
                self.received += len(piece)
                fresh = piece[skip:] if skip < len(piece) else b""
                skip = max(0, skip - len(piece))
                if len(fresh) > part.remote.size - part.size:
                    raise Trouble("it sent more than it told")
                part.append(fresh)
                yield ""

    def _skip(self, head: Head, part: Part) -> int:
        """Bytes of the answer that are there already. Raises Trouble for an answer that does not fit.

        No If-Range: the digest tells whether the parts belong together, and delivery networks tell other etags on
        every machine, which would throw away what came.
        """
        if head.status == HTTPStatus.PARTIAL_CONTENT:
            told = _RANGE.fullmatch(head.headers.get("content-range", "").strip())
            fits = told is not None and int(told[1]) == part.size and told[3] in ("*", str(part.remote.size))
            if not fits:
                self._ranges = False  # it cannot count: ask for the whole, and leave out what is there
                raise Trouble("it sent another range than was asked for")
            return 0
        length = head.headers.get("content-length", "")
        if length.isdigit() and int(length) != part.remote.size:
            raise Trouble("it tells two lengths of one file")
        return part.size

    def _exchange(self, url: str, headers: dict[str, str], method: str = "GET") -> Exchange:
        token = self._token if origin(url) == origin(self._hub) else ""
        return Exchange(Request(url, headers, token, method, self._manner.stall))

    def _head(self, exchange: Exchange) -> Generator[str, None, Head]:
        arrived = yield from self._next(exchange)
        assert isinstance(arrived, Head), "the head comes first"
        if arrived.status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            raise self._refusal(arrived)
        return arrived

    def _piece(self, exchange: Exchange) -> Generator[str, None, bytes]:
        arrived = yield from self._next(exchange)
        assert isinstance(arrived, bytes), "the body follows the head"
        return arrived

    def _next(self, exchange: Exchange) -> Generator[str, None, Head | bytes]:
        deadline = time.monotonic() + 2 * self._manner.stall  # the socket has its own; names are looked up without one
        while True:
            self.pause()
            try:
                arrived = exchange.next(TICK)
            except Untrusted as error:
                raise Unsuited(str(error)) from error
            if arrived is not None:
                return arrived
            if time.monotonic() > deadline:
                raise Trouble("it fell silent")
            yield ""

    def _refusal(self, head: Head) -> Exception:
        status = head.status
        at_hub = origin(head.url) == origin(self._hub)
        if at_hub and status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            code = head.headers.get("x-error-code", "GatedRepo")  # others: no such repository
            return Unsuited(f"it wants an account (HTTP {status})", self.provider == "hf" and code == "GatedRepo")
        if status in WORTH_RETRYING or (not at_hub and status == HTTPStatus.FORBIDDEN):  # a signed address grew old
            return Trouble(f"it answered HTTP {status}", _asked_rest(head))
        return Unsuited(f"it answered HTTP {status}")

    def _rest(self, error: Trouble | Broken) -> Iterator[str]:
        """Wait before the next try. Raises Unsuited when patience is at its end."""
        self._failures += 1
        manner = self._manner
        asked = error.rest if isinstance(error, Trouble) else 0.0
        if self._failures >= manner.tries or asked > LONGEST_REST:
            raise Unsuited(str(error)) from error
        grown = min(manner.longest_backoff, manner.backoff * 2 ** (self._failures - 1))
        rest = max(asked, grown * random.uniform(0.5, 1.0))  # noqa: S311 (spreads callers, guards nothing)
        words = f"{NAMES[self.provider]}: {error}. The next try is in {rest:.0f} s." if rest >= 1 else ""
        until = time.monotonic() + rest
        while (left := until - time.monotonic()) > 0:
            self.pause()
            yield words
            time.sleep(min(TICK, left))
            words = ""


def _asked_rest(head: Head) -> float:
    """Seconds in Retry-After, which may be a date."""
    told = head.headers.get("retry-after", "").strip()
    if told.isdigit():
        return float(told)
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
