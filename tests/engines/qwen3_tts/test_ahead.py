"""Work done ahead in a thread: order, bounds, failures and leaving."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator

import pytest

from backend.engines.qwen3_tts.ahead import ahead


def numbers(most: int, seen: list[int]) -> Generator[int | None, None, None]:
    for number in range(most):
        seen.append(number)
        yield number
        yield None


def test_results_come_in_order_and_none_is_no_result() -> None:
    with ahead(numbers(20, []), 3) as results:
        assert list(results) == list(range(20))


def test_it_runs_ahead_of_its_reader_and_no_further_than_told() -> None:
    seen: list[int] = []
    with ahead(numbers(50, seen), 3) as results:
        assert next(results) == 0
        until = time.monotonic() + 5
        while len(seen) < 5 and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(0.1)
        assert seen == [0, 1, 2, 3, 4]  # one taken, three waiting, one in the hand
        assert list(results) == list(range(1, 50))


def test_what_the_source_raises_comes_after_what_it_had_made() -> None:
    def failing() -> Generator[int | None, None, None]:
        yield 1
        raise LookupError("gone")

    with ahead(failing(), 2) as results:
        assert next(results) == 1
        with pytest.raises(LookupError, match="gone"):
            next(results)


def test_leaving_closes_the_source_in_its_own_thread_before_it_returns() -> None:
    closed: list[str] = []

    def endless() -> Generator[int | None, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.append(threading.current_thread().name)

    with ahead(endless(), 2) as results:
        next(results)
    assert closed == ["ahead"]
    assert not any(thread.name == "ahead" for thread in threading.enumerate())
