"""A voice from a description in any of the ten languages: words of a lexicon, summed; no model."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

import numpy as np

from backend.engines.preview.bands import BANDS, cosine_colour, tilt
from backend.engines.preview.lexicon import LEXICON
from backend.engines.preview.presets import CLARITY, DRIER, human_equaliser
from backend.engines.preview.shape import VoiceShape
from backend.engines.preview.voiceprint import Voiceprint

BASE_F0 = {"female": 205.0, "male": 118.0, "": 152.0}  # hertz of adults
BASE_ALPHA = {"female": 1.11, "male": 0.98, "": 1.04}
DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True)
class Traits:
    """What a description says. Each figure is a number of steps, 0 where nothing is said."""

    sex: str = ""
    """`female`, `male` or empty."""
    age: str = ""
    """`child`, `young`, `old` or empty."""
    pitch: float = 0.0
    pace: float = 0.0
    bright: float = 0.0
    breath: float = 0.0
    rough: float = 0.0
    size: float = 0.0
    lively: float = 0.0


def traits_of(description: str) -> Traits:
    """Every word of the lexicon that stands in the text, at the start of a word where the script has words."""
    text = unicodedata.normalize("NFKC", description).casefold()
    found: dict[str, float] = {}
    votes: dict[str, float] = {}
    for trait, steps, words in LEXICON:
        hits = sum(_occurrences(text, word) for word in words)
        if not hits:
            continue
        if trait in ("female", "male", "child", "young", "old"):
            votes[trait] = votes.get(trait, 0) + hits
        else:
            found[trait] = float(np.clip(found.get(trait, 0.0) + steps, -2.5, 2.5))
    return Traits(sex=_winner(votes, ("female", "male")), age=_winner(votes, ("child", "old", "young")), **found)


def designed_shape(description: str, source: Voiceprint) -> VoiceShape:
    traits = traits_of(description)
    random = _random(description)
    f0 = _pitch(traits) * 2 ** (random.uniform(-0.7, 0.7) / 12)
    alpha = float(np.clip(_alpha(traits) * np.exp(random.uniform(-0.02, 0.02)), 0.84, 1.28))
    female = {"female": True, "male": False}.get(traits.sex)
    voiced, unvoiced = human_equaliser(female, source, alpha)
    own = cosine_colour(tuple(random.uniform(-2.2, 2.2, size=6))) + tilt(1.1 * traits.bright)
    return VoiceShape(
        f0=f0,
        range=float(np.clip((2.9 + 0.5 * traits.lively) * random.uniform(0.93, 1.07), 1.2, 5.0)),
        alpha=alpha,
        pace=float(np.clip(1 + 0.11 * traits.pace + _age_pace(traits.age), 0.72, 1.5) * random.uniform(0.98, 1.02)),
        voiced=voiced + own,
        unvoiced=unvoiced + own / 2,
        noise=np.full(BANDS, DRIER),
        breath=float(np.clip(0.22 * traits.breath, 0.0, 0.6)),
        rough=float(np.clip(0.35 * traits.rough + (0.15 if traits.age == "old" else 0.0), 0.0, 0.9)),
        clarity=CLARITY,
    )


def _pitch(traits: Traits) -> float:
    """Hertz, from sex, age and the words for high and low."""
    base = BASE_F0[traits.sex] if traits.age != "child" else 275.0
    semitones = 2.2 * traits.pitch - 1.0 * traits.size
    semitones += {"young": 1.0, "old": 1.0 if traits.sex == "male" else -2.0}.get(traits.age, 0.0)
    return float(np.clip(base * 2 ** (semitones / 12), 65.0, 380.0))


def _alpha(traits: Traits) -> float:
    base = BASE_ALPHA[traits.sex] if traits.age != "child" else 1.22
    return base * float(np.exp(-0.035 * traits.size + (0.015 if traits.age == "young" else 0.0)))


def _age_pace(age: str) -> float:
    return {"old": -0.10, "young": 0.02}.get(age, 0.0)


def _winner(votes: dict[str, float], names: tuple[str, ...]) -> str:
    """The name with the most votes; the earlier in `names` where two have as many."""
    best = max(names, key=lambda name: votes.get(name, 0.0))
    return best if votes.get(best) else ""


def _occurrences(text: str, word: str) -> int:
    """How often: anywhere for scripts without spaces, else at a word's start; `word$` only as a whole word."""
    if DENSE.search(word):
        return text.count(word)
    pattern = r"(?<!\w)" + re.escape(word.rstrip("$")) + (r"(?!\w)" if word.endswith("$") else "")
    return len(re.findall(pattern, text))


def _random(description: str) -> np.random.Generator:
    """So that two descriptions with the same traits are two voices, and one is always the same."""
    digest = hashlib.sha256(unicodedata.normalize("NFKC", description).strip().encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
