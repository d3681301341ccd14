"""The session of `generation` on packed weights: prompts are heard, frames predicted, frames taken in, all as bytes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.engines.qwen3_tts.generation import Draw
from backend.engines.qwen3_tts.int8 import packing
from backend.engines.qwen3_tts.int8.drawing import Drawing, frame
from backend.engines.qwen3_tts.int8.kernels import Net, Work
from backend.engines.qwen3_tts.int8.passing import run
from backend.engines.qwen3_tts.int8.prefixes import Prefixes
from backend.engines.qwen3_tts.int8.room import STEP, Room
from backend.engines.qwen3_tts.int8.team import Team
from backend.engines.qwen3_tts.int8.testing import self_test
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Positions of a prompt that go through the layers together."""
PACKING = 0.5
"""Share of a first load that packing takes; compiling takes the rest."""
SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Threads that are tried."""
TRIES = 3
WORTH = 0.93
"""Share of the time that more threads must come down to: memory has its speed, and cores are wanted by others too."""


class Int8Backend:
    """Packed weights and the threads that read them."""

    def __init__(
        self,
        model: Qwen3TTS,
        threads: int,
        folder: Path | None,
        told: Callable[[float], None],
        fixed: bool = True,
        kind: str = "int8",
    ) -> None:
        """`folder` keeps the packed weights between starts; `threads` are a bound where they are not `fixed`;
        `kind` is one of `packing.BITS`."""
        for bits in {8, packing.BITS[kind]}:  # heads have eight whatever the kind
            self_test(bits)
        self.model = model
        self.team = Team(threads)
        layers = model.config.talker.layers + model.config.predictor.layers
        done = 0

        def count(number: int) -> None:
            nonlocal done
            done += number
            told(PACKING * done / layers)

        found = packing.kept(folder, kind) if folder else None
        if found is None:
            with torch.inference_mode():
                found = packing.pack(model.talker, kind, count)
            if folder:
                found = _kept(folder, found, kind)
        self.talker, self.predictor, self.tables = found
        self.prefixes = Prefixes()
        told(PACKING)
        with torch.inference_mode():
            frame_of_nothing = self._speak_once()
            if not fixed:
                self._suit(frame_of_nothing)
        told(1.0)

    def _speak_once(self) -> Callable[[], object]:
        """A frame of nothing: the first one on a machine compiles the kernels, and each reads the weights in.

        Answers what makes the predictor do one again.
        """
        config = self.model.config
        silence = torch.zeros(2, config.talker.hidden)
        draw = Draw(torch.zeros(1, config.groups), 0.0, 0, 1.0)
        session = self.start([Prompt(silence, silence[:0], silence[0])])
        first = torch.zeros(1, dtype=torch.long)
        session.talker_step(session.predict_frame(first, draw), silence[:1])
        return lambda: session.predict_frame(first, draw)

    def _suit(self, make_frame: Callable[[], object]) -> None:
        """Take the fewest threads that are about as quick as more of them, by trying, from few to many."""
        most = self.team
        kept, best = most, float("inf")
        for size in [size for size in SIZES if size < most.threads] + [most.threads]:
            self.team = most if size == most.threads else Team(size)
            seconds = min(_seconds(make_frame) for _ in range(TRIES))
            if seconds < WORTH * best:
                kept, best = self.team, seconds
        self.team = kept
        log.info("%d of %d threads: %.0f ms for a frame of the predictor", kept.threads, most.threads, best * 1000)

    def start(self, prompts: Sequence[Prompt]) -> Int8Session:
        return Int8Session(self, prompts)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _kept(folder: Path, made: tuple[Net, Net, NDArray[np.uint16]], kind: str) -> tuple[Net, Net, NDArray[np.uint16]]:
    """What was made, mapped from the disk where that could be written."""
    try:
        packing.keep(folder, made[:2], made[2], kind)
    except OSError as error:
        log.info("packed weights could not be kept: %s", error)
        return made
    return packing.kept(folder, kind) or made


def phases(net: Net, passes: int) -> int:
    """Pairs of counters that so many passes use."""
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
        known = self._backend.prefixes
        for row, prompt in enumerate(prompts):
            for start in range(known.recall(prompt, self._talk, row), len(prompt), AT_ONCE):
                piece = prompt[start : start + AT_ONCE]
                work = self._talk.work(len(piece), 1, phases(net, 1))
                work.values[:] = piece
                work.sequences[:] = row
                work.positions[:] = np.arange(start, start + len(piece))
                work.picked[0] = len(piece) - 1
                last = start + AT_ONCE >= len(prompt)
                self._go(net, work, len(piece), 1 if last else 0)
            known.keep(prompt, self._talk, row)
            states.append(work.states[0])
            logits.append(work.logits[0])
        self.hidden, self.logits = torch.from_numpy(np.stack(states)), torch.from_numpy(np.stack(logits))

    def _renew(self) -> None:
        """Places to work in, for as many rows as there are."""
        rows = self._talk.rows
        self._step = self._talk.work(rows, rows, phases(self._backend.talker, 1))
        passes = self._groups - 1
        self._frame = self._predict.work(2 * rows, rows, phases(self._backend.predictor, passes))
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
