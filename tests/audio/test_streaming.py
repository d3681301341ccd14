"""Sound that is encoded while it is spoken: what a player hears is what went in, whatever the format and the rate."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest

from backend.audio.streaming import CODINGS, StreamEncoder, encoded_file, louder, wav_header
from backend.core.types import STUDIO_RATE, Samples

SECONDS, PITCH = 2.0, 440.0
PIECE = 3001  # bytes: samples are cut in halves
RAW = {"mulaw": "mulaw", "alaw": "alaw", "pcm": "s16le"}
LOSSLESS = 0.02
DELAY = 0.2
"""Seconds that a codec may put before and behind."""


def tone() -> bytes:
    time = np.arange(int(SECONDS * STUDIO_RATE)) / STUDIO_RATE
    return (8000 * np.sin(2 * np.pi * PITCH * time)).astype("<i2").tobytes()


def streamed(encoder: StreamEncoder, pcm: bytes) -> list[bytes]:
    return [*(encoder.feed(pcm[at : at + PIECE]) for at in range(0, len(pcm), PIECE)), encoder.end()]


def played(data: bytes, name: str, rate: int) -> tuple[Samples, int]:
    """What a player would play, mono, and its rate."""
    raw = {"format": RAW[name], "options": {"sample_rate": str(rate)}} if name in RAW else {}
    with av.open(io.BytesIO(data), **raw) as file:
        frames = list(file.decode(audio=0))
        mono = av.AudioResampler("flt", "mono")
        parts = [part.to_ndarray()[0] for frame in frames for part in mono.resample(frame)]
    return np.concatenate(parts), frames[0].sample_rate


def pitch(samples: Samples, rate: int) -> float:
    """Hertz of the loudest tone."""
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))


@pytest.mark.parametrize("rate", [24_000, 48_000, 16_000, 8_000])
@pytest.mark.parametrize("name", CODINGS)
def test_a_tone_comes_out_as_it_went_in(name: str, rate: int) -> None:
    samples, played_rate = played(b"".join(streamed(StreamEncoder(name, rate), tone())), name, rate)
    assert played_rate == (48_000 if name == "opus" else rate)
    seconds = len(samples) / played_rate
    assert SECONDS - LOSSLESS <= seconds <= SECONDS + DELAY
    assert pitch(samples, played_rate) == pytest.approx(PITCH, abs=2)
    assert float(np.sqrt(np.mean(samples**2))) == pytest.approx(8000 / 32768 / np.sqrt(2), rel=0.1)


@pytest.mark.parametrize("name", CODINGS)
def test_the_first_bytes_leave_long_before_the_end(name: str) -> None:
    pieces = streamed(StreamEncoder(name), tone())
    first = next(number for number, piece in enumerate(pieces) if piece)
    assert first * PIECE / 2 / STUDIO_RATE < 0.25
    assert sum(bool(piece) for piece in pieces) > 3


@pytest.mark.parametrize("name", CODINGS)
def test_no_sound_at_all_ends_in_peace(name: str) -> None:
    encoder = StreamEncoder(name)
    assert encoder.feed(b"") in (b"", wav_header(24_000))
    encoder.end()
    assert encoder.end() == b""


def test_a_stream_of_wav_leaves_its_length_open_and_a_file_does_not(tmp_path: Path) -> None:
    data = b"".join(streamed(StreamEncoder("wav"), tone()))
    assert data[4:8] == data[40:44] == b"\xff\xff\xff\xff"
    assert data[44:] == tone()
    path = tmp_path / "tone.wav"
    path.write_bytes(wav_header(24_000, len(tone())) + tone())
    with wave.open(io.BytesIO(b"".join(encoded_file(path, StreamEncoder("wav", 8000))))) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, pytest.approx(16_000, abs=100))


def test_a_rate_that_a_format_has_not_is_refused_with_those_it_has() -> None:
    with pytest.raises(ValueError, match="8000, 12000, 16000, 24000, 48000"):
        StreamEncoder("opus", 44_100)
    with pytest.raises(ValueError, match="4000 to 192000"):
        StreamEncoder("wav", 1)


def test_louder_sound_stays_within_full_scale() -> None:
    made = np.frombuffer(louder(tone(), 6.0), "<i2")
    assert made.max() == 32767
    assert made.min() == -32768
    assert louder(tone(), 1.0) == tone()


@pytest.mark.parametrize("format_name", ["mp3", "opus", "aac"])
@pytest.mark.parametrize("bit_rate", [1, 510_000, 999_000])
def test_a_bit_rate_that_a_codec_has_not_becomes_the_nearest(format_name: str, bit_rate: int) -> None:
    encoder = StreamEncoder(format_name, 48_000, bit_rate)
    assert encoder.feed(bytes(48_000)) + encoder.end()
