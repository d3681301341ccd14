"""Smart mode measured: how fast half an hour is cut, how near the cuts lie to true pauses, how suggestions are ordered.

`python -m benchmarks.smart [--speech FOLDER] [--minutes 30] [--only speed|pauses|emotions]`, where the folder holds
LibriSpeech readings. Without it the preview voice reads. Altered readings (`benchmarks/moods.py`) stand in for
emotions: what was done to them is known, what people would hear in them is not.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from scipy.stats import spearmanr

from backend.audio import clips, prosody
from backend.core.types import STUDIO_RATE, Samples
from backend.jobs.runner import JobContext
from backend.model_manager import ModelManager
from backend.speech.smart import Asked, cut_up
from backend.speech.smart_sessions import SmartSessions
from backend.speech.uploads import UploadStore
from benchmarks.moods import MOODS, STEPS, altered, bare, readings, spoken
from tests.spoken_recording import Recording, recording

NEAR = 0.15  # seconds
ROOMS = {"silence": 200, "noise 50 dB under the voice": 50, "noise 30 dB under": 30, "noise 20 dB under": 20}
"""What lies over all → decibels."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speech", type=Path, help="folder with LibriSpeech readings")
    options.add_argument("--minutes", type=float, default=30.0)
    options.add_argument("--only", choices=("speed", "pauses", "emotions"))
    chosen = options.parse_args()
    people = readings(chosen.speech) if chosen.speech else {"preview voice": spoken()}
    parts: dict[str, Callable[[], None]] = {
        "speed": lambda: speed(people, chosen.minutes),
        "pauses": lambda: pauses(people),
        "emotions": lambda: emotions(people),
    }
    for name, part in parts.items():
        if chosen.only in (None, name):
            part()


def speed(people: dict[str, list[Samples]], minutes: float) -> None:
    """Seconds of each stage for one recording of that length."""
    made = recording([one for readings_of in people.values() for one in readings_of], 60 * minutes)
    spent: Counter[str] = Counter()
    began = last = time.perf_counter()
    with desk() as cut:
        for event in cut(made.samples[: round(60 * minutes * STUDIO_RATE)]):
            now = time.perf_counter()
            spent[event.stage_code] += now - last  # type: ignore[assignment]  # seconds
            last = now
            found = event.result
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(f"## {minutes:g} minutes, {len(found['clips'])} clips: {last - began:.1f} s, {memory:.0f} MiB at most")
    print(", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in spent.items()))


def pauses(people: dict[str, list[Samples]]) -> None:
    """How far the boundaries of clips lie from the true ones, in ten minutes whose pauses are known."""
    print("\n## Boundaries beside true pauses, 10 minutes\n")
    print("| over all lies | pauses | cut | boundaries | median, s | 95 % | worst | over 150 ms |\n" + "|---" * 8 + "|")
    parts = [bare(one) for readings_of in people.values() for one in readings_of]
    voice = 0.5 * float(np.sqrt(np.mean(np.concatenate(parts) ** 2)))
    for room, under in ROOMS.items():
        made = recording(parts, 600, room=voice * 10 ** (-under / 20))
        cut, away = distances(made)
        marks = np.percentile(away, (50, 95, 100)).round(3) if len(away) else (np.nan,) * 3
        row = (len(made.spoken) - 1, cut, len(away), *marks, int((away > NEAR).sum()))
        print(f"| {room} | " + " | ".join(str(cell) for cell in row) + " |")


def distances(made: Recording) -> tuple[int, np.ndarray]:
    """How many of the pauses were cut, and the distance of each boundary from the edge of its pause, in seconds.

    A reader pauses within a reading, too; where is not known, so only boundaries at the pauses between two readings
    count: those that lie in them, or nearer than half a second.
    """
    found = clips.clips(prosody.joined(list(prosody.blocks(made.samples))))
    away, cut = [], 0
    for (_, end), (start, _) in pairwise(made.spoken):
        ends = [clip.end - end for clip in found if end - 0.5 < clip.end < start + 0.5]
        starts = [clip.start - start for clip in found if end - 0.5 < clip.start < start + 0.5]
        cut += bool(ends and starts)
        away += [min(side, key=abs) for side in (ends, starts) if side]
    return cut, np.abs(np.array(away))


def emotions(people: dict[str, list[Samples]]) -> None:
    """Whether what was done to a reading is found again, and whether suggestions follow it."""
    print("\n## Rank order of what was done and what was measured (Spearman)\n")
    print("| speaker | " + " | ".join(STEPS) + " |\n|---" + "|---" * len(STEPS) + "|")
    for name, read in people.items():
        print(f"| {name} | " + " | ".join(f"{_order(read, feature):.2f}" for feature in STEPS) + " |")
    table: dict[str, Counter[str]] = {mood: Counter() for mood in MOODS}
    ranks: dict[str, list[float]] = {mood: [] for mood in MOODS}
    for read in people.values():
        _judge_moods(read, table, ranks)
    print("\n## Suggested for readings altered after the table\n")
    print(
        "| altered as | " + " | ".join(MOODS) + " | other | place among all |\n|---" + "|---" * (len(MOODS) + 2) + "|"
    )
    for mood, row in table.items():
        rest = sum(count for said, count in row.items() if said not in MOODS)
        cells = [str(row[other] or "") for other in MOODS]
        print(f"| {mood} | " + " | ".join(cells) + f" | {rest or ''} | {np.mean(ranks[mood]):.2f} |")


def _order(read: Sequence[Samples], feature: str) -> float:
    """Of five degrees of one change of a reading; the mean over readings."""
    steps = STEPS[feature]
    heard = [[_measured(altered(one, mood), feature) for mood in steps.values()] for one in read]
    return float(np.mean([spearmanr(list(steps), row).statistic for row in heard]))


def _measured(samples: Samples, feature: str) -> float:
    said = prosody.prosody(prosody.joined(list(prosody.blocks(samples))))
    if feature == "energy":
        from backend.audio.probe import loudness

        return loudness(samples, STUDIO_RATE) or -70.0
    return float(getattr(said, feature) or 0.0)


def _judge_moods(read: Sequence[Samples], table: dict[str, Counter[str]], ranks: dict[str, list[float]]) -> None:
    """One recording of a speaker: each reading as it is before each altered one, so that half of it is neutral."""
    made_of = {mood: [altered(one, MOODS[mood]) for one in read] for mood in MOODS}
    order = [one for mood in MOODS if mood != "neutral" for one in ("neutral", mood)]
    parts = [(mood, one) for mood in order for one in made_of[mood]]
    seconds = sum(len(part) for _, part in parts) / STUDIO_RATE + 1.9 * len(parts)  # pauses are no longer than that
    made = recording([part for _, part in parts], seconds, pauses=(1.6, 1.9))
    with desk() as cut:
        found = list(cut(made.samples))[-1].result
    starts = np.array([start for start, _ in made.spoken])
    rows = [
        (parts[(int(np.searchsorted(starts, clip["start"] + 0.3)) - 1) % len(parts)][0], clip)
        for clip in found["clips"]
        if clip["duration"] >= 2
    ]
    for mood, clip in rows:
        table[mood][clip["emotion"]] += 1
    for mood in MOODS:
        fits = [(_fit(clip, mood), its == mood) for its, clip in rows]
        mine = [float(np.mean([value > other for other, same in fits if not same])) for value, same in fits if same]
        ranks[mood] += mine


def _fit(clip: dict[str, Any], mood: str) -> float:
    """How near a clip lies to a pattern; greater is nearer."""
    from backend.speech.smart_emotions import distance_to

    return -distance_to(clip["relative"], mood)


@contextmanager
def desk() -> Iterator[Callable[[Samples], Iterator[Any]]]:
    """Cuts up recordings in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        uploads, sessions = UploadStore(Path(name) / "uploads"), SmartSessions(Path(name) / "smart")

        def cut(samples: Samples) -> Iterator[Any]:
            path = Path(name) / "talk.wav"
            soundfile.write(path, samples, STUDIO_RATE, subtype="PCM_16")
            asked = Asked(uploads.keep(path, path.name), path.name, "en", "none")
            return cut_up(asked, JobContext("bench", 1), ModelManager({}), uploads, sessions)

        yield cut


if __name__ == "__main__":
    main()
