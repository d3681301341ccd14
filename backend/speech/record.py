"""An upload becomes a reference: repaired, levelled, judged in words. Knows nothing of folders or requests.

A reference is mono, 24 kHz, 16 bits, about -23 LUFS with its peak under -1 dBFS, without silence at its ends but half
a second of closing silence, which keeps a cloning engine from running into the last word.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Collection
from pathlib import Path
from typing import Any

from backend.core.errors import BadAudio
from backend.core.tables.repairs import USUAL
from backend.core.types import STUDIO_RATE, Samples
from backend.personality_manager import Reference
from backend.safety.decoding import Decoded, DecodeLimits, decode_audio
from backend.speech.doubts import Finding, doubts, repair, unjudged, verdict, warning

TARGET_LUFS = -23.0
PEAK_LIMIT = 10 ** (-1 / 20)
LEAST_SECONDS = 1.0
MOST_SECONDS = 60.0
CLOSING_SECONDS = 0.5


def make_reference(
    upload: bytes | Path,
    transcript: str = "",
    start: float = 0.0,
    end: float | None = None,
    name: str = "",
    repairs: Collection[str] = USUAL,
) -> Reference:
    """The reference made from `start` to `end` seconds of an upload with these repairs, and the report on it.

    Raises BadAudio: unreadable, silent, under 1 s or over 60 s, or of another kind than its name says.
    """
    decoded = decode_audio(upload, DecodeLimits(seconds=MOST_SECONDS, start=start, end=end), name)
    samples, findings = _cut(decoded, repairs)
    if "polarity" in repairs:
        samples, findings = _upright(samples, findings)
    findings += doubts(samples, transcript, decoded)
    if "denoise" in repairs:
        samples, findings = _quietened(samples, findings)
    ready, loudness, levelled = _levelled(samples, "level" in repairs)
    findings += levelled
    if "closing" in repairs:
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
    found = [repair("converted", text, rate=decoded.rate_in, channels=decoded.channels_in)]
    if "turned-side" in decoded.warnings:
        text = "One side of the stereo was the other turned over: turned back, or the voice would have cancelled itself"
        found.append(repair("side-turned", text))
    return found


def _upright(samples: Samples, findings: list[Finding]) -> tuple[Samples, list[Finding]]:
    """The samples the right way up, where it is sure that they were turned over."""
    from backend.audio import diagnosis

    if diagnosis.excitation_skew(samples, STUDIO_RATE) < diagnosis.SURE_SKEW:
        return samples, findings
    return -samples, [*findings, repair("polarity-turned", "Recorded upside down: the wave was turned over")]


def _quietened(samples: Samples, findings: list[Finding]) -> tuple[Samples, list[Finding]]:
    """The samples with less noise, and by how much it fell."""
    from backend.audio import denoise

    made = denoise.denoised(samples)
    less = denoise.noise_floor(samples) - denoise.noise_floor(made)
    return made, [*findings, repair("denoised", f"Noise lowered by {less:.0f} dB", decibels=less)]


def _cut(decoded: Decoded, repairs: Collection[str]) -> tuple[Samples, list[Finding]]:
    """The speech without its offset and without silence at its ends, as far as the repairs say.

    Raises BadAudio when under a second is left.
    """
    from backend.audio import probe

    offset = float(decoded.samples.mean(dtype="float64")) if "dc" in repairs else 0.0
    samples = decoded.samples - offset
    first, last = probe.speech_bounds(samples, STUDIO_RATE) if "trim" in repairs else (0, len(samples))
    cut = samples[first:last]
    if len(cut) < LEAST_SECONDS * STUDIO_RATE:
        raise BadAudio(
            f"There is only {len(cut) / STUDIO_RATE:.1f} s of sound in the recording.",
            hint="Speak for 5 to 15 seconds.",
            code="audio-too-short",
        )
    found = []
    if abs(offset) > 0.003 * max(probe.peak(cut), 1e-9):
        found.append(repair("dc-removed", "Constant offset removed"))
    before, after = first / STUDIO_RATE, (len(samples) - last) / STUDIO_RATE
    if before > 0.1:
        found.append(repair("silence-cut-start", f"{before:.1f} s of silence cut from the start", seconds=before))
    if after > 0.1 and after > CLOSING_SECONDS + 0.1:
        found.append(repair("silence-cut-end", f"{after:.1f} s of silence cut from the end", seconds=after))
    return cut, found


def _levelled(samples: Samples, wanted_so: bool) -> tuple[Samples, float | None, list[Finding]]:
    """The samples at the target loudness, or as near to it as their peak allows; their loudness in LUFS. Where that is
    not wanted, they are only kept within full scale, for 16 bits hold no more."""
    import numpy as np

    from backend.audio import probe

    measured = probe.loudness(samples, STUDIO_RATE)
    top = probe.peak(samples)
    wanted = 10 ** ((TARGET_LUFS - measured) / 20) if measured is not None else PEAK_LIMIT / top
    gain = min(wanted, PEAK_LIMIT / top) if wanted_so else min(1.0, 1 / top)
    change = 20 * float(np.log10(gain))
    found = []
    if abs(change) >= 1:
        word = "raised" if change > 0 else "lowered"
        found.append(repair(f"level-{word}", f"Level {word} by {abs(change):.0f} dB", decibels=abs(change)))
    if change > 20:
        text = "Recorded very quietly: the noise was raised with the voice. Go nearer to the microphone"
        found.append(warning("quiet", text, cost=10))
    return (samples * gain).astype(np.float32), None if measured is None else measured + change, found


def _closed(samples: Samples) -> Samples:
    """Soft ends, and the closing silence."""
    import numpy as np

    closed = np.concatenate([samples, np.zeros(int(CLOSING_SECONDS * STUDIO_RATE), np.float32)])
    fade = np.linspace(0, 1, int(0.005 * STUDIO_RATE), dtype=np.float32)
    closed[: len(fade)] *= fade
    closed[len(samples) - len(fade) : len(samples)] *= fade[::-1]
    return closed


def _report(samples: Samples, loudness: float | None, findings: list[Finding]) -> dict[str, Any]:
    from backend.audio import probe

    return {
        "duration": round(len(samples) / STUDIO_RATE, 3),
        "sample_rate": STUDIO_RATE,
        "loudness_lufs": None if loudness is None else round(loudness, 1),
        "quality": verdict(findings) | {"unjudged": unjudged()},
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
