"""A request becomes a take: plan, speak line by line to disk, level and join, encode, commit. Knows no HTTP, no queue.

Memory stays flat however long the text is: one line is held at a time. The JSON record is written last; until then
there is no take.
"""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np

from backend.audio.encode import ENCODERS
from backend.audio.files import Outline, WavWriter, as_pcm16
from backend.audio.join import Joiner, Piece, Timeline, timeline
from backend.audio.loudness import apply_gain, gains, measure
from backend.core.errors import Cancelled
from backend.core.events import Notice, ProgressEvent
from backend.core.types import STUDIO_RATE, GenerationRequest, Samples
from backend.engines.base import HeavyEngine, SpeakOptions, SpeechEngine
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.safety.saving import telling_disk_errors, temporary_name
from backend.speech.chronicle import Kept, record_of, result_of, told
from backend.speech.judge import Judge, Verification, summary
from backend.speech.lending import borrow
from backend.speech.progress import JOINED, PREPARED, SPOKEN, Context, Progress
from backend.speech.segments import Line, Plan, plan
from backend.speech.speaking import MOST_SEEDS, Manner, Spoken, speak_line
from backend.speech.spool import Spool
from backend.speech.takes import TakeStore, credits_of, new_id
from backend.speech.together import batches, speak_together

LETTERS_A_SECOND = 14.0  # of ordinary speech, for engines that tell no words
LIVE_SLICE = STUDIO_RATE  # samples of one audio event
OUTLINE = 800  # points of the waveform


@dataclass
class Work:
    """One job under way."""

    request: GenerationRequest
    context: Context
    models: ModelManager
    takes: TakeStore
    plan: Plan
    seed: int
    progress: Progress
    began: float
    judge: Judge
    retries: int
    kept: list[Kept] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def generate(
    request: GenerationRequest,
    context: Context,
    models: ModelManager,
    personalities: PersonalityManager,
    takes: TakeStore,
    verification: Verification | None = None,
) -> Iterator[ProgressEvent]:
    """Perform the script. The last event is `done` with the take as its result; everything else raises a Problem."""
    began = time.monotonic()
    yield ProgressEvent(phase="working", stage="Preparing the text", stage_code="preparing", progress=0.0)
    planned = plan(request, models, personalities)
    key = f"generate:{planned.lines[0].engine.info.name}"
    seed = request.seed if request.seed is not None else secrets.randbelow(MOST_SEEDS)
    progress = Progress(context, key, planned.characters, len(planned.lines))
    wanted = verification or Verification()
    judge = wanted.judge(request, models, planned.language, context.cancelled)
    work = Work(request, context, models, takes, planned, seed, progress, began, judge, wanted.retries)
    work.notices.extend(planned.notices)
    for notice in planned.notices:
        yield progress.stage("preparing", "Preparing the text").model_copy(update={"notice": notice})
    with telling_disk_errors():
        takes.begin()
        with Spool(takes.folder / f"{temporary_name()}.f32") as spool:
            if request.stream_audio:
                yield from _live_pause(work, 1, planned.lead)
            yield from _speak_all(work, spool)
            yield from _finish(work, spool)


def _speak_all(work: Work, spool: Spool) -> Iterator[ProgressEvent]:
    """Every line onto the spool, each variant of a model loaded once for a run of lines."""
    for lines in work.plan.groups():
        first = lines[0]
        with ExitStack() as stack:
            yield from _load(work, first, stack)
            if not work.kept:
                work.progress.start_clock()
            for batch in batches(lines, work.request.stream_audio):
                yield from _speak_some(work, batch, spool)


def _load(work: Work, line: Line, stack: ExitStack) -> Iterator[ProgressEvent]:
    """Borrow what the line needs, until the stack ends; tell of a load that takes its time."""
    engine = line.engine
    if not work.models.is_resident(engine, line.voice):
        yield _loading(work, engine, 0.0)
    for share in borrow(stack, work.models, engine, line.voice, work.context.cancelled):
        yield _loading(work, engine, share)


def _loading(work: Work, engine: SpeechEngine, share: float) -> ProgressEvent:
    code, stage = ("switching", "Switching model") if isinstance(engine, HeavyEngine) else ("loading", "Loading")
    told = work.progress.stage(code, f"{stage}: {engine.info.title}", "loading", PREPARED)
    return told.model_copy(update={"params": {"engine": engine.info.title, "percent": f"{100 * share:.0f}"}})


def _manner(work: Work) -> Manner:
    """How all lines of the job are spoken. What is heard live cannot be taken back, so it is not redone."""
    return Manner(
        options=replace(SpeakOptions.from_request(work.request, work.seed), language=work.plan.language),
        models=work.models,
        cancelled=work.context.cancelled,
        judge=work.judge,
        redo=work.request.verify != "off" and not work.request.stream_audio,
        redos=work.retries,
    )


def _speak_some(work: Work, lines: Sequence[Line], spool: Spool) -> Iterator[ProgressEvent]:
    """A batch at once, then whatever of it needs another try; lines that cannot be spoken at once follow each other."""
    firsts: Sequence[Spoken | None] = [None] * len(lines)
    if len(lines) > 1:
        _stop_if_cancelled(work)
        seeds = [(work.seed + line.index) % MOST_SEEDS for line in lines]
        firsts = (yield from _batch(work, lines, seeds)) or firsts
    for line, first in zip(lines, firsts, strict=True):
        yield from _speak_one(work, line, spool, first)


def _batch(
    work: Work, lines: Sequence[Line], seeds: Sequence[int]
) -> Generator[ProgressEvent, None, list[Spoken] | None]:
    chunks = speak_together(lines, seeds, _manner(work))
    letters, seconds = sum(len(line.text) for line in lines), 0.0
    yield work.progress.speaking(lines[0].index + 1)
    try:
        while True:
            seconds += next(chunks).seconds
            if work.progress.is_due():
                yield work.progress.speaking(lines[0].index + 1, min(seconds * LETTERS_A_SECOND, 0.95 * letters))
    except StopIteration as end:
        spoken: list[Spoken] | None = end.value
        return spoken
    finally:
        chunks.close()


def _speak_one(work: Work, line: Line, spool: Spool, first: Spoken | None = None) -> Iterator[ProgressEvent]:
    """One line: its chunks as progress (and live sound), its best try onto the spool. `first` was spoken already."""
    _stop_if_cancelled(work)
    number = line.index + 1
    yield work.progress.speaking(number)
    chunks = speak_line(line, (work.seed + line.index) % MOST_SEEDS, _manner(work), first)
    heard = 0.0
    try:
        while True:
            chunk = next(chunks)
            heard += sum(len(word.word) + 1 for word in chunk.words) or chunk.seconds * LETTERS_A_SECOND
            event = work.progress.speaking(number, min(heard, 0.95 * len(line.text)))
            if work.request.stream_audio:
                yield from _live(event, chunk.samples, chunk.rate)
            elif work.progress.is_due():
                yield event
    except StopIteration as end:
        spoken: Spoken = end.value
    finally:
        chunks.close()
    _keep(work, line, spoken, spool)
    if spoken.problems or spoken.tries > 1:
        yield _told(work, work.kept[-1])
    if work.request.stream_audio:
        yield from _live_pause(work, number, line.pause_after)


def _keep(work: Work, line: Line, spoken: Spoken, spool: Spool) -> None:
    spool.append(spoken.samples)
    level = measure(spoken.samples, STUDIO_RATE)
    work.judge.learn(spoken.samples, line, spoken.verdict)
    facts = (len(spoken.samples), spoken.words, spoken.seed, spoken.verdict, spoken.tries)
    work.kept.append(Kept(line, level, *facts))
    work.progress.spoke(len(line.text))


def _told(work: Work, kept: Kept) -> ProgressEvent:
    """Say what the checks found; it stays in the result too."""
    notice = told(kept)
    work.notices.extend([notice] if notice else [])
    event = work.progress.stage("checking", f"Checking {kept.line.index + 1}")
    return event.model_copy(update={"notice": notice})


def _live(event: ProgressEvent, samples: Samples, rate: int) -> Iterator[ProgressEvent]:
    """The event with the sound, in slices that a slow reader can drop one by one."""
    for start in range(0, len(samples), LIVE_SLICE):
        pcm = as_pcm16(np.nan_to_num(samples[start : start + LIVE_SLICE])).tobytes()
        yield event.model_copy(update={"audio": base64.b64encode(pcm).decode("ascii"), "audio_rate": rate})


def _live_pause(work: Work, number: int, seconds: float) -> Iterator[ProgressEvent]:
    silence = np.zeros(int(seconds * STUDIO_RATE), np.float32)
    yield from _live(work.progress.speaking(number), silence, STUDIO_RATE)


def _finish(work: Work, spool: Spool) -> Iterator[ProgressEvent]:
    """Join what was spoken, encode it, and commit the take."""
    yield work.progress.stage("joining", "Joining the parts", progress=SPOKEN)
    take = new_id()
    lines = _timeline(work)
    outline = Outline(lines.total, OUTLINE)
    sound = work.takes.folder / f"{take}.wav"
    record = record_of(take, work.request, work.plan, work.seed, work.kept, lines, work.notices)
    record["verification"] = summary(work.judge, [(kept.verdict, kept.tries) for kept in work.kept])
    with work.takes.writing(sound) as temporary, open(temporary, "wb") as file:
        writer = WavWriter(file)
        yield from _join(work, spool, lines, writer, outline)
        writer.finish(credits_of(record).tags())
        file.flush()
        os.fsync(file.fileno())
    record["peaks"] = outline.peaks()
    record["size"] = sound.stat().st_size
    yield work.progress.stage("encoding", "Writing the file", "encoding", JOINED)
    try:
        if work.request.format in ENCODERS:
            work.takes.make(record, work.request.format)
        _stop_if_cancelled(work)
        elapsed = time.monotonic() - work.began
        record |= {"elapsed": round(elapsed, 3), "rtf": round(elapsed / max(record["duration"], 0.001), 4)}
        work.takes.commit(record)
    except BaseException:
        work.takes.discard(take)
        raise
    yield ProgressEvent(phase="done", stage="Done", stage_code="done", progress=1.0, result=result_of(record))


def _timeline(work: Work) -> Timeline:
    pieces = [Piece(kept.length, round(kept.line.pause_after * STUDIO_RATE)) for kept in work.kept]
    crossfade = round(work.request.join.crossfade * STUDIO_RATE)
    return timeline(pieces, round(work.plan.lead * STUDIO_RATE), crossfade)


def _join(work: Work, spool: Spool, lines: Timeline, writer: WavWriter, outline: Outline) -> Iterator[ProgressEvent]:
    """The second pass: every line at its level, in its place."""

    def sink(samples: Samples) -> None:
        writer.write(samples)
        outline.add(samples)

    levelled = gains([kept.level for kept in work.kept], [kept.line.emotion for kept in work.kept])
    joiner = Joiner(lines, STUDIO_RATE, sink)
    for index, gain in enumerate(levelled):
        _stop_if_cancelled(work)
        joiner.add(apply_gain(spool.read(index), gain, work.kept[index].level.peak, STUDIO_RATE))
        if work.progress.is_due():
            share = (index + 1) / len(levelled)
            yield work.progress.stage("joining", "Joining the parts", progress=SPOKEN + (JOINED - SPOKEN) * share)
    joiner.finish()


def _stop_if_cancelled(work: Work) -> None:
    if work.context.cancelled():
        raise Cancelled("Cancelled.")
