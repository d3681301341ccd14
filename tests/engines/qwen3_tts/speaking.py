"""What tests of static shapes speak with: tiny models, a few utterances, codes by row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from backend.engines.qwen3_tts.generation import TorchBackend, generate
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt, Utterance, build
from backend.engines.qwen3_tts.sampling import Sampling
from backend.engines.qwen3_tts.static.backend import StaticBackend
from tests.tiny_checkpoints import tiny_checkpoints

NAMES = {"0.6B": "Qwen3-TTS-12Hz-0.6B-CustomVoice", "1.7B": "Qwen3-TTS-12Hz-1.7B-CustomVoice"}
SAID = (
    Utterance("One of them talks for quite a while, and on, and on.", "english", "ryan"),
    Utterance("Ja.", "german", "serena"),
    Utterance("Three words, then.", None, "vivian", "quietly"),
)
USUAL = Sampling()
GREEDY = Sampling(greedy=True)
BOLD = Sampling(temperature=1.1, top_k=70, top_p=0.8, repetition_penalty=1.3, predictor_top_k=9, predictor_top_p=0.7)
Codes = list[list[list[int]]]


@cache
def model(size: str = "0.6B", stops: bool = False) -> Qwen3TTS:
    """Of its own for each kind of backend: joined weights are views."""
    return Qwen3TTS.load(tiny_checkpoints(stops=stops) / NAMES[size])


def prompts(size: str, said: Sequence[Utterance], whole: bool | None = None) -> list[Prompt]:
    with torch.inference_mode():
        return [build(model(size), one, whole) for one in said]


def spoken(
    backend: StaticBackend | TorchBackend,
    said: Sequence[Prompt],
    sampling: Sampling = USUAL,
    most: int = 12,
    seeds: Sequence[int] = (5, 6, 7),
) -> Codes:
    rows: Codes = [[] for _ in said]
    for frame in generate(backend.model, said, sampling, seeds[: len(said)], most, backend):
        for row, codes in zip(frame.rows, frame.codes.tolist(), strict=True):
            rows[row].append(codes)
    return rows
