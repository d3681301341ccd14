"""Encodes sound while it is spoken: PCM in, bytes out that can be sent at once. Knows no files and no requests.

Codecs are PyAV's. What a container would write at its end it cannot: lengths stay open (WAV: 0xFFFFFFFF, as players
expect of a stream), and nothing is ever rewritten. Measured: the first bytes leave after the first 50 ms of sound.
"""

from __future__ import annotations

import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from backend.core.types import STUDIO_RATE

if TYPE_CHECKING:
    import av

OPEN_LENGTH = 0xFFFFFFFF
WAV_HEADER = 44  # bytes
BLOCK = 64 * 1024  # samples of a file that are encoded at once
SAMPLE = 2  # bytes


@dataclass(frozen=True)
class Coding:
    """How one format is made."""

    media_type: str
    container: str = ""
    """PyAV's name; empty where there is none."""
    codec: str = ""
    bit_rate: int = 0
    """Bits a second; 0 for codecs that have none to choose."""
    rates: tuple[int, ...] = ()
    """Hertz that the codec knows; empty for any."""
    bit_rates: tuple[int, int] = (8_000, 320_000)
    """Least and most bits a second of what may be asked for."""
    options: dict[str, str] = field(default_factory=dict)


MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
CODINGS: dict[str, Coding] = {
    "wav": Coding("audio/wav"),
    "pcm": Coding("audio/pcm"),
    "mp3": Coding("audio/mpeg", "mp3", "libmp3lame", 96_000, MP3_RATES, options={"write_xing": "0"}),
    "opus": Coding(
        "audio/ogg",
        "ogg",
        "libopus",
        48_000,
        (8_000, 12_000, 16_000, 24_000, 48_000),
        (6_000, 256_000),
        {"page_duration": "20000"},
    ),
    "aac": Coding("audio/aac", "adts", "aac", 96_000, (*MP3_RATES, 64_000, 88_200, 96_000), (8_000, 192_000)),
    "flac": Coding("audio/flac", "flac", "flac"),
    "mulaw": Coding("audio/basic", "mulaw", "pcm_mulaw"),
    "alaw": Coding("audio/x-alaw-basic", "alaw", "pcm_alaw"),
}
"""By format."""


class StreamEncoder:
    """`feed` it 16-bit little-endian mono PCM at 24 kHz; what comes back is the file, piece by piece."""

    def __init__(self, format: str, rate: int = STUDIO_RATE, bit_rate: int | None = None) -> None:  # noqa: A002  # the field's word
        """`rate` in hertz is that of the file, `bit_rate` in bits a second: one that the codec
        has not becomes the nearest. Raises KeyError, ValueError."""
        coding = CODINGS[format]
        if not 4_000 <= rate <= 192_000 or (coding.rates and rate not in coding.rates):
            known = ", ".join(map(str, coding.rates)) or "4000 to 192000"
            raise ValueError(f"{format} has no rate of {rate} Hz; it has {known}")
        self.format = format
        self.media_type = coding.media_type
        self.rate = rate
        self._odd = b""  # half of a sample
        self._ended = False
        self._header = wav_header(rate) if format == "wav" else b""
        self._coder = _Coder(coding, rate, bit_rate) if coding.codec else None
        self._resampler = _Resampler(STUDIO_RATE, rate) if rate != STUDIO_RATE and not coding.codec else None

    def feed(self, pcm: bytes) -> bytes:
        """What can be sent now; may be nothing."""
        whole = self._odd + pcm
        cut = len(whole) - len(whole) % SAMPLE
        whole, self._odd = whole[:cut], whole[cut:]
        head, self._header = self._header, b""
        return head + self._coded(whole)

    def end(self) -> bytes:
        """The rest. Nothing may follow."""
        if self._ended:
            return b""
        self._ended = True
        head, self._header = self._header, b""
        if self._coder is not None:
            return head + self._coder.end()
        return head + (self._resampler.end() if self._resampler is not None else b"")

    def _coded(self, pcm: bytes) -> bytes:
        if not pcm:
            return b""
        if self._coder is not None:
            return self._coder.feed(pcm)
        return self._resampler.feed(pcm) if self._resampler is not None else pcm


def encoded_file(wav: Path, encoder: StreamEncoder, gain: float = 1.0) -> Iterator[bytes]:
    """A WAV of ours in another format, piece by piece; a WAV with its true sizes."""
    with wave.open(str(wav)) as file:
        pieces = iter(lambda: file.readframes(BLOCK), b"")
        coded = (data for pcm in pieces if (data := encoder.feed(louder(pcm, gain))))
        if encoder.format != "wav":
            yield from coded
            yield encoder.end()
            return
        whole = b"".join(coded) + encoder.end()
        yield wav_header(encoder.rate, len(whole) - WAV_HEADER)
        yield whole[WAV_HEADER:]


def louder(pcm: bytes, gain: float) -> bytes:
    """16-bit samples times a factor, kept within full scale."""
    if gain == 1.0:
        return pcm
    import numpy as np

    return np.clip(np.frombuffer(pcm, "<i2") * gain, -32768, 32767).astype("<i2").tobytes()


def wav_header(rate: int, size: int | None = None, tag: int = 1, width: int = SAMPLE) -> bytes:
    """44 bytes before mono samples; `size` bytes of them, None where nobody knows yet.

    `tag` is WAVE's number of a coding (1 is PCM, 6 A-law, 7 mu-law), `width` the bytes of one sample.
    """
    data = OPEN_LENGTH if size is None else size
    riff = OPEN_LENGTH if size is None else size + 36
    layout = struct.pack("<IHHIIHH", 16, tag, 1, rate, rate * width, width, 8 * width)
    return b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + layout + b"data" + struct.pack("<I", data)


def resampled(pcm: bytes, rate: int, wanted: int) -> bytes:
    """A whole piece of PCM at another rate."""
    resampler = _Resampler(rate, wanted)
    return resampler.feed(pcm) + resampler.end()


class _Outlet:
    """What PyAV writes to: a pipe, so that it never tries to go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        found, self._pieces = b"".join(self._pieces), []
        return found


class _Coder:
    """One codec in its container."""

    def __init__(self, coding: Coding, rate: int, bit_rate: int | None) -> None:
        import av

        self._outlet = _Outlet()
        options = {"flush_packets": "1", **coding.options}
        self._file = av.open(self._outlet, "w", format=coding.container, options=options)
        if coding.container in ("mp3", "ogg", "flac"):
            self._file.metadata["comment"] = "AI-generated speech"
        self._stream = cast("av.AudioStream", self._file.add_stream(coding.codec, rate=rate))
        self._stream.layout = "mono"
        if coding.bit_rate:
            least, most = coding.bit_rates
            self._stream.bit_rate = min(max(bit_rate or coding.bit_rate, least), most)
        self._resampler = av.AudioResampler(
            self._stream.format, "mono", rate, self._stream.codec_context.frame_size or None
        )
        self._position = 0

    def feed(self, pcm: bytes) -> bytes:
        frame = _frame(pcm, STUDIO_RATE, self._position)
        self._position += frame.samples
        self._write(frame)
        return self._outlet.drain()

    def end(self) -> bytes:
        if self._position:
            self._write(None)
        self._file.mux(self._stream.encode(None))
        self._file.close()
        return self._outlet.drain()

    def _write(self, frame: av.AudioFrame | None) -> None:
        for part in self._resampler.resample(frame):
            self._file.mux(self._stream.encode(part))


class _Resampler:
    """PCM at another rate, without seams between pieces."""

    def __init__(self, rate: int, wanted: int) -> None:
        import av

        self._resampler = av.AudioResampler("s16", "mono", wanted)
        self._rate = rate
        self._position = 0

    def feed(self, pcm: bytes) -> bytes:
        frame = _frame(pcm, self._rate, self._position)
        self._position += frame.samples
        return self._bytes(frame)

    def end(self) -> bytes:
        return self._bytes(None) if self._position else b""

    def _bytes(self, frame: av.AudioFrame | None) -> bytes:
        return b"".join(bytes(part.planes[0])[: part.samples * SAMPLE] for part in self._resampler.resample(frame))


def _frame(pcm: bytes, rate: int, position: int) -> av.AudioFrame:
    """Samples as PyAV takes them; `position` counts samples."""
    import av

    frame = av.AudioFrame("s16", "mono", len(pcm) // SAMPLE, align=1)
    frame.planes[0].update(pcm)
    frame.sample_rate, frame.pts, frame.time_base = rate, position, Fraction(1, rate)
    return frame
