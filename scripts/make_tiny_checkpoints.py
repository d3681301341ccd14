"""Writes random Qwen3-TTS checkpoints in the published layout: tiny ones for tests, full-size ones for measuring.

They have the true architecture and file names, so everything that takes real weights takes these, and they sound like
nothing at all. No network, no torch; the same bytes on every machine (see tiny_weights.py).
    python scripts/make_tiny_checkpoints.py --out DIR          all variants, a few seconds
    QWEN_TTS_MODELS_DIR=DIR ./start.sh                         every one of them is "installed"
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import tiny_codec_layout
import tiny_configs
import tiny_layout
import tiny_text
import tiny_weights


@dataclass(frozen=True)
class Kind:
    folder: str
    size: str = ""
    variant: str = ""


TOKENIZER = "tokenizer_12hz"
KINDS = {
    TOKENIZER: Kind("Qwen3-TTS-Tokenizer-12Hz"),
    "base_0_6b": Kind("Qwen3-TTS-12Hz-0.6B-Base", "0.6B", "base"),
    "custom_0_6b": Kind("Qwen3-TTS-12Hz-0.6B-CustomVoice", "0.6B", "custom_voice"),
    "base_1_7b": Kind("Qwen3-TTS-12Hz-1.7B-Base", "1.7B", "base"),
    "custom_1_7b": Kind("Qwen3-TTS-12Hz-1.7B-CustomVoice", "1.7B", "custom_voice"),
    "design_1_7b": Kind("Qwen3-TTS-12Hz-1.7B-VoiceDesign", "1.7B", "voice_design"),
}
LOUDNESS = 0.04
"""Gain of the codec's last convolution at which random weights of both scales give an rms of about 0.1; measured."""
EOS_FACTOR_OF_STOPPING = 1.4
"""The end token's scores spread wider than the others', so that speech ends after some tens of frames."""


@dataclass(frozen=True)
class Recipe:
    scale: str
    """tiny | full"""
    dtype: str
    """Of the models; the codec is stored in float32, as published."""
    seed: int = 0
    stops: bool = False
    """Whether the end token can win. Otherwise its scores are 0 and max_new_tokens decides the length."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make_tiny_checkpoints.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model folders into")
    parser.add_argument("--size", choices=("tiny", "0.6b", "1.7b"), default="tiny", help="tiny: all variants")
    parser.add_argument(
        "--dtype", choices=("f32", "bf16"), help="default: f32 when tiny, bf16 (as published) otherwise"
    )
    parser.add_argument("--only", nargs="+", choices=KINDS, metavar="KEY", help="of: " + ", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stops", action="store_true", help="let the end token win after some tens of frames")
    options = parser.parse_args(argv)
    scale = "tiny" if options.size == "tiny" else "full"
    recipe = Recipe(scale, options.dtype or ("f32" if scale == "tiny" else "bf16"), options.seed, options.stops)
    for key in options.only or keys_of(options.size):
        print(make(options.out, key, recipe))
    return 0


def keys_of(size: str) -> list[str]:
    return [key for key, kind in KINDS.items() if size == "tiny" or kind.size.lower() in ("", size)]


def make(out: Path, key: str, recipe: Recipe) -> Path:
    """Write one model folder, whole or not at all."""
    kind = KINDS[key]
    target, part = out / kind.folder, out / f".{kind.folder}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    if key == TOKENIZER:
        _write_codec(part, recipe)
    else:
        _write_model(part, kind, recipe)
    shutil.rmtree(target, ignore_errors=True)
    part.rename(target)
    return target


def _write_model(folder: Path, kind: Kind, recipe: Recipe) -> None:
    words = tiny_text.vocabulary(published_ids=recipe.scale == "full")
    config = tiny_configs.model(recipe.scale, kind.size, kind.variant, words.control_ids(), words.size)
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", tiny_configs.GENERATION)
    tiny_text.write(folder, words)
    eos_factor = EOS_FACTOR_OF_STOPPING if recipe.stops else 0.0
    # The variant is part of the seed: two variants of one size must not speak alike.
    seed = recipe.seed * 1000 + sorted(KINDS.values(), key=lambda each: each.folder).index(kind)
    tensors = list(tiny_layout.model(config, eos_factor))
    tiny_weights.write(folder / "model.safetensors", tensors, recipe.dtype, seed)
    (folder / "speech_tokenizer").mkdir()
    _write_codec(folder / "speech_tokenizer", recipe)


def _write_codec(folder: Path, recipe: Recipe) -> None:
    config = tiny_configs.codec(recipe.scale)
    _write_json(folder / "config.json", config)
    _write_json(folder / "preprocessor_config.json", tiny_configs.SPEECH_FEATURES)
    tensors = list(tiny_codec_layout.codec(config, LOUDNESS))
    tiny_weights.write(folder / "model.safetensors", tensors, "f32", recipe.seed)


def _write_json(path: Path, value: object) -> None:
    path.write_bytes((json.dumps(value, indent=2) + "\n").encode("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
