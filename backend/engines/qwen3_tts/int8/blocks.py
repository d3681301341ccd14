"""Blocks of rows times vectors of activations, and how activations become bytes for that. Compiled by numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from backend.engines.qwen3_tts.int8.grouped import DOTS, GROUP, STEPS
from backend.engines.qwen3_tts.int8.instructions import (
    BLOCK,
    LARGEST,
    OFFSET,
    bits_of,
    dot_block,
    dot_block_of_four,
    of_bits,
)
from backend.engines.qwen3_tts.int8.kernels import Acts, Net, Real, Work, compiled, inlined

UNSIGNED: Any = np.int32(0x7FFFFFFF)
FINITE: Any = np.int32(0x7F7FFFFF)
SIGNED = 127
"""Largest activation beside weights in groups, which no instruction adds up too high."""
ONE_BY_4, FOUR_BY_4 = DOTS[4, 1], DOTS[4, 4]
ONE_BY_5, FOUR_BY_5 = DOTS[5, 1], DOTS[5, 4]
ONE_BY_6, FOUR_BY_6 = DOTS[6, 1], DOTS[6, 4]


@compiled
def reach(source: Any, row: int, size: int) -> Real:
    """The largest of `source[row, :size]` without signs, a number above nought whatever is there. Without its sign a
    float has ordered bits."""
    largest = bits_of(np.float32(1e-12))
    for place in range(size):
        largest = max(largest, bits_of(source[row, place]) & UNSIGNED)
    return of_bits(min(largest, FINITE))


@compiled
def quantised(source: Any, row: int, size: int, target: Any, first: int, at: int) -> Real:
    """`source[row, :size]` as bytes in `target[first, at]`; answers the scale."""
    largest = reach(source, row, size)
    back = np.float32(LARGEST) / largest
    for place in range(size):
        target[first, at, place] = np.uint8(np.int32(source[row, place] * back + np.float32(128.5)) - 128 + OFFSET)
    return largest / np.float32(LARGEST)


@compiled
def quantised_signed(source: Any, row: int, size: int, acts: Acts, at: int) -> None:
    """`source[row, :size]` as signed bytes, zeros up to whole groups, for matrices in groups; with the groups' sums."""
    largest = reach(source, row, size)
    back = np.float32(SIGNED) / largest
    groups = (size + GROUP - 1) // GROUP
    for group in range(groups):
        start = np.uint64(group * GROUP)
        total = np.int32(0)
        for place in range(min(GROUP, size - group * GROUP)):
            value = np.int32(source[row, start + np.uint64(place)] * back + np.float32(128.5)) - 128
            acts.values[acts.owner, at, start + np.uint64(place)] = np.uint8(value & 255)
            total += value
        for place in range(size - group * GROUP, GROUP):
            acts.values[acts.owner, at, start + np.uint64(place)] = np.uint8(0)
        acts.groups[acts.owner, at, group] = np.float32(total)
    acts.scales[acts.owner, at] = largest / np.float32(SIGNED)


@compiled
def taken_in(source: Any, row: int, size: int, acts: Acts, at: int, bits: int) -> None:
    """Quantise what a matrix of so many bits is multiplied with."""
    if bits == 8:
        acts.scales[acts.owner, at] = quantised(source, row, size, acts.values, acts.owner, at)
    else:
        quantised_signed(source, row, size, acts, at)


@compiled
def times_bytes(
    count: int, acts: Any, stride: int, heard: Any, weights: Any, steps: int, taken: Any, scales: Any, to: Any
) -> None:
    """`count` vectors, up to four, with a block of bytes; addresses, apart from the numbers."""
    if count == 4:
        dot_block_of_four(acts, stride, heard, weights, steps, taken, scales, to)
    else:
        for one in range(count):
            scale, into = heard + np.uint64(one * 4), to + np.uint64(one * BLOCK * 4)
            dot_block(acts + np.uint64(one * stride), stride, scale, weights, steps, taken, scales, into)


@compiled
def four_of_groups(
    bits: int, acts: Any, stride: int, heard: Any, sums: Any, sums_stride: int, weights: Any, groups: int, to: Any
) -> None:
    """Four vectors with a block of so many bits; addresses, apart from the numbers."""
    if bits == 4:
        FOUR_BY_4(acts, stride, heard, sums, sums_stride, weights, groups, to)
    elif bits == 5:
        FOUR_BY_5(acts, stride, heard, sums, sums_stride, weights, groups, to)
    else:
        FOUR_BY_6(acts, stride, heard, sums, sums_stride, weights, groups, to)


@compiled
def one_of_groups(
    bits: int, acts: Any, stride: int, heard: Any, sums: Any, sums_stride: int, weights: Any, groups: int, to: Any
) -> None:
    """The same for one vector."""
    if bits == 4:
        ONE_BY_4(acts, stride, heard, sums, sums_stride, weights, groups, to)
    elif bits == 5:
        ONE_BY_5(acts, stride, heard, sums, sums_stride, weights, groups, to)
    else:
        ONE_BY_6(acts, stride, heard, sums, sums_stride, weights, groups, to)


@compiled
def times_groups(
    bits: int,
    count: int,
    acts: Any,
    stride: int,
    heard: Any,
    sums: Any,
    sums_stride: int,
    weights: Any,
    groups: int,
    to: Any,
) -> None:
    """`times_bytes` for a block in groups."""
    if count == 4:
        four_of_groups(bits, acts, stride, heard, sums, sums_stride, weights, groups, to)
    else:
        for one in range(count):
            at, of, scale = np.uint64(one * stride), np.uint64(one * sums_stride), heard + np.uint64(one * 4)
            into = to + np.uint64(one * BLOCK * 4)
            one_of_groups(bits, acts + at, stride, scale, sums + of, sums_stride, weights, groups, into)


@inlined
def block_of_rows(net: Net, place: Any, block: int, acts: Acts, first: int, count: int, work: Work, rank: int) -> None:
    """Products of one block with `count` (up to four) positions from `first`, into `work.rows[rank]`."""
    inside, bits = place[2], place[3]
    position = acts.owner * acts.values.shape[1] + first
    stride = acts.values.shape[2]
    begin = acts.values.ctypes.data + np.uint64(position * stride)
    heard = acts.scales.ctypes.data + np.uint64(position * 4)
    into = work.rows.ctypes.data + np.uint64(rank * 4 * BLOCK * 4)
    if bits == 8:
        weights = net.weights.ctypes.data + np.uint64(place[0] + block * BLOCK * inside)
        at = np.uint64((place[1] + block * BLOCK) * 4)
        taken, scales = net.sums.ctypes.data + at, net.scales.ctypes.data + at
        times_bytes(count, begin, stride, heard, weights, inside // 4, taken, scales, into)
    else:
        groups = inside // GROUP
        record = STEPS * BLOCK * 4 * bits // 8 + 2 * BLOCK
        weights = net.weights.ctypes.data + np.uint64(place[0] + block * groups * record)
        sums_stride = acts.groups.shape[2] * 4
        sums = acts.groups.ctypes.data + np.uint64(position * sums_stride)
        times_groups(bits, count, begin, stride, heard, sums, sums_stride, weights, groups, into)
