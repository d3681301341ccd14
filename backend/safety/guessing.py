"""Slows down whoever tries keys from elsewhere: a wrong one is answered late, and few of one address wait at once.

While those wait, further keys of that address are not looked at, and none of a new address while many wait in all; so
trying many at once is no quicker. An address from which the right key has come is always looked at: nobody locks it
out. Its wrong keys beyond those that wait are answered at once, so whoever shares it may guess as fast as the studio
answers: against that a long token alone helps. Knows no request; what it remembers is bounded.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable

from backend.core.errors import Unauthorised

SECONDS = 1.0  # until a wrong key is answered
MOST_WAITING = 4  # of one address
MOST_IN_ALL = 32  # threads that wait
MOST_PROVEN = 256  # addresses
PREFIX = 64  # bits of an IPv6 address that one network has: the rest its machines choose


class WrongKeys:
    """Shared by all threads that check keys."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._proven: OrderedDict[str, None] = OrderedDict()

    def judged(self, address: str, is_right: Callable[[], bool]) -> bool:
        """Whether the key that comes from there is right. Raises Unauthorised where too many wrong ones came."""
        source = source_of(address)
        if not source:
            return is_right()
        with self._lock:
            few = self._waiting[source] < MOST_WAITING
            has_room = few and self._waiting.total() < MOST_IN_ALL
            if not has_room and source not in self._proven:
                where = "in all" if few else "from this address"
                raise Unauthorised(f"Too many wrong keys come {where}.", hint="Wait a second, then send the right one.")
            if is_right():
                self._prove(source)
                return True
            if not has_room:
                return False
            self._waiting[source] += 1
        try:
            time.sleep(SECONDS)
        finally:
            with self._lock:
                self._waiting[source] -= 1
                self._waiting += Counter()  # forgets those of whom none waits
        return False

    def _prove(self, source: str) -> None:
        self._proven[source] = None
        self._proven.move_to_end(source)
        while len(self._proven) > MOST_PROVEN:
            self._proven.popitem(last=False)


def source_of(address: str) -> str:
    """The machine or network behind an address; nothing for this machine's own, and for what is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    one = mapped or found
    if one.is_loopback:
        return ""
    return str(one) if one.version == 4 else str(ipaddress.ip_network((int(one), PREFIX), strict=False))
