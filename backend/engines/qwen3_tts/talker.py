"""The talker: text and the codes so far go in, the first code of the next frame comes out. Shapes: B rows, H width."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from backend.engines.qwen3_tts.config import ModelConfig
from backend.engines.qwen3_tts.layers import Stack, table
from backend.engines.qwen3_tts.predictor import CodePredictor


class TextProjection(nn.Module):
    """From the width of the text embedding to that of the talker."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.linear_fc1 = nn.Linear(config.text_hidden, config.text_hidden)
        self.linear_fc2 = nn.Linear(config.text_hidden, config.talker.hidden)

    def forward(self, values: Tensor) -> Tensor:
        projected: Tensor = self.linear_fc2(functional.silu(self.linear_fc1(values)))
        return projected


class TalkerStack(Stack):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__(config.talker)
        self.codec_embedding = table(config.talker.vocabulary, config.talker.hidden)


class Talker(nn.Module):
    """Everything of a checkpoint but the speaker encoder and the text embedding. Modules are named as its tensors."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.model = TalkerStack(config)
        self.text_projection = TextProjection(config)
        self.codec_head = nn.Linear(config.talker.hidden, config.talker.vocabulary, bias=False)
        self.code_predictor = CodePredictor(config)

    def embed_codes(self, codes: Tensor) -> Tensor:
        """Ids of the first codebook, or of controls, any shape → the same shape with H."""
        embedded: Tensor = self.model.codec_embedding(codes)
        return embedded

    def embed_frame(self, codes: Tensor) -> Tensor:
        """All codes of frames, (…, groups) → their sum, (…, H)."""
        tables = (self.model.codec_embedding, *self.code_predictor.model.codec_embedding)
        pieces = [table(codes[..., group]) for group, table in enumerate(tables)]
        return torch.stack(pieces, dim=-2).sum(dim=-2)  # one sum rounds once, which bfloat16 notices


def left_padded(prompts: list[Tensor]) -> tuple[Tensor, Tensor, Tensor | None]:
    """(T_i, H) each → (B, T, H) with zeros before the shorter ones, positions (B, T), and a mask or None.

    The mask is added to attention scores, (B, 1, T, T). A padding position attends to itself only, so that nothing
    becomes undefined; nobody attends to it.
    """
    longest = max(len(prompt) for prompt in prompts)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=prompts[0].device)
    padded = torch.stack([functional.pad(prompt, (0, 0, longest - len(prompt), 0)) for prompt in prompts])
    at = torch.arange(longest, device=padded.device)
    positions = (at[None, :] - (longest - lengths)[:, None]).clamp(min=0)
    if bool((lengths == longest).all()):
        return padded, positions, None
    real = at[None, :] >= (longest - lengths)[:, None]
    allowed = (real[:, None, :] & (at[None, :, None] >= at[None, None, :])) | torch.eye(
        longest, dtype=torch.bool, device=padded.device
    )
    mask = torch.zeros(allowed.shape, dtype=padded.dtype, device=padded.device)
    return padded, positions, mask.masked_fill(~allowed, torch.finfo(padded.dtype).min)[:, None]
