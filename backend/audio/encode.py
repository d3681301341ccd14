"""Takes in the formats people ask for. Every file says that it is synthetic.

Measured on 30 minutes of mono at 24 kHz: PyAV writes opus in 12.5 s, libsndfile in 65 s, and libsndfile spoils tags
beyond ASCII in mp3. Of ogg PyAV brings no encoder, and flac libsndfile writes faster (1.1 s, 1.6 s) and smaller. So mp3
and opus go through PyAV, ogg and flac by libsndfile. All write one sample as well as hours: everything goes in blocks.

What a lossy codec gives back can be louder than what it was given: near the ceiling ogg by 2.4 dB, opus by 0.9 dB. Such
a file is listened to, and written again so much softer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from backend.core.types import STUDIO_RATE, Samples

HEADROOM = {"mp3": 1.0, "ogg": 4.0, "opus": 2.5}
"""dB under the ceiling from which a codec could exceed it."""
TRIES = 4
FRAMES_AT_ONCE = 400
SOFTWARE = "QwenTTS All-in-One"

Writer = Callable[[Path, Path, Mapping[str, str], float], None]
"""Takes a WAV of ours, the file to write, its tags, and a factor on all samples."""


@dataclass(frozen=True)
class Credits:
    """What a file says about itself."""

    title: str = ""
    voice: str = ""
    engine: str = ""
    model: str = ""
    seed: int = 0
    date: str = ""
    """ISO 8601."""

    def tags(self) -> dict[str, str]:
        """Names that every format knows; values without control characters, none empty."""
        facts = {"engine": self.engine, "model": self.model, "voice": self.voice, "seed": str(self.seed)}
        comment = "; ".join(["AI-generated speech", *(f"{key}={value}" for key, value in facts.items() if value)])
        tags = {
            "title": self.title or "AI-generated speech",
            "artist": f"{self.voice} (AI-generated)" if self.voice else "AI-generated",
            "comment": comment,
            "software": SOFTWARE,
            "date": self.date[:10],
        }
        return {name: printable for name, value in tags.items() if (printable := _printable(value))}


def encode(wav: Path, target: Path, format_name: str, credit: Credits) -> None:
    """Write a WAV of ours in another format, a key of ENCODERS; no true peak exceeds the ceiling when it is played.

    Not atomic: hand it a temporary name.
    """
    from backend.audio.files import wav_blocks
    from backend.audio.loudness import CEILING

    highest = _highest(wav_blocks(wav)) if format_name in HEADROOM else None
    gain = 0.0  # dB
    for _ in range(TRIES):
        ENCODERS[format_name](wav, target, credit.tags(), 10 ** (gain / 20))
        if not gain and (highest is None or highest <= CEILING - HEADROOM[format_name]):
            return
        over = _highest(_decoded(target)) - CEILING
        if over <= 0:
            return
        gain -= over + 0.1


def _highest(blocks: Iterator[Samples]) -> float:
    """True peak of all of them in dBTP."""
    from backend.audio.loudness import true_peak

    return max(map(true_peak, blocks), default=-120.0)


def _decoded(path: Path) -> Iterator[Samples]:
    """What a player would play, mono, some seconds at a time."""
    import av
    import numpy as np

    waiting: list[Samples] = []
    with av.open(str(path)) as file:
        mono = av.AudioResampler("fltp", "mono")
        for frame in file.decode(audio=0):
            waiting += [part.to_ndarray()[0] for part in mono.resample(frame)]
            if len(waiting) >= FRAMES_AT_ONCE:
                yield np.concatenate(waiting)
                waiting = waiting[-1:]  # a peak may lie on the seam
    if waiting:
        yield np.concatenate(waiting)


def _by_soundfile(container: str, subtype: str) -> Writer:
    def write(wav: Path, target: Path, tags: Mapping[str, str], gain: float) -> None:
        import soundfile

        from backend.audio.files import wav_blocks

        with soundfile.SoundFile(target, "w", STUDIO_RATE, 1, subtype=subtype, format=container) as file:
            for name, value in tags.items():
                setattr(file, name, value)
            for block in wav_blocks(wav):
                file.write(block * gain)

    return write


def _by_av(container: str, codec: str, bits: int) -> Writer:
    """`bits` a second."""

    def write(wav: Path, target: Path, tags: Mapping[str, str], gain: float) -> None:
        import av

        from backend.audio.files import as_pcm16, wav_blocks

        with av.open(str(target), "w", format=container) as output:
            output.metadata.update(tags)
            stream = cast("av.AudioStream", output.add_stream(codec, rate=STUDIO_RATE))
            stream.layout, stream.bit_rate = "mono", bits
            position = 0
            for block in wav_blocks(wav):
                frame = av.AudioFrame.from_ndarray(as_pcm16(block * gain).reshape(1, -1), format="s16", layout="mono")
                frame.sample_rate, frame.pts = STUDIO_RATE, position
                position += len(block)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))

    return write


def _printable(text: str) -> str:
    """Without characters that tag readers trip over."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


ENCODERS: dict[str, Writer] = {
    "mp3": _by_av("mp3", "libmp3lame", 96_000),
    "ogg": _by_soundfile("OGG", "VORBIS"),
    "opus": _by_av("ogg", "libopus", 48_000),
    "flac": _by_soundfile("FLAC", "PCM_16"),
}
