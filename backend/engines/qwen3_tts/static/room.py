"""The memory in which rows live while they speak: always at the same addresses, the first slots taken and no gaps.

Shapes: R slots, C positions, G codes of a frame, H and V width and vocabulary of the talker.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from backend.engines.qwen3_tts.config import BANNED, TransformerConfig
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.static.buckets import PROMPTS
from backend.engines.qwen3_tts.static.drawing import Boldness

AHEAD = 64
"""Frames for which a row's random numbers lie ready."""
WORDS = 512
"""Words that may run beside the frames of a row, before room for more is made."""


@dataclass(eq=False)
class Row:
    """One that speaks. Its slot may change whenever another leaves."""

    slot: int
    length: int = 0
    """Positions that were heard."""
    frames: int = 0
    """Frames that were spoken."""


@dataclass
class Keys:
    """Keys and values of a stack, (layers, R, key_heads, C, head) each."""

    keys: Tensor
    values: Tensor

    @classmethod
    def empty(cls, config: TransformerConfig, rows: int, positions: int, like: Tensor) -> Keys:
        """Zeros: what is masked is multiplied with 0, which makes nothing of numbers only."""
        shape = (config.layers, rows, config.key_heads, positions, config.head)
        return cls(like.new_zeros(shape), like.new_zeros(shape))

    def longer(self, positions: int) -> Keys:
        more = positions - self.keys.shape[3]
        return Keys(functional.pad(self.keys, (0, 0, 0, more)), functional.pad(self.values, (0, 0, 0, more)))


@dataclass
class Room:
    """R slots. `state` moves with a row; everything else is written anew for every frame."""

    model: Qwen3TTS
    slots: int
    capacity: int
    """Positions of a slot."""
    words: int = WORDS
    rows: list[Row] = field(default_factory=list)
    """Those that are taken, by slot."""

    def __post_init__(self) -> None:
        config, like = self.model.config, self.model.talker.codec_head.weight
        rows, device, talker = self.slots, like.device, config.talker
        self.talked = Keys.empty(talker, rows, self.capacity, like)
        self.predicted = Keys.empty(config.predictor, rows, config.groups, like)
        self.hidden = like.new_zeros(rows, talker.hidden)
        self.logits = like.new_zeros(rows, talker.vocabulary)
        self.at = torch.zeros(rows, dtype=torch.long, device=device)
        """Position that is written next, (R,)."""
        self.frames = torch.zeros_like(self.at)
        self.chosen = torch.zeros(rows, talker.vocabulary, dtype=torch.bool, device=device)
        self.first = Boldness.of(rows, talker.vocabulary, device)
        self.rest = Boldness.of(rows, config.predictor.vocabulary, device)
        self.penalty = torch.ones(rows, 1, device=device)
        self.chances = torch.zeros(rows, AHEAD, config.groups, device=device)
        self.trailing = like.new_zeros(rows, self.words, talker.hidden)
        self.last_word = torch.zeros_like(self.at)
        """Index in `trailing` of what runs beside all later frames, (R,)."""
        self.active = torch.zeros(rows, dtype=torch.bool, device=device)
        """Rows that take part in this frame; others stay as they are."""
        self.chance = torch.zeros(rows, config.groups, device=device)
        self.text = like.new_zeros(rows, talker.hidden)
        self.codes = torch.zeros(rows, config.groups, dtype=torch.long, device=device)
        self.told = torch.zeros(rows, config.groups + 1, dtype=torch.long, device=device)
        """Codes of the frame, and whether the row's numbers ran out of bounds."""
        self.prompt = like.new_zeros(1, PROMPTS[-1], talker.hidden)
        """A prompt that is heard alone, and behind its end nothing of meaning."""
        self.prompt_slot, self.prompt_end = torch.zeros_like(self.at[:1]), torch.zeros_like(self.at[:1])
        """Where it goes, and its last position, (1,) each."""
        ids = torch.arange(talker.vocabulary, device=device)
        self.end = ids == config.control.end
        self.banned = (ids >= talker.vocabulary - BANNED) & ~self.end
        self.numbers = torch.arange(rows, device=device)

    @property
    def free(self) -> int:
        return self.slots - len(self.rows)

    def take(self, count: int) -> list[Row]:
        """The next slots, as if nobody had ever been there."""
        start = len(self.rows)
        taken = [Row(slot) for slot in range(start, start + count)]
        self.rows += taken
        fresh = slice(start, start + count)
        for tensor in (self.talked.keys, self.talked.values):
            tensor[:, fresh].zero_()
        for tensor in (self.chosen, self.frames, self.at):
            tensor[fresh].zero_()
        return taken

    def release(self, leaving: Iterable[Row]) -> None:
        """The last ones move to where somebody left."""
        for row in sorted(leaving, key=lambda row: -row.slot):
            last = self.rows.pop()
            if last is not row:
                self._move(last, row.slot)
                self.rows[row.slot] = last
            self.at[len(self.rows)].zero_()  # a bucket may go on with this slot: it must not write behind its end

    def _move(self, row: Row, slot: int) -> None:
        for keys in (self.talked.keys, self.talked.values):
            keys[:, slot].copy_(keys[:, row.slot])
        for tensor in self._state():
            tensor[slot].copy_(tensor[row.slot])
        row.slot = slot

    def _state(self) -> tuple[Tensor, ...]:
        own = (self.hidden, self.logits, self.at, self.frames, self.chosen, self.penalty, self.chances)
        return (*own, self.trailing, self.last_word, *self.first.tensors, *self.rest.tensors)

    def activate(self, rows: Sequence[Row]) -> None:
        """These take part in the next frame."""
        wanted = torch.zeros(self.slots, dtype=torch.bool)
        wanted[[row.slot for row in rows]] = True
        self.active.copy_(wanted)

    def lengthen(self, capacity: int) -> None:
        """Room for more positions, elsewhere: what was recorded has to be recorded anew."""
        self.talked = self.talked.longer(capacity)
        self.capacity = capacity

    def widen(self, words: int) -> None:
        """Room for more words, elsewhere."""
        self.trailing = functional.pad(self.trailing, (0, 0, 0, words - self.words))
        self.words = words


def megabytes(model: Qwen3TTS, rows: int, capacity: int) -> int:
    """What the keys and values of so many slots take."""
    config = model.config.talker
    numbers = 2 * config.layers * rows * config.key_heads * capacity * config.head
    return (numbers * model.talker.codec_head.weight.element_size()) >> 20
