"""One line of a take spoken again with another seed, and joined into a new take; the old one stays as it is.

The other lines are taken from the take's own sound, bit by bit: nothing else has to be kept for that.
"""

from __future__ import annotations

import os
import secrets
import time
import wave
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from backend.audio.encode import ENCODERS
from backend.audio.files import BLOCK, Outline, WavWriter
from backend.audio.join import faded
from backend.audio.loudness import MOST_GAIN, Level, apply_gain, gains, loudness, measure, wanted
from backend.core.errors import Cancelled, Conflict
from backend.core.events import ProgressEvent
from backend.core.types import STUDIO_RATE, GenerationRequest, Samples
from backend.engines.base import SpeakOptions
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.safety.saving import telling_disk_errors
from backend.speech.chronicle import Kept, result_of, row_of, told
from backend.speech.judge import Judge, Verdict, Verification, summary
from backend.speech.lending import borrow
from backend.speech.progress import JOINED, PREPARED, SPOKEN, Context, Progress
from backend.speech.segments import Line, Plan, plan
from backend.speech.speaking import MOST_SEEDS, Manner, Spoken, speak_line
from backend.speech.takes import TakeStore, credits_of, new_id, redoable

OUTLINE = 800  # points of the waveform
NEIGHBOURS = 8  # other lines that are listened to, for level and rate


@dataclass
class _Work:
    """One line under way."""

    record: dict[str, Any]
    number: int
    line: Line
    seed: int
    manner: Manner
    judge: Judge
    context: Context
    models: ModelManager
    takes: TakeStore
    progress: Progress
    began: float

    @property
    def row(self) -> dict[str, Any]:
        row: dict[str, Any] = self.record["segments"][self.number]
        return row


@dataclass(frozen=True)
class Stage:
    """The rooms that a line is spoken in."""

    models: ModelManager
    personalities: PersonalityManager
    takes: TakeStore
    verification: Verification


def redo(take: str, number: int, seed: int | None, context: Context, stage: Stage) -> Iterator[ProgressEvent]:
    """Speak segment `number` (from 0) again. The last event is `done` with the new take.

    Raises NotFound for a take or segment there is not, Conflict where the line cannot be spoken or joined any more.
    """
    began = time.monotonic()
    yield ProgressEvent(phase="working", stage="Preparing the text", stage_code="preparing", progress=0.0)
    record = stage.takes.get(take)
    redoable(record, number)
    request = GenerationRequest.model_validate(record["request"]).model_copy(update={"stream_audio": False})
    planned = plan(request, stage.models, stage.personalities)
    line = _line(planned, record, number)
    judge = stage.verification.judge(request, stage.models, planned.language, context.cancelled)
    chosen = secrets.randbelow(MOST_SEEDS) if seed is None else seed
    options = replace(SpeakOptions.from_request(request, chosen), language=planned.language)
    redos = stage.verification.retries if request.verify != "off" else 0
    manner = Manner(options, stage.models, context.cancelled, judge, redos=redos)
    progress = Progress(context, f"generate:{line.engine.info.name}", len(line.text), 1)
    work = _Work(record, number, line, chosen, manner, judge, context, stage.models, stage.takes, progress, began)
    _learn(work)
    spoken = yield from _speak(work)
    with telling_disk_errors():
        yield from _finish(work, spoken)


def _line(planned: Plan, record: Mapping[str, Any], number: int) -> Line:
    texts = [row["text"] for row in record["segments"]]
    if [line.text for line in planned.lines] != texts:
        hint = "Speak the whole text again."
        raise Conflict("The voices or the rules of the script have changed since this take.", hint=hint)
    return planned.lines[number]


def _learn(work: _Work) -> None:
    """How this voice speaks, from its sound lines in the take."""
    sound = work.takes.file(work.record["id"], "wav")
    for row in _like(work)[:NEIGHBOURS]:
        twin = replace(work.line, text=row["text"])
        work.judge.learn(read_part(sound, row["start"], row["end"]), twin, Verdict(), levelled=True)


def _like(work: _Work) -> list[dict[str, Any]]:
    """Other sound segments of the same voice and emotion, the nearest first."""
    rows = [row for row in work.record["segments"] if row is not work.row and not _doubtful(row)]
    rows = [row for row in rows if (row["voice"], row["emotion"]) == (work.line.speaker, work.line.emotion)]
    return sorted(rows, key=lambda row: abs(int(row["index"]) - work.number))


def _doubtful(row: Mapping[str, Any]) -> bool:
    checks = row.get("checks", [])
    return isinstance(checks, list) and any(not check["ok"] for check in checks)


def _speak(work: _Work) -> Generator[ProgressEvent, None, Spoken]:
    with ExitStack() as stack:
        line = work.line
        for share in borrow(stack, work.models, line.engine, line.voice, work.context.cancelled):
            title = line.engine.info.title
            event = work.progress.stage("loading", f"Loading: {title}", "loading", PREPARED)
            yield event.model_copy(update={"params": {"engine": title, "percent": f"{100 * share:.0f}"}})
        work.progress.start_clock()
        chunks = speak_line(line, work.seed, work.manner)
        heard = 0.0
        try:
            while True:
                heard += next(chunks).seconds
                if work.progress.is_due():
                    yield work.progress.speaking(1, min(14.0 * heard, 0.95 * len(line.text)))
        except StopIteration as end:
            spoken: Spoken = end.value
            return spoken
        finally:
            chunks.close()


def _finish(work: _Work, spoken: Spoken) -> Iterator[ProgressEvent]:
    yield work.progress.stage("joining", "Joining the parts", progress=SPOKEN)
    take, row = new_id(), work.row
    old = work.takes.file(work.record["id"], "wav")
    first, last = round(row["start"] * STUDIO_RATE), round(row["end"] * STUDIO_RATE)
    level = measure(spoken.samples, STUDIO_RATE)
    fresh = faded(apply_gain(spoken.samples, _gain(work, level, old), level.peak, STUDIO_RATE), STUDIO_RATE)
    kept = Kept(work.line, level, len(fresh), spoken.words, spoken.seed, spoken.verdict, spoken.tries)
    record = _record(work, take, kept, first, len(fresh) - (last - first))
    outline = Outline(_length(old) + len(fresh) - (last - first), OUTLINE)
    sound = work.takes.folder / f"{take}.wav"
    with work.takes.writing(sound) as temporary, open(temporary, "wb") as file:
        writer = WavWriter(file)
        for piece in (*blocks(old, 0, first), fresh, *blocks(old, last, _length(old))):
            _stop_if_cancelled(work)
            writer.write(piece)
            outline.add(piece)
        writer.finish(credits_of(record).tags())
        file.flush()
        os.fsync(file.fileno())
    yield work.progress.stage("encoding", "Writing the file", "encoding", JOINED)
    duration, elapsed = writer.samples / STUDIO_RATE, time.monotonic() - work.began
    record |= {"peaks": outline.peaks(), "size": sound.stat().st_size, "duration": round(duration, 3)}
    record |= {"elapsed": round(elapsed, 3), "rtf": round(elapsed / max(len(fresh) / STUDIO_RATE, 0.001), 4)}
    _commit(work, record)
    yield ProgressEvent(phase="done", stage="Done", stage_code="done", progress=1.0, result=result_of(record))


def _commit(work: _Work, record: dict[str, Any]) -> None:
    try:
        if record["format"] in ENCODERS:
            work.takes.make(record, record["format"])
        _stop_if_cancelled(work)
        work.takes.commit(record)
    except BaseException:
        work.takes.discard(record["id"])
        raise


def _gain(work: _Work, level: Level, old: Path) -> float:
    """dB that bring the line to its emotion's level, as far below it as the rest of the take lies for its peaks."""
    others = [row for row in work.record["segments"] if row is not work.row][:NEIGHBOURS]
    heard = [(row["emotion"], loudness(read_part(old, row["start"], row["end"]), STUDIO_RATE)) for row in others]
    lowered = [wanted(emotion) - value for emotion, value in heard if value is not None]
    if not lowered or level.loudness is None:
        return gains([level], [work.line.emotion])[0]
    return float(np.clip(wanted(work.line.emotion) - median(lowered) - level.loudness, -MOST_GAIN, MOST_GAIN))


def _record(work: _Work, take: str, kept: Kept, start: int, longer: int) -> dict[str, Any]:
    """The old record with a new line, everything behind it moved by so many samples."""
    seconds = longer / STUDIO_RATE
    rows = [dict(row) for row in work.record["segments"]]
    rows[work.number] = row_of(kept, start)
    rows[work.number + 1 :] = [_moved(row, seconds) for row in rows[work.number + 1 :]]
    number = str(work.number + 1)
    notices = [one for one in work.record["notices"] if not (_of_segment(one) and one["params"].get("n") == number)]
    if notice := told(kept):
        notices.append(notice.model_dump())
    fresh = summary(work.judge, [(kept.verdict, kept.tries)])
    before = work.record.get("verification", {})
    return work.record | {
        "id": take,
        "url": f"/output/{take}.{work.record['format']}",
        "segments": rows,
        "notices": notices,
        "created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "starred": False,
        "redo": {"of": work.record["id"], "segment": work.number},
        "verification": fresh
        | {
            "checked": len(rows) if fresh["mode"] != "off" else 0,
            "redone": sum(int(row.get("takes", 1)) > 1 for row in rows),
            "doubtful": sum(map(_doubtful, rows)),
            "recogniser": fresh["recogniser"] or before.get("recogniser"),
            "embedding": fresh["embedding"] or before.get("embedding"),
        },
    }


def _of_segment(notice: Mapping[str, Any]) -> bool:
    return str(notice["code"]).startswith("segment-")


def _moved(row: dict[str, Any], seconds: float) -> dict[str, Any]:
    words = [
        word | {"start": round(word["start"] + seconds, 3), "end": round(word["end"] + seconds, 3)}
        for word in row.get("words", [])
    ]
    return row | {"start": round(row["start"] + seconds, 3), "end": round(row["end"] + seconds, 3), "words": words}


def read_part(path: Path, start: float, end: float) -> Samples:
    """Seconds of a WAV of ours, shape (n_samples,)."""
    pieces: Sequence[Samples] = list(blocks(path, round(start * STUDIO_RATE), round(end * STUDIO_RATE)))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


def blocks(path: Path, first: int, last: int) -> Iterator[Samples]:
    """Samples of a WAV of ours from one place to another, piece by piece."""
    with wave.open(str(path), "rb") as wav:
        last = min(last, wav.getnframes())
        wav.setpos(min(first, last))
        for at in range(first, last, BLOCK):
            raw = wav.readframes(min(BLOCK, last - at))
            yield np.frombuffer(raw, dtype="<i2").astype(np.float32) / 32767.0


def _length(path: Path) -> int:
    with wave.open(str(path), "rb") as wav:
        return wav.getnframes()


def _stop_if_cancelled(work: _Work) -> None:
    if work.context.cancelled():
        raise Cancelled("Cancelled.")
