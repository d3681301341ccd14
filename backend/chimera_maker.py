"""Your timbre, the AI's feeling: a cut of the user's clip joined to a cut of an acted one. Samples in, samples out.

Both are cut in pauses, brought to one level, and laid over each other by an equal-power crossfade whose middle is the
quietest zero crossing near the cut. Sound is mono float32 at 24 kHz; knows no engines, files or requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from backend.audio import probe
from backend.audio.join import FADE, equal_power
from backend.audio.loudness import CEILING, loudness, true_peak
from backend.audio.pauses import speech_of
from backend.audio.seams import LEAST, ROOM, Cut, Laid, Place, cut_of, entering, leaving
from backend.audio.tilt import brightened, gain_for
from backend.core.errors import BadAudio, BadRequest
from backend.core.types import STUDIO_RATE as RATE
from backend.core.types import Samples, WordTiming
from backend.text import portions

CROSSFADE = (0.05, 0.2)  # seconds
SECONDS = (1.0, 20.0)
"""Of each part, as asked; it ends in a pause, so it may be a third, or 1.5 seconds, longer or shorter."""
TARGET = -23.0  # LUFS of what comes out
MARGIN = 0.05  # seconds left before the first word and behind the last
BESIDE = 3.0
"""Seconds on each side of the seam whose levels are matched."""
SILENT = 10 ** (-60 / 20)
MOST_GAIN = 40.0  # dB
MOST_STEP = 0.8  # dB at the seam


@dataclass(frozen=True)
class Clip:
    """A recording and what is said in it."""

    samples: Samples = field(repr=False)
    """24 kHz, shape (n_samples,)."""
    transcript: str = ""
    words: tuple[WordTiming, ...] = ()
    """Where an engine told them, timed from the start of `samples`."""


@dataclass(frozen=True)
class Wish:
    """How a chimera is asked to be."""

    user_seconds: float = 5.0
    ai_seconds: float = 5.0
    crossfade: float = 0.12  # seconds


@dataclass(frozen=True)
class Part:
    """What was taken of a clip."""

    start: float  # seconds of the clip
    end: float  # seconds of the clip
    place: Place
    transcript: str
    estimated: bool
    """Whether the words were counted off by time instead of being known."""


@dataclass(frozen=True)
class Seam:
    """What was measured of the join."""

    at: float
    """Seconds of the result: the middle of the crossfade."""
    crossfade: float  # seconds
    level_step_db: float
    """By which speech is louder before the seam than behind it, as BS.1770 hears it."""
    energy_step_db: float
    """The same in plain energy, without regard to how bright a voice is."""
    gain_db: float
    """By which the acted part was changed."""
    tilt_db: float
    """By which the acted part was made brighter above 1.5 kHz, where the two differed too much to match both levels."""


@dataclass(frozen=True)
class Chimera:
    samples: Samples = field(repr=False)
    """About -23 LUFS, true peak at most -1 dBTP."""
    transcript: str
    """Empty where the words of one part are not known."""
    seam: Seam
    user: Part
    ai: Part


def create_chimera_reference(user_audio: Clip, ai_audio: Clip, wish: Wish | None = None) -> Chimera:
    """Join a cut of the user's clip and a cut of an acted one.

    Raises BadRequest for a wish out of range; BadAudio, with the field `user` or `ai`, for a clip that is silent, not
    finite, or holds less than half a second of sound.
    """
    asked = _checked(wish or Wish())
    user, ai = _prepared(user_audio, "user"), _prepared(ai_audio, "ai")
    user_cut, ai_cut = cut_of(user, asked.user_seconds), cut_of(ai, asked.ai_seconds)
    half = int(asked.crossfade * RATE / 2)
    leave = leaving(user, user_cut, half)
    before = user.samples[_before(user_cut, leave)]
    tilt = _tilt(before, ai.samples[_behind(ai_cut, 0)])
    ai = replace(ai, samples=brightened(ai.samples, RATE, tilt))
    enter = entering(ai, ai_cut, half)
    gain = _gain(before, ai.samples[_behind(ai_cut, enter)])
    head = _faded_in(user.samples[max(0, user_cut.first - int(MARGIN * RATE)) : leave + half])
    tail = _faded_out(ai.samples[enter - half : ai_cut.last + _tail_room(ai, ai_cut)]) * np.float32(10 ** (gain / 20))
    samples = _levelled(_crossfaded(head, tail, 2 * half))
    at = len(head) - half
    steps = _differences(
        samples[_before(user_cut.moved(at - leave), at)], samples[_behind(ai_cut.moved(at - enter), at)]
    )
    seam = Seam(at / RATE, 2 * half / RATE, *steps, gain, tilt)
    first, second = _part(user, user_cut, user_audio), _part(ai, ai_cut, ai_audio)
    return Chimera(samples, portions.joined(first.transcript, second.transcript), seam, first, second)


def _checked(wish: Wish) -> Wish:
    ranges = {"user_seconds": SECONDS, "ai_seconds": SECONDS, "crossfade": CROSSFADE}
    wrong = {
        name: f"must be from {least:g} to {most:g} seconds"
        for name, (least, most) in ranges.items()
        if not least <= getattr(wish, name) <= most  # also refuses NaN
    }
    if wrong:
        raise BadRequest("A chimera cannot be made like this.", fields=wrong)
    return wish


def _prepared(clip: Clip, name: str) -> Laid:
    samples = np.asarray(clip.samples, dtype=np.float32)
    if not np.isfinite(samples).all():
        raise _unusable(name, "holds values that are no sound", "audio-not-finite")
    if len(samples) < LEAST * RATE:
        raise _unusable(name, f"has only {len(samples) / RATE:.1f} s", "audio-too-short")
    samples = samples - np.float32(samples.mean(dtype=np.float64))
    if probe.peak(samples) < SILENT:
        raise _unusable(name, "is silent", "audio-silent")
    speech = speech_of(samples, RATE)
    if speech.last - speech.first < LEAST * RATE:
        heard = (speech.last - speech.first) / RATE
        raise _unusable(name, f"has only {heard:.1f} s of sound", "audio-too-short")
    room = int(ROOM * RATE)
    words = tuple((w.word, room + int(w.start * RATE), room + int(w.end * RATE)) for w in clip.words)
    padded = np.pad(_faded_out(_faded_in(samples)), room)
    return Laid(padded, speech.moved(room), words, len(samples))


def _unusable(name: str, what: str, code: str) -> BadAudio:
    whose = "Your recording" if name == "user" else "The acted recording"
    return BadAudio(
        f"{whose} {what}.", hint="Take another with some seconds of speech.", code=code, fields={name: what}
    )


def _before(cut: Cut, seam: int) -> slice:
    """What is heard before the seam, as far as its level is matched."""
    return slice(max(cut.first, cut.last - int(BESIDE * RATE), 0), min(cut.last, seam))


def _behind(cut: Cut, seam: int) -> slice:
    return slice(max(cut.first, seam), min(cut.last, cut.first + int(BESIDE * RATE)))


def _differences(before: Samples, behind: Samples) -> tuple[float, float]:
    """LU by BS.1770, and dB of plain energy, by which what lies before is louder."""
    one, other = loudness(before, RATE), loudness(behind, RATE)
    energy = _energy(before) - _energy(behind)
    return energy if one is None or other is None else one - other, energy


def _tilt(before: Samples, behind: Samples) -> float:
    """dB of brightness for the acted part, no more than is needed: a bright and a dull voice that are level to BS.1770
    differ in energy by up to 4 dB."""
    heard, energy = _differences(before, behind)
    brighter = heard - energy
    if abs(brighter) <= 2 * MOST_STEP:
        return 0.0
    wanted = float(np.copysign(2 * MOST_STEP, brighter))

    def reached(gain: float) -> float:
        heard, energy = _differences(before, brightened(behind, RATE, gain))
        return energy - heard

    return gain_for(reached, -wanted)


def _gain(before: Samples, behind: Samples) -> float:
    """dB for the acted part: midway between level to BS.1770 and level in plain energy, so that neither hears a step;
    where the voices are too unlike for both, nearer to the first."""
    heard, energy = _differences(before, behind)
    middle = float(np.clip((heard + energy) / 2, heard - MOST_STEP, heard + MOST_STEP))
    return float(np.clip(middle, -MOST_GAIN, MOST_GAIN))


def _energy(samples: Samples) -> float:
    """dB of plain energy, in the blocks of 0.4 s and with the relative gate that BS.1770 uses for its own weighting."""
    size, hop = int(0.4 * RATE), int(0.1 * RATE)
    total = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    starts = np.arange(0, max(1, len(samples) - size + 1), hop)
    power = (total[np.minimum(starts + size, len(samples))] - total[starts]) / min(size, len(samples)) + 1e-12
    return 10 * float(np.log10(power[power >= 0.1 * power.mean()].mean()))


def _faded_in(samples: Samples) -> Samples:
    faded = np.array(samples, dtype=np.float32)
    count = min(int(FADE * RATE), len(faded))
    faded[:count] *= equal_power(count) ** 2 if count else 1
    return faded


def _faded_out(samples: Samples) -> Samples:
    return _faded_in(samples[::-1])[::-1].copy()


def _tail_room(clip: Laid, cut: Cut) -> int:
    """Samples kept behind the last word of the acted part."""
    return min(int(2 * MARGIN * RATE), max(0, cut.following - cut.last))


def _crossfaded(head: Samples, tail: Samples, length: int) -> Samples:
    """The last `length` samples of one laid over the first of the other."""
    rise = equal_power(length)
    shared = head[len(head) - length :] * rise[::-1] + tail[:length] * rise
    return np.concatenate([head[: len(head) - length], shared, tail[length:]]).astype(np.float32)


def _levelled(samples: Samples) -> Samples:
    """The whole at -23 LUFS, or as near to it as its true peak allows; the step at the join stays what it is."""
    measured, top = loudness(samples, RATE), true_peak(samples)
    wanted = CEILING - top if measured is None else min(TARGET - measured, CEILING - top)
    return np.asarray(samples * np.float32(10 ** (wanted / 20)), dtype=np.float32)


def _part(clip: Laid, cut: Cut, given: Clip) -> Part:
    room = int(ROOM * RATE)
    start, end = (cut.first - room) / RATE, (min(cut.last, room + clip.length) - room) / RATE
    if cut.place == "end":
        return Part(start, end, cut.place, given.transcript.strip(), False)
    if clip.words:
        middles = [(word, (first + last) / 2) for word, first, last in clip.words]
        return Part(start, end, cut.place, portions.until(given.transcript, middles, cut.last), False)
    text = portions.said(given.transcript, _spoken(clip, cut.last), cut.place == "pause")
    return Part(start, end, cut.place, text, bool(text))


def _spoken(clip: Laid, until: int) -> float:
    """Share of the speaking time that lies before a place; pauses are no speech."""
    quiet = sum(max(0, min(pause.end, until) - pause.start) for pause in clip.speech.pauses)
    whole = clip.speech.last - clip.speech.first - sum(pause.length for pause in clip.speech.pauses)
    return min(1.0, max(0.0, (until - clip.speech.first - quiet) / max(1, whole)))
