"""Starting and leaving, as users do it: in a process of its own, timed, signalled, started twice."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
import websocket

from backend.core.settings import PROJECT_DIR
from benchmarks.soak.own_server import OwnServer

FIRST_BYTE = 1.0  # seconds from the start of the process
FASTEST_OF = 6
AT_ONCE = 6.0  # seconds; on a quiet machine it is less than one
SPEAK = {"text": "One sentence. " * 200, "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}

HEAVY = ("torch", "transformers", "numpy", "scipy", "av", "soundfile", "librosa", "numba")


def test_starting_loads_no_heavy_library(tmp_path: Path) -> None:
    code = (
        "import sys; from backend.app import create_app; from backend.core.settings import Settings;"
        f"app = create_app(Settings(data_dir={str(tmp_path)!r}));"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_DIR, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_the_first_byte_comes_within_a_second(tmp_path: Path) -> None:
    """The best of six; and of time on a core, for neighbours on a busy machine are no fault of ours."""
    best = math.inf
    for _ in range(FASTEST_OF):
        began = time.monotonic()
        with OwnServer(tmp_path, fake_engine="on", lane_runner="thread") as server:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/", timeout=5) as answer:
                answer.read(1)
            worked = psutil.Process(server.process.pid).cpu_times()
            best = min(best, time.monotonic() - began, worked.user + worked.system)
        if best <= FIRST_BYTE:
            return
    assert best <= FIRST_BYTE


def run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_DIR, env=kept | environment, capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip


def test_a_second_studio_on_the_same_folder_exits_with_status_3(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="on"):
        began = time.monotonic()
        second = run(["backend/app.py", "--port", "0", "--no-browser", "--data-dir", str(tmp_path)])
        assert second.returncode == 3
        assert "already running" in second.stderr
        assert "Traceback" not in second.stderr
        assert time.monotonic() - began < AT_ONCE


def test_a_killed_studio_blocks_no_new_one(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="on") as server:
        server.end(signal.SIGKILL)
    with OwnServer(tmp_path, fake_engine="on") as server:
        assert server.get("/health")["status"] == "ok"


def test_a_taken_port_exits_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        out = run(["-m", "backend.cli", "serve", "--port", port, "--no-browser", "--data-dir", str(tmp_path)])
    assert out.returncode == 4
    assert f"Port {port}" in out.stderr
    assert "--port" in out.stderr
    assert "Traceback" not in out.stderr


@pytest.mark.parametrize("token", ["", "short"])
def test_listening_elsewhere_demands_a_long_token(tmp_path: Path, token: str) -> None:
    out = run(["-m", "backend.app", "--host", "0.0.0.0", "--port", "0", "--no-browser", "--token", token,
               "--data-dir", str(tmp_path)])  # fmt: skip
    assert out.returncode == 2
    assert "--token" in out.stderr or "characters" in out.stderr


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    out = run(["-m", "backend.app", "--no-browser", "--data-dir", str(tmp_path)], STUDIO_HOTS="x")
    assert out.returncode == 2
    assert "STUDIO_HOTS" in out.stderr
    assert "Traceback" not in out.stderr


def test_a_token_shuts_out_everybody_without_it(tmp_path: Path) -> None:
    with OwnServer(tmp_path, ("--token", "open sesame now"), fake_engine="on") as server:
        with pytest.raises(urllib.error.HTTPError) as refused:
            server.get("/health")
        assert refused.value.code == 401
        refused.value.close()
        assert server.get("/health/live") == {"status": "ok"}
        out = run(["-m", "backend.cli", "link", "--port", str(server.port), "--token", "open sesame now"])
        assert out.returncode == 0
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        for address in (out.stdout.strip(), f"http://127.0.0.1:{server.port}/health"):
            with browser.open(address, timeout=5) as page:
                assert page.status == 200


def follow(server: OwnServer, job_id: str) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=15)
    sock.sendall(f"GET /api/jobs/{job_id}/events HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    return sock


def submit(server: OwnServer) -> str:
    """A job whose caller does not wait for it."""
    known = {job["id"] for job in server.get("/api/jobs")["jobs"]}
    threading.Thread(target=_give_up, args=(server,), daemon=True).start()
    while True:
        fresh = [job["id"] for job in server.get("/api/jobs")["jobs"] if job["id"] not in known]
        if fresh:
            return str(fresh[0])
        time.sleep(0.02)


def _give_up(server: OwnServer) -> None:
    with contextlib.suppress(OSError):  # the studio leaves first
        server.post("/api/generate", SPEAK)


def test_a_signal_ends_all_within_ten_seconds_and_loses_no_job(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="latency=0.2", lane_runner="thread") as server:
        jobs = [submit(server) for _ in range(6)]
        while server.get(f"/api/jobs/{jobs[0]}")["status"] != "running":
            time.sleep(0.02)
        streams = [follow(server, job) for job in jobs[:2] * 10]
        status, seconds = server.end(signal.SIGTERM)
        assert status == 0
        assert seconds <= 10
        for sock in streams:
            data = b""
            while piece := sock.recv(65536):
                data += piece
            sock.close()
            assert b"closing" in data
            assert data.endswith(b"0\r\n\r\n")  # the stream ended, it was not cut
    with OwnServer(tmp_path, fake_engine="latency=0.2", lane_runner="thread") as server:
        kept = {job["id"]: job["status"] for job in server.get("/api/jobs")["jobs"]}
        assert {kept[job] for job in jobs} <= {"queued", "running"}


def test_it_ends_by_a_signal_though_nobody_reads_its_words_any_more(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="on") as server:
        assert server.process.stdout is not None
        server.process.stdout.close()
        status, seconds = server.end()
    assert status == 0
    assert seconds < AT_ONCE


def test_a_signal_says_going_away_to_every_open_socket(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="on") as server:
        talk = websocket.create_connection(f"ws://127.0.0.1:{server.port}/v1/speak?engine=fake", timeout=10)
        talk.recv()
        server.process.send_signal(signal.SIGTERM)
        opcode, frame = talk.recv_data_frame(control_frame=True)
        talk.shutdown()  # type: ignore[no-untyped-call]  # the library has no types for it
    assert (opcode, int.from_bytes(frame.data[:2], "big")) == (8, 1001)


def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="hang@1", lane_runner="thread") as server:
        submit(server)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(5)
        assert time.monotonic() - began < 4  # of the ten that a first signal grants
