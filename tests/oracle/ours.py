"""Says the cases with our own core, freely or along what the official package drew."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch

from backend.engines.qwen3_tts.generation import TorchBackend, generate
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Prompt, Utterance, VoicePrompt, build
from backend.engines.qwen3_tts.sampling import FirstCode, Sampling, shares
from tests.oracle.cases import Case, Row


@cache
def loaded(folder: str, dtype: torch.dtype = torch.float32) -> Qwen3TTS:
    return Qwen3TTS.load(Path(folder), dtype=dtype)


def prompts(model: Qwen3TTS, case: Case) -> list[Prompt]:
    with torch.inference_mode():
        return [build(model, _utterance(row), case["whole"]) for row in case["rows"]]


def _utterance(row: Row) -> Utterance:
    voice = None
    if "vector" in row:
        codes = torch.tensor(row["codes"]) if "codes" in row else None
        voice = VoicePrompt(torch.tensor(row["vector"]), codes, row.get("transcript", ""))
    return Utterance(row["text"], row["language"], row.get("speaker"), row.get("instruction"), voice)


def greedy(case: Case) -> list[np.ndarray]:
    """Codes (T, 16) of each row."""
    model = loaded(case["model"], getattr(torch, case.get("dtype", "float32")))
    said = prompts(model, case)
    rows: list[list[np.ndarray]] = [[] for _ in said]
    for frame in generate(model, said, Sampling(greedy=True), [0] * len(said), case["frames"]):
        for row, codes in zip(frame.rows, frame.codes, strict=True):
            rows[row].append(codes.numpy())
    return [np.array(row).reshape(-1, 16) for row in rows]


def sampling_of(case: Case) -> Sampling:
    """The official package's words in ours."""
    return Sampling(**{name.replace("subtalker", "predictor"): value for name, value in case["sampling"].items()})


def shares_along(case: Case, drawn: np.ndarray) -> list[np.ndarray]:
    """What every id has of each draw, (V,) each, of one row that takes what the official package drew."""
    model, asked = loaded(case["model"]), sampling_of(case)
    (prompt,) = prompts(model, case)
    found: list[np.ndarray] = []
    left = iter(torch.from_numpy(drawn.astype(np.int64)))

    def take(given: torch.Tensor) -> torch.Tensor:
        found.append(given[0].numpy())
        return next(left)[None]

    def other(logits: torch.Tensor, group: int) -> torch.Tensor:
        return take(shares(logits, asked.predictor_temperature, asked.predictor_top_k, asked.predictor_top_p))

    with torch.inference_mode():
        session = TorchBackend(model).start([prompt])
        first = FirstCode(model.config, asked, 1, model.device)
        for frame in range(len(drawn) // 16 + 1):
            code = take(first.shares(session.logits))
            first.remember(code)
            if len(found) == len(drawn):
                return found
            beside = prompt.trailing[frame] if frame < len(prompt.trailing) else prompt.pad
            session.talker_step(session.predict_frame(code, other), beside[None])
    raise AssertionError("There were more frames than draws.")
