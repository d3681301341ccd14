"""Speaks one line with a borrowed engine: collects its chunks, checks them, redoes what failed. Knows no files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from math import gcd

import numpy as np

from backend.audio import pace, probe
from backend.core.errors import Cancelled, EngineFailed, OutOfMemory, Problem
from backend.core.types import STUDIO_RATE, AudioChunk, Samples, Segment, WordTiming
from backend.engines.base import SpeakOptions
from backend.model_manager import ModelManager
from backend.speech.judge import Judge, Verdict
from backend.speech.segments import Line
from backend.speech.verify import UNPLAYABLE

REDOS = 2
STRIDE = 1_000_003
"""Between the seeds of two tries: far more than a script has lines, so that no line borrows another's."""
MOST_SEEDS = 2**31
MARGIN = 0.05  # seconds of near-silence left at both ends of a line


@dataclass(frozen=True)
class Spoken:
    """One try at a line."""

    samples: Samples
    """24 kHz, shape (n_samples,)."""
    words: tuple[WordTiming, ...]
    """Timed from the start of `samples`."""
    seed: int
    told: tuple[str, ...] = ()
    """Codes of what the engine itself found wrong."""
    verdict: Verdict = field(default_factory=Verdict)
    tries: int = 1

    @property
    def problems(self) -> tuple[str, ...]:
        """Codes of the checks that failed."""
        return self.verdict.problems


@dataclass(frozen=True)
class Manner:
    """How all lines of a job are spoken."""

    options: SpeakOptions
    models: ModelManager
    cancelled: Callable[[], bool]
    judge: Judge | None = None
    """None looks only at whether it can be played."""
    redo: bool = True
    redos: int = REDOS


Chunks = Generator[AudioChunk, None, Spoken]


def speak_line(line: Line, seed: int, manner: Manner, first: Spoken | None = None) -> Chunks:
    """Yield the chunks as they come, tries that fail included; return the best try. `first` was spoken already.

    Raises Cancelled within one chunk; EngineFailed when no try can be played; OutOfMemory.
    """
    best = first
    for number in range(0 if first is None else 1, 1 + (manner.redos if manner.redo else 0)):
        if best is not None and not best.problems:
            break
        spoken = yield from _checked(line, (seed + number * STRIDE) % MOST_SEEDS, manner)
        if best is None or spoken.verdict.cost < best.verdict.cost:
            best = spoken
        best = replace(best, tries=number + 1)
    assert best is not None, "there is at least one try"
    if UNPLAYABLE & set(best.problems):
        raise EngineFailed(
            f"{line.engine.info.title} gave no usable sound for part {line.index + 1}.",
            hint="Try again with another seed, another voice, or other words.",
        )
    return best


def _checked(line: Line, seed: int, manner: Manner) -> Chunks:
    """One try, trimmed, with what is wrong with it. When memory ran out all is given back and tried once more."""
    outcome = yield from _until_memory_ends(line, seed, manner)
    if isinstance(outcome, OutOfMemory):
        # Not in an except block: its traceback would keep alive what has to go.
        manner.models.reload(line.engine, line.voice)
        outcome = yield from _until_memory_ends(line, seed, manner)
    if isinstance(outcome, OutOfMemory):
        raise outcome
    return judged(outcome, line, manner)


def _until_memory_ends(line: Line, seed: int, manner: Manner) -> Generator[AudioChunk, None, Spoken | OutOfMemory]:
    try:
        return (yield from _once(line, seed, manner))
    except OutOfMemory as problem:
        return bare(problem)
    except MemoryError:
        return OutOfMemory("The memory did not suffice.", hint="Close other programs, or use shorter parts.")


def bare(problem: OutOfMemory) -> OutOfMemory:
    """Without the frames that it and what led to it came through: they keep alive what has to go."""
    problem.__context__ = problem.__cause__ = None
    return problem.with_traceback(None)


def _once(line: Line, seed: int, manner: Manner) -> Chunks:
    """Speak the line and collect it; whatever the engine raises comes out as a Problem or MemoryError."""
    pieces: list[Samples] = []
    words: list[WordTiming] = []
    own: list[str] = []
    rate = STUDIO_RATE
    late = not line.engine.info.paces and pace.is_asked(manner.options.speed, manner.options.pitch)
    segment = Segment(line.index, line.text, line.emotion, speaker=line.speaker)
    chunks = iter(
        line.engine.speak([segment], line.voice, replace(manner.options, seed=seed, cancelled=manner.cancelled))
    )
    while (chunk := next_chunk(chunks, line)) is not None:
        rate = chunk.rate
        pieces.append(chunk.samples)
        words.extend(chunk.words)
        own.extend(chunk.problems)
        if manner.cancelled():
            close(chunks)
            raise Cancelled("Cancelled.")
        try:
            if not late:
                yield chunk
        except GeneratorExit:
            close(chunks)
            raise
    whole = at_studio_rate(np.concatenate(pieces) if pieces else np.zeros(0, np.float32), rate)
    if late:
        whole = pace.paced(whole, STUDIO_RATE, manner.options.speed, manner.options.pitch)
        yield AudioChunk(whole, STUDIO_RATE, line.index)
    return Spoken(whole, tuple(words), seed, tuple(own))


def next_chunk(chunks: Iterator[AudioChunk], line: Line) -> AudioChunk | None:
    """The next chunk as the studio wants it, or None at the end. The engine's own errors end here."""
    try:
        chunk = next(chunks, None)
    except (Problem, MemoryError):
        raise
    except BaseException as error:  # an engine may also raise SystemExit; the lane has to go on
        raise _broken(line, type(error).__name__) from error
    if chunk is None:
        return None
    samples = np.asarray(chunk.samples)
    if samples.dtype.kind != "f" or samples.ndim != 1 or chunk.rate <= 0:
        raise _broken(line, f"{samples.dtype} samples of shape {samples.shape} at {chunk.rate} Hz")
    return replace(chunk, samples=samples.astype(np.float32, copy=False))


def _broken(line: Line, how: str) -> EngineFailed:
    return EngineFailed(f"{line.engine.info.title} failed: {how}.", hint="Try again, or take another engine.")


def close(chunks: Iterator[AudioChunk]) -> None:
    """Stop the engine within this chunk."""
    if isinstance(chunks, Generator):
        chunks.close()


def at_studio_rate(samples: Samples, rate: int) -> Samples:
    if rate == STUDIO_RATE or not len(samples):
        return samples
    from scipy.signal import resample_poly

    divisor = gcd(rate, STUDIO_RATE)
    return np.asarray(resample_poly(samples, STUDIO_RATE // divisor, rate // divisor), dtype=np.float32)


def judged(spoken: Spoken, line: Line, manner: Manner) -> Spoken:
    """The try without the silence at its ends, and what the checks say of it."""
    judge = manner.judge or Judge("off", manner.models)
    verdict = judge.judged(spoken.samples, line, spoken.told)
    if not UNPLAYABLE & set(verdict.problems):
        spoken = _trimmed(spoken)
    return replace(spoken, verdict=verdict)


def _trimmed(spoken: Spoken) -> Spoken:
    first, last = probe.speech_bounds(spoken.samples, STUDIO_RATE, MARGIN)
    seconds, length = first / STUDIO_RATE, (last - first) / STUDIO_RATE
    words = tuple(
        WordTiming(word.word, min(max(0.0, word.start - seconds), length), min(max(0.0, word.end - seconds), length))
        for word in spoken.words
    )
    return replace(spoken, samples=spoken.samples[first:last], words=words)
