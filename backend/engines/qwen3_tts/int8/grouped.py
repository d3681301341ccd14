"""Weights of four to six bits, in groups that share a scale: how they lie, and the loop that multiplies them.

A record holds one group (GROUP numbers of K) of one block of rows: nibbles of two steps in each byte, then the bits
above them (one of eight steps, or two of four, in each byte), then a bfloat16 scale of every row. So one stream is read
from front to end. A number is scale · (u - (2^bits - 1) / 2) with u from 0 on; activations are signed bytes: any
instruction takes the weights as its unsigned side, and Σ activations of a group, times the middle of u, is taken off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from llvmlite import ir
from numba import types
from numpy.typing import NDArray
from torch import Tensor

from backend.engines.qwen3_tts.int8.instructions import (
    BLOCK,
    BYTE,
    FLOAT,
    HALF,
    KIND,
    LANES,
    LONG,
    MULTIPLY,
    WORD,
    called,
    everywhere,
    instruction,
    kept,
    pointer,
    scale_of,
    vector,
)

GROUP = 32
STEPS = GROUP // 4
ROW = BLOCK * 4
"""Bytes of a step."""
SHRUNK = (1.0, 0.92, 0.84)
"""Shares of a group's largest number that are tried as the largest that can be written."""
AHEAD = 8192
"""Bytes between what is multiplied and what is asked of the memory: less was slower, and more brought nothing."""
AT_ONCE = 1024
"""Rows that are packed together; more would take much memory for a moment."""


def record_size(bits: int) -> int:
    """Bytes of one group of a block."""
    return STEPS * ROW * bits // 8 + 2 * BLOCK


def rounded(matrix: Tensor, bits: int) -> tuple[Tensor, Tensor]:
    """(N, K), K a multiple of GROUP → u (N, K / GROUP, GROUP) uint8 and scales (N, K / GROUP) bfloat16.

    The scale is the one of least squares for the numbers that were rounded, of a few ranges the best (as Q4 formats
    of llama.cpp choose theirs, in short).
    """
    exact = matrix.view(len(matrix), -1, GROUP)
    middle = (2**bits - 1) / 2
    largest = exact.abs().amax(dim=-1, keepdim=True).clamp(min=1e-12)
    kept, scales, least = torch.zeros_like(exact), torch.zeros_like(largest), torch.full_like(largest, torch.inf)
    for share in SHRUNK:
        scale = largest * (share / middle)
        levels = _levels(exact, scale, middle)
        scale = ((levels * exact).sum(-1, keepdim=True) / (levels * levels).sum(-1, keepdim=True)).bfloat16().float()
        levels = _levels(exact, scale.clamp(min=1e-12), middle)
        error = (levels * scale - exact).square_().sum(-1, keepdim=True)
        better = error < least
        kept, scales = torch.where(better, levels, kept), torch.where(better, scale, scales)
        least = torch.minimum(error, least)
    return (kept + middle).to(torch.uint8), scales[:, :, 0].bfloat16()


def _levels(exact: Tensor, scale: Tensor, middle: float) -> Tensor:
    """The nearest of -middle, 1 - middle, …, middle."""
    return (exact / scale + middle).round_().clamp_(0, 2 * middle) - middle


def packed(matrix: Tensor, bits: int) -> NDArray[np.int8]:
    """(N, K), N a multiple of BLOCK and K of GROUP → the records of each block, one after the other."""
    some = [matrix[first : first + AT_ONCE].float() for first in range(0, len(matrix), AT_ONCE)]
    made = [_records(*rounded(rows, bits), bits) for rows in some]
    return torch.cat(made).numpy().view(np.int8)


def _records(numbers: Tensor, scales: Tensor, bits: int) -> Tensor:
    groups = scales.shape[1]
    steps = numbers.view(-1, BLOCK, groups, STEPS, 4).permute(0, 2, 3, 1, 4).reshape(-1, STEPS, ROW)
    parts = [(steps[:, 0::2] & 15) | ((steps[:, 1::2] & 15) << 4)]
    if bits == 5:
        parts.append(_gathered(steps >> 4, 1))
    if bits == 6:
        parts.append(torch.cat([_gathered(steps[:, half : half + 4] >> 4, 2) for half in (0, 4)], dim=1))
    by_block = scales.view(-1, BLOCK, groups).transpose(1, 2).contiguous().view(torch.uint8).view(-1, 2 * BLOCK)
    flat = [part.reshape(len(steps), -1) for part in parts]
    return torch.cat([*flat, by_block], dim=1).view(-1)


def _gathered(steps: Tensor, width: int) -> Tensor:
    """So many bits of each step, (…, n, ROW) → one byte, (…, 1, ROW), the first step lowest."""
    total = torch.zeros_like(steps[:, :1])
    for number in range(steps.shape[1]):
        total |= steps[:, number : number + 1] << (width * number)
    return total


def _shifted(builder: ir.IRBuilder, values: ir.Value, by: int, mask: int) -> ir.Value:
    """Bytes moved by so many bits to the right (to the left where negative), of which `mask` is kept."""
    kind = values.type
    if by:
        halves = vector(HALF, kind.count // 2)
        count = ir.Constant(halves, [abs(by)] * halves.count)
        moved = builder.bitcast(values, halves)
        moved = builder.lshr(moved, count) if by > 0 else builder.shl(moved, count)
        values = builder.bitcast(moved, kind)
    return builder.and_(values, ir.Constant(kind, [mask] * kind.count))


def _loaded(builder: ir.IRBuilder, record: ir.Value, offset: int, kind: ir.Type) -> ir.Value:
    found = builder.load(pointer(builder, record, kind, LONG(offset)))
    found.align = 16
    return found


def _numbers(builder: ir.IRBuilder, record: ir.Value, bits: int, part: int) -> list[ir.Value]:
    """u of every step of a group, bytes."""
    kind = vector(BYTE, LANES[KIND] * 4)
    at = part * kind.count
    found = []
    for pair in range(STEPS // 2):
        both = _loaded(builder, record, pair * ROW + at, kind)
        found += [_shifted(builder, both, 0, 15), _shifted(builder, both, 4, 15)]
    above, start = bits - 4, STEPS // 2 * ROW + at
    each = STEPS // above if above else STEPS  # steps whose upper bits share a byte
    for first in range(0, STEPS if above else 0, each):
        upper = _loaded(builder, record, start + first // each * ROW, kind)
        for step in range(each):
            moved = _shifted(builder, upper, step * above - 4, (2**above - 1) << 4)
            found[first + step] = builder.or_(found[first + step], moved)
    return found


def _scales(builder: ir.IRBuilder, record: ir.Value, bits: int, part: int) -> ir.Value:
    lanes = LANES[KIND]
    stored = _loaded(builder, record, record_size(bits) - 2 * BLOCK + part * lanes * 2, vector(HALF, lanes))
    stored.align = 2
    words = vector(WORD, lanes)
    moved = builder.shl(builder.zext(stored, words), ir.Constant(words, [16] * lanes))
    return builder.bitcast(moved, vector(FLOAT, lanes))


def _group(
    builder: ir.IRBuilder, bits: int, record: ir.Value, acts: list[ir.Value], sums: list[ir.Value], totals: Any
) -> list[list[ir.Value]]:
    """One group: `acts` and `sums` are addresses by row of activations; answers the new totals."""
    lanes = LANES[KIND]
    words, floats = vector(WORD, lanes), vector(FLOAT, lanes)
    added: list[list[ir.Value]] = [[] for _ in acts]
    name = f"llvm.fma.v{lanes}f32"
    for part in range(BLOCK // lanes):
        numbers, scales = _numbers(builder, record, bits, part), _scales(builder, record, bits, part)
        for row, place in enumerate(acts):
            exact: ir.Value = ir.Constant(words, [0] * lanes)
            for step, weights in enumerate(numbers):
                word = builder.load(pointer(builder, place, WORD, LONG(step * 4)))
                exact = MULTIPLY[KIND](builder, exact, weights, everywhere(builder, word, lanes))
            summed = builder.load(pointer(builder, sums[row], WORD, LONG(0)))
            heard = builder.bitcast(everywhere(builder, summed, lanes), floats)
            off = ir.Constant(floats, [-(2**bits - 1) / 2] * lanes)
            centred = called(builder, name, floats, heard, off, builder.sitofp(exact, floats))
            added[row].append(called(builder, name, floats, scales, centred, totals[row][part]))
    return added


def _fetch(builder: ir.IRBuilder, record: ir.Value, size: int) -> None:
    """Ask for what comes AHEAD bytes later: the processor's own guess fails where lines are not read in their order."""
    for line in range(0, size, 64):
        place = pointer(builder, record, BYTE, LONG(AHEAD + line))
        called(builder, "llvm.prefetch.p0i8", ir.VoidType(), place, WORD(0), WORD(3), WORD(1))


def _dot(bits: int, rows: int) -> Callable[..., Any]:
    """The body of a product of a block with so many vectors of activations."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        acts, stride, heard, sums, sums_stride, weights, groups, result = given
        lanes = LANES[KIND]
        floats = vector(FLOAT, lanes)
        entry, loop, done = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        group = builder.phi(LONG)
        group.add_incoming(LONG(0), entry)
        totals = [[builder.phi(floats) for _ in range(BLOCK // lanes)] for _ in range(rows)]
        record = builder.add(weights, builder.mul(group, LONG(record_size(bits))))
        places = [_place(builder, acts, stride, row, group, GROUP) for row in range(rows)]
        summed = [_place(builder, sums, sums_stride, row, group, 4) for row in range(rows)]
        _fetch(builder, record, record_size(bits))
        added = _group(builder, bits, record, places, summed, totals)
        after = builder.add(group, LONG(1))
        group.add_incoming(after, loop)
        for row, first in enumerate(totals):
            for total, new in zip(first, added[row], strict=True):
                total.add_incoming(ir.Constant(floats, [0.0] * lanes), entry)
                total.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", after, groups), loop, done)
        builder.position_at_end(done)
        for row in range(rows):
            scale = scale_of(builder, heard, row, lanes)
            for part, value in enumerate(added[row]):
                kept(builder, builder.fmul(value, scale), result, (row * BLOCK + part * lanes) * 4)
        return context.get_dummy_value()

    return generate


def _place(builder: ir.IRBuilder, base: ir.Value, stride: ir.Value, row: int, group: ir.Value, size: int) -> ir.Value:
    return builder.add(builder.add(base, builder.mul(stride, LONG(row))), builder.mul(group, LONG(size)))


def _instruction(bits: int, rows: int) -> Callable[..., Any]:
    """Addresses of signed activations (K,), `stride` bytes from vector to vector, of their scales, of the float32 sums
    of their groups, and of a block's records → products, float32 (rows, BLOCK), at `result`."""

    def product(
        _context: Any,
        acts: Any,
        stride: Any,
        heard: Any,
        sums: Any,
        sums_stride: Any,
        weights: Any,
        groups: Any,
        result: Any,
    ) -> Any:
        place, size = types.uintp, types.intp
        return types.void(place, size, place, place, size, place, size, place), _dot(bits, rows)

    product.__name__ = f"dot_groups_{bits}_{rows}"
    return instruction(product)


DOTS = {(bits, rows): _instruction(bits, rows) for bits in (4, 5, 6) for rows in (1, 4)}
