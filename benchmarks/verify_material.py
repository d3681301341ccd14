"""Good lines to judge the judge of spoken lines with: people reading aloud, and the preview voice. 24 kHz mono float32.

Recordings bring no transcript, so PocketSphinx writes one down: its words are often wrong, their length hardly.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from backend.core.types import ClonedVoice, PresetVoice, Segment, Voice, WordTiming
from backend.engines.base import SpeakOptions
from backend.engines.pocketsphinx import PocketSphinxListener
from backend.engines.preview.engine import PreviewEngine

RATE = 24_000  # hertz
PAUSE = 0.10  # seconds of quiet at which a reading may be cut
REACH = 0.12  # seconds around the place that the recogniser names
SHORTEST, LONGEST = 1.2, 14.0  # seconds of a line
SPEECH = Path(__file__).resolve().parents[2] / "shared" / "data" / "speech"
Sound = NDArray[np.float32]

TEXTS = (
    ("en", "Good morning! I did not expect to see you here so early."),
    ("en", "The bridge was closed, so we walked back along the river until it was dark."),
    ("en", "No, no, no! That is not what I said, and you know it."),
    ("en", "Wait. Listen. Somebody is coming up the stairs."),
    ("en", "In 1987 the old mill burned down; nobody was hurt, but the town lost its bread for 3 weeks."),
    ("en", "Why would anyone build a house like that? It has nine doors and not one window."),
    ("en", "She said: “Take the left path, then the left path again, and then the left path once more.”"),
    ("en", "Ha ha ha, very, very funny."),
    ("en", "Yes."),
    ("en", "Thank you so much."),
    ("en", "The recipe wants two eggs, a cup of flour, a pinch of salt, some butter, more patience than I have today."),
    ("en", "Far away, beyond the last hills, a train was calling; it called once, then everything was quiet again."),
    ("en", "Mr. Dashwood had not been in the house ten minutes when it began to rain, first softly, then in sheets."),
    ("en", "Please hold the line. Please hold the line. Somebody will be with you soon."),
    ("en", "Sssh! The baby is asleep."),
    ("en", "If the engine stops, push the red lever, count to ten, and pull the blue one; never the other way round."),
    ("it", "Buongiorno a tutti! Oggi parliamo di una città che nessuno ha mai visto."),
    ("it", "Il vento ha portato via il cappello di mio nonno, e lui rideva come un bambino."),
    ("ru", "Добрый вечер! Сегодня мы поговорим о море, о кораблях и о тех, кто их ждёт."),
    ("ru", "Он долго молчал, а потом сказал, что больше никогда туда не поедет."),
    ("zh", "你好，今天天气很好，我们一起去公园散步吧。"),
    ("zh", "他说他明天不来了，因为他的母亲病了。"),
    ("de", "Guten Abend! Der letzte Zug ist schon weg, aber wir finden bestimmt noch ein Zimmer."),
    ("fr", "Je ne sais pas pourquoi il est parti, mais la porte est restée ouverte toute la nuit."),
    ("ja", "こんにちは。今日はとても良い天気ですね。"),
    ("es", "El perro del vecino ladra toda la noche, y nadie sabe por qué."),
)
EMOTIONS = ("neutral", "happy", "sad", "angry", "whispering", "excited", "calm", "fearful")


@dataclass(frozen=True)
class Good:
    """A line as it should be, and what a studio would know of it."""

    samples: Sound
    text: str
    speaker: str
    real: bool
    language: str = "en"
    emotion: str = "neutral"
    source: str = ""
    """The recording it was cut from: phrases of one recording overlap."""


def material(speech: Path = SPEECH, cache: Path | None = None) -> list[Good]:
    """All good lines there are; kept in `cache` between runs, since speaking and listening takes minutes."""
    return [
        *_kept(cache, "readings", (3, PAUSE), lambda: readings(speech)),
        *_kept(cache, "spoken", (TEXTS, EMOTIONS), lambda: spoken(speech)),
    ]


def _kept(cache: Path | None, name: str, key: object, make: Callable[[], Iterator[Good]]) -> list[Good]:
    path = cache / f"{name}-{hashlib.sha256(repr((5, key)).encode()).hexdigest()[:12]}.pickle" if cache else None
    if path and path.is_file():
        found: list[Good] = pickle.loads(path.read_bytes())  # noqa: S301 - written below, into a folder of the user
        return found
    lines = list(make())
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pickle.dumps(lines))
    return lines


def readings(folder: Path) -> Iterator[Good]:
    """Phrases of people reading aloud, cut in pauses; every run of neighbouring phrases that is a line long."""
    ear = PocketSphinxListener()
    ear.load()
    for path in sorted([*folder.glob("libri*/*.flac"), *folder.glob("libri*/*.wav")]):
        samples, rate = soundfile.read(path, dtype="float32")
        words = [
            word
            for utterance in ear.transcribe(np.asarray(resample_poly(samples, 16_000, rate), np.float32), "en")
            for word in utterance.words
        ]
        whole = np.asarray(resample_poly(samples, RATE, rate), dtype=np.float32)
        for first, last, text in _runs(words, whole):
            yield Good(whole[first:last], text, _reader(path), real=True, source=path.stem)


def _runs(words: Sequence[WordTiming], whole: Sound) -> Iterator[tuple[int, int, str]]:
    """First and last sample, and words, of stretches from pause to pause."""
    cuts = [(0, 0)] if _rests(whole[: RATE // 30], whole) else []
    for number, (one, following) in enumerate(pairwise(words), 1):
        if (middle := _quiet(whole, one.end, following.start)) is not None:
            cuts.append((number, middle))
    if _rests(whole[-(RATE // 30) :], whole):  # some recordings end within a sound: such an end is no good one
        cuts.append((len(words), len(whole)))
    for at, (first, start) in enumerate(cuts):
        for last, end in cuts[at + 1 :]:
            if SHORTEST <= (end - start) / RATE <= LONGEST and last - first >= 3:
                yield start, end, " ".join(word.word for word in words[first:last])


def _rests(edge: Sound, whole: Sound) -> bool:
    """Whether nobody speaks at an edge of a recording."""
    return float(np.sqrt(np.mean(edge**2))) < _levels(whole)[1]


def _levels(whole: Sound) -> tuple[NDArray[np.float32], float]:
    """Level of each 10 ms, and the one below which nobody speaks: near that of the room."""
    step = RATE // 100
    levels = np.sqrt(np.mean(whole[: len(whole) // step * step].reshape(-1, step) ** 2, axis=1))
    return levels, max(0.06 * float(np.percentile(levels, 90)), 1.8 * float(np.percentile(levels, 4)))


def _quiet(whole: Sound, first: float, last: float) -> int | None:
    """The quietest place of a pause that one can hear, near the place between two words where there should be one."""
    levels, least = _levels(whole)
    start = max(0, int((first - REACH) * 100))
    near = levels[start : int((last + REACH) * 100)]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (near < least).astype(np.int8), [0]]))).reshape(-1, 2)
    begin, end = max(edges.tolist(), key=lambda edge: edge[1] - edge[0], default=(0, 0))
    if end - begin < PAUSE * 100:
        return None
    smooth = np.convolve(near[begin:end], np.ones(5) / 5, mode="same")
    middle = 2 + int(np.argmin(smooth[2:-2]))  # a breath may follow: the line ends where it is quietest
    return (start + begin + middle) * RATE // 100


def _reader(path: Path) -> str:
    return path.name.split("-")[0] if path.parent.name == "librispeech" else "librivox"


def spoken(folder: Path) -> Iterator[Good]:
    """The preview voice: its speakers, and clones of the readers, in all kinds of moods and several languages."""
    engine = PreviewEngine()
    voices: dict[str, Voice] = {name: PresetVoice(speaker=name) for name in _speakers()}
    voices |= {f"clone of {path.stem}": ClonedVoice(path) for path in references(folder)}
    draw = np.random.default_rng(11)
    for number, (name, voice) in enumerate(voices.items()):
        for place, (language, text) in enumerate(TEXTS):
            emotion = EMOTIONS[(number + place) % len(EMOTIONS)]
            options = SpeakOptions(language=language, seed=int(draw.integers(2**31)))
            chunks = engine.speak([Segment(0, text, emotion)], voice, options)
            sound = np.concatenate([chunk.samples for chunk in chunks])
            yield Good(sound.astype(np.float32), text, name, real=False, language=language, emotion=emotion)


def references(folder: Path) -> list[Path]:
    """One recording a reader, as 24 kHz WAV beside nothing of ours: in the folder for temporary files."""
    import tempfile

    place = Path(tempfile.gettempdir()) / "verify-references"
    place.mkdir(exist_ok=True)
    made: dict[str, Path] = {}
    for path in sorted([*folder.glob("libri*/*.flac"), *folder.glob("libri*/*.wav")]):
        if (reader := _reader(path)) not in made:
            samples, rate = soundfile.read(path)
            made[reader] = place / f"{reader}.wav"
            soundfile.write(made[reader], resample_poly(samples, RATE, rate)[: 12 * RATE], RATE)
    return list(made.values())


def _speakers() -> list[str]:
    from backend.core.tables.speakers import SPEAKERS

    return list(SPEAKERS)
