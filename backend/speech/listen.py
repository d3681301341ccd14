"""Sound becomes text: cut where somebody speaks, heard piece by piece, put together without losing or doubling a word.

Knows arrays at 16 kHz and recognisers; no files, no jobs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.audio.activity import Piece, pieces
from backend.core.events import Notice
from backend.core.types import Samples
from backend.engines.listening import (
    RATE,
    ListenerInfo,
    ManyListener,
    Task,
    TranscriptionEngine,
    TranslationEngine,
    Utterance,
)
from backend.model_manager import ModelManager
from backend.speech.seams import joined

LONGEST = 22.0  # seconds of one piece
SILENCE_DB = -45.0
ROUGH = 20
"""Quality, Whisper tiny's, below which a recogniser's words want reading before they are trusted."""
WITHOUT_SPACES = frozenset({"zh", "ja", "yue"})
"""Languages written without spaces between words."""


@dataclass(frozen=True)
class Transcript:
    """What is said in a recording, and who wrote it down."""

    text: str
    language: str
    """ISO 639-1 code; empty where nothing was said, or no recogniser tells."""
    engine: str
    """Name of the recogniser."""
    title: str
    """What people call it."""
    duration: float
    """Seconds of the recording."""
    utterances: tuple[Utterance, ...] = ()
    """Timed from the start of the recording, in order."""
    notices: tuple[Notice, ...] = ()


def listen(
    samples: Samples,
    models: ModelManager,
    engine: str = "auto",
    language: str = "auto",
    silence_db: float = SILENCE_DB,
    cancelled: Callable[[], bool] = lambda: False,
    told: Callable[[float], None] = lambda share: None,
    said: Callable[[str], None] = lambda text: None,
    task: Task = "transcribe",
) -> Transcript:
    """Write down mono sound at 16 kHz, shape (n_samples,), in English where the `task` is to translate. `told` hears
    shares from 0 to 1, `said` the text from its beginning as far as nothing can change it any more.

    What stays below `silence_db` (dBFS) gives empty text. Raises what `ModelManager.listen` raises, Cancelled.
    """
    info = models.pick_listener(engine, language, task).info
    cut = pieces(samples, min(LONGEST, info.longest), silence_db)
    if not cut:
        told(1.0)
        return _transcript(info, language, len(samples) / RATE, (), (_quiet(silence_db),))
    with models.listen(info.name, language, cancelled) as one:
        heard = _heard(Hearer(one, language, task, cancelled), samples, cut, told, said)
    return _transcript(info, language, len(samples) / RATE, joined(cut, heard), _notices(info, language))


@dataclass
class Hearer:
    """A recogniser at one task, in the language that is spoken as far as it is known."""

    one: TranscriptionEngine
    language: str
    task: Task
    cancelled: Callable[[], bool]

    def __post_init__(self) -> None:
        if self.language == "auto" and not self.one.info.detects:
            self.language = self.one.info.languages[0]

    def at_once(self) -> int:
        """How many pieces are heard at once, from now on: the first one tells the language."""
        return self.one.beside() if isinstance(self.one, ManyListener) and self.language != "auto" else 1

    def hear(self, sounds: Sequence[Samples]) -> list[list[Utterance]]:
        """Utterances of each, that name the language they are written in. What is heard first tells that of all."""
        if len(sounds) > 1:
            assert isinstance(self.one, ManyListener), "nobody else hears more than one"
            found = self.one.transcribe_many(sounds, self.language, self.cancelled, self.task)
        elif self.task == "translate":
            assert isinstance(self.one, TranslationEngine), "nobody else is picked"
            found = [list(self.one.translate(sounds[0], self.language, self.cancelled))]
        else:
            found = [list(self.one.transcribe(sounds[0], self.language, self.cancelled))]
        if self.language == "auto" and found[0] and found[0][0].language:
            self.language = found[0][0].language
        written = {"translate": "en"}.get(self.task, "")
        return [[replace(each, language=written or each.language or self.language) for each in said] for said in found]


def _heard(
    hearer: Hearer,
    samples: Samples,
    cut: Sequence[Piece],
    told: Callable[[float], None],
    said: Callable[[str], None],
) -> list[list[Utterance]]:
    """Utterances of each piece, timed from the start of the recording."""
    found: dict[int, list[Utterance]] = {}
    whole, done = sum(piece.end - piece.start for piece in cut), 0.0
    left = _longest_first(cut)
    while left:
        now, left = left[: hearer.at_once()], left[hearer.at_once() :]
        told(done / whole)
        for index, said_there in zip(now, hearer.hear([cut[index].of(samples) for index in now]), strict=True):
            found[index] = [shifted(each, cut[index].start) for each in said_there]
            done += cut[index].end - cut[index].start
        said(_text(_sure(cut, found))[0])
    told(1.0)
    return [found[index] for index in range(len(cut))]


def _sure(cut: Sequence[Piece], found: Mapping[int, list[Utterance]]) -> tuple[Utterance, ...]:
    """What nothing can change any more: all up to the first piece that nobody heard, or that is sewn to such a one."""
    known = next((index for index in range(len(cut)) if index not in found), len(cut))
    while known < len(cut) and known > 0 and cut[known].first > 0:
        known -= 1
    return joined(cut[:known], [found[index] for index in range(known)])


def _longest_first(cut: Sequence[Piece]) -> list[int]:
    """The longest, then the others in order."""
    longest = max(range(len(cut)), key=lambda index: cut[index].end - cut[index].start)
    return [longest, *(index for index in range(len(cut)) if index != longest)]


def shifted(each: Utterance, seconds: float) -> Utterance:
    """The utterance so much later."""
    words = tuple(replace(word, start=word.start + seconds, end=word.end + seconds) for word in each.words)
    return replace(each, start=each.start + seconds, end=each.end + seconds, words=words)


def _transcript(
    info: ListenerInfo, language: str, duration: float, said: Sequence[Utterance], notices: Sequence[Notice]
) -> Transcript:
    text, heard = _text(said)
    spoken = heard or ("" if language == "auto" else language)
    return Transcript(text, spoken, info.name, info.title, duration, tuple(said), tuple(notices))


def _text(said: Sequence[Utterance]) -> tuple[str, str]:
    """The whole text, and its language; empty where nothing was said."""
    letters: Counter[str] = Counter()
    for each in said:
        letters[each.language] += len(each.text)
    spoken = letters.most_common(1)[0][0] if letters else ""
    return ("" if spoken in WITHOUT_SPACES else " ").join(each.text for each in said), spoken


def _notices(info: ListenerInfo, language: str) -> list[Notice]:
    found = []
    if info.honesty:
        code = "rough-recogniser" if info.quality < ROUGH else "recogniser-note"
        found.append(Notice(code=code, text=info.honesty, params={"engine": info.title}))
    if language == "auto" and not info.detects:
        only = info.languages[0]
        text = f"{info.title} does not tell languages apart: it took this for {only}."
        found.append(Notice(code="language-assumed", text=text, params={"engine": info.title, "language": only}))
    return found


def _quiet(silence_db: float) -> Notice:
    text = f"Nothing in the recording is louder than {silence_db:g} dBFS, so nothing was written down."
    params: Mapping[str, str] = {"decibels": f"{silence_db:g}"}
    return Notice(code="silence", text=text, params=dict(params))
