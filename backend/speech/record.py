"""An upload becomes a reference: repaired, levelled, judged in words. Knows nothing of folders or requests.

A reference is mono, 24 kHz, 16 bits, about -23 LUFS with its peak under -1 dBFS, without silence at its ends but half
a second of closing silence, which keeps a cloning engine from running into the last word.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.core.errors import BadAudio
from backend.core.types import STUDIO_RATE, Samples
from backend.personality_manager import Reference
from backend.safety.decoding import Decoded, DecodeLimits, decode_audio

TARGET_LUFS = -23.0
PEAK_LIMIT = 10 ** (-1 / 20)
LEAST_SECONDS = 1.0
SHORT_SECONDS = 3.0
BEST_SECONDS = (5.0, 15.0)
LONG_SECONDS = 30.0
MOST_SECONDS = 60.0
CLOSING_SECONDS = 0.5


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


def make_reference(
    upload: bytes | Path, transcript: str = "", start: float = 0.0, end: float | None = None, name: str = ""
) -> Reference:
    """The reference made from `start` to `end` seconds of an upload, and the report on it.

    Raises BadAudio: unreadable, silent, under 1 s or over 60 s, or of another kind than its name says.
    """
    decoded = decode_audio(upload, DecodeLimits(seconds=MOST_SECONDS, start=start, end=end), name)
    samples, findings = _cut(decoded)
    findings += _doubts(samples, transcript, decoded)
    ready, loudness, levelled = _levelled(samples)
    findings += levelled
    ready = _closed(ready)
    return Reference(
        wav=wav_of(_pcm(ready)),
        extension=decoded.extension,
        report=_report(ready, loudness, _conversion(decoded) + findings),
    )


def _conversion(decoded: Decoded) -> list[Finding]:
    if (decoded.rate_in, decoded.channels_in) == (STUDIO_RATE, 1):
        return []
    channels = {1: "mono", 2: "stereo"}.get(decoded.channels_in, f"{decoded.channels_in} channels")
    text = f"Converted from {decoded.rate_in / 1000:g} kHz {channels} to 24 kHz mono"
    return [_repair("converted", text, rate=decoded.rate_in, channels=decoded.channels_in)]


def _cut(decoded: Decoded) -> tuple[Samples, list[Finding]]:
    """The speech without its offset and without silence at its ends. Raises BadAudio when under a second is left."""
    from backend.audio import probe

    offset = float(decoded.samples.mean(dtype="float64"))
    samples = decoded.samples - offset
    first, last = probe.speech_bounds(samples, STUDIO_RATE)
    cut = samples[first:last]
    if len(cut) < LEAST_SECONDS * STUDIO_RATE:
        raise BadAudio(
            f"There is only {len(cut) / STUDIO_RATE:.1f} s of sound in the recording.",
            hint="Speak for 5 to 15 seconds.",
            code="audio-too-short",
        )
    found = []
    if abs(offset) > 0.003 * max(probe.peak(cut), 1e-9):
        found.append(_repair("dc-removed", "Constant offset removed"))
    before, after = first / STUDIO_RATE, (len(samples) - last) / STUDIO_RATE
    if before > 0.1:
        found.append(_repair("silence-cut-start", f"{before:.1f} s of silence cut from the start", seconds=before))
    if after > 0.1 and after > CLOSING_SECONDS + 0.1:
        found.append(_repair("silence-cut-end", f"{after:.1f} s of silence cut from the end", seconds=after))
    return cut, found


def _levelled(samples: Samples) -> tuple[Samples, float | None, list[Finding]]:
    """The samples at the target loudness, or as near to it as their peak allows; their loudness in LUFS."""
    import numpy as np

    from backend.audio import probe

    measured = probe.loudness(samples, STUDIO_RATE)
    top = probe.peak(samples)
    wanted = 10 ** ((TARGET_LUFS - measured) / 20) if measured is not None else PEAK_LIMIT / top
    gain = min(wanted, PEAK_LIMIT / top)
    change = 20 * float(np.log10(gain))
    found = []
    if abs(change) >= 1:
        word = "raised" if change > 0 else "lowered"
        found.append(_repair(f"level-{word}", f"Level {word} by {abs(change):.0f} dB", decibels=abs(change)))
    if change > 20:
        text = "Recorded very quietly: the noise was raised with the voice. Go nearer to the microphone"
        found.append(_warning("quiet", text, cost=10))
    return (samples * gain).astype(np.float32), None if measured is None else measured + change, found


def _closed(samples: Samples) -> Samples:
    """Soft ends, and the closing silence."""
    import numpy as np

    closed = np.concatenate([samples, np.zeros(int(CLOSING_SECONDS * STUDIO_RATE), np.float32)])
    fade = np.linspace(0, 1, int(0.005 * STUDIO_RATE), dtype=np.float32)
    closed[: len(fade)] *= fade
    closed[len(samples) - len(fade) : len(samples)] *= fade[::-1]
    return closed


def _doubts(samples: Samples, transcript: str, decoded: Decoded) -> list[Finding]:
    """What no repair can mend."""
    from backend.audio import probe

    seconds = len(samples) / STUDIO_RATE
    found = _length_doubts(seconds)
    clipped = probe.clipped_share(samples)
    if clipped > 0.0005:
        cost = 10 if clipped < 0.005 else 30
        found.append(_warning("clipped", "Overdriven: record it again a little quieter", cost=cost, share=clipped))
    ratio = probe.noise_ratio(samples, STUDIO_RATE)
    if ratio < 30:
        cost = next(cost for limit, cost in ((10, 40), (20, 20), (30, 8)) if ratio < limit)
        found.append(_warning("noisy", f"Noise {ratio:.0f} dB under the voice: find a quieter room", cost=cost))
    if probe.active_share(samples, STUDIO_RATE) < 0.4:
        found.append(_warning("pauses", "More silence than speech: speak without long pauses", cost=8))
    if decoded.rate_in < 16_000:
        found.append(_warning("low-rate", "Sounds like a telephone: record at 24 kHz or more", cost=20))
    if decoded.warnings:
        found.append(_warning("damaged", f"The file is damaged; {decoded.duration:.1f} s could be read", cost=10))
    return found + _transcript_doubts(transcript.strip(), seconds)


def _length_doubts(seconds: float) -> list[Finding]:
    advice = f"{BEST_SECONDS[0]:.0f} to {BEST_SECONDS[1]:.0f} seconds give the best likeness"
    if seconds < SHORT_SECONDS:
        return [_warning("short", f"Only {seconds:.1f} s: {advice}", cost=30, seconds=seconds)]
    if seconds < BEST_SECONDS[0]:
        return [_warning("shortish", f"{seconds:.1f} s: {advice}", cost=8, seconds=seconds)]
    if seconds > LONG_SECONDS:
        return [_warning("long", f"{seconds:.0f} s: {advice}, and longer ones are slower", cost=5, seconds=seconds)]
    return []


def _transcript_doubts(transcript: str, seconds: float) -> list[Finding]:
    """A transcript that can hardly be what is said. A warning, never a refusal."""
    if not transcript:
        return []
    dense = sum(letter > "\u2e80" for letter in transcript) > len(transcript) / 3  # scripts of one sign a syllable
    fewest, most = (0.5, 15) if dense else (1.5, 35)  # letters a second
    if fewest <= len(transcript) / seconds <= most:
        return []
    amount = "longer" if len(transcript) / seconds > most else "shorter"
    return [_warning("transcript-mismatch", f"The transcript seems {amount} than what is said", cost=5)]


def _report(samples: Samples, loudness: float | None, findings: list[Finding]) -> dict[str, Any]:
    from backend.audio import probe

    score = max(0, 100 - sum(finding.cost for finding in findings))
    verdict = next(
        word for least, word in ((90, "Very good"), (70, "Good"), (50, "Usable"), (0, "Poor")) if score >= least
    )
    told = [{"code": f.code, "text": f.text, "kind": f.kind, "params": f.params} for f in findings]
    return {
        "duration": round(len(samples) / STUDIO_RATE, 3),
        "sample_rate": STUDIO_RATE,
        "loudness_lufs": None if loudness is None else round(loudness, 1),
        "quality": {"score": score, "verdict": verdict, "findings": told},
        "peaks": probe.outline(samples),
    }


def _pcm(samples: Samples) -> bytes:
    import numpy as np

    return np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def wav_of(pcm: bytes) -> bytes:
    """16-bit samples as a WAV file: mono, 24 kHz, plain header."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(STUDIO_RATE)
        file.writeframes(pcm)
    return buffer.getvalue()


def _repair(code: str, text: str, **params: float) -> Finding:
    return Finding(code, text, "repair", _spoken(params))


def _warning(code: str, text: str, cost: int, **params: float) -> Finding:
    return Finding(code, text, "warning", _spoken(params), cost)


def _spoken(params: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.3g}" if isinstance(value, float) else str(value) for name, value in params.items()}
