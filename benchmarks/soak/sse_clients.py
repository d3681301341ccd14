"""Two hundred clients follow one running job, then vanish: how many stood, what /health took, when all were free.

python benchmarks/soak/sse_clients.py --clients 200
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

if __package__ in (None, ""):  # run as a file
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.soak.own_server import OwnServer

HEALTH_CALLS = 300
HEARTBEAT = 1.0  # seconds, in the server of the campaign
LONG = {"text": "One more sentence. " * 400, "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}


@dataclass(frozen=True)
class Figures:
    clients: int
    streams: int
    """Clients that got their first event."""
    health_p50_ms: float
    health_p99_ms: float
    health_worst_ms: float
    freed_after_s: float
    """Seconds from the vanishing of all clients until the server held no stream."""


def measure(server: OwnServer, clients: int, calls: int = HEALTH_CALLS) -> Figures:
    """Follow one slow job by so many clients; half of them vanish in order, half by a reset."""
    job_id = _start_job(server)
    sockets = [_follow(server.port, job_id) for _ in range(clients)]
    streams = sum(_first_event(sock) for sock in sockets)
    times = sorted(_health(server.port) for _ in range(calls))
    began = time.monotonic()
    for number, sock in enumerate(sockets):
        _vanish(sock, reset=number % 2 == 1)
    freed = _freed(server, began)
    cuts = quantiles(times, n=100)
    return Figures(clients, streams, round(cuts[49], 2), round(cuts[98], 2), round(times[-1], 2), round(freed, 2))


def _start_job(server: OwnServer) -> str:
    sock = _ask(server.port, "POST", "/api/generate_stream", json.dumps(LONG).encode())
    data = b""
    while b'"job_id": "' not in data:
        piece = sock.recv(65536)
        if not piece:
            raise RuntimeError(f"the job did not start: {data[-500:]!r}")
        data += piece
    sock.close()  # the job goes on without us
    return data.partition(b'"job_id": "')[2].partition(b'"')[0].decode()


def _follow(port: int, job_id: str) -> socket.socket:
    return _ask(port, "GET", f"/api/jobs/{job_id}/events", b"")


def _ask(port: int, method: str, path: str, body: bytes) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    sock.sendall(f"{head}{length}\r\n".encode() + body)
    return sock


def _first_event(sock: socket.socket) -> bool:
    data = b""
    with contextlib.suppress(OSError):
        while b"\ndata: " not in data:
            piece = sock.recv(65536)
            if not piece:
                return False
            data += piece
        return True
    return False


def _health(port: int) -> float:
    """Milliseconds of one call on a new connection."""
    began = time.perf_counter()
    with _ask(port, "GET", "/health", b"") as sock:
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    return (time.perf_counter() - began) * 1000


def _vanish(sock: socket.socket, reset: bool) -> None:
    if reset:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _freed(server: OwnServer, began: float) -> float:
    while server.get("/health")["streams"]:
        if time.monotonic() - began > 60:
            raise RuntimeError("streams were still held a minute after their clients had gone")
        time.sleep(0.05)
    return time.monotonic() - began


@contextlib.contextmanager
def slow_studio(folder: Path) -> Iterator[OwnServer]:
    """A studio whose jobs take long and report all the time."""
    with OwnServer(folder, fake_engine="latency=0.2", heartbeat=HEARTBEAT, lane_runner="thread") as server:
        yield server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    clients = parser.parse_args().clients
    with tempfile.TemporaryDirectory() as folder, slow_studio(Path(folder)) as server:
        print(json.dumps(asdict(measure(server, clients)), indent=1))


if __name__ == "__main__":
    main()
