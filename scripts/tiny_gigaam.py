"""Writes random GigaAM checkpoints in the published layout: tiny ones for tests, full-size ones for measuring.

True architecture, tensor names and settings, the latter as objects of the package omegaconf, which need not be there.
What they write down is nonsense. The same numbers on every machine (see tiny_weights.py). Needs torch.
    python scripts/tiny_gigaam.py --out DIR [--full] [--only v2_rnnt v3_e2e_ctc …]
"""

from __future__ import annotations

import argparse
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import sqrt
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import tiny_weights
from tiny_weights import Tensor

FOLDER = "gigaam"
VERSIONS = ("v2_ctc", "v2_rnnt", "v3_ctc", "v3_rnnt", "v3_e2e_ctc", "v3_e2e_rnnt")
LETTERS = [" ", *map(chr, range(ord("а"), ord("я") + 1))]
PIECES = [
    "<unk>",
    "▁",
    *LETTERS[1:],
    "▁да",
    "▁нет",
    "го",
    "ка",
    "ть",
    "ста",
    "▁по",
    "▁при",
    ",",
    ".",
    "?",
    "ё",
    "▁А",
    "Я",
]
"""Of a sentencepiece file: the first is unknown, the others are text."""
TINY = {"bands": 16, "width": 16, "heads": 2, "layers": 2, "growth": 2, "memory": 12, "joint": 12}
FULL = {"bands": 64, "width": 768, "heads": 16, "layers": 16, "growth": 4, "memory": 320, "joint": 320}
QUIET = 2.5
"""Added to the score of "nothing", so that not every frame yields letters."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tiny_gigaam.py", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="models folder to write `gigaam` into")
    parser.add_argument("--full", action="store_true", help="as large as the published ones")
    parser.add_argument("--only", nargs="+", choices=VERSIONS, default=VERSIONS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    for version in options.only:
        print(make(options.out, version, FULL if options.full else TINY, options.seed))
    return 0


def make(out: Path, version: str, sizes: Mapping[str, int] = TINY, seed: int = 0) -> Path:
    """Write one checkpoint, and the pieces that it needs; returns its path."""
    import torch

    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    settings = configuration(version, sizes)
    state = OrderedDict((name, torch.from_numpy(values)) for name, values in tensors(settings, seed))
    with omegaconf_layout() as boxed:
        torch.save({"cfg": boxed(settings), "state_dict": state}, folder / f"{version}.ckpt")
    if "e2e" in version:
        (folder / f"{version}_tokenizer.model").write_bytes(pieces_file(PIECES))
    return folder / f"{version}.ckpt"


def configuration(version: str, sizes: Mapping[str, int]) -> dict[str, Any]:
    """The settings in a checkpoint of that version, as published but for the sizes."""
    is_later, is_whole, is_ctc = version[1] == "3", "e2e" in version, version.endswith("ctc")
    tokens = len(PIECES if is_whole else LETTERS) + 1
    width = sizes["width"]
    sound = {"_target_": "gigaam.preprocess.FeatureExtractor", "sample_rate": 16000, "features": sizes["bands"]}
    ears: dict[str, Any] = {
        "_target_": "gigaam.encoder.ConformerEncoder",
        "feat_in": sizes["bands"],
        "n_layers": sizes["layers"],
        "d_model": width,
        "subsampling_factor": 4,
        "ff_expansion_factor": sizes["growth"],
        "self_attention_model": "rotary",
        "pos_emb_max_len": 5000,
        "n_heads": sizes["heads"],
        "conv_kernel_size": 5 if is_later else 31,
        "flash_attn": False,
    }
    if is_later:
        sound |= {"win_length": 320, "hop_length": 160, "mel_scale": "htk", "n_fft": 320, "mel_norm": None}
        sound["center"] = False
        ears |= {"subs_kernel_size": 5, "subsampling": "conv1d", "conv_norm_type": "layer_norm"}
    memory = {"pred_hidden": sizes["memory"], "pred_rnn_layers": 1, "num_classes": tokens}
    joint = {"enc_hidden": width, "pred_hidden": sizes["memory"], "joint_hidden": sizes["joint"], "num_classes": tokens}
    ctc = {"_target_": "gigaam.decoder.CTCHead", "feat_in": width, "num_classes": tokens}
    kind = "CTC" if is_ctc else "RNNT"
    return {
        "model_class": kind.lower(),
        "sample_rate": 16000,
        "preprocessor": sound,
        "encoder": ears,
        "head": ctc if is_ctc else {"_target_": "gigaam.decoder.RNNTHead", "decoder": memory, "joint": joint},
        "decoding": {
            "_target_": f"gigaam.decoding.{kind}GreedyDecoding",
            "vocabulary": None if is_whole else LETTERS,
            **({"model_path": f"{version}_tokenizer.model"} if is_whole else {}),
        },
        "model_name": version,
    }


def tensors(settings: Mapping[str, Any], seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """Names and values, in the layout of the published files."""
    sound = settings["preprocessor"]
    size = sound.get("n_fft", 400)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    yield "preprocessor.featurizer.0.spectrogram.window", hann.astype(np.float32)
    yield "preprocessor.featurizer.0.mel_scale.fb", filters(size, sound["features"])
    for tensor in [*_ears(settings["encoder"]), *_head(settings["head"], settings["encoder"]["d_model"])]:
        values = np.concatenate(list(tiny_weights.draw(tensor, "f32", seed))).reshape(tensor.shape)
        yield tensor.name, values.astype(np.float32)
        if tensor.name.endswith("running_var"):
            yield tensor.name.replace("running_var", "num_batches_tracked"), np.array(1000)


def filters(size: int, bands: int) -> np.ndarray:
    """Triangles, evenly spaced on the mel scale of HTK up to 8 kHz, shape (size / 2 + 1, bands)."""
    hertz = np.linspace(0, 8000, size // 2 + 1)
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    rising = (hertz[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - hertz[:, None]) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def _ears(config: Mapping[str, Any]) -> Iterator[Tensor]:
    width, kernel, is_flat = config["d_model"], config["conv_kernel_size"], config.get("subsampling") == "conv1d"
    inside, size = config["feat_in"] if is_flat else 1, config.get("subs_kernel_size", 3)
    for index in (0, 2):
        yield from _linear(f"encoder.pre_encode.conv.{index}", (width, inside, *(size,) * (1 if is_flat else 2)))
        inside = width
    if not is_flat:
        yield from _linear("encoder.pre_encode.out", (width, width * (config["feat_in"] // 4)))
    for index in range(config["n_layers"]):
        at, inner = f"encoder.layers.{index}", width * config["ff_expansion_factor"]
        for part in ("feed_forward1", "feed_forward2"):
            yield from _linear(f"{at}.{part}.linear1", (inner, width))
            yield from _linear(f"{at}.{part}.linear2", (width, inner))
        for part in ("norm_feed_forward1", "norm_self_att", "norm_conv", "norm_feed_forward2", "norm_out"):
            yield from _norm(f"{at}.{part}", width)
        for part in ("linear_q", "linear_k", "linear_v", "linear_out"):
            yield from _linear(f"{at}.self_attn.{part}", (width, width), gain=2 if part[-1] in "qk" else 1)
        yield from _linear(f"{at}.conv.pointwise_conv1", (2 * width, width, 1))
        yield from _linear(f"{at}.conv.depthwise_conv", (width, 1, kernel))
        yield from _linear(f"{at}.conv.pointwise_conv2", (width, width, 1))
        yield from _norm(f"{at}.conv.batch_norm", width)
        if not is_flat:
            yield Tensor(f"{at}.conv.batch_norm.running_mean", (width,), -0.3, 0.3)
            yield Tensor(f"{at}.conv.batch_norm.running_var", (width,), 0.2, 1.5)


def _head(config: Mapping[str, Any], width: int) -> Iterator[Tensor]:
    if "joint" not in config:
        yield from _linear("head.decoder_layers.0", (config["num_classes"], width, 1), gain=3, last=QUIET)
        return
    memory, joint = config["decoder"], config["joint"]
    tokens, hidden, between = memory["num_classes"], memory["pred_hidden"], joint["joint_hidden"]
    yield Tensor("head.decoder.embed.weight", (tokens, hidden), -1, 1, tokens - 1, 0.0)
    for name, shape in (("weight_ih", (4 * hidden, hidden)), ("weight_hh", (4 * hidden, hidden))):
        yield Tensor(f"head.decoder.lstm.{name}_l0", shape, -1 / sqrt(hidden) * 2, 2 / sqrt(hidden))
    for name in ("bias_ih", "bias_hh"):
        yield Tensor(f"head.decoder.lstm.{name}_l0", (4 * hidden,), -0.1, 0.1)
    yield from _linear("head.joint.pred", (between, hidden), gain=8)
    yield from _linear("head.joint.enc", (between, width), gain=6)
    yield from _linear("head.joint.joint_net.1", (tokens, between), gain=4, last=4 * QUIET)


def _linear(name: str, shape: tuple[int, ...], gain: float = 1.0, last: float = 0.0) -> Iterator[Tensor]:
    """Weights and a bias; `last` makes the bias of the last row large."""
    half = gain * sqrt(3 / np.prod(shape[1:]))
    yield Tensor(f"{name}.weight", shape, -half, half)
    yield Tensor(f"{name}.bias", shape[:1], 0.05, 0.1, shape[0] - 1, last * 13 if last else 1.0)


def _norm(name: str, size: int) -> Iterator[Tensor]:
    yield Tensor(f"{name}.weight", (size,), 0.8, 1.2)
    yield Tensor(f"{name}.bias", (size,), -0.1, 0.1)


def pieces_file(pieces: Sequence[str]) -> bytes:
    """A sentencepiece model (a protocol buffer) that holds these pieces and nothing else."""
    rows = []
    for index, piece in enumerate(pieces):
        text = piece.encode("utf-8")
        row = b"\x0a" + bytes([len(text)]) + text + b"\x15\x00\x00\x00\x00" + (b"" if index else b"\x18\x02")
        rows.append(b"\x0a" + bytes([len(row)]) + row)
    return b"".join(rows)


@contextmanager
def omegaconf_layout() -> Iterator[Any]:
    """A function that turns plain settings into objects which pickle as omegaconf's own do."""
    names = ("omegaconf", "omegaconf.dictconfig", "omegaconf.listconfig", "omegaconf.nodes", "omegaconf.base")
    before = {name: sys.modules.get(name) for name in names}
    made = {name: ModuleType(name) for name in names}
    kinds = {
        "DictConfig": _kind(made["omegaconf.dictconfig"], "DictConfig"),
        "ListConfig": _kind(made["omegaconf.listconfig"], "ListConfig"),
        "AnyNode": _kind(made["omegaconf.nodes"], "AnyNode"),
        "ContainerMetadata": _kind(made["omegaconf.base"], "ContainerMetadata"),
        "Metadata": _kind(made["omegaconf.base"], "Metadata"),
    }
    sys.modules.update(made)
    try:
        yield lambda settings: _boxed(settings, None, kinds)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _kind(module: ModuleType, name: str) -> type:
    kind = type(name, (), {"__module__": module.__name__})
    setattr(module, name, kind)
    return kind


def _boxed(value: Any, parent: Any, kinds: Mapping[str, type]) -> Any:
    is_dict, is_list = isinstance(value, dict), isinstance(value, list)
    box = kinds["DictConfig" if is_dict else "ListConfig" if is_list else "AnyNode"]()
    facts = kinds["ContainerMetadata" if is_dict or is_list else "Metadata"]()
    vars(facts).update({"ref_type": Any, "object_type": dict if is_dict else list if is_list else None})
    vars(facts).update({"optional": True, "key": None, "flags": {}, "flags_root": False})
    vars(box).update({"_metadata": facts, "_parent": parent})
    if is_dict:
        vars(box)["_content"] = {key: _boxed(part, box, kinds) for key, part in value.items()}
    elif is_list:
        vars(box)["_content"] = [_boxed(part, box, kinds) for part in value]
    else:
        vars(box)["_val"] = value
    return box


if __name__ == "__main__":
    sys.exit(main())
