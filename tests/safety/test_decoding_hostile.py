"""Hostile uploads: scripts, bombs, polyglots and broken files are refused by name, quickly and in little memory."""

from __future__ import annotations

import io
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
from backend.safety.decoding import decode_audio
from benchmarks.soak import mutate_uploads
from benchmarks.soak.good_recordings import by_soundfile, hum


def refused(data: bytes) -> str:
    with pytest.raises(BadAudio) as caught:
        decode_audio(data)
    assert caught.value.hint
    return caught.value.code


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
limits["sides"] = False
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
