"""Writes random Qwen3-ASR checkpoints in the published layout: tiny ones for tests, full-size ones for measuring.

True architecture, file names and tensor names, so everything that takes real weights takes these; what they write down
is nonsense. No network, no torch; the same bytes on every machine (see tiny_weights.py).
    python scripts/tiny_asr.py --out DIR [--size tiny|0.6b|1.7b]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import tiny_text
import tiny_weights
from tiny_weights import Tensor

FOLDERS = {"tiny": "Qwen3-ASR-0.6B", "0.6b": "Qwen3-ASR-0.6B", "1.7b": "Qwen3-ASR-1.7B"}
MORE_SPECIAL = ("<asr_text>", "<timestamp>")
"""Behind those of tiny_text; the published files do not call them special."""
AUDIO: dict[str, dict[str, int]] = {
    "tiny": {"d_model": 32, "layers": 2, "heads": 2, "inner": 64, "convolution": 8},
    "0.6b": {"d_model": 896, "layers": 18, "heads": 14, "inner": 3584, "convolution": 480},
    "1.7b": {"d_model": 1024, "layers": 24, "heads": 16, "inner": 4096, "convolution": 480},
}
TEXT: dict[str, dict[str, int]] = {
    "tiny": {"hidden": 48, "layers": 2, "heads": 4, "groups": 2, "head": 16, "inner": 96},
    "0.6b": {"hidden": 1024, "layers": 28, "heads": 16, "groups": 8, "head": 128, "inner": 3072},
    "1.7b": {"hidden": 2048, "layers": 28, "heads": 16, "groups": 8, "head": 128, "inner": 6144},
}
BANDS = 128
TEMPLATE = (
    "{% for m in messages %}{% if loop.first and m.role != 'system' %}<|im_start|>system\n<|im_end|>\n{% endif %}"
    "<|im_start|>{{ m.role }}\n{% for c in m.content %}"
    "{% if c.type == 'audio' %}<|audio_start|><|audio_pad|><|audio_end|>{% else %}{{ c.text }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""The published prompt, in our words: an empty system turn, the sound, the answer."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tiny_asr.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write the model folder into")
    parser.add_argument("--size", choices=tuple(FOLDERS), default="tiny")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    print(make(options.out, options.size, options.seed))
    return 0


def make(out: Path, size: str = "tiny", seed: int = 0) -> Path:
    """Write one model folder; returns it."""
    folder = out / FOLDERS[size]
    folder.mkdir(parents=True, exist_ok=True)
    words = tiny_text.vocabulary(published_ids=size != "tiny")
    special = words.special | {token: max(words.special.values()) + 1 + at for at, token in enumerate(MORE_SPECIAL)}
    rows = words.size if size != "tiny" else words.size + len(MORE_SPECIAL)
    config = configuration(size, special, rows)
    _write_json(folder / "config.json", config)
    _write_json(folder / "generation_config.json", _generation(special))
    _write_words(folder, words, special)
    _write_json(folder / "preprocessor_config.json", {"feature_extractor_type": "WhisperFeatureExtractor", **FEATURES})
    _write_json(folder / "chat_template.json", {"chat_template": TEMPLATE})
    tensors = list(layout(config["thinker_config"]))
    tiny_weights.write(folder / "model.safetensors", tensors, "f32" if size == "tiny" else "bf16", seed)
    return folder


FEATURES = {
    "chunk_length": 30,
    "dither": 0.0,
    "feature_size": BANDS,
    "hop_length": 160,
    "n_fft": 400,
    "n_samples": 480000,
    "nb_max_frames": 3000,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": True,
    "sampling_rate": 16000,
}


SHARP, WORDS = (2.0, 3.0), 0.1
"""Attention that picks, and words that weigh less than what the layers say: so that the answer depends on the sound."""


def configuration(size: str, special: Mapping[str, int], rows: int) -> dict[str, Any]:
    """config.json as published: everything below `thinker_config`."""
    audio, text = AUDIO[size], TEXT[size]
    thinker = {
        "audio_config": {
            "model_type": "qwen3_asr_audio_encoder",
            "activation_function": "gelu",
            "conv_chunksize": 500,
            "d_model": audio["d_model"],
            "downsample_hidden_size": audio["convolution"],
            "encoder_attention_heads": audio["heads"],
            "encoder_ffn_dim": audio["inner"],
            "encoder_layers": audio["layers"],
            "max_source_positions": 1500,
            "n_window": 50,
            "n_window_infer": 800,
            "num_hidden_layers": audio["layers"],
            "num_mel_bins": BANDS,
            "output_dim": text["hidden"],
            "scale_embedding": False,
        },
        "audio_end_token_id": special["<|audio_end|>"],
        "audio_start_token_id": special["<|audio_start|>"],
        "audio_token_id": special["<|audio_pad|>"],
        "initializer_range": 0.02,
        "model_type": "qwen3_asr",
        "text_config": {
            "attention_bias": False,
            "head_dim": text["head"],
            "hidden_act": "silu",
            "hidden_size": text["hidden"],
            "intermediate_size": text["inner"],
            "max_position_embeddings": 65536,
            "num_attention_heads": text["heads"],
            "num_hidden_layers": text["layers"],
            "num_key_value_heads": text["groups"],
            "rms_norm_eps": 1e-6,
            "rope_scaling": {"mrope_interleaved": True, "mrope_section": [24, 20, 20], "rope_type": "default"},
            "rope_theta": 1000000,
            "tie_word_embeddings": True,
            "vocab_size": rows,
        },
    }
    kind = {"architectures": ["Qwen3ASRForConditionalGeneration"], "model_type": "qwen3_asr"}
    return {**kind, "support_languages": ["Chinese", "English"], "thinker_config": thinker}


def _generation(special: Mapping[str, int]) -> dict[str, Any]:
    ends = [special["<|endoftext|>"], special["<|im_end|>"]]
    return {"do_sample": False, "eos_token_id": ends, "pad_token_id": ends[1], "temperature": 1e-6}


def _write_words(folder: Path, words: tiny_text.Vocabulary, special: Mapping[str, int]) -> None:
    tiny_text.write(folder, words)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text("utf-8"))
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": False}
    for token in MORE_SPECIAL:
        config["added_tokens_decoder"][str(special[token])] = {"content": token, **plain}
    named = {"audio_token": "<|audio_pad|>", "audio_bos_token": "<|audio_start|>", "audio_eos_token": "<|audio_end|>"}
    _write_json(path, config | named | {"processor_class": "Qwen3ASRProcessor"})


def layout(config: Mapping[str, Any]) -> Iterator[Tensor]:
    """Names and shapes of every tensor, from `thinker_config`, with the range to draw it from."""
    yield from _tower(config["audio_config"])
    text = config["text_config"]
    hidden, root = text["hidden_size"], "thinker.model"
    queries, keys = (text[name] * text["head_dim"] for name in ("num_attention_heads", "num_key_value_heads"))
    for index in range(text["num_hidden_layers"]):
        at = f"{root}.layers.{index}"
        for name, rows, columns in (
            ("self_attn.q_proj", queries, hidden),
            ("self_attn.k_proj", keys, hidden),
            ("self_attn.v_proj", keys, hidden),
            ("self_attn.o_proj", hidden, queries),
            ("mlp.gate_proj", text["intermediate_size"], hidden),
            ("mlp.up_proj", text["intermediate_size"], hidden),
            ("mlp.down_proj", hidden, text["intermediate_size"]),
        ):
            yield _weight(f"{at}.{name}", (rows, columns))
        for name, size in (("self_attn.q_norm", text["head_dim"]), ("self_attn.k_norm", text["head_dim"])):
            yield Tensor(f"{at}.{name}.weight", (size,), *SHARP)
        yield Tensor(f"{at}.input_layernorm.weight", (hidden,), 0.8, 1.2)
        yield Tensor(f"{at}.post_attention_layernorm.weight", (hidden,), 0.8, 1.2)
    yield Tensor(f"{root}.norm.weight", (hidden,), 0.8, 1.2)
    yield Tensor(f"{root}.embed_tokens.weight", (text["vocab_size"], hidden), -WORDS, WORDS)


def _tower(audio: Mapping[str, Any]) -> Iterator[Tensor]:
    """Three strided convolutions, attention in windows, two projections into the text's width."""
    root, width, channels = "thinker.audio_tower", audio["d_model"], audio["downsample_hidden_size"]
    for index, inside in enumerate((1, channels, channels), 1):
        yield from _biased(f"{root}.conv2d{index}", (channels, inside, 3, 3))
    yield _weight(f"{root}.conv_out", (width, channels * (audio["num_mel_bins"] // 8)))
    for index in range(audio["encoder_layers"]):
        at = f"{root}.layers.{index}"
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _biased(f"{at}.self_attn.{name}", (width, width))
        yield from _biased(f"{at}.fc1", (audio["encoder_ffn_dim"], width))
        yield from _biased(f"{at}.fc2", (width, audio["encoder_ffn_dim"]))
        yield from _norm(f"{at}.self_attn_layer_norm", width)
        yield from _norm(f"{at}.final_layer_norm", width)
    yield from _norm(f"{root}.ln_post", width)
    yield from _biased(f"{root}.proj1", (width, width))
    yield from _biased(f"{root}.proj2", (audio["output_dim"], width))


def _weight(name: str, shape: tuple[int, ...]) -> Tensor:
    inside = 1
    for size in shape[1:]:
        inside *= size
    half = sqrt(3 / inside)
    return Tensor(f"{name}.weight", shape, -half, half)


def _biased(name: str, shape: tuple[int, ...]) -> Iterator[Tensor]:
    yield _weight(name, shape)
    yield Tensor(f"{name}.bias", shape[:1], -0.1, 0.1)


def _norm(name: str, size: int) -> Iterator[Tensor]:
    yield Tensor(f"{name}.weight", (size,), 0.8, 1.2)
    yield Tensor(f"{name}.bias", (size,), -0.1, 0.1)


def _write_json(path: Path, value: object) -> None:
    path.write_bytes((json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))


if __name__ == "__main__":
    sys.exit(main())
