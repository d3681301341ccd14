"""Judges spoken lines as deeply as asked, and says which of several tries is best. Knows no seeds and redoes nothing.

`auto` looks at the signal; and at the voice, where a model that is far slower clones one. `full` also hears the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import gcd
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from backend.audio.files import read_wav
from backend.audio.trace import Trace, spoken_seconds
from backend.core.errors import EngineUnavailable, Problem
from backend.core.events import Notice
from backend.core.types import STUDIO_RATE, ClonedVoice, GenerationRequest, Samples
from backend.engines.base import HeavyEngine
from backend.engines.listening import RATE, TranscriptionEngine
from backend.model_manager import ModelManager
from backend.speech import verify_voice
from backend.speech.listen import listen
from backend.speech.segments import Line
from backend.speech.verify import SPOKEN, UNPLAYABLE, Check, cheap_checks, problems_of
from backend.speech.verify_length import Rates
from backend.speech.verify_voice import Heard, VoiceMatcher
from backend.speech.verify_words import MOST_ERRORS, QUALITY, Words, compared

Mode = Literal["off", "auto", "full"]
OUT_OF_LINE = 15.0  # dB between a line and the others of its voice and mood
WEIGHTS = {"no-sound": 1e6, "not-finite": 1e6, "silent": 100.0, "runaway": 60.0, "too-long": 50.0, "words": 50.0}
"""What a failed check costs a try; the dearer, the worse it is to hear."""
WEIGHTS |= {"foreign-voice": 40.0, "too-short": 40.0, "repetition": 40.0, "stuck": 40.0, "noise": 30.0, "cut-end": 25.0}
WEIGHTS |= {"pause": 20.0, "clipped": 10.0, "loudness": 5.0}
RUNAWAY = Check("runaway", False, None, None, "The engine came to no end by itself and was stopped.")


@dataclass(frozen=True)
class Verdict:
    """What is known of one try at a line."""

    checks: tuple[Check, ...] = ()
    similarity: float | None = None
    """Cosine with the reference; None where it was not judged."""
    words: Words | None = None

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(problems_of(self.checks))

    @property
    def cost(self) -> float:
        """The best take has the least: what failed, by weight and by how far it is off; then words, then likeness."""
        failed = sum(WEIGHTS.get(check.code, 20.0) * _excess(check) for check in self.checks if not check.ok)
        return failed + (min(self.words.error_rate, 1.0) if self.words else 0.0) - 0.5 * (self.similarity or 0.0)


def _excess(check: Check) -> float:
    """1 to 3: how many times beyond its limit."""
    if not check.measured or not check.limit or check.measured * check.limit < 0:
        return 1.0 if check.limit is None else 3.0
    return float(np.clip(max(check.measured / check.limit, check.limit / check.measured), 1.0, 3.0))


@dataclass
class Judge:
    """One for each job: it learns how its voices speak."""

    mode: Mode
    models: ModelManager
    language: str = "auto"
    speed: float = 1.0
    cancelled: Callable[[], bool] = lambda: False
    live: bool = False
    """Somebody listens while it is spoken: nothing slow is asked for by itself."""
    matcher: VoiceMatcher = field(default_factory=VoiceMatcher)
    notices: dict[str, Notice] = field(default_factory=dict)
    """What could not be judged, by code."""
    recogniser: str | None = None
    embedding: str | None = None
    _rates: Rates = field(default_factory=Rates)
    _levels: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    _references: set[tuple[str, str]] = field(default_factory=set)
    _likeness: dict[tuple[str, str], list[Heard]] = field(default_factory=dict)

    def judged(self, samples: Samples, line: Line, problems: Sequence[str] = ()) -> Verdict:
        """24 kHz, shape (n_samples,), as the engine gave it; `problems` are codes that the engine told of itself."""
        self._hear_reference(line)
        checks = cheap_checks(samples, STUDIO_RATE, line.text, self.speed, self._rates.rate(line.speaker, line.emotion))
        if UNPLAYABLE & set(problems_of(checks)):
            return Verdict(tuple(checks))
        if self.mode == "off":
            return Verdict()
        checks += [RUNAWAY for code in problems if code == RUNAWAY.code] + self._of_level(samples, line)
        like = self._of_voice(samples, line, checks)
        words = self._of_words(samples, line, checks)
        return Verdict(tuple(checks), like, words)

    def learn(self, samples: Samples, line: Line, verdict: Verdict, levelled: bool = False) -> None:
        """The try that was kept, if it is sound: how fast this voice speaks, and how loud unless it was levelled."""
        if verdict.problems or self.mode == "off":
            return
        trace = Trace(samples, STUDIO_RATE)
        self._rates.learn(line.speaker, line.emotion, line.text, spoken_seconds(trace, SPOKEN), self.speed)
        if not levelled:
            self._levels.setdefault((line.speaker, line.emotion), []).append(trace.voice)

    def _hear_reference(self, line: Line) -> None:
        """The rate of a recording is that of its clone, once an engine clones."""
        voice, key = line.voice, (line.speaker, line.emotion)
        if not isinstance(voice, ClonedVoice) or not voice.transcript or line.engine.info.honesty:
            return
        if key not in self._references:
            self._references.add(key)
            seconds = _seconds_of(voice.reference)
            self._rates.learn_reference(*key, voice.transcript, seconds)

    def _of_level(self, samples: Samples, line: Line) -> list[Check]:
        known = self._levels.get((line.speaker, line.emotion), [])
        if len(known) < 2:
            return []
        apart = abs(Trace(samples, STUDIO_RATE).voice - median(known))
        text = f"It is {apart:.0f} dB from the other lines of this voice; more than {OUT_OF_LINE:.0f} dB stand out."
        return [Check("loudness", apart <= OUT_OF_LINE, round(apart, 1), OUT_OF_LINE, text)]

    def _of_voice(self, samples: Samples, line: Line, checks: list[Check]) -> float | None:
        """Adds its check; a stand-in is measured and not judged."""
        if not isinstance(line.voice, ClonedVoice) or not self._asks_for_voice(line):
            return None
        able = self.matcher.availability()
        heard = self.matcher.likeness(samples, line.voice) if able.ok else None
        if not able.ok:
            self._tell("voice-not-judged", able.reason)
        if heard is None:
            return None
        self.embedding = "ge2e"
        if line.engine.info.honesty:
            self._tell("voice-not-judged", f"Likeness is measured, not judged: {line.engine.info.title} is a stand-in.")
        else:
            checks.append(foreign_check(heard, self._usual(line, heard)))
        return round(heard.whole, 3)

    def _usual(self, line: Line, heard: Heard) -> Heard | None:
        """The median likeness of the lines before, once there are enough."""
        known = self._likeness.setdefault((line.speaker, line.emotion), [])
        before = Heard(median(h.whole for h in known), median(h.stretch for h in known)) if known else None
        known.append(heard)
        return before if len(known) > verify_voice.ENOUGH else None

    def _asks_for_voice(self, line: Line) -> bool:
        return self.mode == "full" or (not self.live and isinstance(line.engine, HeavyEngine))

    def _of_words(self, samples: Samples, line: Line, checks: list[Check]) -> Words | None:
        one = self._listener() if self.mode == "full" and "silent" not in problems_of(checks) else None
        if one is None:
            return None
        try:
            heard = listen(_for_ears(samples), self.models, one.info.name, self.language, cancelled=self.cancelled)
        except EngineUnavailable as problem:
            self._tell("words-not-judged", f"Words were not judged: {problem.detail}")
            return None
        self.recogniser = one.info.name
        words = compared(line.text, heard.text, one.info.name)
        text = f"{100 * words.error_rate:.0f} % of the words differ from those asked; {100 * MOST_ERRORS:.0f} % may."
        if not words.ok and words.error_rate <= MOST_ERRORS:
            text = f"{words.gap} words in a row are missing or too many."
        checks.append(Check("words", words.ok, round(words.error_rate, 3), MOST_ERRORS, text))
        return words

    def _listener(self) -> TranscriptionEngine | None:
        """The best recogniser, where it hears well enough to judge."""
        try:
            one = self.models.pick_listener("auto", self.language)
        except Problem as problem:
            self._tell("words-not-judged", f"Words were not judged: {problem.detail}")
            return None
        if one.info.quality < QUALITY:
            text = f"Words were not judged: {one.info.title} mishears too much. Install Whisper for that."
            self._tell("words-not-judged", text)
            return None
        return one

    def _tell(self, code: str, text: str) -> None:
        self.notices.setdefault(code, Notice(code=code, text=text))


@dataclass(frozen=True)
class Verification:
    """What verified speech needs, for all jobs of a process."""

    retries: int = 2
    """How often a line that failed a check is spoken again."""
    matcher: VoiceMatcher = field(default_factory=VoiceMatcher)

    def judge(
        self, request: GenerationRequest, models: ModelManager, language: str, cancelled: Callable[[], bool]
    ) -> Judge:
        """Who judges the lines of one job."""
        mode, live = request.verify, request.stream_audio
        return Judge(mode, models, language, request.speed, cancelled, live, self.matcher)


def summary(judge: Judge, verdicts: Sequence[tuple[Verdict, int]]) -> dict[str, Any]:
    """`verification` of a result; each verdict with the number of tries at its line."""
    return {
        "mode": judge.mode,
        "checked": 0 if judge.mode == "off" else len(verdicts),
        "redone": sum(tries > 1 for _, tries in verdicts),
        "doubtful": sum(bool(verdict.problems) for verdict, _ in verdicts),
        "recogniser": judge.recogniser,
        "embedding": judge.embedding,
        "notices": [notice.model_dump() for notice in judge.notices.values()],
    }


def foreign_check(heard: Heard, usual: Heard | None = None) -> Check:
    """Whether the voice is the one that was asked for; `usual` is how like it other lines of the clone are."""
    least, stretch = verify_voice.LEAST, verify_voice.LEAST_OF_A_STRETCH
    if usual is not None:
        least, stretch = min(least, usual.whole - verify_voice.APART), min(stretch, usual.stretch - verify_voice.APART)
    if heard.whole >= least and heard.stretch < stretch:
        text = f"Two seconds of it are only {heard.stretch:.2f} like the reference; {stretch:.2f} is the least."
        return Check("foreign-voice", False, round(heard.stretch, 3), round(stretch, 3), text)
    text = f"It is {heard.whole:.2f} like the reference; under {least:.2f} somebody else speaks."
    return Check("foreign-voice", heard.whole >= least, round(heard.whole, 3), round(least, 3), text)


def _seconds_of(reference: Path) -> float:
    try:
        return spoken_seconds(Trace(*read_wav(reference)), SPOKEN)
    except (OSError, ValueError, Problem):
        return 0.0  # the engine will say what is wrong with it


def _for_ears(samples: Samples) -> Samples:
    from scipy.signal import resample_poly

    divisor = gcd(RATE, STUDIO_RATE)
    return np.asarray(resample_poly(samples, RATE // divisor, STUDIO_RATE // divisor), dtype=np.float32)
