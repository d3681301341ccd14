"""Frames of codes from prompts, one at a time, for one row or several. Shapes: B rows, H width, V vocabulary.

The three calls that cost time stand behind `Backend` and `Session`, so that faster ones can take their place; this
module is the reference that they are measured against.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from backend.core.errors import EngineFailed
from backend.engines.qwen3_tts.layers import KeyValueCache
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt
from backend.engines.qwen3_tts.sampling import Dice, FirstCode, Sampling, pick, shares
from backend.engines.qwen3_tts.talker import left_padded

RATE = 12.5
"""Frames a second."""


@dataclass(frozen=True)
class Frame:
    """80 ms of every row that still speaks."""

    rows: tuple[int, ...]
    """Which of the prompts."""
    codes: Tensor
    """(len(rows), groups) int64."""


@dataclass(frozen=True)
class Draw:
    """How the codes of a frame behind the first are drawn: a function of logits, and what it goes by."""

    chances: Tensor
    """Numbers in [0, 1), (B, groups)."""
    temperature: float
    """0 takes the likeliest."""
    top_k: int
    top_p: float

    def __call__(self, logits: Tensor, group: int) -> Tensor:
        """Logits (B, V) of a group → ids (B,)."""
        return pick(shares(logits, self.temperature, self.top_k, self.top_p), self.chances[:, group])


class Session(Protocol):
    """The state of one batch that is being spoken."""

    logits: Tensor
    """Of the next frame's first code, (B, V)."""
    hidden: Tensor
    """The talker's state, (B, H)."""

    def predict_frame(self, first: Tensor, choose: Draw) -> Tensor:
        """First codes (B,) → all codes of the frame (B, groups)."""

    def talker_step(self, codes: Tensor, text: Tensor) -> None:
        """Take in a frame (B, groups) and the text that runs beside it (B, H); renews `logits` and `hidden`."""

    def select(self, rows: Sequence[int]) -> None:
        """Go on with these rows only."""


class Backend(Protocol):
    def start(self, prompts: Sequence[Prompt]) -> Session:
        """Hear the prompts, all at once."""


@runtime_checkable
class SharedBackend(Backend, Protocol):
    """One that makes whole frames by itself, for several callers beside each other."""

    slots: int
    """Rows that may speak at a time."""

    @property
    def free(self) -> int:
        """Rows that nobody speaks in now."""

    def speak(
        self, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int], most_frames: int
    ) -> Generator[Frame, None, None]:
        """As `generate`."""


@runtime_checkable
class RestingBackend(Backend, Protocol):
    """One that has to know when the weights move."""

    def rest(self) -> None:
        """They are about to. Nobody may be speaking."""

    def wake(self) -> None:
        """They did."""


class TorchBackend:
    """Plain PyTorch, on any device."""

    def __init__(self, model: Qwen3TTS) -> None:
        self.model = model

    def start(self, prompts: Sequence[Prompt]) -> TorchSession:
        return TorchSession(self.model, prompts)


class TorchSession:
    logits: Tensor
    hidden: Tensor

    def __init__(self, model: Qwen3TTS, prompts: Sequence[Prompt]) -> None:
        self._talker = model.talker
        values, positions, mask = left_padded([prompt.start for prompt in prompts])
        rows, length, _ = values.shape
        self._cache = KeyValueCache(model.config.talker, rows, values, capacity=length + 64)
        self._frame_cache = self._talker.code_predictor.new_cache(rows, values)
        self._padding = (length - 1 - positions[:, -1]) if mask is not None else None
        state = self._talker.model.run(values, positions, mask, self._cache)
        self._set(state[:, -1])

    def predict_frame(self, first: Tensor, choose: Draw) -> Tensor:
        embedded = self._talker.embed_codes(first)
        others = self._talker.code_predictor.predict(self.hidden, embedded, choose, self._frame_cache)
        return torch.cat((first[:, None], others), dim=1)

    def talker_step(self, codes: Tensor, text: Tensor) -> None:
        values = (self._talker.embed_frame(codes) + text)[:, None]
        at = self._cache.length
        if self._padding is None:
            positions, mask = torch.full((len(codes), 1), at, device=values.device), None
        else:
            positions = (at - self._padding)[:, None]
            hidden = torch.arange(at + 1, device=values.device)[None, :] < self._padding[:, None]
            mask = torch.zeros(hidden.shape, dtype=values.dtype, device=values.device)
            mask = mask.masked_fill(hidden, torch.finfo(values.dtype).min)[:, None, None]
        self._set(self._talker.model.run(values, positions, mask, self._cache)[:, -1])

    def select(self, rows: Sequence[int]) -> None:
        kept = list(rows)
        self._cache.select(kept)
        self._frame_cache.select(kept)
        self.hidden, self.logits = self.hidden[kept], self.logits[kept]
        if self._padding is not None:
            self._padding = self._padding[kept]

    def _set(self, hidden: Tensor) -> None:
        self.hidden = hidden
        self.logits = self._talker.codec_head(hidden)


def generate(
    model: Qwen3TTS,
    prompts: Sequence[Prompt],
    sampling: Sampling,
    seeds: Sequence[int],
    most_frames: int,
    backend: Backend | None = None,
) -> Generator[Frame, None, None]:
    """Frames until every row has ended, or has `most_frames` of them. Stops within a frame when it is closed.

    A row's codes depend on its own prompt and seed only (in exact arithmetic; several rows are multiplied in another
    order than one). Raises EngineFailed when the numbers run out of bounds.
    """
    if isinstance(backend, SharedBackend) and len(prompts) <= backend.slots:
        yield from backend.speak(prompts, sampling, seeds, most_frames)
        return
    with torch.inference_mode():
        session = (backend or TorchBackend(model)).start(prompts)
    batch = _Batch(model, prompts, sampling, seeds)
    for number in range(most_frames):
        with torch.inference_mode():
            frame = batch.next_frame(session)
        if frame is None:
            return
        yield frame
        if number + 1 < most_frames:
            with torch.inference_mode():
                session.talker_step(frame.codes, batch.text(number))


class _Batch:
    """Which rows still speak, and what each of them draws."""

    def __init__(self, model: Qwen3TTS, prompts: Sequence[Prompt], sampling: Sampling, seeds: Sequence[int]) -> None:
        self._prompts = list(prompts)
        self._end = model.config.control.end
        self._sampling = sampling
        self._dice = Dice(seeds, model.config.groups)
        self._first = FirstCode(model.config, sampling, len(prompts), model.device)
        self._rows = list(range(len(prompts)))

    def next_frame(self, session: Session) -> Frame | None:
        """The next frame of those that have not ended; None when all have."""
        if not bool(torch.isfinite(session.logits).all()):
            raise EngineFailed(
                "The model's numbers ran out of bounds.", hint="Try again with another seed, or with dtype float32."
            )
        chances = self._dice.throw(session.logits.device)
        first = self._first.choose(session.logits, chances[:, 0])
        going = [place for place, ended in enumerate((first == self._end).tolist()) if not ended]
        if not going:
            return None
        if len(going) < len(self._rows):
            self._keep(going, session)
            first, chances = first[going], chances[going]
        asked = self._sampling
        temperature = 0.0 if asked.greedy else asked.predictor_temperature
        draw = Draw(chances, temperature, asked.predictor_top_k, asked.predictor_top_p)
        return Frame(tuple(self._rows), session.predict_frame(first, draw))

    def _keep(self, going: Sequence[int], session: Session) -> None:
        self._rows = [self._rows[place] for place in going]
        self._prompts = [self._prompts[place] for place in going]
        self._dice.select(going)
        self._first.select(going)
        session.select(going)

    def text(self, number: int) -> Tensor:
        """What runs beside frame `number`, (B, H): the next word of each row, and padding after its last."""
        return torch.stack([self._beside(prompt, number) for prompt in self._prompts])

    @staticmethod
    def _beside(prompt: Prompt, number: int) -> Tensor:
        return prompt.trailing[number] if number < len(prompt.trailing) else prompt.pad
