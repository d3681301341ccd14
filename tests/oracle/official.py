"""Runs the official qwen-tts package on the cases of a JSON file and writes what it said to an .npz file.

    PYTHONPATH=<stubs> .oracle/bin/python tests/oracle/official.py CASES.json OUT.npz

It needs transformers 4.57.3, so it runs in the environment that `make oracle` makes, and knows nothing of this project.
For case number n the file holds `n/row` — codes (T, 16) of each row — and, where the case asks for draws, `n/shares`
(draws, V): the probabilities behind every draw in order, and `n/drawn` (draws,): what was taken.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from qwen_tts import Qwen3TTSModel, VoiceClonePromptItem  # type: ignore[import-not-found]  # of another environment

CALLS = {"custom": "generate_custom_voice", "design": "generate_voice_design", "base": "generate_voice_clone"}


class Silence:
    """Takes the place of the codec: nobody listens here."""

    def decode(self, said: list[Any]) -> tuple[list[Any], int]:
        return [np.zeros(1, np.float32) for _ in said], 24000


def main(cases: Path, out: Path) -> None:
    found: dict[str, Any] = {}
    models: dict[str, Any] = {}
    for number, case in enumerate(json.loads(cases.read_text("utf-8"))):
        torch.set_num_threads(case.get("threads", 1))
        if case["model"] not in models:
            models.clear()  # one of them at a time, for the full-size ones
            models[case["model"]] = loaded(case)
        codes, draws = spoken(models[case["model"]], case)
        found |= {f"{number}/{row}": said.numpy() for row, said in enumerate(codes)}
        if case.get("draws"):
            found[f"{number}/shares"] = np.concatenate([pad(shares) for shares, _ in draws])
            found[f"{number}/drawn"] = np.concatenate([ids.numpy().ravel() for _, ids in draws])
    np.savez_compressed(out, **found)


def loaded(case: dict[str, Any]) -> Any:
    model = Qwen3TTSModel.from_pretrained(case["model"], dtype=getattr(torch, case.get("dtype", "float32")))
    model.model.speech_tokenizer = Silence()
    return model


def spoken(model: Any, case: dict[str, Any]) -> tuple[list[Any], list[tuple[Any, Any]]]:
    """Codes of each row and the draws of one case."""
    kept: list[Any] = []
    draws: list[tuple[Any, Any]] = []
    model.model.generate, generate = keeping(model.model.generate, kept), model.model.generate
    torch.multinomial, multinomial = recording(torch.multinomial, draws), torch.multinomial
    torch.manual_seed(case.get("seed", 0))
    try:
        getattr(model, CALLS[case["kind"]])(
            text=[row["text"] for row in case["rows"]],
            language=[row.get("language") or "Auto" for row in case["rows"]],
            non_streaming_mode=case["whole"],
            max_new_tokens=case["frames"] + 1,  # the last token is never made a frame
            **voices(case),
            **case["sampling"],
        )
    finally:
        model.model.generate, torch.multinomial = generate, multinomial
    return kept[0][0], draws


def voices(case: dict[str, Any]) -> dict[str, Any]:
    rows = case["rows"]
    if case["kind"] == "custom":
        return {
            "speaker": [row["speaker"] for row in rows],
            "instruct": [row.get("instruction") or "" for row in rows],
        }
    if case["kind"] == "design":
        return {"instruct": [row.get("instruction") or "" for row in rows]}
    items = []
    for row in rows:
        in_context = bool(row.get("transcript"))
        codes = torch.tensor(row["codes"]) if in_context else None
        items.append(
            VoiceClonePromptItem(codes, torch.tensor(row["vector"]), not in_context, in_context, row.get("transcript"))
        )
    return {"voice_clone_prompt": items}


def keeping(call: Callable[..., Any], kept: list[Any]) -> Callable[..., Any]:
    def through(**words: Any) -> Any:
        kept.append(call(**words))
        return kept[-1]

    return through


def recording(call: Callable[..., Any], draws: list[tuple[Any, Any]]) -> Callable[..., Any]:
    def through(shares: Any, *rest: Any, **words: Any) -> Any:
        ids = call(shares, *rest, **words)
        draws.append((shares.clone(), ids.clone()))
        return ids

    return through


def pad(shares: Any) -> Any:
    """Both vocabularies in one table: (rows, at least 4096)."""
    width = max(4096, shares.shape[-1])
    return np.pad(shares.float().numpy(), ((0, 0), (0, width - shares.shape[-1])))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
