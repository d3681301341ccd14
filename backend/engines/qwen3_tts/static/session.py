"""The session of `generation` in static shapes: in a room of its own, with nothing recorded."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from backend.engines.qwen3_tts.generation import Draw
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt
from backend.engines.qwen3_tts.static.buckets import positions_for
from backend.engines.qwen3_tts.static.drawing import Kind, Way
from backend.engines.qwen3_tts.static.room import Room
from backend.engines.qwen3_tts.static.steps import Stacks, Steps


class StaticSession:
    """One batch that is being spoken."""

    logits: Tensor
    hidden: Tensor

    def __init__(self, model: Qwen3TTS, stacks: Stacks, prompts: Sequence[Prompt]) -> None:
        longest = max(len(prompt.start) for prompt in prompts)
        words = max(len(prompt.trailing) for prompt in prompts) + 1
        self._room = Room(model, len(prompts), positions_for(longest + 1), words)
        self._steps = Steps(self._room, stacks)
        self._rows = self._room.take(len(prompts))
        self._steps.hear(self._rows, prompts)
        self._renew()

    def _renew(self) -> None:
        self._room.activate(self._rows)
        self.logits, self.hidden = self._room.logits[self._slots], self._room.hidden[self._slots]

    @property
    def _slots(self) -> Tensor:
        """Where the rows lie: who stays may have moved to where somebody left."""
        return torch.tensor([row.slot for row in self._rows], device=self._room.at.device)

    def predict_frame(self, first: Tensor, choose: Draw) -> Tensor:
        room, slots = self._room, self._slots
        room.codes[slots, 0] = first
        room.chance[slots] = choose.chances
        way = Way(choose.temperature, choose.top_k, choose.top_p)
        room.rest.set(slice(None), way)
        self._steps.predict(len(self._rows), Kind.serving([way], room.model.config.predictor.vocabulary))
        return room.codes[slots]

    def talker_step(self, codes: Tensor, text: Tensor) -> None:
        room, slots = self._room, self._slots
        room.codes[slots], room.text[slots] = codes, text
        positions = positions_for(max(row.length for row in self._rows) + 1)
        if positions > room.capacity:
            self._steps.lengthen(positions)
        self._steps.step(len(self._rows), positions)
        for row in self._rows:
            row.length += 1
        self._renew()

    def select(self, rows: Sequence[int]) -> None:
        kept = [self._rows[row] for row in rows]
        self._room.release([row for row in self._rows if row not in kept])
        self._rows = kept
        self._renew()
