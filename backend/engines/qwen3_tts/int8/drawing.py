"""A whole frame of the code predictor in one call: fifteen passes, each followed by a draw. Compiled by numba."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.engines.qwen3_tts.int8.instructions import bits_of, of_bits, widened
from backend.engines.qwen3_tts.int8.kernels import NOUGHT, ONE, Net, Real, Work, compiled, exponential, settle, take
from backend.engines.qwen3_tts.int8.passing import say, through


class Drawing(NamedTuple):
    """How codes are drawn, and where they go. B rows, G codes of a frame."""

    tables: NDArray[np.uint16]
    """(G - 1, V, hidden) bfloat16: what each code is to the predictor; that of the first code is first."""
    codes: NDArray[np.int64]
    """(B, G): the first codes in, all out."""
    chances: NDArray[np.float32]
    """(B, G) numbers in [0, 1)."""
    found: NDArray[np.float32]
    """(B, V): shares of the draw."""
    temperature: float
    """0 takes the likeliest."""
    top_k: int
    top_p: float


@compiled
def below(values: Any, row: int, size: int, bound: Real) -> Real:
    """The largest of `values[row, :size]` under a bound."""
    largest = np.float32(-np.inf)
    for place in range(size):
        value = values[row, place]
        largest = max(largest, value if value < bound else np.float32(-np.inf))
    return largest


@compiled
def turned_over(bits: Any) -> Any:
    """Of a float below nought the other bits, and back."""
    return bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))


@compiled
def ordered(value: Real) -> Any:
    """A whole number that is larger for a larger float."""
    return turned_over(bits_of(value))


@compiled
def least_of_top(logits: Any, row: int, size: int, count: int) -> Real:
    """The last of the `count` largest; equal ones count each. Halves the range of all floats, whose bits are ordered
    once those below nought are turned over, until one is left."""
    low, high = np.int64(-(2**31)), np.int64(2**31 - 1)
    while low < high:
        middle = (low + high + 1) >> 1
        bound = np.int32(middle)
        passed = np.int32(0)
        for place in range(size):
            passed += np.int32(ordered(logits[row, place]) >= bound)
        low, high = (middle, high) if passed >= count else (low, middle - 1)
    return of_bits(turned_over(np.int32(low)))


@compiled
def drawn(logits: Any, row: int, size: int, chance: Real, drawing: Drawing) -> int:
    """An id by its share, as `sampling.shares` and `sampling.pick` say it."""
    best = 0
    for place in range(size):
        if logits[row, place] > logits[row, best]:
            best = place
    if drawing.temperature <= 0:
        return best
    largest = logits[row, best]
    least = np.float32(-np.inf)
    if 0 < drawing.top_k < size:
        least = least_of_top(logits, row, size, drawing.top_k)
    shares = drawing.found
    total = np.float32(0)
    for place in range(size):
        share = exponential((logits[row, place] - largest) / np.float32(drawing.temperature))
        shares[row, place] = share if logits[row, place] >= least else np.float32(0)
        total += shares[row, place]
    if drawing.top_p < 1:
        total = nucleus(shares, row, size, total, drawing.top_p)
    bound = chance * total
    reached = np.float32(0)
    last = best
    for place in range(size):
        if shares[row, place] > 0:
            reached += shares[row, place]
            last = place
            if reached > bound:
                return place
    return last


@compiled
def nucleus(shares: Any, row: int, size: int, total: Real, top_p: Real) -> Real:
    """Keep the likeliest ids that together reach `top_p`, equal ones together; answers the sum of what is left."""
    bound = np.float32(np.inf)
    left = np.float32(0)
    while left < top_p * total:
        bound = below(shares, row, size, bound)
        if bound <= 0:
            break
        for place in range(size):
            left += bound if shares[row, place] == bound else np.float32(0)
    for place in range(size):
        if shares[row, place] < bound:
            shares[row, place] = np.float32(0)
    return left


@compiled
def embed(net: Net, work: Work, drawing: Drawing, row: int, group: int, token: int) -> None:
    """What the predictor takes in for the code of a group."""
    code = drawing.codes[row, group]
    for place in range(net.hidden):
        work.values[token, place] = widened(drawing.tables[group, code, place])


@compiled
def draw(net: Net, work: Work, drawing: Drawing, group: int, rank: int, phase: int) -> int:
    """The codes of one group, and the positions of the next pass; answers the next phase."""
    rows, groups = drawing.codes.shape
    done = 0
    while True:
        row = take(work, phase, ONE)
        if row >= rows:
            break
        chosen = drawn(work.logits, row, net.vocabulary, drawing.chances[row, group], drawing)
        drawing.codes[row, group] = chosen
        if group < groups - 1:
            embed(net, work, drawing, row, group, row)
            work.sequences[row], work.positions[row], work.picked[row] = row, group + 1, row
        done += 1
    return settle(work, phase, done, rows)


@compiled
def frame(net: Net, work: Work, drawing: Drawing, rank: int) -> None:
    """All codes of a frame as one of its threads; `work.values` holds state and first code of each row, in turn."""
    rows, groups = drawing.codes.shape
    phase = NOUGHT
    tokens = 2 * rows
    for group in range(1, groups):
        phase = through(net, work, tokens, rank, phase)
        phase = say(net, work, rows, group - 1, rank, phase)
        phase = draw(net, work, drawing, group, rank, phase)
        tokens = rows
