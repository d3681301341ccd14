"""Foreign audio: every good format is read, every hostile one is refused by name, quickly and in little memory."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import BadAudio
from backend.safety.decoding import DecodeLimits, decode_audio
from benchmarks.soak.good_recordings import all_formats, by_soundfile, hum, write


def refused(data: bytes | Path, limits: DecodeLimits = DecodeLimits(), name: str = "") -> str:  # noqa: B008 (frozen)
    with pytest.raises(BadAudio) as caught:
        decode_audio(data, limits, name)
    assert caught.value.hint
    return caught.value.code


def test_every_format_comes_out_as_four_seconds_of_the_same_sound() -> None:
    wanted = hum(4.0, 24_000)
    for name, data in all_formats().items():
        decoded = decode_audio(data, claimed_name=f"upload.{name.split('-')[0]}")
        assert decoded.extension == name.split("-")[0]
        assert decoded.duration == pytest.approx(4.0, abs=0.1), name
        assert decoded.samples.dtype == np.float32
        spectrum, same = (np.abs(np.fft.rfft(x[: 4 * 24_000], 4 * 24_000)) for x in (decoded.samples, wanted))
        assert np.dot(spectrum, same) / np.linalg.norm(spectrum) / np.linalg.norm(same) > 0.95, name


@pytest.mark.parametrize(
    ("kind", "subtype", "rate", "channels"),
    [
        ("WAV", "PCM_U8", 8_000, 1), ("WAV", "PCM_24", 192_000, 2), ("WAV", "PCM_32", 96_000, 1),
        ("WAV", "DOUBLE", 11_025, 2), ("WAV", "ULAW", 8_000, 1), ("WAV", "PCM_16", 192_000, 8),
        ("FLAC", "PCM_16", 16_000, 5),
    ],
)  # fmt: skip
def test_odd_but_honest_recordings_are_accepted(kind: str, subtype: str, rate: int, channels: int) -> None:
    decoded = decode_audio(by_soundfile(kind, subtype, rate, channels))
    assert (decoded.rate_in, decoded.channels_in) == (rate, channels)
    assert decoded.duration == pytest.approx(4.0, abs=0.05)


def test_samples_that_are_no_sound_are_refused_by_name() -> None:
    voice = hum(1.0)
    holed = voice.copy()
    holed[::1000] = np.nan
    spiked = voice.copy()
    spiked[9] = np.inf
    cases = {
        "audio-not-finite": [np.full(9000, np.nan), holed, spiked, voice * 3e38],
        "audio-silent": [voice * 0, voice * 0 + 0.4, voice * 1e-5],
        "audio-empty": [voice[:0], voice[:1]],
        "audio-too-short": [voice[:600]],
    }
    for code, samples in cases.items():
        for each in samples:
            assert refused(write(each, subtype="FLOAT")) == code
    assert refused(b"") == "audio-empty"


def test_a_header_that_lies_is_not_believed() -> None:
    data = bytearray(by_soundfile("WAV", "PCM_16", 24_000))
    data[40:44] = b"\xff\xff\xff\xf0"  # four gigabytes follow
    assert decode_audio(bytes(data)).duration == pytest.approx(4.0, abs=0.05)
    data[24:28] = (2_000_000_000).to_bytes(4, "little")  # hertz
    assert refused(bytes(data)) in ("audio-absurd", "audio-unreadable")


def test_a_recording_cut_in_half_is_read_with_a_warning() -> None:
    whole = by_soundfile("WAV", "PCM_16")
    decoded = decode_audio(whole[: len(whole) // 2])
    assert decoded.duration == pytest.approx(2.0, abs=0.05)
    assert decoded.warnings == ("cut-short",)


def test_only_the_window_asked_for_is_taken() -> None:
    whole = decode_audio(by_soundfile("FLAC", "PCM_16", 24_000)).samples
    part = decode_audio(by_soundfile("FLAC", "PCM_16", 24_000), DecodeLimits(start=1.0, end=2.5)).samples
    assert np.array_equal(part, whole[24_000:60_000])
    assert refused(by_soundfile("FLAC", "PCM_16"), DecodeLimits(start=9.0)) == "audio-empty"


def test_what_is_too_long_is_refused_but_a_window_of_it_is_not() -> None:
    long = by_soundfile("OGG", "VORBIS", 24_000, seconds=70)
    assert refused(long) == "audio-too-long"
    assert decode_audio(long, DecodeLimits(start=60, end=66)).duration == pytest.approx(6, abs=0.05)


@pytest.mark.parametrize(("name", "fine"), [("a.wav", True), ("blob", True), ("a.mp3", False), ("A.FLAC", False)])
def test_a_name_that_claims_another_format_is_refused(name: str, fine: bool) -> None:
    data = by_soundfile("WAV", "PCM_16", 24_000)
    if fine:
        assert decode_audio(data, claimed_name=name)
    else:
        assert refused(data, name=name) == "audio-type-mismatch"


@pytest.mark.skipif(sys.platform == "win32", reason="uses a shell script in place of Python")
@pytest.mark.parametrize(
    ("script", "code"),
    [("kill -SEGV $$", "audio-unreadable"), ("exit 0", "audio-unreadable"), ("exec sleep 9", "audio-absurd"),
     ("exec cat /dev/zero", "audio-unreadable"), ("kill -XCPU $$", "audio-absurd")],
)  # fmt: skip
def test_a_child_that_dies_hangs_or_raves_is_one_bad_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, code: str
) -> None:
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with monkeypatch.context() as patched:
        patched.setattr(sys, "executable", str(fake))
        assert refused(by_soundfile("WAV", "PCM_16"), DecodeLimits(wall=0.5)) == code
    assert decode_audio(by_soundfile("WAV", "PCM_16"))


def test_a_short_recording_is_read_in_less_than_a_second() -> None:
    data = by_soundfile("WAV", "PCM_16")
    times = []
    for _ in range(3):
        before = time.perf_counter()
        decode_audio(data)
        times.append(time.perf_counter() - before)
    assert min(times) < 1.0  # about 0.15 s on an idle machine


def test_nothing_of_an_upload_stays_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    decode_audio(by_soundfile("WAV", "PCM_16"))
    refused(b"no audio")
    assert os.listdir(tmp_path) == []
