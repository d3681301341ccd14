"""What a lane's process tells of itself besides its jobs: a small JSON object, on change. One listener per process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Facts = dict[str, Any]
_listeners: list[Callable[[Facts], None]] = []


def listen(hear: Callable[[Facts], None]) -> None:
    """From now on `tell` speaks to this listener."""
    _listeners[:] = [hear]


def tell(facts: Facts) -> None:
    """Nothing happens where nobody listens."""
    for hear in _listeners:
        hear(facts)
