"""A stack of decoder layers in one pass, worked by several threads together. Compiled by numba; holds no Python object.

Indices that are sums are unsigned: the compiler would look whether they are negative, and then makes no vectors.

Work is cut into tasks that threads take from a counter, so that one that is held up holds up its own task only. A phase
ends when all its tasks are done. Results do not depend on how many threads there are, or on which was quick.
Activations are quantised for each position (one scale), weights for each row: "W8A8", dynamic and symmetric.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numba import njit
from numpy.typing import NDArray

from backend.engines.qwen3_tts.int8.instructions import (
    KIND,
    add_atomic,
    breathe,
    give_way,
    load_atomic,
    power_of_two,
)

FEW = 4
"""Positions up to which every thread quantises for itself: that costs less than waiting for each other."""
LINE = 16
"""Counters lie so many numbers apart, each in a cache line (and its neighbour) of its own."""
PATIENCE = 400
"""Looks at a counter before a waiting thread gives its processor away."""
NOUGHT: Any = np.int64(0)
ONE: Any = np.int64(1)
SOME: Any = np.int64(4)
"""Numbers with a type: the compiler makes a function anew for each bare number that it is given."""
ATTEND: Any = np.int64(0)
PROJECT: Any = np.int64(1)
WIDEN: Any = np.int64(2)
NARROW: Any = np.int64(3)
"""Matrices of a layer: queries, keys and values of a head; what was heard; gate and up; down."""

Real = Any
"""A float32; numpy's own types for numbers know no mixing with Python's."""
Function = TypeVar("Function", bound=Callable[..., Any])


def _keeps() -> bool:
    """Give the compiler a folder of its own for every state of these files; False where none can be written.

    Asking whether what it kept is still right, it looks at the file of a function, not at those of what that calls.
    """
    digest = hashlib.sha256(f"{numba.__version__} {KIND}".encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    folder = Path(__file__).parent / "__pycache__" / f"compiled-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    setattr(numba.config, "CACHE_DIR", str(folder))  # noqa: B010 - it makes its attributes when it is imported
    return os.access(folder, os.W_OK)


KEEPS = _keeps()


def compiled(function: Function) -> Function:
    """Compiled when it is first called, for the types it is called with; kept on the disk beside this file.

    Divisions are numpy's: Python's look for nought each time, make no vectors, and would end one thread of a team."""
    made = njit(nogil=True, fastmath=True, cache=KEEPS, boundscheck=False, error_model="numpy")(function)
    return cast(Function, made)


def inlined(function: Function) -> Function:
    """Put in the place of its calls: handing over all that a `Work` holds takes longer than a block of rows."""
    made = njit(nogil=True, fastmath=True, cache=KEEPS, boundscheck=False, error_model="numpy", forceinline=True)(
        function
    )
    return cast(Function, made)


class Net(NamedTuple):
    """Packed weights of one stack. R = heads that share a key + 2, times the size of a head."""

    layers: int
    hidden: int
    key_heads: int
    group: int
    """Heads that share a key."""
    head: int
    inner: int
    epsilon: float
    weights: NDArray[np.int8]
    """Every matrix: blocks of (K / 4, BLOCK, 4) one after the other, or the records of `grouped`."""
    scales: NDArray[np.float32]
    """Of every row of every matrix of bytes."""
    sums: NDArray[np.int32]
    """What OFFSET adds to the product of every row."""
    places: NDArray[np.int64]
    """(layers, 4, 4): where a matrix begins in `weights`, in `scales`; its K; its bits, 4 to 6 by groups or 8."""
    norms: NDArray[np.float32]
    """(layers, 2 hidden + 2 head): before attention, before the feed-forward part, of queries, of keys."""
    last_norm: NDArray[np.float32]
    heads: NDArray[np.int64]
    """(number of heads, 4), as `places`."""
    vocabulary: int


class Work(NamedTuple):
    """What a pass works on. T positions of any sequences, S threads."""

    values: NDArray[np.float32]
    """(T, hidden) in; the residual stream."""
    sequences: NDArray[np.int64]
    """(T,): which sequence a position belongs to."""
    positions: NDArray[np.int64]
    """(T,), ascending for each sequence."""
    keys: NDArray[np.uint16]
    """(layers, sequences, key_heads, capacity, head) bfloat16."""
    seen: NDArray[np.uint16]
    """The values that belong to the keys, the same shape."""
    cosines: NDArray[np.float32]
    """(capacity, head / 2)."""
    sines: NDArray[np.float32]
    projected: NDArray[np.float32]
    """(key_heads, T, R)."""
    heard: NDArray[np.float32]
    """(T, heads × head)."""
    fed: NDArray[np.float32]
    """(T, inner)."""
    picked: NDArray[np.int64]
    """(N,): positions whose logits are wanted."""
    states: NDArray[np.float32]
    """(N, hidden) out."""
    logits: NDArray[np.float32]
    """(N, vocabulary) out."""
    common: NDArray[np.uint8]
    """(1, T, widest): activations that all threads share, where there are many positions."""
    common_scales: NDArray[np.float32]
    """(1, T)."""
    common_groups: NDArray[np.float32]
    """(1, T, widest / GROUP): sums of their groups."""
    own: NDArray[np.uint8]
    """(S, FEW, widest): those of each thread."""
    own_scales: NDArray[np.float32]
    """(S, FEW)."""
    own_groups: NDArray[np.float32]
    """(S, FEW, widest / GROUP)."""
    normed: NDArray[np.float32]
    """(S, widest)."""
    rows: NDArray[np.float32]
    """(S, 4, BLOCK)."""
    scores: NDArray[np.float32]
    """(S, capacity)."""
    counters: NDArray[np.int64]
    """Two for each phase, zero at the start."""


class Acts(NamedTuple):
    """Quantised activations, those of one thread or of all."""

    values: NDArray[np.uint8]
    scales: NDArray[np.float32]
    groups: NDArray[np.float32]
    owner: int


@compiled
def exponential(value: Real) -> Real:
    """e to the value, within 4e-6, in steps that become vector instructions."""
    power = np.float32(min(max(value, np.float32(-87.0)), np.float32(88.0)) * np.float32(1.4426950408889634))
    whole = np.floor(power + np.float32(0.5))
    rest = power - whole
    series = np.float32(1.5403530e-4) * rest + np.float32(1.3333558e-3)
    series = series * rest + np.float32(9.6181291e-3)
    series = series * rest + np.float32(5.5504109e-2)
    series = series * rest + np.float32(0.24022651)
    series = series * rest + np.float32(0.69314718)
    series = series * rest + np.float32(1.0)
    return series * power_of_two(np.int32(whole))


@compiled
def take(work: Work, phase: int, step: int) -> int:
    """Number of the first task of the next `step` of a phase."""
    return add_atomic(work.counters.ctypes.data + np.uint64(phase * 2 * LINE * 8), step)


@compiled
def settle(work: Work, phase: int, done: int, total: int) -> int:
    """Report tasks as done, wait for all of them; answers the next phase."""
    place = work.counters.ctypes.data + np.uint64((phase * 2 + 1) * LINE * 8)
    if done:
        add_atomic(place, done)
    looks = 0
    while load_atomic(place) < total:
        breathe()
        looks += 1
        if looks > PATIENCE:
            give_way()
    return phase + 1


@compiled
def normed(
    values: Any, row: int, weight: Any, layer: int, start: int, size: int, epsilon: float, out: Any, to: int
) -> None:
    """Root-mean-square norm of `values[row, :size]` into `out[to]`."""
    total = np.float32(0)
    for place in range(size):
        total += values[row, place] * values[row, place]
    factor = np.float32(1) / np.sqrt(total / np.float32(size) + np.float32(epsilon))
    for place in range(size):
        out[to, place] = values[row, place] * factor * weight[layer, np.uint64(start) + np.uint64(place)]


@compiled
def mine(work: Work, rank: int) -> Acts:
    """Activations of one thread."""
    return Acts(work.own, work.own_scales, work.own_groups, rank)


@compiled
def ours(work: Work) -> Acts:
    """Activations that all threads share."""
    return Acts(work.common, work.common_scales, work.common_groups, 0)
