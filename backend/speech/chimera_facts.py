"""What is told of a chimera: a row for each try, the sentences to mind, which try is the best. Touches no disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from backend.audio import probe
from backend.chimera_maker import Chimera, Part
from backend.core.events import Notice
from backend.core.types import STUDIO_RATE


def row_of(chimera: Chimera, address: str) -> dict[str, Any]:
    """What a try says of its join; its recordings lie under the address."""
    seam = chimera.seam
    return {
        "duration": round(len(chimera.samples) / STUDIO_RATE, 3),
        "transcript": chimera.transcript,
        "parts": {"user": _part_row(chimera.user), "ai": _part_row(chimera.ai)},
        "join": {
            "at": round(seam.at, 3),
            "crossfade_ms": round(1000 * seam.crossfade, 1),
            "level_step_db": round(seam.level_step_db, 2),
            "energy_step_db": round(seam.energy_step_db, 2),
            "gain_db": round(seam.gain_db, 2),
            "tilt_db": round(seam.tilt_db, 2),
        },
        "audio": f"{address}.wav",
        "ai_audio": f"{address}-ai.wav",
        "peaks": probe.outline(chimera.samples),
    }


def _part_row(part: Part) -> dict[str, Any]:
    return {
        "start": round(part.start, 3),
        "end": round(part.end, 3),
        "place": part.place,
        "transcript": part.transcript,
        "estimated": part.estimated,
    }


def notices_of(chimera: Chimera) -> Iterator[Notice]:
    """What to mind about the cuts and the words."""
    for name, whose, part in (("user", "your", chimera.user), ("ai", "the acted", chimera.ai)):
        if part.place == "speech":
            text = f"There is no pause near the end of {whose} part: a word may be cut. Ask for other seconds."
            yield Notice(code="chimera-cut-in-speech", text=text, params={"part": name})
        if part.estimated:
            text = f"The words of {whose} part were counted off by time: check the transcript."
            yield Notice(code="chimera-words-estimated", text=text, params={"part": name})
        if not part.transcript:
            text = f"What is said in {whose} part is not known: write the transcript before you save."
            yield Notice(code="chimera-words-missing", text=text, params={"part": name})


def best_of(tries: Sequence[dict[str, Any]]) -> int:
    """The try nearest to the user's voice; one in whose speech something was found comes after those without."""

    def rank(one: dict[str, Any]) -> tuple[bool, float]:
        return not one["problems"], -2.0 if one["similarity"] is None else one["similarity"]

    return int(max(tries, key=rank)["index"])
