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
    """One follower's letter box. Sound and events have bounds of their own: neither drives the other out."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._event_bytes = 0
        self._arrived = threading.Condition()
        self.missed = False
        """Numbered events were dropped; the follower looks into the table."""
        self.closed = False

    def put(self, item: Item) -> None:
        with self._arrived:
            self._items.append(item)
            self._count(item, 1)
            while self._event_bytes > BUFFER_LIMIT and len(self._items) > 1:
                self.missed = self._drop_oldest(sound=False)[0] is not None or self.missed
            while self._bytes > AUDIO_LIMIT and len(self._items) > 1:
                self._drop_oldest(sound=True)
            self._arrived.notify()

    def _drop_oldest(self, *, sound: bool) -> Item:
        index = next(n for n, item in enumerate(self._items) if ("audio" in item[1]) is sound)
        dropped = self._items[index]
        del self._items[index]
        self._count(dropped, -1)
        return dropped

    def _count(self, item: Item, sign: int) -> None:
        size = sign * _size(item)
        self._bytes += size
        if "audio" not in item[1]:
            self._event_bytes += size

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
            self._count(item, -1)
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

    def jobs(self) -> list[str]:
        """Ids of the jobs that somebody follows."""
        with self._lock:
            return list(self._followers)

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
