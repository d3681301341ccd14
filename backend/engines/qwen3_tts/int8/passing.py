"""The phases of a pass through a stack of layers, and the order they come in. Compiled by numba like `kernels`."""

from __future__ import annotations

import numpy as np

from backend.engines.qwen3_tts.int8.blocks import block_of_rows, taken_in
from backend.engines.qwen3_tts.int8.instructions import BLOCK, narrowed, widened
from backend.engines.qwen3_tts.int8.kernels import (
    ATTEND,
    FEW,
    NARROW,
    NOUGHT,
    ONE,
    PROJECT,
    SOME,
    WIDEN,
    Acts,
    Net,
    Work,
    compiled,
    exponential,
    inlined,
    mine,
    normed,
    ours,
    settle,
    take,
)

HALF_BLOCK = BLOCK // 2


@inlined
def prepare(net: Net, work: Work, layer: int, matrix: int, token: int, rank: int, acts: Acts) -> None:
    """Quantise what a matrix takes in, of one position."""
    bits = net.places[layer, matrix, 3]
    if matrix == PROJECT:
        taken_in(work.heard, token, work.heard.shape[1], acts, token, bits)
    elif matrix == NARROW:
        taken_in(work.fed, token, net.inner, acts, token, bits)
    else:
        start = NOUGHT if matrix == ATTEND else net.hidden
        normed(work.values, token, net.norms, layer, start, net.hidden, net.epsilon, work.normed, rank)
        taken_in(work.normed, rank, net.hidden, acts, token, bits)


@compiled
def share(net: Net, work: Work, tokens: int, layer: int, matrix: int, rank: int, phase: int) -> int:
    """Quantise many positions, each once for all threads; answers the next phase."""
    done = 0
    while True:
        token = take(work, phase, ONE)
        if token >= tokens:
            break
        prepare(net, work, layer, matrix, token, rank, ours(work))
        done += 1
    return settle(work, phase, done, tokens)


@inlined
def finish(net: Net, work: Work, matrix: int, block: int, first: int, count: int, rank: int) -> None:
    """Put the rows of a block where they belong."""
    for one in range(count):
        token = first + one
        if matrix == WIDEN:
            for row in range(HALF_BLOCK):
                gate = work.rows[rank, one, row]
                up = work.rows[rank, one, HALF_BLOCK + row]
                work.rows[rank, one, row] = gate / (np.float32(1) + exponential(-gate)) * up
            start = block * HALF_BLOCK
            for row in range(min(HALF_BLOCK, net.inner - start)):
                work.fed[token, np.uint64(start) + np.uint64(row)] = work.rows[rank, one, row]
        else:
            start = block * BLOCK
            for row in range(min(BLOCK, net.hidden - start)):
                work.values[token, np.uint64(start) + np.uint64(row)] += work.rows[rank, one, row]


@compiled
def multiply(net: Net, work: Work, tokens: int, layer: int, matrix: int, step: int, rank: int, phase: int) -> int:
    """One matrix for all positions; answers the next phase."""
    few = tokens <= FEW
    acts = mine(work, rank) if few else ours(work)
    if not few:
        phase = share(net, work, tokens, layer, matrix, rank, phase)
    blocks = (net.inner + HALF_BLOCK - 1) // HALF_BLOCK if matrix == WIDEN else (net.hidden + BLOCK - 1) // BLOCK
    done = 0
    while True:
        first_block = take(work, phase, step)
        if first_block >= blocks:
            break
        if few and done == 0:
            for token in range(tokens):
                prepare(net, work, layer, matrix, token, rank, acts)
        last_block = min(first_block + step, blocks)
        for block in range(first_block, last_block):
            for first in range(0, tokens, 4):
                count = min(4, tokens - first)
                block_of_rows(net, net.places[layer, matrix], block, acts, first, count, work, rank)
                finish(net, work, matrix, block, first, count, rank)
        done += last_block - first_block
    return settle(work, phase, done, blocks)


@inlined
def turned(net: Net, work: Work, layer: int, head: int, token: int, start: int, norm: int, rank: int) -> None:
    """Norm and rotate one query or key, `work.projected[head, token, start:]`, into `work.normed[rank]`."""
    begin, weight, half = np.uint64(start), np.uint64(norm), np.uint64(net.head // 2)
    total = np.float32(0)
    for number in range(net.head):
        value = work.projected[head, token, begin + np.uint64(number)]
        total += value * value
    factor = np.float32(1) / np.sqrt(total / np.float32(net.head) + np.float32(net.epsilon))
    position = work.positions[token]
    for number in range(net.head // 2):
        place = np.uint64(number)
        first = work.projected[head, token, begin + place] * factor * net.norms[layer, weight + place]
        second = work.projected[head, token, begin + half + place] * factor * net.norms[layer, weight + half + place]
        cosine, sine = work.cosines[position, place], work.sines[position, place]
        work.normed[rank, place] = first * cosine - second * sine
        work.normed[rank, half + place] = second * cosine + first * sine


@inlined
def remember(net: Net, work: Work, layer: int, head: int, token: int, rank: int) -> None:
    """Store key and value of one position."""
    sequence, position = work.sequences[token], work.positions[token]
    start = net.group * net.head
    turned(net, work, layer, head, token, start, 2 * net.hidden + net.head, rank)
    for place in range(net.head):
        work.keys[layer, sequence, head, position, place] = narrowed(work.normed[rank, place])
        value = work.projected[head, token, np.uint64(start + net.head) + np.uint64(place)]
        work.seen[layer, sequence, head, position, place] = narrowed(value)


@inlined
def listen(net: Net, work: Work, layer: int, head: int, member: int, token: int, rank: int) -> None:
    """Attention of one query to all positions up to its own, into `work.heard`."""
    sequence, length = work.sequences[token], work.positions[token] + 1
    turned(net, work, layer, head, token, member * net.head, 2 * net.hidden, rank)
    scale = np.float32(1) / np.sqrt(np.float32(net.head))
    largest = np.float32(-1e30)
    for position in range(length):
        score = np.float32(0)
        for place in range(net.head):
            score += work.normed[rank, place] * widened(work.keys[layer, sequence, head, position, place])
        work.scores[rank, position] = score * scale
        largest = max(largest, score * scale)
    total = np.float32(0)
    for position in range(length):
        work.scores[rank, position] = exponential(work.scores[rank, position] - largest)
        total += work.scores[rank, position]
    into = np.uint64((head * net.group + member) * net.head)
    for place in range(net.head):
        work.heard[token, into + np.uint64(place)] = np.float32(0)
    for position in range(length):
        weight = work.scores[rank, position] / total
        for place in range(net.head):
            value = widened(work.seen[layer, sequence, head, position, place])
            work.heard[token, into + np.uint64(place)] += weight * value


@compiled
def attend(net: Net, work: Work, tokens: int, layer: int, rank: int, phase: int) -> int:
    """Queries, keys and values of each head, and what it hears; answers the next phase."""
    few = tokens <= FEW
    acts = mine(work, rank) if few else ours(work)
    if not few:
        phase = share(net, work, tokens, layer, ATTEND, rank, phase)
    size = (net.group + 2) * net.head
    blocks = (size + BLOCK - 1) // BLOCK
    done = 0
    while True:
        head = take(work, phase, ONE)
        if head >= net.key_heads:
            break
        if few and done == 0:
            for token in range(tokens):
                prepare(net, work, layer, ATTEND, token, rank, acts)
        for block in range(blocks):
            for first in range(0, tokens, 4):
                count = min(4, tokens - first)
                block_of_rows(net, net.places[layer, ATTEND], head * blocks + block, acts, first, count, work, rank)
                for one in range(count):
                    for row in range(min(BLOCK, size - block * BLOCK)):
                        into = np.uint64(block * BLOCK) + np.uint64(row)
                        work.projected[head, first + one, into] = work.rows[rank, one, row]
        for token in range(tokens):
            remember(net, work, layer, head, token, rank)
        for token in range(tokens):
            for member in range(net.group):
                listen(net, work, layer, head, member, token, rank)
        done += 1
    return settle(work, phase, done, net.key_heads)


@compiled
def say(net: Net, work: Work, rows: int, head: int, rank: int, phase: int) -> int:
    """States and logits of the picked positions; answers the next phase."""
    blocks = (net.vocabulary + BLOCK - 1) // BLOCK
    acts = mine(work, rank)
    done = 0
    while True:
        first_block = take(work, phase, SOME)
        if first_block >= blocks:
            break
        last_block = min(first_block + 4, blocks)
        for start in range(0, rows, FEW):
            count = min(FEW, rows - start)
            if done == 0 or rows > FEW:
                for one in range(count):
                    # every thread writes the same states
                    normed(
                        work.values,
                        work.picked[start + one],
                        net.last_norm,
                        NOUGHT,
                        NOUGHT,
                        net.hidden,
                        net.epsilon,
                        work.states,
                        start + one,
                    )
                    taken_in(work.states, start + one, net.hidden, acts, one, net.heads[head, 3])
            for block in range(first_block, last_block):
                block_of_rows(net, net.heads[head], block, acts, NOUGHT, count, work, rank)
                for one in range(count):
                    for row in range(min(BLOCK, net.vocabulary - block * BLOCK)):
                        into = np.uint64(block * BLOCK) + np.uint64(row)
                        work.logits[start + one, into] = work.rows[rank, one, row]
        done += last_block - first_block
    return settle(work, phase, done, blocks)


@compiled
def through(net: Net, work: Work, tokens: int, rank: int, phase: int) -> int:
    """All layers; answers the next phase."""
    for layer in range(net.layers):
        phase = attend(net, work, tokens, layer, rank, phase)
        phase = multiply(net, work, tokens, layer, PROJECT, ONE, rank, phase)
        phase = multiply(net, work, tokens, layer, WIDEN, SOME, rank, phase)
        phase = multiply(net, work, tokens, layer, NARROW, ONE, rank, phase)
    return phase


@compiled
def run(net: Net, work: Work, tokens: int, rows: int, rank: int) -> None:
    """A pass of `tokens` positions, of which `rows` are picked for logits, as one of its threads."""
    phase = through(net, work, tokens, rank, NOUGHT)
    if rows:
        say(net, work, rows, NOUGHT, rank, phase)
