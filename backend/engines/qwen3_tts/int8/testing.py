"""What each start tries before it trusts the kernels: random numbers, multiplied by them and by numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from backend.engines.qwen3_tts.int8 import grouped
from backend.engines.qwen3_tts.int8.blocks import SIGNED, times_bytes, times_groups
from backend.engines.qwen3_tts.int8.grouped import GROUP
from backend.engines.qwen3_tts.int8.instructions import BLOCK, KIND, LARGEST, OFFSET
from backend.engines.qwen3_tts.int8.kernels import compiled

INSIDE = 2 * GROUP
EXACT = 1e-5
"""Share of the largest result by which sums of float32 may differ from exact ones."""


def self_test(bits: int = 8) -> None:
    """The product that weights of so many bits take. Raises ArithmeticError where it differs from numpy's."""
    if bits == 8:
        _bytes()
    else:
        _groups(bits)


def _bytes() -> None:
    draw = np.random.default_rng(1)
    weights = draw.integers(-127, 128, (BLOCK, 64))
    acts = draw.integers(-LARGEST, LARGEST + 1, (4, 64)) + OFFSET
    blocks = weights.reshape(BLOCK, 16, 4).transpose(1, 0, 2).astype(np.int8).copy()
    scales, taken = np.array([1, 2, 4, 8], np.float32), draw.integers(0, 99, BLOCK).astype(np.int32)
    result = np.zeros((5, BLOCK), np.float32)
    tried(acts.astype(np.uint8), scales, blocks, taken, np.ones(BLOCK, np.float32), result)
    wanted = (acts @ weights.T - taken) * scales[:, None]
    if not np.array_equal(result, np.concatenate([wanted, wanted[:1]])):
        raise ArithmeticError(f"the instruction {KIND} multiplies otherwise than expected")


def _groups(bits: int) -> None:
    draw = np.random.default_rng(1)
    weights = torch.from_numpy(draw.standard_normal((BLOCK, INSIDE)).astype(np.float32))
    numbers, scales = grouped.rounded(weights, bits)
    exact = ((numbers.double() - (2**bits - 1) / 2) * scales.double()[:, :, None]).view(BLOCK, INSIDE).numpy()
    acts = draw.integers(-SIGNED, SIGNED + 1, (4, INSIDE)).astype(np.int8)
    result = np.zeros((5, BLOCK), np.float32)
    sums = acts.reshape(4, -1, GROUP).sum(axis=-1).astype(np.float32)
    heard = np.array([1, 2, 4, 8], np.float32)
    tried_groups(bits, acts.view(np.uint8), heard, sums, grouped.packed(weights, bits), result)
    wanted = (acts @ exact.T) * heard[:, None]
    wanted = np.concatenate([wanted, wanted[:1]])
    if not np.allclose(result, wanted, rtol=0, atol=EXACT * np.abs(wanted).max()):
        raise ArithmeticError(f"the instruction {KIND} multiplies {bits} bits otherwise than expected")


@compiled
def tried(acts: Any, heard: Any, blocks: Any, taken: Any, scales: Any, result: Any) -> None:
    """Four vectors at once, and the first alone."""
    width = acts.shape[1]
    last = result.ctypes.data + np.uint64(4 * BLOCK * 4)
    for count, to in ((4, result.ctypes.data), (1, last)):
        times_bytes(
            count,
            acts.ctypes.data,
            width,
            heard.ctypes.data,
            blocks.ctypes.data,
            width // 4,
            taken.ctypes.data,
            scales.ctypes.data,
            to,
        )


@compiled
def tried_groups(bits: int, acts: Any, heard: Any, sums: Any, records: Any, result: Any) -> None:
    """Four vectors at once, and the first alone."""
    width, groups = acts.shape[1], sums.shape[1]
    last = result.ctypes.data + np.uint64(4 * BLOCK * 4)
    for count, to in ((4, result.ctypes.data), (1, last)):
        times_groups(
            bits,
            count,
            acts.ctypes.data,
            width,
            heard.ctypes.data,
            sums.ctypes.data,
            groups * 4,
            records.ctypes.data,
            groups,
            to,
        )
