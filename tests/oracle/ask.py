"""Asks the official package small questions; a program of the oracle's environment.

python ask.py layout FOLDER OUT     names and shapes of all tensors that the classes make of FOLDER's config.json
python ask.py tokens FOLDER IN OUT  ids of the texts in IN, a JSON list, by FOLDER's tokenizer
python ask.py sound MODEL CODEC IN OUT  vector and codes of IN's sound, and the sound of IN's codes (.npz both)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from qwen_tts import Qwen3TTSTokenizer
from qwen_tts.core import Qwen3TTSTokenizerV2Config, Qwen3TTSTokenizerV2Model
from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration, Qwen3TTSProcessor
from qwen_tts.core.models.modeling_qwen3_tts import Qwen3TTSSpeakerEncoder, mel_spectrogram
from safetensors import safe_open
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


def sound(model: Path, codec: Path, asked: Path, out: Path) -> None:
    given = np.load(asked)
    config = Qwen3TTSConfig(**json.loads((model / "config.json").read_text("utf-8")))
    speech = Qwen3TTSTokenizer.from_pretrained(str(codec), dtype=torch.float32)
    decoded, _ = speech.decode([{"audio_codes": torch.from_numpy(given["codes"])}])
    encoded = speech.encode(given["sound"], sr=24000).audio_codes[0]
    vector = _vector(config.speaker_encoder_config, model / "model.safetensors", given["sound"])
    np.savez(out, vector=vector, codes=encoded.numpy(), sound=decoded[0])


def _vector(config: Any, weights: Path, samples: np.ndarray) -> np.ndarray:
    """Only the speaker encoder, without the billion weights beside it."""
    encoder = Qwen3TTSSpeakerEncoder(config)
    with safe_open(str(weights), "pt") as file:
        encoder.load_state_dict({name: file.get_tensor(f"speaker_encoder.{name}") for name in encoder.state_dict()})
    mel = mel_spectrogram(torch.from_numpy(samples)[None], 1024, 128, 24000, 256, 1024, 0, 12000)
    with torch.inference_mode():
        return encoder(mel.transpose(1, 2))[0].numpy()


def _write(out: Path, value: object) -> None:
    out.write_text(json.dumps(value), "utf-8")


if __name__ == "__main__":
    {"layout": layout, "tokens": tokens, "sound": sound}[sys.argv[1]](*map(Path, sys.argv[2:]))
