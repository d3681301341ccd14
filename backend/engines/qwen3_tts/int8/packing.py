"""Weights of a checkpoint as bytes: quantised for each row, put in the order in which they are read, kept on the disk.

Packed once, they are mapped afterwards: a start reads only what it uses, and several processes share one copy.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backend.engines.qwen3_tts.config import TransformerConfig
from backend.engines.qwen3_tts.int8 import grouped
from backend.engines.qwen3_tts.int8.grouped import GROUP
from backend.engines.qwen3_tts.int8.instructions import BLOCK, OFFSET
from backend.engines.qwen3_tts.int8.kernels import Net
from backend.engines.qwen3_tts.layers import Stack
from backend.engines.qwen3_tts.talker import Talker

log = logging.getLogger(__name__)

VERSION = 3
"""Counts up when the order of the bytes changes."""
MULTIPLE = 8
"""K is filled up with zeros to a multiple of this."""
BITS = {"int8": 8, "int6": 6, "int5": 5, "int4": 4}
"""Of a matrix by kind; heads, which make logits, always have eight."""
ARRAYS = ("weights", "scales", "sums", "places", "norms", "last_norm", "heads")


class Packer:
    """Gathers the matrices of one stack."""

    def __init__(self, kind: str) -> None:
        self.bits = BITS[kind]
        self.weights: list[NDArray[np.int8]] = []
        self.scales: list[NDArray[np.float32]] = []
        self.sums: list[NDArray[np.int32]] = []
        self._bytes = 0
        self._rows = 0

    def add(self, matrix: Tensor, bits: int = 8) -> tuple[int, int, int, int]:
        """A matrix (N, K), N a multiple of BLOCK → where it begins in weights and in scales, its K, its bits."""
        if bits != 8:
            return self._grouped(matrix, bits)
        exact = matrix.float()
        inside = -(-exact.shape[1] // MULTIPLE) * MULTIPLE
        exact = nn.functional.pad(exact, (0, inside - exact.shape[1]))
        scales = exact.abs().amax(dim=1) / 127
        rounded = (exact / scales.clamp(min=1e-12)[:, None]).round().to(torch.int8)
        blocks = rounded.view(-1, BLOCK, inside // 4, 4).permute(0, 2, 1, 3).contiguous()
        self.weights.append(blocks.numpy().reshape(-1))
        self.scales.append(scales.numpy())
        self.sums.append((rounded.sum(dim=1, dtype=torch.int32) * OFFSET).numpy())
        place = (self._bytes, self._rows, inside, 8)
        self._bytes += rounded.numel()
        self._rows += len(rounded)
        return place

    def _grouped(self, matrix: Tensor, bits: int) -> tuple[int, int, int, int]:
        inside = -(-matrix.shape[1] // GROUP) * GROUP
        self.weights.append(grouped.packed(nn.functional.pad(matrix, (0, inside - matrix.shape[1])), bits))
        place = (self._bytes, 0, inside, bits)
        self._bytes += len(self.weights[-1])
        return place


def packed_stack(stack: Stack, heads: Sequence[nn.Linear], kind: str, progress: Any) -> Net:
    """A stack with the heads that make logits of its states; `kind` is one of `BITS`."""
    packer, config = Packer(kind), stack.config
    places, norms = [], []
    layers: Any = stack.layers
    for layer in layers:
        attention, feed = layer.self_attn, layer.mlp
        places.append(
            [
                packer.add(_by_key_head(attention, config), packer.bits),
                packer.add(_padded(attention.o_proj.weight), packer.bits),
                packer.add(_paired(feed.gate_proj.weight, feed.up_proj.weight), packer.bits),
                packer.add(_padded(feed.down_proj.weight), packer.bits),
            ]
        )
        pieces = (layer.input_layernorm, layer.post_attention_layernorm, attention.q_norm, attention.k_norm)
        norms.append(torch.cat([piece.weight.float() for piece in pieces]).numpy())
        progress(1)
    head_places = [packer.add(_padded(head.weight)) for head in heads]
    return Net(
        layers=config.layers,
        hidden=config.hidden,
        key_heads=config.key_heads,
        group=config.heads // config.key_heads,
        head=config.head,
        inner=config.inner,
        epsilon=config.epsilon,
        weights=np.concatenate(packer.weights),
        scales=np.concatenate(packer.scales),
        sums=np.concatenate(packer.sums),
        places=np.array(places, np.int64),
        norms=np.stack(norms),
        last_norm=stack.norm.weight.float().numpy()[None].copy(),
        heads=np.array(head_places, np.int64),
        vocabulary=heads[0].weight.shape[0],
    )


def _padded(matrix: Tensor, multiple: int = BLOCK) -> Tensor:
    return nn.functional.pad(matrix, (0, 0, 0, -len(matrix) % multiple))


def _by_key_head(attention: Any, config: TransformerConfig) -> Tensor:
    """Rows by key head: its queries, its key, its value; filled up to whole blocks."""
    width = attention.q_proj.weight.shape[1]
    queries = attention.q_proj.weight.view(config.key_heads, -1, width)
    keys = attention.k_proj.weight.view(config.key_heads, -1, width)
    values = attention.v_proj.weight.view(config.key_heads, -1, width)
    return torch.cat([_padded(torch.cat(rows)) for rows in zip(queries, keys, values, strict=True)])


def _paired(gate: Tensor, up: Tensor) -> Tensor:
    """Half a block of gates, then the same rows of up, so that one block makes whole results."""
    halves = [_padded(matrix, BLOCK // 2).view(-1, BLOCK // 2, matrix.shape[1]) for matrix in (gate, up)]
    return torch.cat(halves, dim=1).view(-1, gate.shape[1])


def predictor_tables(talker: Talker) -> NDArray[np.uint16]:
    """What each code is to the predictor, (G - 1, V, H) bfloat16 as its bits: embedded, and brought to its width.

    The talker's own table has more rows than the others; all that can be a code are here. Where the width is the
    talker's, the last code of a frame has its table too, (G, V, H): then they are all that the talker looks up.
    """
    predictor = talker.code_predictor
    others: Any = predictor.model.codec_embedding
    one_width = isinstance(predictor.small_to_mtp_projection, nn.Identity)
    tables = [talker.model.codec_embedding, *(others if one_width else list(others)[:-1])]
    rows = max(len(table.weight) for table in tables)
    project = predictor.small_to_mtp_projection
    with torch.inference_mode():
        found = [_padded(project(table.weight), rows)[:rows].bfloat16() for table in tables]
    return torch.stack(found).view(torch.uint16).numpy()


def pack(talker: Talker, kind: str, progress: Any) -> tuple[Net, Net, NDArray[np.uint16]]:
    """Talker, predictor, and what codes are to the predictor. `progress` is called for each layer."""
    heads: Any = talker.code_predictor.lm_head
    nets = (
        packed_stack(talker.model, [talker.codec_head], kind, progress),
        packed_stack(talker.code_predictor.model, list(heads), kind, progress),
    )
    tables = predictor_tables(talker)
    for array in (tables, *(getattr(net, name) for net in nets for name in ARRAYS)):
        array.flags.writeable = False  # as mapped ones are: the kernels are compiled once for both
    return *nets, tables


def keep(folder: Path, nets: Sequence[Net], tables: NDArray[np.uint16], kind: str = "int8") -> None:
    """Write them, whole or not at all. Raises OSError."""
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    _save(part / "tables.npy", tables)
    for number, net in enumerate(nets):
        for name in ARRAYS:
            _save(part / f"{number}-{name}.npy", getattr(net, name))
    facts = [{key: value for key, value in net._asdict().items() if key not in ARRAYS} for net in nets]
    (part / "facts.json").write_text(json.dumps({"version": VERSION, "offset": OFFSET, "kind": kind, "nets": facts}))
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def _save(path: Path, array: NDArray[Any]) -> None:
    """On the disk for sure: after a power cut a file may be there with its length and without its bytes."""
    with open(path, "xb") as file:
        np.save(file, array)
        file.flush()
        os.fsync(file.fileno())


def kept(folder: Path, kind: str = "int8") -> tuple[Net, Net, NDArray[np.uint16]] | None:
    """What `keep` wrote, mapped; None where there is nothing, or nothing that fits."""
    try:
        facts = json.loads((folder / "facts.json").read_text())
        if (facts["version"], facts["offset"], facts["kind"]) != (VERSION, OFFSET, kind):
            return None
        nets = [Net(**{**row, **_arrays(folder, number)}) for number, row in enumerate(facts["nets"])]
        return nets[0], nets[1], np.asarray(np.load(folder / "tables.npy", mmap_mode="r"))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        if folder.exists():
            log.info("packed weights are made anew: %s", error)
        return None


def _arrays(folder: Path, number: int) -> dict[str, NDArray[Any]]:
    small = {"places", "heads"}
    return {name: np.load(folder / f"{number}-{name}.npy", mmap_mode=None if name in small else "r") for name in ARRAYS}
