"""Figures of listening: word error of PocketSphinx on people reading aloud, and what cutting long speech costs.

`python -m benchmarks.listening --speech DIR`: DIR holds `librivox/` with `transcription` and `librispeech/` (recordings
without a transcript). Without it only the synthetic parts run. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from backend.audio.activity import pieces
from backend.core.types import PresetVoice, Segment, WordTiming
from backend.engines.base import SpeakOptions
from backend.engines.listening import RATE
from backend.engines.pocketsphinx import PocketSphinxListener
from backend.engines.preview.engine import PreviewEngine
from backend.model_manager import ModelManager
from backend.speech.listen import listen
from benchmarks.recogniser import word_errors

Sound = NDArray[np.float32]
SENTENCES = Path(__file__).with_name("data") / "sentences.json"
SPEAKER = "Ryan"
LONG = 40  # sentences of one long recording
PAUSES = (0.0, 0.8)  # seconds between sentences


@dataclass(frozen=True)
class Heard:
    """Words, and what they were to be."""

    asked: Sequence[str]
    words: Sequence[WordTiming]
    seconds: float
    took: float

    @property
    def text(self) -> list[str]:
        return [plain(word.word) for word in self.words]

    @property
    def errors(self) -> int:
        return word_errors(self.asked, self.text)


def main() -> None:
    parser = argparse.ArgumentParser(description="Figures of listening.")
    parser.add_argument("--speech", type=Path, help="folder with librivox/ and librispeech/")
    options = parser.parse_args()
    print("| Figure | Measured |\n|---|---|")
    models = ModelManager({}, listeners={"pocketsphinx": PocketSphinxListener()})
    if options.speech:
        print(
            row("PocketSphinx, word error on LibriVox (5 sentences of one reader)", read_aloud(options.speech, models))
        )
        for name, figure in agreement(options.speech, models):
            print(row(name, figure))
    for name, figure in long_speech(models):
        print(row(name, figure))


def row(name: str, figure: str) -> str:
    return f"| {name} | {figure} |"


def read_aloud(folder: Path, models: ModelManager) -> str:
    """Word error over all sentences together, and the range over sentences."""
    found = []
    for name, asked in transcripts(folder / "librivox"):
        sound = at_16k(folder / "librivox" / f"{name}.wav")
        found.append(cut_up(sound, asked, models))
    words = sum(len(each.asked) for each in found)
    errors = sum(each.errors for each in found)
    each_one = sorted(each.errors / len(each.asked) for each in found)
    pace = sum(each.took for each in found) / sum(each.seconds for each in found)
    spread = f"{each_one[0]:.0%} to {each_one[-1]:.0%}"
    return f"{errors / words:.0%} of {words} words ({spread}), {pace:.2f} s of processor time a second"


def transcripts(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Name and words of each recording."""
    for line in (folder / "transcription").read_text("utf-8").splitlines():
        if found := re.fullmatch(r"<s>(.*)</s>\s*\((.+)\)", line.strip()):
            yield found[2], found[1].split()


def agreement(folder: Path, models: ModelManager) -> Iterator[tuple[str, str]]:
    """Readings of one person behind each other, in one piece and cut: real speech without known text."""
    readers = sorted({path.name.partition("-")[0] for path in (folder / "librispeech").glob("*.flac")})
    sounds = [
        np.concatenate([at_16k(path) for path in sorted((folder / "librispeech").glob(f"{reader}-*.flac"))])
        for reader in readers
    ]
    lost = np.sum([losses(sound, in_one(sound, []), cut_up(sound, [], models)) for sound in sounds], axis=0)
    yield f"LibriSpeech, readings of {len(readers)} readers behind each other: {LOST}", told(lost)


LOST = "words heard in one piece of which nothing is heard at their time when cut"


def losses(sound: Sound, whole: Heard, cut: Heard) -> tuple[int, int, int, int]:
    """Words heard in one piece, those that are missing when cut; the same of words within a second of a cut."""
    near, missing = beside_cuts(sound, whole.words), unmatched(whole.words, cut.words)
    return len(whole.words), len(missing), len(near), sum(index in near for index in missing)


def told(lost: Sequence[int]) -> str:
    return f"{lost[1]} of {lost[0]}; within 1 s of a cut through speech {lost[3]} of {lost[2]}"


def long_speech(models: ModelManager) -> Iterator[tuple[str, str]]:
    """The preview voice reads long texts, which are heard in one piece and cut."""
    texts = json.loads(SENTENCES.read_text("utf-8"))
    sentences = [text for text in flattened(texts) if len(text.split()) > 3][:LONG]
    asked = [word for text in sentences for word in re.findall(r"[a-z']+", text.lower())]
    for pause in PAUSES:
        sound = spoken(sentences, SPEAKER, pause)
        whole, cut = in_one(sound, asked), cut_up(sound, asked, models)
        name = f"Preview voice, {len(sound) / RATE:.0f} s of known text, {pause:g} s between sentences"
        count = len(asked)
        yield (
            f"{name}: word error in one piece, cut",
            f"{whole.errors / count:.0%}, {cut.errors / count:.0%} of {count}",
        )
        yield f"{name}: {LOST}", told(losses(sound, whole, cut))


def flattened(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from flattened(each)


def spoken(sentences: Sequence[str], speaker: str, pause: float) -> Sound:
    """The sentences behind each other at 16 kHz."""
    engine, voice = PreviewEngine(), PresetVoice(speaker=speaker)
    engine.load(engine.variant_for(voice))
    parts: list[Sound] = []
    for index, text in enumerate(sentences):
        chunks = list(engine.speak([Segment(0, text)], voice, SpeakOptions(language="en", seed=index)))
        parts += [chunk.samples for chunk in chunks]
        parts.append(np.zeros(round(pause * chunks[0].rate), np.float32))
    engine.unload()
    return resample_poly(np.concatenate(parts), 2, 3).astype(np.float32)


def in_one(sound: Sound, asked: Sequence[str]) -> Heard:
    """All at once, however long."""
    one = PocketSphinxListener()
    one.load()
    began = time.process_time()
    words = [word for each in one.transcribe(sound, "en") for word in each.words]
    return Heard(asked, words, len(sound) / RATE, time.process_time() - began)


def cut_up(sound: Sound, asked: Sequence[str], models: ModelManager) -> Heard:
    """As the studio does it."""
    began = time.process_time()
    found = listen(sound, models, "pocketsphinx", "en")
    words = [word for each in found.utterances for word in each.words]
    return Heard(asked, words, len(sound) / RATE, time.process_time() - began)


def plain(word: str) -> str:
    return word.lower().strip(".,!?")


def unmatched(whole: Sequence[WordTiming], cut: Sequence[WordTiming]) -> list[int]:
    """Places of words for which the other hearing has no word at that time."""
    spans = [(word.start, word.end) for word in cut]
    return [
        index
        for index, word in enumerate(whole)
        if not any(min(end, word.end) - max(start, word.start) > 0.25 * (word.end - word.start) for start, end in spans)
    ]


def beside_cuts(sound: Sound, words: Sequence[WordTiming]) -> set[int]:
    """Places of words within a second of a cut."""
    info = PocketSphinxListener.info
    edges = [edge for piece in pieces(sound, info.longest) for edge in (piece.first, piece.last) if np.isfinite(edge)]
    return {index for index, word in enumerate(words) if any(abs(word.start - edge) < 1 for edge in edges)}


def at_16k(path: Path) -> Sound:
    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE, "both sets are recorded at 16 kHz"
    return np.asarray(samples, np.float32)


if __name__ == "__main__":
    main()
