"""What the history keeps of a performance: one JSON record a take. Knows no sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend.audio.join import Timeline
from backend.audio.loudness import Level
from backend.core.events import Notice
from backend.core.types import STUDIO_RATE, GenerationRequest, WordTiming
from backend.engines.base import HeavyEngine, SpeechEngine
from backend.speech.judge import Verdict
from backend.speech.segments import Line, Plan

TITLE = 60  # characters of a title made from the text


@dataclass(frozen=True)
class Kept:
    """What is remembered of a spoken line once its samples are on disk."""

    line: Line
    level: Level
    length: int
    """Samples."""
    words: tuple[WordTiming, ...]
    seed: int
    verdict: Verdict
    tries: int


def record_of(
    take: str,
    request: GenerationRequest,
    plan: Plan,
    seed: int,
    kept: Sequence[Kept],
    lines: Timeline,
    notices: Sequence[Notice],
) -> dict[str, Any]:
    """Everything but outline, size and times, which follow once they are known."""
    engine = plan.lines[0].engine
    return {
        "id": take,
        "url": f"/output/{take}.{request.format}",
        "format": request.format,
        "duration": round(lines.total / STUDIO_RATE, 3),
        "sample_rate": STUDIO_RATE,
        "device": _device(engine),
        "engine": engine.info.name,
        "model": engine.variant_for(plan.lines[0].voice),
        "engine_note": engine.info.honesty,
        "seed": seed,
        "segments": [row_of(one, start) for one, start in zip(kept, lines.starts, strict=True)],
        "notices": [notice.model_dump() for notice in notices],
        "title": request.title or _title(plan),
        "text": request.text,
        "request": request.model_dump(mode="json"),
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "starred": False,
    }


def row_of(kept: Kept, start: int) -> dict[str, Any]:
    """A segment of the record; `start` is its first sample in the take."""
    begin = start / STUDIO_RATE
    words = [
        {"word": word.word, "start": round(begin + word.start, 3), "end": round(begin + word.end, 3)}
        for word in kept.words
    ]
    return {
        "index": kept.line.index,
        "text": kept.line.text,
        "emotion": kept.line.emotion,
        "asked_emotion": kept.line.asked_emotion,
        "voice": kept.line.speaker,
        "start": round(begin, 3),
        "end": round((start + kept.length) / STUDIO_RATE, 3),
        "seed": kept.seed,
        "words": words,
        "checks": [check.as_wire() for check in kept.verdict.checks],
        "takes": kept.tries,
        "similarity": kept.verdict.similarity,
        "heard": kept.verdict.words.as_wire() if kept.verdict.words else None,
    }


def told(kept: Kept) -> Notice | None:
    """What the checks found in a line, for people; None where all went well at once."""
    number, problems = kept.line.index + 1, kept.verdict.problems
    params = {"n": str(number), "problems": ", ".join(problems), "tries": str(kept.tries)}
    if problems:
        why = " ".join(check.text for check in kept.verdict.checks if not check.ok)
        return Notice(code="segment-doubtful", text=f"Part {number} may be faulty. {why}", params=params)
    text = f"Part {number} was spoken again and is sound now."
    return Notice(code="segment-redone", text=text, params=params) if kept.tries > 1 else None


def _title(planned: Plan) -> str:
    text = " ".join(planned.lines[0].text.split())
    return text if len(text) <= TITLE else text[: TITLE - 1].rstrip() + "…"


def result_of(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what the caller sent."""
    return {name: value for name, value in record.items() if name not in ("text", "request", "starred")}


def _device(engine: SpeechEngine) -> str:
    """`cpu`, `cuda (bfloat16)`: where it was computed, and with which numbers."""
    if not isinstance(engine, HeavyEngine):
        return "cpu"
    choice = engine.device()
    return f"{choice.kind} ({choice.quantised or choice.dtype})"
