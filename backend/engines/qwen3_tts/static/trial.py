"""Whether recorded frames are right, and quicker, on this very device: tried at load, before anybody relies on it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch

from backend.engines.qwen3_tts.generation import Backend, Frame, generate
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt
from backend.engines.qwen3_tts.sampling import Sampling
from backend.engines.qwen3_tts.static.backend import StaticBackend

PROMPTS, FRAMES, POSITIONS = 4, 4, 20
ALIKE = 0.5
"""Share of the codes of first frames that have to be the same. Rounding may turn a draw; what reads the wrong memory
agrees by chance only, once in thousands."""


@dataclass(frozen=True)
class Trial:
    alike: float
    """Share of codes that were the same."""
    recorded: float
    """Milliseconds a frame."""
    as_it_is: float
    """Milliseconds a frame without a recording."""

    @property
    def passed(self) -> bool:
        return self.alike >= ALIKE and self.recorded < self.as_it_is


def tried(backend: StaticBackend) -> Trial:
    """Speak a few frames both ways. Raises what torch raises."""
    with backend.replays.paused():
        expected, slow = _spoken(backend.model, backend)
    found, quick = _spoken(backend.model, backend)
    alike = torch.stack([(one == other).float().mean() for one, other in zip(found, expected, strict=True)])
    return Trial(float(alike.mean()), quick, slow)


def quicker(model: Qwen3TTS, one: Backend, other: Backend) -> bool:
    """Whether the first takes less time for a frame than the second."""
    for backend in (one, other):  # what is done once only, such as compiling kernels
        _spoken(model, backend)
    return _spoken(model, one)[1] < _spoken(model, other)[1]


def _spoken(model: Qwen3TTS, backend: Backend) -> tuple[list[torch.Tensor], float]:
    """The first frame's codes for some made-up prompts, and milliseconds of a frame (median)."""
    first, spans = [], []
    for seed in range(PROMPTS):
        with torch.inference_mode():
            prompt = _prompt(model, seed)
        times = [time.perf_counter()]
        for number, frame in enumerate(_frames(model, backend, prompt, seed)):
            codes = frame.codes.cpu()  # waits for the device
            times.append(time.perf_counter())
            if number == 0:
                first.append(codes)
        spans += [end - start for start, end in pairwise(times[1:])]
    return first, 1000 * statistics.median(spans)


def _frames(model: Qwen3TTS, backend: Backend, prompt: Prompt, seed: int) -> Iterator[Frame]:
    """Greedy: among chances drawn from random or flat shares every rounding would turn some."""
    return generate(model, [prompt], Sampling(greedy=True), [seed], FRAMES, backend)


def _prompt(model: Qwen3TTS, seed: int) -> Prompt:
    """Codes that nobody said."""
    vocabulary = model.config.predictor.vocabulary
    codes = torch.randint(0, vocabulary, (POSITIONS,), generator=torch.Generator().manual_seed(seed))
    start = model.talker.embed_codes(codes.to(model.device))
    return Prompt(start, start[:0], torch.zeros_like(start[0]))
