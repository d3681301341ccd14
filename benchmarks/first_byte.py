"""How long a program waits for the first byte of streamed speech: OpenAI's SDK, curl and a raw socket, one text each.

`python -m benchmarks.first_byte` starts a studio of its own on the preview engine; `--format mp3`, `--runs 20`.
The clock starts before the request is sent and stops with the first byte of sound (WAV: behind its header).
"""

from __future__ import annotations

import argparse
import json
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.soak.own_server import OwnServer

SENTENCE = "The weather in the city is very good today, and she was reading a long letter to her mother. "
LETTERS = 2000
WAV_HEADER = 44  # bytes
PAUSE = 1.0  # seconds between two requests: what was left of the one before is over


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--runs", type=int, default=15)
    words.add_argument("--format", default="pcm", choices=("mp3", "opus", "aac", "flac", "wav", "pcm"))
    asked = words.parse_args()
    text = (SENTENCE * 50)[:LETTERS]
    with tempfile.TemporaryDirectory() as folder, OwnServer(Path(folder)) as server:
        _wait_for_the_lane(server)
        for name, ask in CLIENTS.items():
            seconds = [_paused(lambda ask=ask: ask(server.port, text, asked.format)) for _ in range(asked.runs + 1)][1:]  # type: ignore[misc]  # bound at once
            middle, low, high = statistics.median(seconds), min(seconds), max(seconds)
            print(f"{name:12} {asked.format:5} {middle:.3f} s ({low:.3f} to {high:.3f}), n={len(seconds)}")


def _wait_for_the_lane(server: OwnServer) -> None:
    while server.get("/health")["lane"] != "idle":
        time.sleep(0.1)
    server.post("/api/generate", {"text": "Ready.", "voice": {"kind": "preset", "speaker": "Ryan"}})


def _paused(measured: Callable[[], float]) -> float:
    time.sleep(PAUSE)
    return measured()


def by_sdk(port: int, text: str, format_name: str) -> float:
    from openai import OpenAI

    with OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0) as client:
        began = time.monotonic()
        asked = {"model": "tts-1", "voice": "ash", "input": text, "response_format": format_name}
        with client.audio.speech.with_streaming_response.create(**asked) as answer:  # type: ignore[arg-type]  # a table
            seen = 0
            for piece in answer.iter_bytes(1):
                seen += len(piece)
                if seen > (WAV_HEADER if format_name == "wav" else 0):
                    return time.monotonic() - began
    raise RuntimeError("there was no sound")


def by_curl(port: int, text: str, format_name: str) -> float:
    program = shutil.which("curl")
    if program is None:
        return float("nan")
    body = json.dumps({"input": text, "voice": "ash", "response_format": format_name})
    command = [
        program,
        "-sN",
        f"http://127.0.0.1:{port}/v1/audio/speech",
        "-H",
        "Content-Type: application/json",
        "-d",
        body,
    ]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.read(WAV_HEADER + 1 if format_name == "wav" else 1)
        taken = time.monotonic() - began
        running.terminate()
    return taken


def by_socket(port: int, text: str, format_name: str) -> float:
    body = json.dumps({"input": text, "voice": "ash", "response_format": format_name}).encode()
    head = f"POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port)) as link:
        began = time.monotonic()
        link.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        seen = b""
        while b"\r\n\r\n" not in seen or len(seen.partition(b"\r\n\r\n")[2]) <= WAV_HEADER + len("ffff\r\n"):
            seen += link.recv(4096)
        return time.monotonic() - began


CLIENTS = {"openai SDK": by_sdk, "curl": by_curl, "raw socket": by_socket}

if __name__ == "__main__":
    main()
