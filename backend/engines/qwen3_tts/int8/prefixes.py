"""Keys and values of how prompts begin: a voice that spoke before pays only for what is new in its next sentence.

What two prompts begin with alike (role, language, voice, the words of the reference) leaves the same keys and values,
since a position hears only those before it. The first sentence of a voice is kept as far as memory allows, and cut down
to what the second one shares with it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.engines.qwen3_tts.int8.room import Room

LEAST = 4
"""Positions that are worth it: so many are computed by one reading of the weights."""
LONGEST = 256
"""Positions of a prompt that are kept."""
MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class _Beginning:
    values: NDArray[np.float32]
    """(n, hidden): what the stack was given."""
    keys: NDArray[np.uint16]
    """(layers, key_heads, n, head), and `seen` the same."""
    seen: NDArray[np.uint16]

    def of(self, length: int) -> _Beginning:
        return _Beginning(self.values[:length].copy(), self.keys[:, :, :length].copy(), self.seen[:, :, :length].copy())

    @property
    def size(self) -> int:
        """Bytes."""
        return self.values.nbytes + self.keys.nbytes + self.seen.nbytes


class Prefixes:
    """Of one stack. Those used longest ago go first."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._kept: OrderedDict[int, _Beginning] = OrderedDict()
        self._count = 0

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return sum(one.size for one in self._kept.values())

    def recall(self, prompt: NDArray[np.float32], room: Room, row: int) -> int:
        """Put what is known of a prompt (T, hidden) into the room; answers how many positions that were, under T."""
        key, length = self._longest(prompt)
        length = min(length, len(prompt) - 1)  # the last one is always computed: its state makes the first code
        if key is None or length < LEAST:
            return 0
        self._kept.move_to_end(key)
        known = self._kept[key]
        room.keys[:, row, :, :length] = known.keys[:, :, :length]
        room.seen[:, row, :, :length] = known.seen[:, :, :length]
        return length

    def keep(self, prompt: NDArray[np.float32], room: Room, row: int) -> None:
        """After a prompt was heard: keep its beginning, or cut a known one down to what both have in common."""
        key, length = self._longest(prompt)
        if key is not None and length >= LEAST:
            if length < len(self._kept[key].values):
                self._kept[key] = self._kept[key].of(length)
            return
        length = min(len(prompt), LONGEST)
        made = _Beginning(prompt, room.keys[:, row], room.seen[:, row]).of(length)
        self._count += 1
        self._kept[self._count] = made
        while self.size > self._most:
            self._kept.popitem(last=False)

    def _longest(self, prompt: NDArray[np.float32]) -> tuple[int | None, int]:
        """Whose beginning has most in common with a prompt, and how many positions."""
        found = ((_alike(one.values, prompt), key) for key, one in self._kept.items())
        length, best = max(found, default=(0, None), key=lambda pair: pair[0])
        return best, length


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> int:
    """Leading rows that are equal."""
    most = min(len(one), len(other))
    different = np.flatnonzero((one[:most] != other[:most]).any(axis=1))
    return int(different[0]) if len(different) else most
