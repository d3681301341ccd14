"""Foreign audio: every good format is read, every hostile one is refused by name, quickly and in little memory."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from backend.core.errors import BadAudio
from backend.safety import decoding
from backend.safety.decoding import DecodeLimits, decode_audio
from benchmarks.soak import mutate_uploads
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


@contextmanager
def listener() -> Iterator[tuple[int, list[object]]]:
    """A port on this machine, and whoever called it."""
    hits: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                hits.append(server.accept())
            except OSError:
                return

    thread = threading.Thread(target=accept)
    thread.start()
    yield server.getsockname()[1], hits
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_playlists_and_scripts_reach_no_network_and_no_other_file(tmp_path: Path) -> None:
    canary = tmp_path / "canary.wav"
    canary.write_bytes(by_soundfile("WAV", "PCM_16", 24_000))
    with listener() as (port, hits):
        address = f"http://127.0.0.1:{port}/x.wav"
        hostile = [
            f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n"
            for target in (
                address,
                f"file://{canary}",
                "canary.wav",
                f"concat:{canary}",
                f"subfile,,start,0,end,0,,:{canary}",
            )
        ]
        hostile += [f"ffconcat version 1.0\nfile '{target}'\n" for target in (canary, address, "canary.wav")]
        hostile += [
            f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n",
            f"<?xml version='1.0'?><MPD><Period><BaseURL>{address}</BaseURL></Period></MPD>",
            f'<playlist version="1"><trackList><track><location>{address}</location></track></trackList></playlist>',
        ]  # fmt: skip
        for text in hostile:
            before = canary.stat().st_atime_ns
            assert refused(text.encode()) == "audio-unreadable"
            assert canary.stat().st_atime_ns == before
        assert not hits


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_the_child_can_open_nothing_once_it_decodes(tmp_path: Path) -> None:
    program = f"""
import sys; sys.path.insert(0, {str(decoding.WORKER.parent)!r})
import decode_worker, socket, json
limits = {{"seconds": 60, "source_seconds": 60, "start": 0, "end": None, "rate": 24000, "cpu": 9, "memory": 10**9}}
decode_worker.warm_up(limits)
decode_worker.limit_this_process(limits)
for act in (lambda: open("/etc/hostname"), lambda: open({str(tmp_path / "x")!r}, "w"), socket.socket):
    try:
        act(); print("done")
    except OSError: print("refused")
try: bytearray(2 * 10**9); print("done")
except MemoryError: print("refused")
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["refused"] * 4


def bomb(seconds: int, rate: int, channels: int, kind: str = "FLAC", subtype: str = "PCM_16") -> bytes:
    """Silence, packed: a small file that would unpack to gigabytes."""
    import soundfile

    buffer = io.BytesIO()
    second = np.zeros((rate, channels), np.float32)
    with soundfile.SoundFile(buffer, "w", rate, channels, subtype, format=kind) as file:
        for _ in range(seconds):
            file.write(second)
    return buffer.getvalue()


class Watch(threading.Thread):
    """Greatest memory of any child of this process while it runs, in MB."""

    def __init__(self) -> None:
        super().__init__()
        self.most = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        me = psutil.Process()
        while not self.over.wait(0.01):
            for child in me.children():
                try:
                    self.most = max(self.most, child.memory_info().rss / 2**20)
                except psutil.Error:
                    continue


@pytest.mark.parametrize("honest", [True, False])
def test_a_bomb_is_refused_within_five_seconds_and_half_a_gigabyte(honest: bool) -> None:
    seconds = 3600 if honest else 100
    data = bytearray(bomb(60, 192_000, 8))
    if honest:
        samples = seconds * 192_000  # the header says an hour; the frames go on until they are cut off
        data[21] = (data[21] & 0xF0) | (samples >> 32)
        data[22:26] = (samples & 0xFFFFFFFF).to_bytes(4, "big")
    else:
        data[21] &= 0xF0
        data[22:26] = bytes(4)  # length unknown: only counting helps
        header, frames = data[: _audio_at(data)], data[_audio_at(data) :]
        data = header + frames * 3
    watch = Watch()
    watch.start()
    before = time.perf_counter()
    code = refused(bytes(data))
    seconds_taken = time.perf_counter() - before
    watch.over.set()
    watch.join()
    assert code in ("audio-too-long", "audio-absurd")
    assert seconds_taken < 5
    assert watch.most < 500


def _audio_at(flac: bytearray) -> int:
    """Where the first frame of a FLAC file begins."""
    at = 4
    while True:
        last, size = flac[at] & 0x80, int.from_bytes(flac[at + 1 : at + 4], "big")
        at += 4 + size
        if last:
            return at


def test_a_long_silence_in_a_small_file_is_refused_quickly() -> None:
    pages = bomb(300, 48_000, 1, "OGG", "OPUS")
    before = time.perf_counter()
    assert refused(pages) == "audio-too-long"
    assert time.perf_counter() - before < 5


def test_broken_uploads_never_hang_or_crash() -> None:
    tally = mutate_uploads.run(100, seed=3)
    assert tally.failures == []
    assert tally.outcomes.total() == 100


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


def test_a_wav_that_is_also_a_page_is_read_as_sound_only() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        file.writeframes((hum(2.0, 24_000) * 32767).astype("<i2").tobytes())
    assert decode_audio(buffer.getvalue() + b"<script>alert(1)</script>PK\3\4").duration == pytest.approx(2, abs=0.05)
    for other in (
        b"GIF89a" + bytes(500),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x7fELF" + bytes(500),
        b"%PDF-1.7\n",
    ):
        assert refused(other) == "audio-unreadable"
