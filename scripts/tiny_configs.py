"""Configurations of random checkpoints: tiny ones, and the release values of both sizes. Numbers only.

The release values are those of the published config.json files; the defaults in the official package's classes differ.
"""

from __future__ import annotations

from typing import Any

CODE_CONTROL_IDS = 1024
"""The talker's last ids are controls (end, languages, speakers); generation may never choose one but the end."""
LANGUAGES = {
    "chinese": 7,
    "english": 2,
    "german": 5,
    "italian": 22,
    "portuguese": 23,
    "spanish": 6,
    "japanese": 10,
    "korean": 16,
    "french": 13,
    "russian": 21,
    "beijing_dialect": 26,
    "sichuan_dialect": 14,
}
"""Offset of each language's id after the codebook."""
SPEAKERS = {
    "serena": 1018,
    "vivian": 1017,
    "uncle_fu": 962,
    "ryan": 1013,
    "aiden": 813,
    "ono_anna": 825,
    "sohee": 816,
    "eric": 827,
    "dylan": 830,
}
DIALECTS = {"eric": "sichuan_dialect", "dylan": "beijing_dialect"}
CONTROLS = {
    "codec_pad_id": 100,
    "codec_bos_id": 101,
    "codec_eos_token_id": 102,
    "codec_think_id": 106,
    "codec_nothink_id": 107,
    "codec_think_bos_id": 108,
    "codec_think_eos_id": 109,
}
GENERATION = {
    "do_sample": True,
    "repetition_penalty": 1.05,
    "temperature": 0.9,
    "top_p": 1.0,
    "top_k": 50,
    "subtalker_dosample": True,
    "subtalker_temperature": 0.9,
    "subtalker_top_p": 1.0,
    "subtalker_top_k": 50,
    "max_new_tokens": 8192,
}
SPEECH_FEATURES = {
    "chunk_length_s": None,
    "feature_extractor_type": "EncodecFeatureExtractor",
    "feature_size": 1,
    "overlap": None,
    "padding_side": "right",
    "padding_value": 0.0,
    "return_attention_mask": True,
    "sampling_rate": 24000,
}
ATTENTION = {
    "attention_bias": False,
    "attention_dropout": 0,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-6,
    "use_cache": True,
}

# Talker: hidden, layers, heads, key heads, head size, feed-forward, text hidden.
# Predictor: hidden, layers, heads, key heads, feed-forward.
WIDTHS = {
    ("tiny", "0.6B"): ((64, 3, 4, 2, 32, 128, 96), (64, 2, 4, 2, 96)),
    ("tiny", "1.7B"): ((80, 3, 4, 2, 32, 160, 96), (64, 2, 4, 2, 96)),
    ("full", "0.6B"): ((1024, 28, 16, 8, 128, 3072, 2048), (1024, 5, 16, 8, 3072)),
    ("full", "1.7B"): ((2048, 28, 16, 8, 128, 6144, 2048), (1024, 5, 16, 8, 3072)),
}
SECTIONS = {"tiny": [6, 5, 5], "full": [24, 20, 20]}
"""How half a head is shared between the three kinds of rotary positions."""
CODEBOOK = {"tiny": 256, "full": 2048}


def model(scale: str, size: str, variant: str, text_ids: dict[str, int], text_vocabulary: int) -> dict[str, Any]:
    """config.json of one model. size "0.6B" | "1.7B", variant "base" | "custom_voice" | "voice_design"."""
    config: dict[str, Any] = {
        "architectures": ["Qwen3TTSForConditionalGeneration"],
        "model_type": "qwen3_tts",
        "tokenizer_type": "qwen3_tts_tokenizer_12hz",
        "tts_model_size": {"0.6B": "0b6", "1.7B": "1b7"}[size],
        "tts_model_type": variant,
        **text_ids,
        "talker_config": _talker(scale, size, variant, text_vocabulary),
        "transformers_version": "4.57.3",
    }
    if variant == "base":
        config["speaker_encoder_config"] = _speaker_encoder(scale, config["talker_config"]["hidden_size"])
    return config


def _talker(scale: str, size: str, variant: str, text_vocabulary: int) -> dict[str, Any]:
    hidden, layers, heads, key_heads, head, inner, text_hidden = WIDTHS[scale, size][0]
    first = CODEBOOK[scale]
    speakers = SPEAKERS if variant == "custom_voice" else {}
    return {
        **ATTENTION,
        **_attention_sizes(hidden, layers, heads, key_heads, head, inner),
        **{name: first + offset for name, offset in CONTROLS.items()},
        "code_predictor_config": _predictor(scale, size),
        "codec_language_id": {name: first + offset for name, offset in LANGUAGES.items()},
        "max_position_embeddings": 32768,
        "model_type": "qwen3_tts_talker",
        "num_code_groups": 16,
        "pad_token_id": first + CONTROLS["codec_pad_id"],
        "position_id_per_seconds": 13,
        "rope_scaling": {
            "interleaved": True,
            "mrope_section": SECTIONS[scale],
            "rope_type": "default",
            "type": "default",
        },
        "spk_id": {name: first + offset for name, offset in speakers.items()},
        "spk_is_dialect": {name: DIALECTS.get(name, False) for name in speakers},
        "text_hidden_size": text_hidden,
        "text_vocab_size": text_vocabulary,
        "vocab_size": first + CODE_CONTROL_IDS,
    }


def _predictor(scale: str, size: str) -> dict[str, Any]:
    hidden, layers, heads, key_heads, inner = WIDTHS[scale, size][1]
    return {
        **ATTENTION,
        **_attention_sizes(hidden, layers, heads, key_heads, WIDTHS[scale, size][0][4], inner),
        "layer_types": ["full_attention"] * layers,
        "max_position_embeddings": 65536,
        "model_type": "qwen3_tts_talker_code_predictor",
        "num_code_groups": 16,
        "rope_scaling": None,
        "vocab_size": CODEBOOK[scale],
    }


def _attention_sizes(hidden: int, layers: int, heads: int, key_heads: int, head: int, inner: int) -> dict[str, Any]:
    return {
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": key_heads,
        "head_dim": head,
        "intermediate_size": inner,
        "initializer_range": 0.02,
        "rope_theta": 1000000,
        "sliding_window": None,
        "use_sliding_window": False,
    }


def _speaker_encoder(scale: str, width: int) -> dict[str, Any]:
    tiny = scale == "tiny"
    return {
        "enc_dim": width,
        "sample_rate": 24000,
        "mel_dim": 128,
        "enc_channels": [32, 32, 32, 32, 96] if tiny else [512, 512, 512, 512, 1536],
        "enc_kernel_sizes": [5, 3, 3, 3, 1],
        "enc_dilations": [1, 2, 3, 4, 1],
        "enc_attention_channels": 16 if tiny else 128,
        "enc_res2net_scale": 8,
        "enc_se_channels": 16 if tiny else 128,
    }


def codec(scale: str) -> dict[str, Any]:
    """config.json of the speech tokenizer: 24 kHz sound, 12.5 frames a second, 16 codes a frame."""
    return {
        "architectures": ["Qwen3TTSTokenizerV2Model"],
        "model_type": "qwen3_tts_tokenizer_12hz",
        "encoder_valid_num_quantizers": 16,
        "input_sample_rate": 24000,
        "output_sample_rate": 24000,
        "decode_upsample_rate": 1920,
        "encode_downsample_rate": 1920,
        "encoder_config": _codec_encoder(scale),
        "decoder_config": _codec_decoder(scale),
        "transformers_version": "4.57.3",
    }


def _codec_encoder(scale: str) -> dict[str, Any]:
    tiny = scale == "tiny"
    return {
        "_frame_rate": 12.5,
        "attention_bias": False,
        "attention_dropout": 0.0,
        "audio_channels": 1,
        "codebook_dim": 16 if tiny else 256,
        "codebook_size": CODEBOOK[scale],
        "compress": 2,
        "dilation_growth_rate": 2,
        "head_dim": 16 if tiny else 64,
        "hidden_act": "gelu",
        "hidden_size": 32 if tiny else 512,
        "initializer_range": 0.02,
        "intermediate_size": 64 if tiny else 2048,
        "kernel_size": 7,
        "last_kernel_size": 3,
        "layer_scale_initial_scale": 0.01,
        "max_position_embeddings": 8000,
        "model_type": "mimi",
        "norm_eps": 1e-5,
        "num_attention_heads": 2 if tiny else 8,
        "num_filters": 4 if tiny else 64,
        "num_hidden_layers": 2 if tiny else 8,
        "num_key_value_heads": 2 if tiny else 8,
        "num_quantizers": 32,
        "num_residual_layers": 1,
        "num_semantic_quantizers": 1,
        "pad_mode": "constant",
        "residual_kernel_size": 3,
        "rope_theta": 10000.0,
        "sampling_rate": 24000,
        "sliding_window": 32 if tiny else 250,
        "trim_right_ratio": 1.0,
        "upsample_groups": 32 if tiny else 512,
        "upsampling_ratios": [8, 6, 5, 4],
        "use_cache": False,
        "use_causal_conv": True,
        "use_conv_shortcut": False,
        "use_streaming": False,
        "vector_quantization_hidden_dimension": 16 if tiny else 256,
    }


def _codec_decoder(scale: str) -> dict[str, Any]:
    tiny = scale == "tiny"
    return {
        "attention_bias": False,
        "attention_dropout": 0.0,
        "codebook_dim": 32 if tiny else 512,
        "codebook_size": CODEBOOK[scale],
        "decoder_dim": 64 if tiny else 1536,
        "head_dim": 16 if tiny else 64,
        "hidden_act": "silu",
        "hidden_size": 32 if tiny else 512,
        "intermediate_size": 64 if tiny else 1024,
        "latent_dim": 48 if tiny else 1024,
        "layer_scale_initial_scale": 0.01,
        "max_position_embeddings": 8000,
        "num_attention_heads": 4 if tiny else 16,
        "num_hidden_layers": 2 if tiny else 8,
        "num_key_value_heads": 4 if tiny else 16,
        "num_quantizers": 16,
        "num_semantic_quantizers": 1,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000,
        "semantic_codebook_size": 4096,
        "sliding_window": 16 if tiny else 72,
        "upsample_rates": [8, 5, 4, 3],
        "upsampling_ratios": [2, 2],
        "vector_quantization_hidden_dimension": 32 if tiny else 512,
    }
