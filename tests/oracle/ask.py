"""Asks the official package small questions; a program of the oracle's environment.

python ask.py layout FOLDER OUT     names and shapes of all tensors that the classes make of FOLDER's config.json
python ask.py tokens FOLDER IN OUT  ids of the texts in IN, a JSON list, by FOLDER's tokenizer
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from qwen_tts.core import Qwen3TTSTokenizerV2Config, Qwen3TTSTokenizerV2Model
from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration, Qwen3TTSProcessor
from transformers import AutoConfig, AutoProcessor


def layout(folder: Path, out: Path) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    with torch.device("meta"):
        if config["model_type"] == "qwen3_tts":
            model: Any = Qwen3TTSForConditionalGeneration(Qwen3TTSConfig(**config))
        else:
            model = Qwen3TTSTokenizerV2Model(Qwen3TTSTokenizerV2Config(**config))
    _write(out, {name: list(tensor.shape) for name, tensor in model.state_dict().items()})


def tokens(folder: Path, texts: Path, out: Path) -> None:
    AutoConfig.register("qwen3_tts", Qwen3TTSConfig)
    AutoProcessor.register(Qwen3TTSConfig, Qwen3TTSProcessor)
    processor = AutoProcessor.from_pretrained(str(folder), fix_mistral_regex=True)  # as the package itself does
    _write(out, [processor(text=text)["input_ids"][0] for text in json.loads(texts.read_text("utf-8"))])


def _write(out: Path, value: object) -> None:
    out.write_text(json.dumps(value), "utf-8")


if __name__ == "__main__":
    {"layout": layout, "tokens": tokens}[sys.argv[1]](*map(Path, sys.argv[2:]))
