"""WAV files, encoders and their tags: any length, readable by others, and always saying what they are."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from backend.audio.encode import ENCODERS, Credits, encode
from backend.audio.files import WavWriter, as_pcm16, read_wav, wav_blocks, write_wav
from backend.core.tables.formats import AUDIO_FORMATS

RATE = 24_000
CREDITS = Credits("Zwei Sätze\r\n字", "Ono Anna", "preview", "preview", 7, "2026-01-02T03:04:05Z")


def test_a_wav_has_a_plain_header_and_its_tags_behind_the_sound(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    samples = np.linspace(-1, 1, 1001, dtype=np.float32)
    write_wav(path, samples, tags=CREDITS.tags())
    raw = path.read_bytes()
    assert raw[:4] + raw[8:16] + raw[36:40] == b"RIFFWAVEfmt data"
    assert int.from_bytes(raw[4:8], "little") == len(raw) - 8
    assert int.from_bytes(raw[40:44], "little") == 2002
    assert b"AI-generated" in raw[44 + 2002 :]
    with wave.open(str(path)) as wav:
        assert (wav.getframerate(), wav.getnchannels(), wav.getsampwidth(), wav.getnframes()) == (RATE, 1, 2, 1001)
    again, rate = read_wav(path)
    assert rate == RATE
    assert np.allclose(again, samples, atol=1e-4)
    with soundfile.SoundFile(path) as file:
        assert file.title == "Zwei Sätze  字"
        assert "seed=7" in file.comment
        assert file.frames == 1001


def test_what_is_beyond_full_scale_is_cut_not_wrapped() -> None:
    assert as_pcm16(np.array([-2.0, -1.0, 0.0, 1.0, 2.0], np.float32)).tolist() == [-32768, -32767, 0, 32767, 32767]


def test_an_empty_wav_is_readable() -> None:
    file = io.BytesIO()
    WavWriter(file).finish()
    file.seek(0)
    with wave.open(file) as wav:
        assert wav.getnframes() == 0


def test_blocks_add_up(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", np.zeros(200_001, np.float32))
    assert sum(map(len, wav_blocks(tmp_path / "a.wav"))) == 200_001


def test_there_is_an_encoder_for_every_format_but_wav() -> None:
    assert set(ENCODERS) == set(AUDIO_FORMATS) - {"wav"}


@pytest.mark.parametrize("samples", [0, 1, 100, 30_011])
@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_every_format_takes_any_length_and_says_what_it_is(tmp_path: Path, name: str, samples: int) -> None:
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(samples) / RATE)
    write_wav(tmp_path / "a.wav", tone.astype(np.float32))
    target = tmp_path / f"b.{name}"
    encode(tmp_path / "a.wav", target, name, CREDITS)
    if not samples:
        return  # some containers cannot hold nothing; a take is never empty
    with av.open(str(target)) as container:
        stream = container.streams.audio[0]
        tags = {key.lower(): value for key, value in (container.metadata | stream.metadata).items()}
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(stream))
    assert tags["title"] == "Zwei Sätze  字"
    assert "AI-generated" in tags["comment"]
    assert "seed=7" in tags["comment"]
    assert seconds == pytest.approx(samples / RATE, abs=0.12)


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_what_is_heard_survives_the_encoding(tmp_path: Path, name: str) -> None:
    tone = (0.2 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
    write_wav(tmp_path / "a.wav", tone)
    encode(tmp_path / "a.wav", tmp_path / f"b.{name}", name, Credits())
    heard, rate = soundfile.read(tmp_path / f"b.{name}", dtype="float32")
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * rate / len(heard) == pytest.approx(440, abs=3)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.141, rel=0.1)


@pytest.mark.soak
@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_half_an_hour_is_encoded(tmp_path: Path, name: str) -> None:
    with open(tmp_path / "a.wav", "wb") as file:
        writer = WavWriter(file)
        minute = (0.2 * np.sin(2 * np.pi * 220 * np.arange(60 * RATE) / RATE)).astype(np.float32)
        for _ in range(30):
            writer.write(minute)
        writer.finish()
    encode(tmp_path / "a.wav", tmp_path / f"b.{name}", name, CREDITS)
    with av.open(str(tmp_path / f"b.{name}")) as container:
        assert float(container.duration or 0) / 1e6 == pytest.approx(1800, abs=0.2)


def test_a_file_without_a_title_still_says_what_it_is() -> None:
    tags = Credits().tags()
    assert tags["title"] == "AI-generated speech"
    assert "AI-generated" in tags["comment"]
