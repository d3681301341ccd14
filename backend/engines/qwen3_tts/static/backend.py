"""The backend of devices where launching costs more than computing: static shapes, recorded frames, rows shared by all
who speak. Where nothing is recorded, the same steps run as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Sequence

import torch

from backend.engines.qwen3_tts.generation import Frame
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt
from backend.engines.qwen3_tts.sampling import Sampling
from backend.engines.qwen3_tts.static.batcher import FrameBatcher
from backend.engines.qwen3_tts.static.buckets import BATCHES, PROMPTS
from backend.engines.qwen3_tts.static.drawing import Kind
from backend.engines.qwen3_tts.static.graphs import Recorder, Replays
from backend.engines.qwen3_tts.static.room import Room, megabytes
from backend.engines.qwen3_tts.static.session import StaticSession
from backend.engines.qwen3_tts.static.steps import Stacks, Steps
from backend.engines.qwen3_tts.static.turn import Turn

CAPACITY = 1024
"""Positions of a slot at first: a prompt and about a minute of speech."""
SHARE = 0.25
"""Of the memory that is free after loading, for keys and values."""
MOST_SLOTS = {"cuda": 16}
"""Rows by the kind of device; elsewhere as many as a batch of a script has."""
BATCH_SLOTS = 4
AT_LOAD = ((1, 256), (1, 512), (8, 256))
"""Rows and positions that are recorded before anybody waits; others when they are needed first."""


class StaticBackend:
    """What `generate` asks. `recorder` None runs everything as it is."""

    def __init__(
        self, model: Qwen3TTS, recorder: Recorder | None = None, slots: int = 8, capacity: int = CAPACITY
    ) -> None:
        """`slots`: rows that may speak at a time, one of BATCHES."""
        self.model = model
        self.slots = slots
        self.replays = Replays(recorder)
        self.turn = Turn()
        self._capacity = capacity
        self.wake()

    @classmethod
    def fitting(cls, model: Qwen3TTS, recorder: Recorder | None, slots: int) -> StaticBackend:
        """With so many slots, or fewer, as memory has it. Raises torch.OutOfMemoryError where one is too many."""
        while slots > 1:
            with contextlib.suppress(torch.OutOfMemoryError):
                return cls(model, recorder, slots)
            slots //= 2
        return cls(model, recorder, slots)

    @property
    def free(self) -> int:
        """Slots that nobody speaks in now; by the next frame there may be more or fewer."""
        return self._batcher.free

    def wake(self) -> None:
        """Join the weights where they lie now, and make room for rows."""
        with self.turn, torch.inference_mode():
            self._stacks = Stacks.of(self.model)
            room = Room(self.model, self.slots, self._capacity)
            self._batcher = FrameBatcher(Steps(room, self._stacks), self.replays, self.turn)

    def rest(self) -> None:
        """Let go of everything but the weights, which are about to move. Nobody may be speaking."""
        with self.turn:
            self.replays.clear()
            del self._stacks, self._batcher

    def record(self, told: Callable[[float], None] = lambda share: None) -> None:
        """What is used most, before it is used; as far as memory goes."""
        wanted = [(rows, positions) for rows, positions in AT_LOAD if rows <= self.slots]
        with self.turn, torch.inference_mode():
            for number, (rows, positions) in enumerate(wanted, start=1):
                self._batcher.launch(rows, positions, Kind(), Kind())
                told(number / (len(wanted) + len(PROMPTS)))
            for number, positions in enumerate(PROMPTS, start=1 + len(wanted)):
                self._batcher.hear(positions)
                told(number / (len(wanted) + len(PROMPTS)))

    def start(self, prompts: Sequence[Prompt]) -> StaticSession:
        """A session in a room of its own, as many rows as there are prompts; nothing is recorded for it."""
        return StaticSession(self.model, self._stacks, prompts)

    def speak(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int], most_frames: int
    ) -> Generator[Frame, None, None]:
        """As `generation.generate`, beside all others who speak. At most `slots` prompts."""
        return self._batcher.speak(prompts, sampling, seeds, most_frames)


def slots_for(model: Qwen3TTS, kind: str, free_mb: int) -> int:
    """Rows for which the memory suffices, one at least."""
    most = MOST_SLOTS.get(kind, BATCH_SLOTS)
    fitting = [rows for rows in BATCHES if rows <= most and megabytes(model, rows, CAPACITY) <= SHARE * free_mb]
    return fitting[-1] if fitting else 1
