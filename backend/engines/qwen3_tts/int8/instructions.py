"""The few machine instructions that numba has no name for, as functions for its compiler. Written in LLVM's terms.

`dot_block` is where nearly all time goes: it multiplies 32 rows of packed weights by one or four vectors
of activations.
Which instruction does that depends on the processor (`KIND`): VNNI multiplies and adds 64 or 32 bytes at once, NEON 16;
on an older x86 two instructions do it with activations of seven bits.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, cast

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

BLOCK = 32
"""Rows of weights that are multiplied together."""
UNROLL = 2
"""Steps of four bytes in one round of the loop, so that sums do not wait for each other."""

BYTE, HALF, WORD, LONG, FLOAT = (ir.IntType(8), ir.IntType(16), ir.IntType(32), ir.IntType(64), ir.FloatType())
LANES = {"avx512": 16, "avxvnni": 8, "avx2": 8, "neon": 4}
TYPED_BYTES = llvm.llvm_version_info[0] >= 22
"""LLVM 22 takes the bytes of VNNI as bytes, older ones as words."""


def _kind() -> str:
    """The best of `LANES` that this processor has; empty where it has none."""
    has = llvm.get_host_cpu_features()
    found = [
        *(["avx512"] if has.get("avx512vnni") else []),
        *(["avxvnni"] if has.get("avxvnni") else []),
        *(["avx2"] if has.get("avx2") else []),
        *(["neon"] if has.get("dotprod") else []),
    ]
    return next(iter(found), "")


def instruction(function: Callable[..., Any]) -> Callable[..., Any]:
    """What the compiler puts in the place of a call."""
    return cast(Callable[..., Any], intrinsic(function))


KIND = _kind()
LARGEST = 63 if KIND == "avx2" else 127
"""Largest activation; two products of seven-bit ones and bytes fit into 16 bits."""
OFFSET = 0 if KIND == "neon" else LARGEST + 1
"""What is added to activations, where the instruction takes them unsigned."""


def vector(kind: ir.Type, size: int) -> ir.VectorType:
    return ir.VectorType(kind, size)


def called(builder: ir.IRBuilder, name: str, result: ir.Type, *given: ir.Value) -> ir.Value:
    """A call of one of LLVM's own functions."""
    module = builder.module
    known = module.globals.get(name)
    function = known or ir.Function(module, ir.FunctionType(result, [value.type for value in given]), name)
    return builder.call(function, given)


def _vnni(builder: ir.IRBuilder, total: ir.Value, acts: ir.Value, weights: ir.Value) -> ir.Value:
    lanes = LANES[KIND]
    if not TYPED_BYTES:
        words = vector(WORD, lanes)
        acts, weights = builder.bitcast(acts, words), builder.bitcast(weights, words)
    return called(builder, f"llvm.x86.avx512.vpdpbusd.{lanes * 32}", total.type, total, acts, weights)


def _avx2(builder: ir.IRBuilder, total: ir.Value, acts: ir.Value, weights: ir.Value) -> ir.Value:
    pairs = called(builder, "llvm.x86.avx2.pmadd.ub.sw", vector(HALF, 16), acts, weights)
    ones = ir.Constant(vector(HALF, 16), [1] * 16)
    return builder.add(total, called(builder, "llvm.x86.avx2.pmadd.wd", vector(WORD, 8), pairs, ones))


def _neon(builder: ir.IRBuilder, total: ir.Value, acts: ir.Value, weights: ir.Value) -> ir.Value:
    return called(builder, "llvm.aarch64.neon.sdot.v4i32.v16i8", total.type, total, acts, weights)


MULTIPLY: dict[str, Callable[..., ir.Value]] = {"avx512": _vnni, "avxvnni": _vnni, "avx2": _avx2, "neon": _neon}


def everywhere(builder: ir.IRBuilder, word: ir.Value, lanes: int) -> ir.Value:
    """Four activations in every lane, as bytes."""
    words = vector(WORD, lanes)
    empty = ir.Constant(words, ir.Undefined)
    spread = builder.insert_element(empty, word, WORD(0))
    return builder.bitcast(
        builder.shuffle_vector(spread, empty, ir.Constant(words, [0] * lanes)), vector(BYTE, lanes * 4)
    )


def pointer(builder: ir.IRBuilder, address: ir.Value, kind: ir.Type, offset: ir.Value) -> ir.Value:
    base = builder.inttoptr(address, BYTE.as_pointer())
    return builder.bitcast(builder.gep(base, [offset]), kind.as_pointer())


def loaded(builder: ir.IRBuilder, address: ir.Value, offset: int, kind: ir.Type) -> ir.Value:
    found = builder.load(pointer(builder, address, kind, LONG(offset)))
    found.align = 4
    return found


def kept(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, offset: int) -> None:
    stored = builder.store(value, pointer(builder, address, value.type, LONG(offset)))
    stored.align = 4


def scale_of(builder: ir.IRBuilder, heard: ir.Value, row: int, lanes: int) -> ir.Value:
    """The scale of one vector of activations, in every lane."""
    word = builder.load(pointer(builder, heard, WORD, LONG(row * 4)))
    return builder.bitcast(everywhere(builder, word, lanes), vector(FLOAT, lanes))


def _dot(rows: int) -> Callable[..., Any]:
    """The body of `dot_block` for so many vectors of activations. Scaling here costs nothing; in loops of numba it
    costs as much as the product."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        acts, stride, heard, weights, steps, taken, scales, result = given
        lanes = LANES[KIND]
        parts = BLOCK // lanes
        words = vector(WORD, lanes)
        entry, loop, done = (builder.block, builder.append_basic_block("loop"), builder.append_basic_block("done"))
        builder.branch(loop)
        builder.position_at_end(loop)
        step = builder.phi(LONG)
        step.add_incoming(LONG(0), entry)
        totals = [[builder.phi(words) for _ in range(parts)] for _ in range(rows)]
        sums: list[list[ir.Value]] = [list(row) for row in totals]
        for turn in range(UNROLL):
            at = builder.add(step, LONG(turn))
            place = builder.mul(at, LONG(BLOCK * 4))
            pieces = [_weights(builder, weights, place, part, lanes) for part in range(parts)]
            for row in range(rows):
                offset = builder.add(builder.mul(stride, LONG(row)), builder.mul(at, LONG(4)))
                word = builder.load(pointer(builder, acts, WORD, offset))
                spread = everywhere(builder, word, lanes)
                sums[row] = [MULTIPLY[KIND](builder, sums[row][n], spread, pieces[n]) for n in range(parts)]
        after = builder.add(step, LONG(UNROLL))
        step.add_incoming(after, loop)
        for row, first in enumerate(totals):
            for total, summed in zip(first, sums[row], strict=True):
                total.add_incoming(ir.Constant(words, [0] * lanes), entry)
                total.add_incoming(summed, loop)
        builder.cbranch(builder.icmp_signed("<", after, steps), loop, done)
        builder.position_at_end(done)
        for part in range(parts):
            off = loaded(builder, taken, part * lanes * 4, words)
            each = loaded(builder, scales, part * lanes * 4, vector(FLOAT, lanes))
            for row in range(rows):
                exact = builder.sitofp(builder.sub(sums[row][part], off), each.type)
                whole = builder.fmul(builder.fmul(exact, each), scale_of(builder, heard, row, lanes))
                kept(builder, whole, result, (row * BLOCK + part * lanes) * 4)
        return context.get_dummy_value()

    return generate


def _weights(builder: ir.IRBuilder, weights: ir.Value, place: ir.Value, part: int, lanes: int) -> ir.Value:
    offset = builder.add(place, LONG(part * lanes * 4))
    loaded = builder.load(pointer(builder, weights, vector(BYTE, lanes * 4), offset))
    loaded.align = 16
    return loaded


BLOCK_TYPES = types.void(types.uintp, types.intp, types.uintp, types.uintp, types.intp, *[types.uintp] * 3)


@instruction
def dot_block(
    _context: Any, acts: Any, stride: Any, heard: Any, weights: Any, steps: Any, taken: Any, scales: Any, result: Any
) -> Any:
    """Addresses of activations (K,), of their scale, of a packed block (K / 4, BLOCK, 4), of what is to be `taken` off
    each row's sum (int32) and of the rows' scales → products (BLOCK,) float32 at `result`.

    `steps` is K / 4, a multiple of UNROLL.
    """
    return BLOCK_TYPES, _dot(1)


@instruction
def dot_block_of_four(
    _context: Any, acts: Any, stride: Any, heard: Any, weights: Any, steps: Any, taken: Any, scales: Any, result: Any
) -> Any:
    """The same for four vectors, `stride` bytes apart, with four scales → (4, BLOCK): weights are read once for all."""
    return BLOCK_TYPES, _dot(4)


@instruction
def add_atomic(_context: Any, address: Any, value: Any) -> Any:
    """Add to an int64; answers what it was before. Everything written before is seen by who reads it after."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        return builder.atomic_rmw("add", builder.inttoptr(given[0], LONG.as_pointer()), given[1], "acq_rel")

    return types.int64(types.uintp, types.int64), generate


@instruction
def load_atomic(_context: Any, address: Any) -> Any:
    """An int64, with everything that was written before it."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        return builder.load_atomic(builder.inttoptr(given[0], LONG.as_pointer()), "acquire", 8)

    return types.int64(types.uintp), generate


@instruction
def breathe(_context: Any) -> Any:
    """Tell the processor that this is a waiting loop."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, _given: Any) -> Any:
        if KIND == "neon":
            called(builder, "llvm.aarch64.hint", ir.VoidType(), WORD(1))
        else:
            called(builder, "llvm.x86.sse2.pause", ir.VoidType())
        return context.get_dummy_value()

    return types.void(), generate


@instruction
def give_way(_context: Any) -> Any:
    """Let another thread have this processor."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, _given: Any) -> Any:
        called(builder, "SwitchToThread" if os.name == "nt" else "sched_yield", WORD)
        return context.get_dummy_value()

    return types.void(), generate


@instruction
def widened(_context: Any, number: Any) -> Any:
    """bfloat16 as its 16 bits → float32."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        return builder.bitcast(builder.shl(builder.zext(given[0], WORD), WORD(16)), FLOAT)

    return types.float32(types.uint16), generate


@instruction
def narrowed(_context: Any, number: Any) -> Any:
    """float32 → the 16 bits of the nearest bfloat16, ties to even."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        bits = builder.bitcast(given[0], WORD)
        odd = builder.and_(builder.lshr(bits, WORD(16)), WORD(1))
        rounded = builder.add(bits, builder.add(odd, WORD(0x7FFF)))
        return builder.trunc(builder.lshr(rounded, WORD(16)), HALF)

    return types.uint16(types.float32), generate


@instruction
def power_of_two(_context: Any, exponent: Any) -> Any:
    """2 to a whole number from -126 to 127, int32 → float32."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        return builder.bitcast(builder.shl(builder.add(given[0], WORD(127)), WORD(23)), FLOAT)

    return types.float32(types.int32), generate


@instruction
def bits_of(_context: Any, number: Any) -> Any:
    """float32 → its 32 bits, int32. The largest of whole numbers is found in vectors, that of floats is not."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], WORD)

    return types.int32(types.float32), generate


@instruction
def of_bits(_context: Any, bits: Any) -> Any:
    """The float32 that has these bits."""

    def generate(_generating: Any, builder: ir.IRBuilder, _signature: Any, given: Any) -> Any:
        return builder.bitcast(given[0], FLOAT)

    return types.float32(types.int32), generate
