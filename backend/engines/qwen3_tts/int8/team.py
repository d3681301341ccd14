"""Threads that work a pass together. They look for work for a moment after it ended, then they sleep."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from backend.engines.qwen3_tts.int8.instructions import add_atomic, breathe, give_way, load_atomic
from backend.engines.qwen3_tts.int8.kernels import LINE, compiled

CLOSED = 1 << 32
"""Added to the gate while nobody may come in; the rest counts who is inside."""
GATE, CALLS = 0, LINE  # places in the control array
LOOKS = 3000  # about 0.2 ms: less than what lies between two passes of one frame


@compiled
def enter(control: Any) -> bool:
    """Come in, where the gate is open."""
    place = control.ctypes.data
    if add_atomic(place, 1) >= CLOSED:
        add_atomic(place, -1)
        return False
    return True


@compiled
def leave(control: Any) -> None:
    add_atomic(control.ctypes.data, -1)


@compiled
def wait_for_call(control: Any, last: int) -> int:
    """The number of the newest call; that of the last one when none came in time."""
    place = control.ctypes.data + np.uint64(CALLS * 8)
    for look in range(LOOKS):
        newest = load_atomic(place)
        if newest != last:
            return newest
        breathe()
        if look % 200 == 199:
            give_way()
    return last


@compiled
def open_gate(control: Any) -> None:
    """Announce a call and let the others in."""
    add_atomic(control.ctypes.data, -CLOSED)
    add_atomic(control.ctypes.data + np.uint64(CALLS * 8), 1)


@compiled
def close_gate(control: Any) -> None:
    """Let nobody in any more, and wait until all are out."""
    place = control.ctypes.data
    add_atomic(place, CLOSED)
    looks = 0
    while load_atomic(place) != CLOSED:
        breathe()
        looks += 1
        if looks > LOOKS:
            give_way()


class Team:
    """So many threads, the caller among them. One call at a time."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._shared = _Shared(np.zeros(2 * LINE, np.int64))
        self._shared.control[GATE] = CLOSED
        for rank in range(1, threads):
            threading.Thread(target=_member, args=(self._shared, rank), daemon=True, name=f"int8-{rank}").start()
        weakref.finalize(self, _Shared.end, self._shared)

    def run(self, work: Callable[[int], None]) -> None:
        """`work(rank)` by as many of the team as come in time; the caller is rank 0 and always comes."""
        shared = self._shared
        shared.work = work
        open_gate(shared.control)
        if shared.sleeping:
            with shared.awake:
                shared.awake.notify_all()
        try:
            work(0)
        finally:
            close_gate(shared.control)
            shared.work = None


class _Shared:
    """What members know of their team, so that the team itself can end."""

    def __init__(self, control: Any) -> None:
        self.control = control
        self.work: Callable[[int], None] | None = None
        self.awake = threading.Condition()
        self.sleeping = 0
        self.ended = False

    def end(self) -> None:
        with self.awake:
            self.ended = True
            self.awake.notify_all()


def _member(shared: _Shared, rank: int) -> None:
    last = 0
    while not shared.ended:
        newest = wait_for_call(shared.control, last)
        if newest == last:
            _sleep(shared, last)
            continue
        last = newest
        if enter(shared.control):
            work = shared.work
            if work is not None:
                work(rank)
            leave(shared.control)


def _sleep(shared: _Shared, last: int) -> None:
    with shared.awake:
        shared.sleeping += 1
        while not shared.ended and int(shared.control[CALLS]) == last:
            shared.awake.wait()
        shared.sleeping -= 1
