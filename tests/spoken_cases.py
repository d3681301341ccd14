"""Says the oracle's cases with our own core."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from backend.engines.qwen3_tts.generation import generate
from backend.engines.qwen3_tts.model import Qwen3TTS
from backend.engines.qwen3_tts.prompts import Utterance, VoicePrompt, build
from backend.engines.qwen3_tts.sampling import Sampling
from tests.golden_cases import FAMILY, Case


def spoken(case: Case, models: Path, references: Mapping[str, Any]) -> list[np.ndarray]:
    """Codes of every row, (frames, 16) each; references hold the speaker vectors and codes to clone from."""
    model = _loaded(models / f"{FAMILY}{case.model}")
    said = [_utterance(case, row, references) for row in range(len(case.texts))]
    prompts = [build(model, one, whole_text=case.whole) for one in said]
    rows: list[list[np.ndarray]] = [[] for _ in said]
    for frame in generate(model, prompts, Sampling(greedy=True), [0] * len(said), case.frames):
        for row, codes in zip(frame.rows, frame.codes, strict=True):
            rows[row].append(codes.numpy())
    return [np.array(row).reshape(-1, 16) for row in rows]


def _utterance(case: Case, row: int, references: Mapping[str, Any]) -> Utterance:
    language = case.languages[row]
    return Utterance(
        case.texts[row],
        language=None if language == "auto" else language,
        speaker=case.speakers[row] if case.speakers else None,
        instruction=case.instructions[row] if case.instructions else None,
        voice=_voice(case, row, references) if case.transcripts else None,
    )


def _voice(case: Case, row: int, references: Mapping[str, Any]) -> VoicePrompt:
    vector = torch.from_numpy(references[f"vector-of-{case.model.split('-')[0]}-{row}"])
    if not case.transcripts[row]:
        return VoicePrompt(vector)
    codes = torch.from_numpy(references[f"codes-of-{row}"].astype(np.int64))
    return VoicePrompt(vector, codes, case.transcripts[row])


@cache
def _loaded(folder: Path) -> Qwen3TTS:
    torch.set_num_threads(1)
    return Qwen3TTS.load(folder)
