"""Is a chimera's join heard by a meter, and how alike are its parts? Two tables.

`python -m benchmarks.chimera [--speech FOLDER] [--joins 200] [--engine preview] [--only joins|voices] [--json]`, where
the folder holds LibriSpeech readings, three or more of each of at least three readers.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.chimera_maker import Clip, Wish, create_chimera_reference
from backend.core.chimera import ChimeraRequest
from backend.core.settings import Settings
from backend.core.types import Samples
from backend.engines.embeddings import SpeakerEncoder, likeness
from backend.engines.registry import make_engines
from backend.model_manager import ModelManager
from backend.personality_manager import PersonalityManager
from backend.speech.chimera import Bench, make_chimera
from backend.speech.chimera_sessions import ChimeraSessions, wav_bytes
from backend.speech.uploads import UploadStore
from benchmarks.doctor import SPEECH, readings
from benchmarks.joins import RATE, elsewhere, energy_step, transient

USERS = ("367", "3331", "1688")
EMOTIONS = ("happy", "sad", "angry")
TRIES = 3
TEXT = "I never thought that you would come back. And now you stand here, as if it was nothing."
ACTORS: dict[str, dict[str, Any]] = {
    "own voice, cloned": {"ai_clone": True},
    "speaker Ryan": {"ai_speaker": "Ryan"},
    "speaker Serena": {"ai_speaker": "Serena"},
    "“a young woman, clear and bright”": {"ai_description": "a young woman, clear and bright"},
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speech", type=Path, default=SPEECH)
    options.add_argument("--joins", type=int, default=200)
    options.add_argument("--engine", default="preview")
    options.add_argument("--only", choices=("joins", "voices"))
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    spoken = {name: sound for name, sound in readings(chosen.speech).items() if name.split("-")[0].isdigit()}
    found: dict[str, Any] = {}
    if chosen.only != "voices":
        found["joins"] = joins(spoken, chosen.joins)
    if chosen.only != "joins":
        found["voices"] = voices(spoken, chosen.engine)
    print(json.dumps(found, indent=1) if chosen.json else _markdown(found))


def joins(spoken: dict[str, Samples], count: int) -> dict[str, Any]:
    """So many joins of two readings of different readers, with everything drawn at random; and as many hard cuts."""
    draw = np.random.default_rng(20)
    places: Counter[str] = Counter()
    rows: dict[str, list[float]] = defaultdict(list)
    for _ in range(count):
        user, ai = _two_readers(list(spoken), draw)
        wish = Wish(draw.uniform(1, 10), draw.uniform(1, 10), draw.uniform(0.05, 0.2))
        louder = np.float32(10 ** (draw.uniform(-20, 6) / 20))
        made = create_chimera_reference(Clip(spoken[user], "Words."), Clip(spoken[ai] * louder, "Words."), wish)
        at = round(made.seam.at * RATE)
        places[made.user.place] += 1
        rows["loudness"].append(abs(made.seam.level_step_db))
        rows["tilt"].append(abs(made.seam.tilt_db))
        rows["energy"].append(abs(energy_step(made.samples, at)))
        rows["click"] += _stands_out(made.samples, at, made.seam.crossfade / 2 + 0.01, draw)
        hard, cut = _hard_cut(spoken[user], spoken[ai] * louder, made.seam.gain_db, draw)
        rows["hard"] += _stands_out(hard, cut, 0.02, draw)
    return {"places": dict(places), **{name: _spread(values) for name, values in rows.items()}}


def _two_readers(names: list[str], draw: np.random.Generator) -> tuple[str, str]:
    user = str(draw.choice(names))
    others = [name for name in names if name.split("-")[0] != user.split("-")[0]]
    return user, str(draw.choice(others))


def _stands_out(samples: Samples, at: int, reach: float, draw: np.random.Generator) -> list[float]:
    """1 where the place is more abrupt than 95 of 100 others of the same sound, 0 where not; nothing if it is short."""
    usual = elsewhere(samples, at, reach, draw)
    return [float(transient(samples, at, reach) > np.percentile(usual, 95))] if len(usual) else []


def _hard_cut(user: Samples, ai: Samples, gain: float, draw: np.random.Generator) -> tuple[Samples, int]:
    """The control: both levelled as the chimera was, cut anywhere, laid end to end."""
    first = int(draw.integers(len(user) // 3, len(user)))
    second = int(draw.integers(0, 2 * len(ai) // 3))
    head = user[max(0, first - 5 * RATE) : first]
    return np.concatenate([head, ai[second : second + 5 * RATE] * np.float32(10 ** (gain / 20))]), len(head)


def _spread(values: list[float]) -> dict[str, float]:
    found: NDArray[np.float64] = np.array(values)
    at = {"median": 50, "p95": 95, "worst": 100}
    figures = {name: round(float(np.percentile(found, share)), 2) for name, share in at.items()}
    return {**figures, "mean": round(float(found.mean()), 3), "under_1": round(float((found <= 1).mean()), 3)}


def voices(spoken: dict[str, Samples], engine: str) -> dict[str, Any]:
    """How alike the acted part is to the user, by who acts it; beside what people are to themselves and to others."""
    encoder = SpeakerEncoder()
    with tempfile.TemporaryDirectory() as folder:
        works = _bench(Path(folder), engine, encoder)
        return {user: _of_user(user, spoken, works) for user in USERS}


def _bench(folder: Path, engine: str, encoder: SpeakerEncoder) -> Bench:
    engines = make_engines(Settings(data_dir=folder))
    return Bench(
        ModelManager({engine: engines[engine]}),
        PersonalityManager(folder / "voices", folder / ".trash"),
        UploadStore(folder / "uploads"),
        ChimeraSessions(folder / "chimera"),
        encoder,
    )


def _of_user(user: str, spoken: dict[str, Samples], works: Bench) -> dict[str, Any]:
    own = sorted((name for name in spoken if name.startswith(f"{user}-")), key=lambda name: -len(spoken[name]))
    reference = works.encoder.embed(spoken[own[0]])
    people = {name: likeness(reference, works.encoder.embed(sound)) for name, sound in spoken.items() if name != own[0]}
    return {
        "another recording of the user": _round([value for name, value in people.items() if name in own]),
        "other readers": _round([value for name, value in people.items() if name not in own]),
        **{actor: _acted(spoken[own[0]], asked, works) for actor, asked in ACTORS.items()},
    }


def _acted(user: Samples, asked: dict[str, Any], works: Bench) -> dict[str, float]:
    """Of all tries of all emotions; and the mean of the best try of each."""
    every, best, whole = [], [], []
    for emotion in EMOTIONS:
        upload = works.uploads.keep(wav_bytes(user), "user.wav")
        wish = ChimeraRequest(
            user_upload=upload, text=TEXT, emotion=emotion, language="en", tries=TRIES, seed=1, **asked
        )
        *_, last = make_chimera(wish, _Patient(), works)
        assert last.result is not None, "the last event is the result"
        tries = last.result["tries"]
        every += [one["similarity"] for one in tries]
        best.append(tries[last.result["best"]]["similarity"])
        whole.append(tries[last.result["best"]]["similarity_joined"])
    return {**_round(every), "best": round(float(np.mean(best)), 3), "joined": round(float(np.mean(whole)), 3)}


class _Patient:
    """A job that nobody cancels, without history."""

    def cancelled(self) -> bool:
        return False

    def estimate(self, key: str, units: float) -> float | None:
        return None


def _round(values: list[float]) -> dict[str, float]:
    return {
        "mean": round(float(np.mean(values)), 3),
        "least": round(min(values), 3),
        "most": round(max(values), 3),
    }


def _markdown(found: dict[str, Any]) -> str:
    lines = []
    if "joins" in found:
        rows = found["joins"]
        lines += [f"Where the user's part ends: {rows['places']}", "", "| join | median | p95 | worst | ≤ 1 dB |"]
        lines += ["|---|---|---|---|---|"]
        for name, words in (("loudness", "step in loudness"), ("energy", "step in energy"), ("tilt", "shelf, dB")):
            row = rows[name]
            lines.append(f"| {words} | {row['median']} | {row['p95']} | {row['worst']} | {row['under_1']:.1%} |")
        chance = "More abrupt than 95 of 100 other places of the same sound (5 % is chance)"
        lines += [
            "",
            f"{chance}: {rows['click']['mean']:.1%} of the joins, {rows['hard']['mean']:.1%} of hard cuts.",
            "",
        ]
    for user, table in found.get("voices", {}).items():
        lines += [
            f"### {user}",
            "",
            "| acted by | mean (least to most) | best of tries | joined |",
            "|---|---|---|---|",
        ]
        for actor, row in table.items():
            spread = f"{row['mean']} ({row['least']} to {row['most']})"
            lines.append(f"| {actor} | {spread} | {row.get('best', '')} | {row.get('joined', '')} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
