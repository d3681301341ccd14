"""How often verified speech is right: faults spliced into good lines are found, and good lines are left alone.

`python -m benchmarks.verify [--speech FOLDER] [--half report|calibrate|all] [--trials 100] [--cache FOLDER] [--json]`.
Limits were chosen on one half of the speakers and are reported on the other. Lines are judged as in mode `auto` with an
engine that clones: by the signal, with the voice's own rate known, and by likeness to other lines of the same speaker.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from backend.audio.trace import Trace, spoken_seconds
from backend.engines.embeddings import Embedding
from backend.speech.judge import foreign_check
from backend.speech.verify import SPOKEN, cheap_checks, problems_of
from backend.speech.verify_length import Rates
from backend.speech.verify_voice import SHORTEST, VoiceMatcher, compared
from benchmarks.verify_faults import FAULTS, Draw, Spoilt
from benchmarks.verify_material import RATE, SPEECH, Good, Sound, material

BINS: dict[str, tuple[float, ...]] = {
    "runaway": (2.5, 5, 10, 20, 41),
    "silence": (1.2, 2, 4, 15),
    "repetition": (0.5, 1.2, 2, 4, 12),
    "clipping": (0.04, 0.2, 1, 8),
    "foreign voice": (1.5, 3, 6, 15),
}
UNITS = {"clipping": "%"}


@dataclass
class Row:
    """Trials of one kind."""

    made: int = 0
    found: int = 0
    named: Counter[str] = field(default_factory=Counter)
    by_size: dict[str, list[int]] = field(default_factory=dict)
    """Size → how many were made, how many missed."""


class Bench:
    """Good lines and what a studio would know of their voices."""

    def __init__(self, lines: Sequence[Good], voices: bool = True) -> None:
        self._by = defaultdict(list)
        for line in lines:
            self._by[line.speaker].append(line)
        self.lines = [line for line in lines if self.own(line)]
        matcher = VoiceMatcher()
        self._matcher = matcher if voices and matcher.availability().ok else None
        self._references: dict[int, Embedding] = {}
        self._rates: dict[int, float | None] = {}
        self.seconds = self.spent = 0.0

    def judged(self, line: Good, samples: Sound) -> list[str]:
        """Codes of what is found wrong with it."""
        began = time.process_time()
        checks = cheap_checks(samples, RATE, line.text, 1.0, self._rate(line))
        self.spent += time.process_time() - began
        self.seconds += len(samples) / RATE
        found = problems_of(checks)
        if self._matcher and not found and len(samples) >= SHORTEST * RATE:
            heard = compared(self._matcher.encoder.looks(samples).vectors, self._reference(line))
            found += problems_of([foreign_check(heard)])
        return found

    def own(self, line: Good) -> list[Good]:
        """Other lines of the same voice; of readings those from other recordings, for phrases of one overlap."""
        return [
            one for one in self._by[line.speaker] if one is not line and not (line.real and one.source == line.source)
        ]

    def others(self, line: Good, draw: Draw) -> list[Good]:
        """Lines of one other person. The voices of one synthesiser are too alike to be different people."""
        names = sorted({one.speaker for one in self.lines if one.real and one.speaker not in line.speaker})
        return self._by[names[int(draw.integers(len(names)))]]

    def _rate(self, line: Good) -> float | None:
        if id(line) not in self._rates:
            self._rates[id(line)] = self._heard_rate(line)
        return self._rates[id(line)]

    def _heard_rate(self, line: Good) -> float | None:
        rates = Rates()
        for one in self._nearest(line):
            rates.learn("", "", one.text, spoken_seconds(Trace(one.samples, RATE), SPOKEN))
        return rates.rate("", "")

    def _reference(self, line: Good) -> Embedding:
        assert self._matcher is not None
        if id(line) not in self._references:
            sound = np.concatenate([one.samples for one in self._nearest(line)])[: 12 * RATE]
            self._references[id(line)] = self._matcher.encoder.embed(sound)
        return self._references[id(line)]

    def _nearest(self, line: Good) -> list[Good]:
        """Lines of the same voice, first of the same mood and language."""
        own = self.own(line)
        return sorted(own, key=lambda one: (one.emotion != line.emotion, one.language != line.language))[:4]


def half(lines: Sequence[Good], which: str) -> list[Good]:
    """Every second speaker of the readers, and of the preview voice; a clone goes with its reader."""
    readers = sorted({line.speaker for line in lines if line.real})
    speakers = sorted({line.speaker for line in lines if not line.speaker.startswith("clone of ")} - set(readers))
    first = 0 if which == "calibrate" else 1
    chosen = {*readers[first::2], *speakers[first::2]}
    return [line for line in lines if which == "all" or line.speaker.removeprefix("clone of ") in chosen]


def good(bench: Bench, trials: int, seed: int) -> dict[str, Row]:
    """Good lines at any level, half of them of people; `found` are false alarms."""
    draw, table = np.random.default_rng([seed, 0]), {"people": Row(), "preview voice": Row()}
    for line in _drawn(bench, trials, draw):
        found = bench.judged(line, line.samples * np.float32(10 ** (draw.uniform(-12, 0) / 20)))
        row = table["people" if line.real else "preview voice"]
        row.made += 1
        row.found += bool(found)
        row.named.update(found)
    return table


def faulty(bench: Bench, name: str, trials: int, seed: int) -> Row:
    """One fault in lines of which half are of people."""
    draw, row = np.random.default_rng([seed, 1 + list(FAULTS).index(name)]), Row()
    for line in _drawn(bench, trials, draw):
        made: Spoilt = FAULTS[name](line, bench.own(line), bench.others(line, draw), draw)
        found = bench.judged(line, made.samples)
        size = made.kind or _bin(name, made.size)
        row.made += 1
        row.found += bool(found)
        row.named.update(found)
        counts = row.by_size.setdefault(size, [0, 0])
        counts[0] += 1
        counts[1] += not found
    return row


def _drawn(bench: Bench, trials: int, draw: Draw) -> Iterator[Good]:
    """Lines of people and of the preview voice in turn, each as often as any other of its kind."""
    kinds = [[line for line in bench.lines if line.real == real] for real in (True, False)]
    decks: list[list[Good]] = [[], []]
    for trial in range(trials):
        deck, lines = decks[trial % 2], kinds[trial % 2] or kinds[1 - trial % 2]
        if not deck:
            deck.extend(lines[at] for at in draw.permutation(len(lines)))
        yield deck.pop()


def _bin(name: str, size: float) -> str:
    edges = BINS[name]
    at = min(max(1, int(np.searchsorted(edges, size, side="right"))), len(edges) - 1)
    return f"{edges[at - 1]:g} to {edges[at]:g} {UNITS.get(name, 's')}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speech", type=Path, default=SPEECH)
    options.add_argument("--half", choices=("report", "calibrate", "all"), default="report")
    options.add_argument("--trials", type=int, default=100, help="of each fault; six times as many of good lines")
    options.add_argument("--cache", type=Path, help="folder that keeps the good lines between runs")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    bench = Bench(half(material(chosen.speech, chosen.cache), chosen.half))
    fine = good(bench, 6 * chosen.trials, chosen.seed)
    table = {name: faulty(bench, name, chosen.trials, chosen.seed) for name in FAULTS}
    cost = bench.spent / bench.seconds
    if chosen.json:
        print(json.dumps({"good": fine, "faults": table, "cost": cost}, default=vars, indent=1))
    else:
        print("\n".join(_markdown(bench, fine, table, cost)))


def _markdown(bench: Bench, fine: dict[str, Row], table: dict[str, Row], cost: float) -> list[str]:
    made, missed = sum(row.made for row in table.values()), sum(row.made - row.found for row in table.values())
    lines = ["| | trials | missed | by size (missed of made) | named most often |", "|---|---|---|---|---|"]
    for name, row in table.items():
        sizes = ", ".join(f"{size}: {row.by_size[size][1]} of {row.by_size[size][0]}" for size in _ordered(row))
        named = ", ".join(f"{code} {count}" for code, count in row.named.most_common(3))
        lines.append(f"| {name} | {row.made} | {row.made - row.found} | {sizes} | {named} |")
    lines.append(f"| **all faults** | {made} | **{missed} ({100 * missed / made:.1f} %)** | | |")
    alarms, count = sum(row.found for row in fine.values()), sum(row.made for row in fine.values())
    for name, row in fine.items():
        named = ", ".join(f"{code} {count}" for code, count in row.named.most_common(4))
        lines.append(f"| good lines, {name} | {row.made} | false alarms: {row.found} | | {named} |")
    lines.append(f"| **all good lines** | {count} | **false alarms: {alarms} ({100 * alarms / count:.1f} %)** | | |")
    real = {line.speaker for line in bench.lines if line.real}
    voices = {line.speaker for line in bench.lines} - real
    lines += ["", f"{len(bench.lines)} lines of {len(real)} readers and {len(voices)} preview voices."]
    return [*lines, f"Cheap checks: {cost:.5f} of the time that is spoken (processor time, one thread)."]


def _ordered(row: Row) -> list[str]:
    return sorted(row.by_size, key=lambda size: (float(size.split()[0]), "") if size[0].isdigit() else (0.0, size))


if __name__ == "__main__":
    main()
