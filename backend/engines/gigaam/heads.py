"""From what was heard to letters, always the likeliest: by frame (CTC), or by frame and what was written (RNN-T).

A. Graves et al., "Connectionist Temporal Classification", 2006; A. Graves, "Sequence Transduction with Recurrent Neural
Networks", 2012. Modules bear the names of the published tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]

MOST_PER_FRAME = 10
"""Tokens that one frame may yield."""


@dataclass(frozen=True)
class Written:
    """One token and the frame in which it was heard."""

    token: int
    frame: int


class Head(nn.Module):
    """What decodes."""

    def written(self, frames: Tensor, ask: Callable[[], None]) -> list[Written]:
        """(n_frames, width) → tokens in order. `ask` is called at every frame and may raise."""
        raise NotImplementedError


class CTCHead(Head):
    """A score for each token in each frame; the last token means nothing new."""

    def __init__(self, width: int, tokens: int) -> None:
        super().__init__()
        self.decoder_layers = nn.Sequential(nn.Conv1d(width, tokens, 1))
        self._blank = tokens - 1

    def written(self, frames: Tensor, ask: Callable[[], None]) -> list[Written]:
        ask()
        best = self.decoder_layers(frames.T[None])[0].argmax(dim=0).tolist()
        before = [self._blank, *best]
        return [
            Written(token, frame)
            for frame, token in enumerate(best)
            if token not in (self._blank, before[frame])
        ]  # fmt: skip


@dataclass(frozen=True)
class TransducerConfig:
    width: int
    memory: int
    layers: int
    joint: int
    tokens: int


class RNNTHead(Head):
    """A memory of what was written and a frame decide together; the last token means: on to the next frame."""

    def __init__(self, config: TransducerConfig) -> None:
        super().__init__()
        self.decoder = Memory(config)
        self.joint = Joint(config)
        self._blank = config.tokens - 1

    def written(self, frames: Tensor, ask: Callable[[], None]) -> list[Written]:
        found: list[Written] = []
        memory, state = self.decoder.after(None, None)
        said = self.joint.pred(memory)
        for frame, sound in enumerate(self.joint.enc(frames)):  # (joint,) each
            ask()
            for _ in range(MOST_PER_FRAME):
                token = int(self.joint.joint_net(sound + said).argmax())
                if token == self._blank:
                    break
                found.append(Written(token, frame))
                memory, state = self.decoder.after(token, state)
                said = self.joint.pred(memory)
        return found


class Joint(nn.Module):
    def __init__(self, config: TransducerConfig) -> None:
        super().__init__()
        self.pred = nn.Linear(config.memory, config.joint)
        self.enc = nn.Linear(config.width, config.joint)
        self.joint_net = nn.Sequential(nn.ReLU(), nn.Linear(config.joint, config.tokens))


class Memory(nn.Module):
    """What was written so far."""

    def __init__(self, config: TransducerConfig) -> None:
        super().__init__()
        self._config = config
        self.embed = nn.Embedding(config.tokens, config.memory, padding_idx=config.tokens - 1)
        self.lstm = nn.LSTM(config.memory, config.memory, config.layers)

    def after(self, token: int | None, state: State | None) -> tuple[Tensor, State]:
        """What it says, shape (memory,), once the token is written; None is the beginning."""
        if token is None:
            entered = torch.zeros(1, self._config.memory)
        else:
            entered = self.embed.weight[token][None]
        said, state = self.lstm(entered, state)
        return said[0], state
