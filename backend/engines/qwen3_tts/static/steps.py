"""What happens in a frame, as functions of the room alone: they take and return nothing, ask the device for no number,
and so may be recorded once and replayed. Shapes: B rows of a bucket, T positions of one, G codes of a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt
from backend.engines.qwen3_tts.static.drawing import Kind, allowed, drawn, penalised
from backend.engines.qwen3_tts.static.room import AHEAD, Keys, Room, Row
from backend.engines.qwen3_tts.static.stack import StaticStack


@dataclass(frozen=True)
class Stacks:
    """The joined weights of a checkpoint, which all rooms share."""

    talker: StaticStack
    predictor: StaticStack

    @classmethod
    def of(cls, model: Qwen3TTS) -> Stacks:
        return cls(StaticStack(model.talker.model), StaticStack(model.talker.code_predictor.model))


class Steps:
    """The language model of a checkpoint over the rows of a room."""

    def __init__(self, room: Room, stacks: Stacks) -> None:
        self.room = room
        self._talker = room.model.talker
        self._predictor = self._talker.code_predictor
        self._groups = room.model.config.groups
        self._speaking, self._guessing = stacks.talker, stacks.predictor
        self._turns = self._speaking.tables(room.capacity)
        self._own_turns = self._guessing.tables(self._groups)

    def lengthen(self, capacity: int) -> None:
        """Room for more positions. What was recorded knows the old addresses."""
        self.room.lengthen(capacity)
        self._turns = self._speaking.tables(capacity)

    # Once a row

    def hear(self, rows: Sequence[Row], prompts: Sequence[Prompt]) -> None:
        """Prompts into slots that were just taken, all at once. Shorter ones are padded behind their end, where nobody
        looks before it is written."""
        room, longest = self.room, max(len(prompt.start) for prompt in prompts)
        values = torch.stack([functional.pad(p.start, (0, 0, 0, longest - len(p.start))) for p in prompts])
        place = slice(rows[0].slot, rows[0].slot + len(rows))

        def attend(layer: int, queries: Tensor, keys: Tensor, seen: Tensor) -> Tensor:
            room.talked.keys[layer, place, :, :longest] = keys.transpose(1, 2)
            room.talked.values[layer, place, :, :longest] = seen.transpose(1, 2)
            return _all(queries, keys, seen)

        rotary = (self._turns[0][:longest], self._turns[1][:longest])
        states = self._speaking.run(values, rotary, attend)
        for row, prompt, state in zip(rows, prompts, states, strict=True):
            self._begin(row, prompt)
            room.hidden[row.slot] = state[row.length - 1]
        room.logits[place] = self._talker.codec_head(room.hidden[place])

    def lay(self, row: Row, prompt: Prompt) -> None:
        """Put a prompt where `hear_laid` finds it, for a slot that was just taken."""
        self._begin(row, prompt)
        room = self.room
        room.prompt.zero_()  # numbers only, also behind its end
        room.prompt[0, : row.length] = prompt.start
        room.prompt_slot.fill_(row.slot)
        room.prompt_end.fill_(row.length - 1)

    def hear_laid(self, positions: int) -> None:
        """The prompt that was laid down, of so many positions at most. It may be recorded."""
        room = self.room

        def attend(layer: int, queries: Tensor, keys: Tensor, seen: Tensor) -> Tensor:
            room.talked.keys[layer][room.prompt_slot, :, :positions] = keys.transpose(1, 2)
            room.talked.values[layer][room.prompt_slot, :, :positions] = seen.transpose(1, 2)
            return _all(queries, keys, seen)

        rotary = (self._turns[0][:positions], self._turns[1][:positions])
        states = self._speaking.run(room.prompt[:, :positions].clone(), rotary, attend)
        hidden = states[0].index_select(0, room.prompt_end)
        room.hidden[room.prompt_slot] = hidden
        room.logits[room.prompt_slot] = self._talker.codec_head(hidden)

    def _begin(self, row: Row, prompt: Prompt) -> None:
        room, words = self.room, len(prompt.trailing)
        row.length = len(prompt.start)
        room.at[row.slot] = row.length
        room.trailing[row.slot, :words] = prompt.trailing
        room.trailing[row.slot, words] = prompt.pad
        room.last_word[row.slot] = words

    # Every frame

    def frame(self, rows: int, positions: int, first: Kind, rest: Kind) -> None:
        """All of a frame: its first code, the others, and the talker's step behind it."""
        room = self.room
        numbers, spoken = room.numbers[:rows], room.frames[:rows]
        room.chance[:rows] = room.chances[numbers, spoken % AHEAD]
        room.text[:rows] = room.trailing[numbers, torch.minimum(spoken, room.last_word[:rows])]
        broken = ~torch.isfinite(room.logits[:rows]).all(dim=-1)
        self.choose(rows, first)
        self.predict(rows, rest)
        room.told[:rows] = torch.cat((room.codes[:rows], broken[:, None]), dim=1)
        self.step(rows, positions)

    def choose(self, rows: int, kind: Kind) -> None:
        """The first code of each row, from `logits` and `chance` into `codes`."""
        room = self.room
        scores = penalised(room.logits[:rows].float(), room.chosen[:rows], room.penalty[:rows])
        scores = allowed(scores, room.banned, room.frames[:rows], room.end)
        ids = drawn(scores, room.chance[:rows, 0], room.first, kind)
        room.codes[:rows, 0] = ids
        chosen = room.chosen[:rows]
        chosen |= (torch.arange(chosen.shape[1], device=ids.device) == ids[:, None]) & room.active[:rows, None]

    def predict(self, rows: int, kind: Kind) -> None:
        """The other codes, from `hidden`, the first of `codes` and `chance` into `codes`."""
        room, predictor = self.room, self._predictor
        project = predictor.small_to_mtp_projection
        first = self._talker.embed_codes(room.codes[:rows, 0])
        values = project(torch.stack((room.hidden[:rows], first), dim=1))
        start = 0
        for group in range(1, self._groups):
            state = self._guess(values, start)[:, -1]
            start += values.shape[1]
            scores = predictor.lm_head[group - 1](state).float()
            ids = drawn(scores, room.chance[:rows, group], room.rest, kind)
            room.codes[:rows, group] = ids
            if group < self._groups - 1:
                values = project(predictor.model.codec_embedding[group - 1](ids))[:, None]

    def _guess(self, values: Tensor, start: int) -> Tensor:
        """The predictor's layers over (B, n, H) behind the first `start` positions."""
        rows, count, _ = values.shape
        end = start + count
        kept = self.room.predicted

        def attend(layer: int, queries: Tensor, keys: Tensor, seen: Tensor) -> Tensor:
            kept.keys[layer, :rows, :, start:end] = keys.transpose(1, 2)
            kept.values[layer, :rows, :, start:end] = seen.transpose(1, 2)
            if count == 1:
                return _one(queries, kept, layer, end, None)
            return _all(queries, keys, seen)

        rotary = (self._own_turns[0][start:end], self._own_turns[1][start:end])
        return self._guessing.run(values, rotary, attend)

    def step(self, rows: int, positions: int) -> None:
        """The talker takes in `codes` and `text`; renews `hidden` and `logits` of active rows, which hear the first
        `positions` of their slots at most."""
        room = self.room
        values = (self._talker.embed_frame(room.codes[:rows]) + room.text[:rows])[:, None]
        at, numbers = room.at[:rows], room.numbers[:rows]
        everything = torch.arange(positions, device=at.device)
        mask = torch.zeros(rows, positions, dtype=values.dtype, device=at.device)
        mask = mask.masked_fill(everything > at[:, None], torch.finfo(values.dtype).min)[:, None, None]

        def attend(layer: int, queries: Tensor, keys: Tensor, seen: Tensor) -> Tensor:
            room.talked.keys[layer][numbers, :, at] = keys[:, 0]
            room.talked.values[layer][numbers, :, at] = seen[:, 0]
            return _one(queries, room.talked, layer, positions, mask)

        rotary = (self._turns[0][at][:, None], self._turns[1][at][:, None])
        self._renew(self._speaking.run(values, rotary, attend)[:, 0])

    def _renew(self, hidden: Tensor) -> None:
        """Only rows that are active go on."""
        room, rows = self.room, len(hidden)
        active = room.active[:rows]
        room.hidden[:rows] = torch.where(active[:, None], hidden, room.hidden[:rows])
        room.logits[:rows] = torch.where(active[:, None], self._talker.codec_head(hidden), room.logits[:rows])
        room.at[:rows] += active
        room.frames[:rows] += active


def _all(queries: Tensor, keys: Tensor, seen: Tensor) -> Tensor:
    """Attention of a beginning over itself, from (B, n, heads, head) each."""
    queries, keys, seen = (tensor.transpose(1, 2) for tensor in (queries, keys, seen))
    heard = functional.scaled_dot_product_attention(queries, keys, seen, is_causal=True, enable_gqa=True)
    return heard.transpose(1, 2).flatten(2)


def _one(queries: Tensor, kept: Keys, layer: int, end: int, mask: Tensor | None) -> Tensor:
    """Attention of one position a row over what is kept: the heads that share a key become positions."""
    rows, _, heads, width = queries.shape
    keys, seen = kept.keys[layer, :rows, :, :end], kept.values[layer, :rows, :, :end]
    grouped = queries.reshape(rows, keys.shape[1], -1, width)
    heard = functional.scaled_dot_product_attention(grouped, keys, seen, mask)
    return heard.reshape(rows, 1, heads * width)
