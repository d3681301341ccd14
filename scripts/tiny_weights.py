"""Draws weights that are the same on every machine, and writes them as safetensors piece by piece. Knows no model.

Documented, so that anybody can make them again: the Philox-4x64 counter generator, keyed by the first 16 bytes of
BLAKE2b("<seed>/<tensor name>"), gives raw 64-bit words. Each is cut into four 16-bit numbers, lowest first. A number k
becomes low + (high - low) * (k + 0.5) / 65536, computed in double precision, rounded to float32 and, for bf16, again
(ties to even). No library distribution takes part, so no version of a library can change a value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

WORDS_PER_CHUNK = 1 << 22
"""Raw words drawn at once: 16 Mi values, so memory stays flat whatever a tensor's size."""
STORED = {"f32": ("F32", "<f4"), "bf16": ("BF16", "<u2")}
"""Name of the stored type in the file, numpy type of its bits."""


@dataclass(frozen=True)
class Tensor:
    """One tensor to draw: uniform between low and high; one row may be scaled (a factor of 0 silences a token)."""

    name: str
    shape: tuple[int, ...]
    low: float
    high: float
    row: int = 0
    row_factor: float = 1.0

    @property
    def count(self) -> int:
        return prod(self.shape)


def write(path: Path, tensors: Sequence[Tensor], dtype: str, seed: int) -> None:
    """Write one .safetensors file, at most one chunk in memory."""
    kind, bits = STORED[dtype]
    with path.open("wb") as file:
        file.write(_header(tensors, kind, np.dtype(bits).itemsize))
        for tensor in tensors:
            for values in draw(tensor, dtype, seed):
                file.write(values.data)


def _header(tensors: Sequence[Tensor], kind: str, width: int) -> bytes:
    table: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        start, end = end, end + tensor.count * width
        table[tensor.name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(table, separators=(",", ":")).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def draw(tensor: Tensor, dtype: str, seed: int) -> Iterator[np.ndarray]:
    """The stored bits of a tensor, flat, in chunks of at most 4 * WORDS_PER_CHUNK values."""
    values = _values(tensor.low, tensor.high, dtype)
    bits = np.random.Philox(key=_key(tensor.name, seed))
    left = tensor.count
    while left:
        words = bits.random_raw(min(WORDS_PER_CHUNK, -(-left // 4))).astype("<u8", copy=False)
        chunk = values[words.view("<u2")[:left]]
        if tensor.row_factor != 1.0:
            chunk = _with_scaled_row(chunk, tensor, dtype)
        left -= chunk.size
        yield chunk


def _key(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=16).digest(), "little")


def _values(low: float, high: float, dtype: str) -> np.ndarray:
    """All 65536 values a tensor may hold, as stored bits."""
    exact = low + (high - low) * ((np.arange(65536, dtype=np.float64) + 0.5) / 65536)
    single = exact.astype("<f4")
    return single if dtype == "f32" else _rounded_to_bf16(single)


def _rounded_to_bf16(single: np.ndarray) -> np.ndarray:
    """Upper 16 bits of float32, rounded to nearest, ties to even."""
    bits = single.view("<u4")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def _with_scaled_row(chunk: np.ndarray, tensor: Tensor, dtype: str) -> np.ndarray:
    if chunk.size != tensor.count:
        raise ValueError(f"{tensor.name} is too large for one chunk: a scaled row is for small tensors only.")
    table = chunk.reshape(tensor.shape)
    single = table[tensor.row] if dtype == "f32" else (table[tensor.row].astype("<u4") << 16).view("<f4")
    scaled = (single * np.float32(tensor.row_factor)).astype("<f4")
    table[tensor.row] = scaled if dtype == "f32" else _rounded_to_bf16(scaled)
    return table.reshape(-1)
