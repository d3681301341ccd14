"""Packs Whisper's published checkpoint for CTranslate2: int8 weights in a folder of ours, made once.

M. Klein et al., CTranslate2 (MIT). It computes the same network several times faster on a processor and in a quarter of
the memory. The names are those of OpenAI's file on one side and of CTranslate2's specification on the other.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKED = "packed"
"""Folder below the studio's own state."""
ABOUT = "about.json"
QUANTISED = "int8"


@dataclass(frozen=True)
class Source:
    """A checkpoint and who reads it; another one is packed anew."""

    name: str
    size: int
    changed: int
    version: str
    """Of CTranslate2."""

    @staticmethod
    def of(path: Path) -> Source:
        facts = path.stat()
        return Source(path.name, facts.st_size, facts.st_mtime_ns, importlib.metadata.version("ctranslate2"))


def is_possible() -> bool:
    """Whether CTranslate2 is installed and computes int8 here."""
    if importlib.util.find_spec("ctranslate2") is None:
        return False
    import ctranslate2

    return QUANTISED in ctranslate2.get_supported_compute_types("cpu")


def packed(state_dir: Path, key: str, source: Source) -> Path | None:
    """The folder, if that checkpoint was packed before."""
    folder = state_dir / PACKED / f"{key}-{QUANTISED}"
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return folder if about == asdict(source) else None


def pack(state_dir: Path, key: str, source: Source, model: Any, quantised: str = QUANTISED) -> Path:
    """Write the folder, whole or not at all; `model` is the package's. Raises OSError, MemoryError."""
    root = state_dir / PACKED
    root.mkdir(parents=True, exist_ok=True)
    target, part = root / f"{key}-{QUANTISED}", Path(tempfile.mkdtemp(prefix=f".{key}-", dir=root))
    try:
        _write(part, model, quantised)
        (part / ABOUT).write_text(json.dumps(asdict(source)), "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _write(folder: Path, model: Any, quantised: str) -> None:
    import torch
    from ctranslate2.specs import WhisperSpec

    dims = model.dims
    spec = WhisperSpec(dims.n_audio_layer, dims.n_audio_head, dims.n_text_layer, dims.n_text_head)
    # copies: CTranslate2 rounds in place
    state = {
        name: tensor.to("cpu", torch.float32, copy=True).numpy()
        for name, tensor in model.state_dict().items()
        if not tensor.is_sparse
    }
    _ears(spec.encoder, state, dims.n_audio_layer)
    _writer(spec.decoder, state, dims.n_text_layer)
    words = _tokenizer(model)
    spec.register_vocabulary(_vocabulary(words, dims.n_vocab))
    _configure(spec.config, words, model)
    spec.validate()
    spec.optimize(quantization=quantised)
    spec.save(str(folder))


State = Mapping[str, NDArray[np.float32]]


def _ears(spec: Any, state: State, layers: int) -> None:
    for name in ("conv1", "conv2"):
        _linear(getattr(spec, name), state, f"encoder.{name}")
    spec.position_encodings.encodings = state["encoder.positional_embedding"]
    _norm(spec.layer_norm, state, "encoder.ln_post")
    for index in range(layers):
        at = f"encoder.blocks.{index}"
        _itself(spec.layer[index].self_attention, state, at)
        _forward(spec.layer[index].ffn, state, at)


def _writer(spec: Any, state: State, layers: int) -> None:
    spec.embeddings.weight = state["decoder.token_embedding.weight"]
    spec.projection.weight = state["decoder.token_embedding.weight"]
    spec.position_encodings.encodings = state["decoder.positional_embedding"]
    _norm(spec.layer_norm, state, "decoder.ln")
    for index in range(layers):
        at, layer = f"decoder.blocks.{index}", spec.layer[index]
        _itself(layer.self_attention, state, at)
        _norm(layer.attention.layer_norm, state, f"{at}.cross_attn_ln")
        _fused(layer.attention.linear[0], state, [f"{at}.cross_attn.query"])
        _fused(layer.attention.linear[1], state, [f"{at}.cross_attn.key", f"{at}.cross_attn.value"])
        _linear(layer.attention.linear[2], state, f"{at}.cross_attn.out")
        _forward(layer.ffn, state, at)


def _itself(spec: Any, state: State, at: str) -> None:
    _norm(spec.layer_norm, state, f"{at}.attn_ln")
    _fused(spec.linear[0], state, [f"{at}.attn.query", f"{at}.attn.key", f"{at}.attn.value"])
    _linear(spec.linear[1], state, f"{at}.attn.out")


def _forward(spec: Any, state: State, at: str) -> None:
    _norm(spec.layer_norm, state, f"{at}.mlp_ln")
    _linear(spec.linear_0, state, f"{at}.mlp.0")
    _linear(spec.linear_1, state, f"{at}.mlp.2")


def _norm(spec: Any, state: State, name: str) -> None:
    spec.gamma, spec.beta = state[f"{name}.weight"], state[f"{name}.bias"]


def _linear(spec: Any, state: State, name: str) -> None:
    spec.weight, spec.bias = state[f"{name}.weight"], state[f"{name}.bias"]


def _fused(spec: Any, state: State, names: list[str]) -> None:
    """Several projections of the same input as one; keys have no bias."""
    spec.weight = np.concatenate([state[f"{name}.weight"] for name in names])
    spec.bias = np.concatenate(
        [state.get(f"{name}.bias", np.zeros(len(state[f"{name}.weight"]), np.float32)) for name in names]
    )


def _tokenizer(model: Any) -> Any:
    from whisper.tokenizer import get_tokenizer

    return get_tokenizer(model.is_multilingual, num_languages=model.num_languages, task="transcribe")


def _vocabulary(words: Any, count: int) -> list[str]:
    """A name for each token: CTranslate2 looks for those that command; text goes by number."""
    names = [f"<text-{index}>" for index in range(count)]
    names[words.eot - 1] = ""  # by which CTranslate2 tells that a model knows more than English
    for name, index in words.special_tokens.items():
        names[index] = name
    return names


def _configure(config: Any, words: Any, model: Any) -> None:
    """What may not be written, which tokens are languages, which heads follow the sound."""
    commands = [words.transcribe, words.translate, words.sot, words.sot_prev, words.sot_lm, words.no_speech]
    config.suppress_ids = sorted({*words.non_speech_tokens, *commands})
    config.suppress_ids_begin = [*words.encode(" "), words.eot]
    config.lang_ids = list(words.all_language_tokens)
    config.alignment_heads = model.alignment_heads.to_dense().nonzero().tolist()
