"""Where a stack keeps the keys and values of what is being spoken, and the arrays that its passes write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backend.engines.qwen3_tts.int8.grouped import GROUP
from backend.engines.qwen3_tts.int8.instructions import BLOCK
from backend.engines.qwen3_tts.int8.kernels import FEW, LINE, Net, Work

STEP = 256
"""Positions by which room for keys grows."""


class Room:
    """Keys and values of a stack for some sequences, and everything that a pass writes."""

    def __init__(self, net: Net, rows: int, capacity: int, theta: float, threads: int) -> None:
        self.net, self.rows, self.capacity, self._theta, self._threads = net, rows, capacity, theta, threads
        shape = (net.layers, rows, net.key_heads, capacity, net.head)
        self.keys, self.seen = np.zeros(shape, np.uint16), np.zeros(shape, np.uint16)

    def grow(self, length: int) -> None:
        """Make room for so many positions."""
        if length <= self.capacity:
            return
        more = -(-length // STEP) * STEP + STEP - self.capacity
        pad = ((0, 0), (0, 0), (0, 0), (0, more), (0, 0))
        self.keys, self.seen = np.pad(self.keys, pad), np.pad(self.seen, pad)
        self.capacity += more

    def select(self, rows: Sequence[int]) -> None:
        kept = list(rows)
        self.keys, self.seen = self.keys[:, kept].copy(), self.seen[:, kept].copy()
        self.rows = len(kept)

    def work(self, tokens: int, picked: int, phases: int) -> Work:
        """Fresh arrays for passes of so many positions at most."""
        net, threads = self.net, self._threads
        widest = -(-max(net.hidden, net.inner, net.key_heads * net.group * net.head) // 64) * 64
        cosines, sines = _rotary(net.head, self.capacity, self._theta)
        return Work(
            values=floats(tokens, net.hidden),
            sequences=np.zeros(tokens, np.int64),
            positions=np.zeros(tokens, np.int64),
            keys=self.keys,
            seen=self.seen,
            cosines=cosines,
            sines=sines,
            projected=floats(net.key_heads, tokens, (net.group + 2) * net.head),
            heard=floats(tokens, net.key_heads * net.group * net.head),
            fed=floats(tokens, net.inner),
            picked=np.zeros(picked, np.int64),
            states=floats(picked, net.hidden),
            logits=floats(picked, net.vocabulary),
            common=np.zeros((1, tokens, widest), np.uint8),
            common_scales=floats(1, tokens),
            common_groups=floats(1, tokens, widest // GROUP),
            own=np.zeros((threads, FEW, widest), np.uint8),
            own_scales=floats(threads, FEW),
            own_groups=floats(threads, FEW, widest // GROUP),
            normed=floats(threads, widest),
            rows=floats(threads, 4, BLOCK),
            scores=floats(threads, self.capacity),
            counters=np.zeros(phases * 2 * LINE, np.int64),
        )


def floats(*shape: int) -> NDArray[np.float32]:
    return np.zeros(shape, np.float32)


def _rotary(head: int, length: int, theta: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(length, head / 2) each."""
    speeds = theta ** -(np.arange(0, head, 2, dtype=np.float64) / head)
    angles = np.arange(length)[:, None] * speeds
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
