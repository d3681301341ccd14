"""Who takes turns with whom: jobs of different askers alternate, those of one run in the order they came.

Without turns fifty jobs of one program keep the first sentence of another waiting behind all of them. The asker is set
once, at the door (`asked_by`), and every job that is submitted in its name takes it along.

Of one asker, brief jobs and long ones alternate as two askers' would: a sentence that somebody waits for passes the
chapters that wait, and they get every second turn. Among brief ones, and among long ones, nothing passes anything:
programs send a text sentence by sentence and expect them in that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Work = tuple[str, str, float]
"""Id, key and units of a job that waits."""

BRIEF = "/brief"
"""What the turns of brief jobs end with."""

_asker: ContextVar[str] = ContextVar("asker", default="")


def ask_as(asker: str) -> None:
    """Jobs of this thread are submitted in that name from now on; the empty one stands for the studio itself."""
    _asker.set(asker)


@contextmanager
def asked_by(asker: str) -> Iterator[None]:
    """Jobs submitted inside are in that name."""
    before = _asker.set(asker)
    try:
        yield
    finally:
        _asker.reset(before)


def asker() -> str:
    """In whose name jobs of this thread are submitted."""
    return _asker.get()


def turn(kind: str, units: float, brief: Mapping[str, float]) -> str:
    """Under which name a job of the present asker takes its turns; `brief` says up to how many units which kind is."""
    return f"{_asker.get()}{BRIEF}" if units <= brief.get(kind, 0.0) else _asker.get()


def asker_of(turn: str) -> str:
    """Whose turn it is: brief jobs take turns with the long ones of the same asker."""
    return turn.removesuffix(BRIEF)


def works(rows: Iterable[Any]) -> list[Work]:
    """Of rows of the table of jobs."""
    return [(row["id"], row["key"], row["units"]) for row in rows]


ORDER = """
WITH served AS (
    SELECT turn, MAX(CASE WHEN status = 'running' THEN 9e99 ELSE COALESCE(finished, started) END) AS last
    FROM jobs WHERE started IS NOT NULL GROUP BY turn
), waiting AS (
    SELECT id, key, units, turn, place, started,
        ROW_NUMBER() OVER (PARTITION BY turn, started IS NULL ORDER BY place) AS round,
        MIN(created) OVER (PARTITION BY turn, started IS NULL) AS since
    FROM jobs WHERE status = 'queued'
)
SELECT waiting.id, key, units FROM waiting LEFT JOIN served ON served.turn = waiting.turn
ORDER BY started IS NULL, round, MAX(since, COALESCE(last, 0.0)), place
"""
"""Id, key and units of the waiting jobs in the order they will run: what was interrupted, then everybody's first,
everybody's second, and so on. In a round who was served longest ago comes first; who came anew since then stands where
it came."""
