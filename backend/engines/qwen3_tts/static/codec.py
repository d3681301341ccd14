"""The codec's decoder in static shapes: pieces of 1, 2, 4 and 8 frames, recorded once and replayed for all streams.

What a stream remembers is one stretch of memory, which is copied in before a piece and out behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.codec.layers import State
from backend.engines.qwen3_tts.static.graphs import Replays
from backend.engines.qwen3_tts.static.turn import Turn

PIECES = (8, 4, 2, 1)
"""Frames, the largest first."""
ENOUGH = 128
"""Frames after which every layer remembers as much as it ever will."""
Shapes = dict[int, tuple[int, ...]]
"""By the place of the layer."""


@dataclass
class FlatState(State):
    """A stream of one row, in one stretch of memory."""

    flat: Tensor | None = None

    @classmethod
    def over(cls, flat: Tensor, shapes: Shapes, steps: int | Tensor = 0) -> FlatState:
        pieces = torch.split(flat, [prod(shape) for shape in shapes.values()])
        kept = {place: piece.view(shape) for (place, shape), piece in zip(shapes.items(), pieces, strict=True)}
        return cls(1, kept, steps, flat)

    def clone(self) -> FlatState:
        assert self.flat is not None, "made by `over`"
        return FlatState.over(self.flat.clone(), {place: tuple(t.shape) for place, t in self.kept.items()}, self.steps)


class StaticCodec(CodecDecoder):
    """A decoder whose streams of one row are pushed by replays; all else goes the plain way."""

    def __init__(self, decoder: CodecDecoder, replays: Replays, turn: Turn) -> None:
        """`turn` is held while the device is given work that must not be mixed with others'."""
        self.network, self.groups = decoder.network, decoder.groups
        self.samples_per_frame = decoder.samples_per_frame
        self._replays, self._turn = replays, turn
        with torch.inference_mode():
            self._shapes, like = self._remembered()
            numbers = sum(map(prod, self._shapes.values()))
            self._steps = torch.zeros((), dtype=torch.long, device=like.device)
            self._inside = FlatState.over(like.new_zeros(numbers), self._shapes, self._steps)
            self._codes = {n: torch.zeros(1, self.groups, n, dtype=torch.long, device=like.device) for n in PIECES}
            self._sound = {n: torch.zeros(1, n * self.samples_per_frame, device=like.device) for n in PIECES}

    def _remembered(self) -> tuple[Shapes, Tensor]:
        """What a stream keeps that has gone on for long, and a tensor of its kind."""
        state = State(1)
        self.push(torch.zeros(1, self.groups, ENOUGH, dtype=torch.long), state)
        kinds = {tensor.dtype for tensor in state.kept.values()}
        assert len(kinds) == 1, "a checkpoint is loaded in one dtype"
        return {place: tuple(tensor.shape) for place, tensor in state.kept.items()}, next(iter(state.kept.values()))

    def start(self, batch: int = 1) -> State:
        if batch != 1:
            return super().start(batch)
        assert self._inside.flat is not None, "made by `over`"
        return FlatState.over(torch.zeros_like(self._inside.flat), self._shapes)

    def record(self) -> None:
        """All sizes, before anybody waits."""
        with self._turn, torch.inference_mode():
            for frames in PIECES:
                self._replays.prepare(("codec", frames), lambda frames=frames: self._step(frames))  # type: ignore[misc]  # bound now

    @torch.inference_mode()
    def push(self, codes: Tensor, state: State) -> Tensor:
        if not isinstance(state, FlatState):
            return super().push(codes, state)
        if codes.ndim != 3 or codes.shape[:2] != (1, self.groups):
            raise ValueError(f"codes of shape {tuple(codes.shape)} in a stream of 1 × {self.groups}")
        sounds, at = [], 0
        with self._turn:
            while at < codes.shape[2]:
                frames = next(size for size in PIECES if size <= codes.shape[2] - at)
                sounds.append(self._piece(codes[:, :, at : at + frames], state))
                at += frames
        return torch.cat(sounds, dim=1) if len(sounds) > 1 else sounds[0]

    def _piece(self, codes: Tensor, state: FlatState) -> Tensor:
        frames, inside = codes.shape[2], self._inside.flat
        assert inside is not None and state.flat is not None, "made by `over`"
        self._replays.prepare(("codec", frames), lambda: self._step(frames))
        inside.copy_(state.flat)
        self._steps.fill_(state.steps)
        self._codes[frames].copy_(codes)
        self._replays.run(("codec", frames), lambda: self._step(frames))
        state.flat.copy_(inside)
        state.steps += frames
        return self._sound[frames].clone()

    def _step(self, frames: int) -> None:
        inside = self._inside
        kept = dict(inside.kept)
        sound = self.network(self._codes[frames], inside)
        self._sound[frames].copy_(sound.float().clamp(-1, 1))
        torch._foreach_copy_([kept[place] for place in inside.kept], list(inside.kept.values()))
        inside.kept = kept
