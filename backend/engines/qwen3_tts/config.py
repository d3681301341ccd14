"""What a checkpoint's config.json says, in the words of the field. Knows no tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.core.errors import EngineUnavailable

VARIANTS = {"base": "base", "custom_voice": "custom", "voice_design": "design"}
"""The checkpoint's word → ours."""
SIZES = {"0b6": "0.6B", "1b7": "1.7B"}
BANNED = 1024
"""The last so many ids of the talker are controls: generation may choose none of them but the end."""


@dataclass(frozen=True)
class TransformerConfig:
    """A stack of decoder layers with grouped-query attention and rotary positions."""

    hidden: int
    layers: int
    heads: int
    key_heads: int
    head: int
    """Size of one head."""
    inner: int
    """Width of the feed-forward part."""
    epsilon: float
    rope_theta: float
    vocabulary: int


@dataclass(frozen=True)
class ControlIds:
    """Ids of the talker's vocabulary that are no sound."""

    pad: int
    begin: int
    end: int
    think: int
    no_think: int
    think_begin: int
    think_end: int


@dataclass(frozen=True)
class TextIds:
    """Ids of the text vocabulary with a meaning of their own."""

    begin: int
    end: int
    pad: int


@dataclass(frozen=True)
class ModelConfig:
    """One checkpoint of Qwen3-TTS."""

    variant: str
    """`base`, `custom` or `design`."""
    size: str
    """`0.6B` or `1.7B`."""
    talker: TransformerConfig
    predictor: TransformerConfig
    groups: int
    """Codes of one frame."""
    text_hidden: int
    text_vocabulary: int
    control: ControlIds
    text: TextIds
    speakers: Mapping[str, int]
    """Name in small letters → id."""
    dialects: Mapping[str, str]
    """Speaker → the name in `languages` of the dialect that is spoken for Chinese."""
    languages: Mapping[str, int]
    """Name such as `english` → id; dialects included."""
    speaker_encoder: Mapping[str, Any] = field(default_factory=dict)
    """As the checkpoint says it; empty where there is none."""

    @classmethod
    def read(cls, folder: Path) -> ModelConfig:
        """Raises EngineUnavailable for a file that is missing or is no Qwen3-TTS."""
        raw = read_json(folder / "config.json")
        try:
            return cls._of(raw)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise unusable(folder, f"its config.json is not one of Qwen3-TTS ({error})") from error

    @classmethod
    def _of(cls, raw: Mapping[str, Any]) -> ModelConfig:
        talker = raw["talker_config"]
        return cls(
            variant=VARIANTS[raw["tts_model_type"]],
            size=SIZES.get(raw["tts_model_size"], str(raw["tts_model_size"])),
            talker=_transformer(talker),
            predictor=_transformer(talker["code_predictor_config"]),
            groups=int(talker["num_code_groups"]),
            text_hidden=int(talker["text_hidden_size"]),
            text_vocabulary=int(talker["text_vocab_size"]),
            control=ControlIds(
                pad=talker["codec_pad_id"],
                begin=talker["codec_bos_id"],
                end=talker["codec_eos_token_id"],
                think=talker["codec_think_id"],
                no_think=talker["codec_nothink_id"],
                think_begin=talker["codec_think_bos_id"],
                think_end=talker["codec_think_eos_id"],
            ),
            text=TextIds(raw["tts_bos_token_id"], raw["tts_eos_token_id"], raw["tts_pad_token_id"]),
            speakers={name.lower(): int(at) for name, at in (talker.get("spk_id") or {}).items()},
            dialects={n.lower(): str(d) for n, d in (talker.get("spk_is_dialect") or {}).items() if d},
            languages={name.lower(): int(at) for name, at in (talker.get("codec_language_id") or {}).items()},
            speaker_encoder=raw.get("speaker_encoder_config") or {},
        )


def _transformer(raw: Mapping[str, Any]) -> TransformerConfig:
    heads = int(raw["num_attention_heads"])
    return TransformerConfig(
        hidden=int(raw["hidden_size"]),
        layers=int(raw["num_hidden_layers"]),
        heads=heads,
        key_heads=int(raw["num_key_value_heads"]),
        head=int(raw.get("head_dim") or int(raw["hidden_size"]) // heads),
        inner=int(raw["intermediate_size"]),
        epsilon=float(raw["rms_norm_eps"]),
        rope_theta=float(raw["rope_theta"]),
        vocabulary=int(raw["vocab_size"]),
    )


def read_json(path: Path) -> dict[str, Any]:
    """Raises EngineUnavailable for what is missing or is no JSON object."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise unusable(path.parent, f"{path.name} is missing or damaged") from error
    if not isinstance(value, dict):
        raise unusable(path.parent, f"{path.name} is damaged")
    return value


def unusable(folder: Path, why: str) -> EngineUnavailable:
    return EngineUnavailable(
        f"The model folder {folder.name} cannot be used: {why}.",
        hint="Download the model again on the models page, or copy its files anew.",
    )
