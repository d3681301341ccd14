"""Speaks several lines beside each other with an engine that can: one pass over the weights serves all of them."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from backend.audio import pace
from backend.core.errors import Cancelled, OutOfMemory
from backend.core.types import STUDIO_RATE, AudioChunk, Samples, Segment
from backend.engines.base import BatchEngine, Part
from backend.speech.segments import Line
from backend.speech.speaking import Manner, Spoken, at_studio_rate, close, judged, next_chunk

MOST_CHARACTERS = 1200
"""Text of one batch: what is made of it is in memory until the batch is done."""


@dataclass
class _Heard:
    """What came of one line so far."""

    pieces: list[Samples] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    rate: int = STUDIO_RATE


def batches(lines: Sequence[Line], live: bool) -> Iterator[list[Line]]:
    """Lines in order, in groups that are spoken at once; one by one where they are heard live."""
    engine = lines[0].engine
    most = engine.batch_size() if isinstance(engine, BatchEngine) and not live else 1
    group: list[Line] = []
    for line in lines:
        if group and (len(group) == most or sum(len(one.text) for one in [*group, line]) > MOST_CHARACTERS):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def speak_together(
    lines: Sequence[Line], seeds: Sequence[int], manner: Manner
) -> Generator[AudioChunk, None, list[Spoken] | None]:
    """Yield chunks of any line as they come; return the first try of every line, in order.

    None when memory did not suffice for all of them at once: speak them one by one. Raises what the engine raises.
    """
    try:
        return (yield from _tried(lines, seeds, manner))
    except (OutOfMemory, MemoryError):
        return None


def _tried(lines: Sequence[Line], seeds: Sequence[int], manner: Manner) -> Generator[AudioChunk, None, list[Spoken]]:
    first = lines[0]
    assert isinstance(first.engine, BatchEngine), "batches of other engines hold one line"
    parts = [
        Part(Segment(line.index, line.text, line.emotion, speaker=line.speaker), line.voice, seed)
        for line, seed in zip(lines, seeds, strict=True)
    ]
    heard = {line.index: _Heard() for line in lines}
    chunks = iter(first.engine.speak_batch(parts, replace(manner.options, cancelled=manner.cancelled)))
    try:
        while (chunk := next_chunk(chunks, first)) is not None:
            row = heard[chunk.segment]
            row.pieces.append(chunk.samples)
            row.problems.extend(chunk.problems)
            row.rate = chunk.rate
            if manner.cancelled():
                raise Cancelled("Cancelled.")
            yield chunk
    finally:
        close(chunks)
    return [_spoken(line, seed, heard[line.index], manner) for line, seed in zip(lines, seeds, strict=True)]


def _spoken(line: Line, seed: int, heard: _Heard, manner: Manner) -> Spoken:
    whole = np.concatenate(heard.pieces) if heard.pieces else np.zeros(0, np.float32)
    whole = at_studio_rate(whole, heard.rate)
    if not line.engine.info.paces:
        whole = pace.paced(whole, STUDIO_RATE, manner.options.speed, manner.options.pitch)
    return judged(Spoken(whole, (), seed, tuple(heard.problems)), line, manner)
