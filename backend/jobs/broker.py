"""Wakes those who follow a job. Holds few bytes for each; what is dropped is read again from the table."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from typing import Any

EVENT_SIZE = 512  # bytes that one event without audio counts for
BUFFER_LIMIT = 256 * 1024  # bytes of events kept for a slow reader
AUDIO_LIMIT = 4 * 2**20  # bytes of live audio kept for a slow reader: about a minute at 24 kHz

Item = tuple[int | None, dict[str, Any]]


class Subscription:
    """One follower's letter box."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._arrived = threading.Condition()
        self.missed = False
        """Numbered events were dropped; the follower looks into the table."""
        self.closed = False

    def put(self, item: Item) -> None:
        with self._arrived:
            self._items.append(item)
            self._bytes += _size(item)
            limit = AUDIO_LIMIT if "audio" in item[1] else BUFFER_LIMIT
            while self._bytes > limit and len(self._items) > 1:
                dropped = self._items.popleft()
                self._bytes -= _size(dropped)
                self.missed = self.missed or dropped[0] is not None
            self._arrived.notify()

    def close(self) -> None:
        with self._arrived:
            self.closed = True
            self._arrived.notify()

    def get(self, timeout: float) -> Item | None:
        """The next item; None after `timeout` seconds without one, or when the studio closes and all is read."""
        end = time.monotonic() + timeout
        with self._arrived:
            while not self._items and not self.closed:
                left = end - time.monotonic()
                if left <= 0:
                    return None
                self._arrived.wait(left)
            if not self._items:
                return None
            item = self._items.popleft()
            self._bytes -= _size(item)
            return item


class Broker:
    """Hands events to everybody who follows their job."""

    def __init__(self) -> None:
        self._followers: dict[str, set[Subscription]] = defaultdict(set)
        self._lock = threading.Lock()
        self._closed = False

    def subscribe(self, job_id: str) -> Subscription:
        subscription = Subscription()
        with self._lock:
            if self._closed:
                subscription.closed = True
            self._followers[job_id].add(subscription)
        return subscription

    def unsubscribe(self, job_id: str, subscription: Subscription) -> None:
        with self._lock:
            self._followers[job_id].discard(subscription)
            if not self._followers[job_id]:
                del self._followers[job_id]

    def followed(self, job_id: str) -> bool:
        return job_id in self._followers

    def publish(self, job_id: str, item: Item) -> None:
        with self._lock:
            subscriptions = list(self._followers.get(job_id, ()))
        for subscription in subscriptions:
            subscription.put(item)

    def close(self) -> None:
        """Let every follower read what it has, then end."""
        with self._lock:
            self._closed = True
            everybody = [each for group in self._followers.values() for each in group]
        for subscription in everybody:
            subscription.close()


def _size(item: Item) -> int:
    return EVENT_SIZE + len(item[1].get("audio", ""))
