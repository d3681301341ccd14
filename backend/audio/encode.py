"""Takes in the formats people ask for. Every file says that it is synthetic.

Measured on 30 minutes of mono at 24 kHz: PyAV writes opus in 12.5 s, libsndfile in 65 s, and libsndfile spoils tags
beyond ASCII in mp3. Of ogg PyAV brings no encoder, and flac libsndfile writes faster (1.1 s, 1.6 s) and smaller. So mp3
and opus go through PyAV, ogg and flac by libsndfile. All write one sample as well as hours: everything goes in blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from backend.core.types import STUDIO_RATE

SOFTWARE = "QwenTTS All-in-One"

Writer = Callable[[Path, Path, Mapping[str, str]], None]
"""Takes a WAV of ours, the file to write, and its tags."""


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
    """Write a WAV of ours in another format, a key of ENCODERS. Not atomic: hand it a temporary name."""
    ENCODERS[format_name](wav, target, credit.tags())


def _by_soundfile(container: str, subtype: str) -> Writer:
    def write(wav: Path, target: Path, tags: Mapping[str, str]) -> None:
        import soundfile

        from backend.audio.files import wav_blocks

        with soundfile.SoundFile(target, "w", STUDIO_RATE, 1, subtype=subtype, format=container) as file:
            for name, value in tags.items():
                setattr(file, name, value)
            for block in wav_blocks(wav):
                file.write(block)

    return write


def _by_av(container: str, codec: str, bits: int) -> Writer:
    """`bits` a second."""

    def write(wav: Path, target: Path, tags: Mapping[str, str]) -> None:
        import av

        from backend.audio.files import as_pcm16, wav_blocks

        with av.open(str(target), "w", format=container) as output:
            output.metadata.update(tags)
            stream = cast("av.AudioStream", output.add_stream(codec, rate=STUDIO_RATE))
            stream.layout, stream.bit_rate = "mono", bits
            position = 0
            for block in wav_blocks(wav):
                frame = av.AudioFrame.from_ndarray(as_pcm16(block).reshape(1, -1), format="s16", layout="mono")
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
