"""Several recordings of one person become one reference: each is judged by itself, the best are joined."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.errors import BadAudio, BadRequest
from backend.core.types import STUDIO_RATE
from backend.core.wishes import Sample

ENOUGH = 20.0
"""Seconds after which no further recording is taken: more makes a clone slower and hardly better."""
LONGEST = 55.0  # seconds of all that is joined
MOST = 20  # recordings


@dataclass(frozen=True)
class Joined:
    """What becomes the reference."""

    sound: bytes
    """WAV, mono, 24 kHz."""
    text: str
    """Empty unless every recording that was taken has one."""
    rows: tuple[dict[str, Any], ...]
    """`name, used, score, duration, problem` of each recording, in its order."""


def joined(samples: Sequence[Sample]) -> Joined:
    """The best of them, in the order in which they came, with their closing silence between them.

    Raises BadRequest for too many, BadAudio where none can be used: the problem of the first.
    """
    from backend.speech.record import make_reference, wav_of  # brings numpy

    if not 0 < len(samples) <= MOST:
        raise BadRequest(f"Send 1 to {MOST} recordings of the voice.", fields={"samples": f"holds {len(samples)}"})
    judged: list[tuple[int, float, float, bytes]] = []  # place, score, seconds, samples
    rows: list[dict[str, Any]] = []
    problems: list[BadAudio] = []
    for place, sample in enumerate(samples):
        row = {"name": sample.name, "used": False, "score": 0, "duration": 0.0, "problem": None}
        try:
            made = make_reference(sample.sound, sample.text, name=sample.name)
        except BadAudio as problem:
            problems.append(problem)
            rows.append(row | {"problem": problem.as_dict()})
            continue
        pcm = _pcm(made.wav)
        seconds = len(pcm) / (2 * STUDIO_RATE)
        judged.append((place, float(made.report["quality"]["score"]), seconds, pcm))
        rows.append(row | {"score": made.report["quality"]["score"], "duration": round(seconds, 3)})
    if not judged:
        raise problems[0]
    taken = _best(judged)
    for place, _ in taken:
        rows[place]["used"] = True
    texts = [samples[place].text.strip() for place, _ in taken]
    return Joined(wav_of(b"".join(pcm for _, pcm in taken)), " ".join(texts) if all(texts) else "", tuple(rows))


def _best(judged: Sequence[tuple[int, float, float, bytes]]) -> list[tuple[int, bytes]]:
    """Place and sound of what is taken: by score, until there is enough; in the order in which they came."""
    taken: list[tuple[int, bytes]] = []
    total = 0.0
    for place, _, seconds, pcm in sorted(judged, key=lambda one: -one[1]):
        if not taken or (total < ENOUGH and total + seconds <= LONGEST):
            taken.append((place, pcm))
            total += seconds
    return sorted(taken)


def _pcm(wav: bytes) -> bytes:
    with wave.open(io.BytesIO(wav)) as file:
        return file.readframes(file.getnframes())
