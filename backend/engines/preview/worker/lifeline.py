# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests from standard input, and the promise to end with the parent. Knows nothing of speech."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def requests() -> Iterator[dict[str, Any]]:
    """Each line of standard input as an object. The process ends at once when the input closes, also amid work."""
    _follow_parent()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(lines,), daemon=True).start()
    while True:
        yield json.loads(lines.get())


def answer(header: dict[str, Any], body: bytes = b"") -> None:
    """One JSON line that says how many bytes follow it, then those bytes."""
    line = json.dumps({**header, "bytes": len(body)}, ensure_ascii=True)
    sys.stdout.buffer.write(line.encode("ascii") + b"\n" + body)
    sys.stdout.buffer.flush()


def _listen(lines: queue.SimpleQueue[bytes]) -> None:
    for line in sys.stdin.buffer:
        lines.put(line)
    os._exit(0)


def _follow_parent() -> None:
    """Ask Linux for a signal when the parent ends.

    The kernel sends it when the *thread* that started us ends, too; so the signal only makes us look whether the
    parent is still the same process.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, look)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGHUP)
    look()
