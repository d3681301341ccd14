"""The session of `generation` on packed weights: prompts are heard, frames predicted, frames taken in, all as bytes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.engines.qwen3_tts.generation import Draw
from backend.engines.qwen3_tts.int8 import packing
from backend.engines.qwen3_tts.int8.drawing import Drawing, frame
from backend.engines.qwen3_tts.int8.instructions import BLOCK, KIND, LARGEST, OFFSET, dot_block, dot_block_of_four
from backend.engines.qwen3_tts.int8.kernels import FEW, LINE, Net, Work, compiled
from backend.engines.qwen3_tts.int8.passing import run
from backend.engines.qwen3_tts.int8.team import Team
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Positions of a prompt that go through the layers together."""
PACKING = 0.5
"""Share of a first load that packing takes; compiling takes the rest."""
STEP = 256
"""Positions by which room for keys grows."""


class Int8Backend:
    """Packed weights and the threads that read them."""

    def __init__(self, model: Qwen3TTS, threads: int, folder: Path | None, told: Callable[[float], None]) -> None:
        """`folder` keeps the packed weights between starts."""
        self_test()
        self.model = model
        self.team = Team(threads)
        layers = model.config.talker.layers + model.config.predictor.layers
        done = 0

        def count(number: int) -> None:
            nonlocal done
            done += number
            told(PACKING * done / layers)

        found = packing.kept(folder) if folder else None
        if found is None:
            with torch.inference_mode():
                found = packing.pack(model.talker, count)
            if folder:
                found = _kept(folder, found)
        self.talker, self.predictor, self.tables = found
        told(PACKING)
        self._speak_once()
        told(1.0)

    def _speak_once(self) -> None:
        """A frame of nothing: the first one on a machine compiles the kernels, and each reads the weights in."""
        config = self.model.config
        silence = torch.zeros(2, config.talker.hidden)
        draw = Draw(torch.zeros(1, config.groups), 0.0, 0, 1.0)
        with torch.inference_mode():
            session = self.start([Prompt(silence, silence[:0], silence[0])])
            codes = session.predict_frame(torch.zeros(1, dtype=torch.long), draw)
            session.talker_step(codes, silence[:1])

    def start(self, prompts: Sequence[Prompt]) -> Int8Session:
        return Int8Session(self, prompts)


def _kept(folder: Path, made: tuple[Net, Net, NDArray[np.uint16]]) -> tuple[Net, Net, NDArray[np.uint16]]:
    """What was made, mapped from the disk where that could be written."""
    try:
        packing.keep(folder, made[:2], made[2])
    except OSError as error:
        log.info("packed weights could not be kept: %s", error)
        return made
    return packing.kept(folder) or made


def self_test() -> None:
    """The multiplying instruction on random bytes against numpy. Raises ArithmeticError where they differ."""
    draw = np.random.default_rng(1)
    weights = draw.integers(-127, 128, (BLOCK, 64))
    acts = draw.integers(-LARGEST, LARGEST + 1, (4, 64)) + OFFSET
    blocks = weights.reshape(BLOCK, 16, 4).transpose(1, 0, 2).astype(np.int8).copy()
    result = np.zeros((5, BLOCK), np.int32)
    tried(acts.astype(np.uint8), blocks, result)
    if not np.array_equal(result, np.concatenate([acts, acts[:1]]) @ weights.T):
        raise ArithmeticError(f"the instruction {KIND} multiplies otherwise than expected")


@compiled
def tried(acts: Any, blocks: Any, result: Any) -> None:
    """Four vectors at once, and the first alone."""
    width = acts.shape[1]
    place, weights = acts.ctypes.data, blocks.ctypes.data
    dot_block_of_four(place, width, weights, width // 4, result.ctypes.data)
    dot_block(place, width, weights, width // 4, result.ctypes.data + np.uint64(4 * BLOCK * 4))


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
            own=np.zeros((threads, FEW, widest), np.uint8),
            own_scales=floats(threads, FEW),
            normed=floats(threads, widest),
            sums=np.zeros((threads, 4, BLOCK), np.int32),
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


def _phases(net: Net, passes: int) -> int:
    return passes * (8 * net.layers + 3)


class Int8Session:
    """One batch that is being spoken."""

    logits: Tensor
    hidden: Tensor

    def __init__(self, backend: Int8Backend, prompts: Sequence[Prompt]) -> None:
        self._backend = backend
        config = backend.model.config
        self._groups = config.groups
        rows = len(prompts)
        self._lengths = [len(prompt.start) for prompt in prompts]
        threads = backend.team.threads
        room = max(self._lengths) + STEP
        self._talk = Room(backend.talker, rows, room, config.talker.rope_theta, threads)
        self._predict = Room(backend.predictor, rows, config.groups + 1, config.predictor.rope_theta, threads)
        self._hear([prompt.start.float().numpy() for prompt in prompts])
        self._renew()

    def _hear(self, prompts: Sequence[NDArray[np.float32]]) -> None:
        """One prompt after the other: many positions share each reading of the weights."""
        net = self._backend.talker
        states, logits = [], []
        for row, prompt in enumerate(prompts):
            for start in range(0, len(prompt), AT_ONCE):
                piece = prompt[start : start + AT_ONCE]
                work = self._talk.work(len(piece), 1, _phases(net, 1))
                work.values[:] = piece
                work.sequences[:] = row
                work.positions[:] = np.arange(start, start + len(piece))
                work.picked[0] = len(piece) - 1
                last = start + AT_ONCE >= len(prompt)
                self._go(net, work, len(piece), 1 if last else 0)
            states.append(work.states[0])
            logits.append(work.logits[0])
        self.hidden, self.logits = torch.from_numpy(np.stack(states)), torch.from_numpy(np.stack(logits))

    def _renew(self) -> None:
        """Places to work in, for as many rows as there are."""
        rows = self._talk.rows
        self._step = self._talk.work(rows, rows, _phases(self._backend.talker, 1))
        phases = _phases(self._backend.predictor, self._groups - 1)
        self._frame = self._predict.work(2 * rows, rows, phases)
        tables = self._backend.tables
        self._found = np.zeros((rows, self._backend.predictor.vocabulary), np.float32)
        self._tables = tables

    def _go(self, net: Net, work: Work, tokens: int, rows: int) -> None:
        work.counters[:] = 0
        self._backend.team.run(lambda rank: run(net, work, tokens, rows, rank))

    def predict_frame(self, first: Tensor, choose: Draw) -> Tensor:
        net, work = self._backend.predictor, self._frame
        rows = len(first)
        codes = np.zeros((rows, self._groups), np.int64)
        codes[:, 0] = first.numpy()
        drawing = Drawing(
            self._tables,
            codes,
            choose.chances.numpy().astype(np.float32),
            self._found,
            float(choose.temperature),
            int(choose.top_k),
            float(choose.top_p),
        )
        project = self._backend.model.talker.code_predictor.small_to_mtp_projection
        work.values[0 : 2 * rows : 2] = project(self.hidden.to(self._backend.model.dtype)).float().numpy()
        embedded = torch.from_numpy(self._tables[0][codes[:, 0]]).view(torch.bfloat16)
        work.values[1 : 2 * rows : 2] = embedded.float().numpy()
        work.sequences[:] = np.arange(rows).repeat(2)
        work.positions[:] = np.tile([0, 1], rows)
        work.picked[:] = np.arange(1, 2 * rows, 2)
        work.counters[:] = 0
        self._backend.team.run(lambda rank: frame(net, work, drawing, rank))
        return torch.from_numpy(codes)

    def talker_step(self, codes: Tensor, text: Tensor) -> None:
        if max(self._lengths) >= self._talk.capacity:
            self._talk.grow(max(self._lengths) + 1)
            self._renew()
        work, rows = self._step, len(codes)
        work.values[:] = (self._embedded(codes) + text).float().numpy()
        work.sequences[:] = np.arange(rows)
        work.positions[:] = self._lengths
        work.picked[:] = np.arange(rows)
        self._go(self._backend.talker, work, rows, rows)
        self._lengths = [length + 1 for length in self._lengths]
        self.hidden, self.logits = torch.from_numpy(work.states.copy()), torch.from_numpy(work.logits.copy())

    def _embedded(self, codes: Tensor) -> Tensor:
        """Frames (B, G) → (B, H), out of the tables that are in memory anyway, where those hold all groups."""
        if len(self._tables) < self._groups:
            return self._backend.model.talker.embed_frame(codes)
        found = self._tables[np.arange(self._groups), codes.numpy()]
        return torch.from_numpy(found).view(torch.bfloat16).sum(dim=1).to(self._backend.model.dtype)

    def select(self, rows: Sequence[int]) -> None:
        kept = list(rows)
        self._talk.select(kept)
        self._predict.select(kept)
        self._lengths = [self._lengths[row] for row in kept]
        self.hidden, self.logits = self.hidden[kept], self.logits[kept]
        self._renew()
