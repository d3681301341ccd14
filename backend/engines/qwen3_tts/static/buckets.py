"""Sizes for which steps are recorded: what is needed is rounded up to one of them."""

from __future__ import annotations

BATCHES = (1, 2, 4, 8, 16, 32, 64)
FEWEST_POSITIONS = 256
PROMPTS = (64, 128, 256)
"""Positions of a prompt that is heard alone; longer ones are heard as they are."""


def batch_for(rows: int) -> int:
    """The smallest batch that so many rows fit into."""
    return next(batch for batch in BATCHES if batch >= rows)


def positions_for(length: int) -> int:
    """The smallest bucket for so many positions: 256, 512, 1024, …"""
    bucket = FEWEST_POSITIONS
    while bucket < length:
        bucket *= 2
    return bucket
