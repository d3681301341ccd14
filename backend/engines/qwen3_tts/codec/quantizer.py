"""Codebooks: a vector is a sum of one entry of each. The first book stands by itself, the others refine one another."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_USE = 1e-5


class Codebook(nn.Module):
    """Entries are kept as running sums and how often each was used, as they were learnt."""

    entries: Tensor | None

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.cluster_usage = nn.Parameter(torch.empty(size))
        self.embedding_sum = nn.Parameter(torch.empty(size, width))
        self.register_buffer("entries", None, persistent=False)

    def settle(self) -> None:
        """Work out the entries, (size, width); the sums are not needed any more."""
        # As data: what the entries are made of would be kept for a gradient.
        sums, usage = self.embedding_sum.data, self.cluster_usage.data
        exact = sums.float() / usage.float().clamp(min=LEAST_USE)[:, None]
        self.entries = exact.to(sums.dtype)
        del self.embedding_sum, self.cluster_usage

    def forward(self, codes: Tensor) -> Tensor:
        assert self.entries is not None, "settled after loading"
        return functional.embedding(codes, self.entries)


class Level(nn.Module):
    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self._codebook = Codebook(size, width)

    def forward(self, codes: Tensor) -> Tensor:
        entries: Tensor = self._codebook(codes)
        return entries


class Levels(nn.Module):
    def __init__(self, count: int, size: int, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Level(size, width) for _ in range(count))

    def forward(self, codes: Tensor) -> Tensor:
        """(B, count, T) → (B, T, width)."""
        total: Tensor = self.layers[0](codes[:, 0])
        for number, level in enumerate(self.layers):
            total = total + level(codes[:, number]) if number else total
        return total


class Books(nn.Module):
    """Several codebooks whose entries add up, and the way back to the width of the codec."""

    def __init__(self, count: int, size: int, width: int, out: int) -> None:
        super().__init__()
        self.vq = Levels(count, size, width)
        self.output_proj = nn.Conv1d(width, out, 1, bias=False)

    def forward(self, codes: Tensor) -> Tensor:
        """(B, count, T) → (B, T, out)."""
        return functional.linear(self.vq(codes), self.output_proj.weight[:, :, 0])


class SplitCodebooks(nn.Module):
    """The decoder's side: what is said by the first book, how it sounds by the rest."""

    def __init__(self, count: int, size: int, width: int) -> None:
        super().__init__()
        self.rvq_first = Books(1, size, width // 2, width)
        self.rvq_rest = Books(count - 1, size, width // 2, width)

    def settle(self) -> None:
        for book in self.modules():
            if isinstance(book, Codebook):
                book.settle()

    def forward(self, codes: Tensor) -> Tensor:
        """(B, count, T) → (B, T, width)."""
        total: Tensor = self.rvq_first(codes[:, :1]) + self.rvq_rest(codes[:, 1:])
        return total
