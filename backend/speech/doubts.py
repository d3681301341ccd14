"""What a recording lacks that no repair can mend, said in words; and what nobody can judge from the sound alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.types import STUDIO_RATE, Samples
from backend.safety.decoding import Decoded

SHORT_SECONDS = 3.0
BEST_SECONDS = (5.0, 15.0)
LONG_SECONDS = 30.0
NOISY_DB = 25.0
"""Distance of speech and pauses as `probe.noise_ratio` measures it; about 3 dB more than the true ratio at 20 dB."""
LEAST_JUDGED = 2.0  # seconds; in less there may be no pause that shows the room
CLIPPED_SHARE = 0.0001  # of all samples

VERDICTS = ((90, "Very good"), (70, "Good"), (50, "Usable"), (0, "Poor"))
"""Least score → word."""

UNJUDGED = {
    "reverberation": "Echo of the room: not judged",
    "speakers": "Number of speakers: not judged",
    "language": "Language: not judged",
    "words": "Whether the transcript is what is said: judged by its length only",
}
"""Code → sentence of what is left to the listener."""


@dataclass(frozen=True)
class Finding:
    """One thing that was repaired, or that the user should know."""

    code: str
    text: str
    kind: str
    """repair or warning."""
    params: dict[str, str]
    """What to put into a translated sentence."""
    cost: int = 0
    """Points off the score of 100."""


def repair(code: str, text: str, **params: float) -> Finding:
    return Finding(code, text, "repair", _spoken(params))


def warning(code: str, text: str, cost: int, **params: float) -> Finding:
    return Finding(code, text, "warning", _spoken(params), cost)


def verdict(findings: Sequence[Finding]) -> dict[str, Any]:
    """Score, word and findings as a record holds them."""
    score = max(0, 100 - sum(finding.cost for finding in findings))
    told = [{"code": f.code, "text": f.text, "kind": f.kind, "params": f.params} for f in findings]
    return {"score": score, "verdict": next(word for least, word in VERDICTS if score >= least), "findings": told}


def unjudged() -> list[dict[str, Any]]:
    """What the report says nothing about."""
    return [{"code": code, "text": text} for code, text in UNJUDGED.items()]


def doubts(samples: Samples, transcript: str, decoded: Decoded) -> list[Finding]:
    """Everything to mind about the cut recording, at its original level."""
    seconds = len(samples) / STUDIO_RATE
    found = [*_of_length(seconds), *_of_level(samples), *_of_room(samples), *_of_channel(samples, decoded)]
    return found + _of_transcript(transcript.strip(), seconds)


def _of_length(seconds: float) -> list[Finding]:
    advice = f"{BEST_SECONDS[0]:.0f} to {BEST_SECONDS[1]:.0f} seconds give the best likeness"
    if seconds < SHORT_SECONDS:
        return [warning("short", f"Only {seconds:.1f} s: {advice}", cost=30, seconds=seconds)]
    if seconds < BEST_SECONDS[0]:
        return [warning("shortish", f"{seconds:.1f} s: {advice}", cost=8, seconds=seconds)]
    if seconds > LONG_SECONDS:
        return [warning("long", f"{seconds:.0f} s: {advice}, and longer ones are slower", cost=5, seconds=seconds)]
    return []


def _of_level(samples: Samples) -> list[Finding]:
    from backend.audio import probe

    clipped = probe.clipped_share(samples)
    if clipped <= CLIPPED_SHARE:
        return []
    cost = next(cost for limit, cost in ((0.0005, 5), (0.005, 10), (1.0, 30)) if clipped <= limit)
    return [warning("clipped", "Overdriven: record it again a little quieter", cost=cost, share=clipped)]


def _of_room(samples: Samples) -> list[Finding]:
    """Hum, music, noise, and long pauses; of a word or two nobody can tell what is under it."""
    from backend.audio import diagnosis, probe

    if len(samples) < LEAST_JUDGED * STUDIO_RATE:
        return []
    found = []
    buzz = diagnosis.hum(samples, STUDIO_RATE)
    if buzz.prominence > diagnosis.HUM_DB:
        text = f"Mains hum of {buzz.frequency} Hz: move cables and lamps away, or use a battery"
        found.append(warning("hum", text, cost=10, frequency=buzz.frequency))
        samples = diagnosis.without_hum(samples, STUDIO_RATE)
    if diagnosis.music_share(samples, STUDIO_RATE) > diagnosis.MUSIC_SHARE:
        text = "Something plays beneath the voice, and the clone would play it too: record the voice alone"
        found.append(warning("music", text, cost=35))
    elif (ratio := probe.noise_ratio(samples, STUDIO_RATE)) < NOISY_DB:
        cost = next(cost for limit, cost in ((10, 40), (20, 20), (NOISY_DB, 8)) if ratio < limit)
        text = f"Noise {ratio:.0f} dB under the voice: find a quieter room"
        found.append(warning("noisy", text, cost=cost, decibels=ratio))
    if probe.active_share(samples, STUDIO_RATE) < 0.4:
        found.append(warning("pauses", "More silence than speech: speak without long pauses", cost=8))
    return found


def _of_channel(samples: Samples, decoded: Decoded) -> list[Finding]:
    """What the way of recording took away."""
    from backend.audio import diagnosis

    found = []
    band = diagnosis.band(samples, STUDIO_RATE)
    if decoded.rate_in < 16_000 or band.is_narrow:
        text = f"Sounds like a telephone, nothing above {band.highest / 1000:.1f} kHz: record at 24 kHz or more"
        found.append(warning("low-rate", text, cost=20, kilohertz=round(band.highest / 1000, 1)))
    if {"damaged", "cut-short"} & set(decoded.warnings):
        found.append(warning("damaged", f"The file is damaged; {decoded.duration:.1f} s could be read", cost=10))
    return found


def _of_transcript(transcript: str, seconds: float) -> list[Finding]:
    """A transcript that can hardly be what is said. A warning, never a refusal."""
    if not transcript:
        return []
    dense = sum(letter > "\u2e80" for letter in transcript) > len(transcript) / 3  # scripts of one sign a syllable
    fewest, most = (0.5, 15) if dense else (1.5, 35)  # letters a second
    if fewest <= len(transcript) / seconds <= most:
        return []
    amount = "longer" if len(transcript) / seconds > most else "shorter"
    return [warning("transcript-mismatch", f"The transcript seems {amount} than what is said", cost=5)]


def _spoken(params: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.3g}" if isinstance(value, float) else str(value) for name, value in params.items()}
