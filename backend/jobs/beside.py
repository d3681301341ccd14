"""Which waiting job may begin while others run. Knows no table and no runner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.jobs.model import Claim
from backend.jobs.turns import asker_of


@dataclass(frozen=True)
class Places:
    """What the lane's process can do at once now."""

    shares: str = ""
    """Jobs of this word run beside each other; empty: none do."""
    most: int = 1

    @classmethod
    def told(cls, facts: Mapping[str, Any], most: int) -> Places:
        """By what the lane told of itself, and no more than `most`."""
        shared = facts.get("shared") or {}
        return cls(str(shared.get("by", "")), min(most, int(shared.get("jobs", 1))))


def may_begin(claim: Claim, running: Iterable[Claim], places: Places) -> bool:
    """Whether the job whose turn it is may run beside those that do. The others wait behind it: so nobody starves.

    The last place is kept for an asker who has none: fifty jobs of one never hold all of them.
    """
    taken = list(running)
    if not taken:
        return True
    if not claim.shares or {one.shares for one in taken} != {claim.shares} or claim.shares != places.shares:
        return False
    free = places.most - len(taken)
    return free > 1 or (free == 1 and asker_of(claim.turn) not in {asker_of(one.turn) for one in taken})
