"""Thousands of calls made up by schemathesis from `/openapi.json`, against a running studio.

Counted are answers of 500 and more that are no honest lack of the machine, and answers that are not declared: their
status, their content type, their shape.
"""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import tempfile
import wave
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.soak.own_server import PROJECT, OwnServer

CHECKS = (
    *("studio_never_breaks", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "response_headers_conformance"),
)

NOT_CALLED = {
    "/api/models/folder": "moves the models to any folder of the machine",
    "/api/models/install": "runs pip for minutes",
    "/api/models/{model}/open": "opens windows of the file manager",
}
"""Path → why made-up calls leave it alone."""

THEIR_MISTAKE = re.compile(r"^\s*Unsupported type: 'Binary'$", re.MULTILINE)
"""schemathesis 4.32 trips over a file that it made up itself for a body that may be JSON, too: nothing was sent."""

MEASURED_PER_ROUTE = 55
"""Calls of the phase that tries the borders of every parameter; about."""


@dataclass(frozen=True)
class Calls:
    made: int
    failures: list[dict[str, Any]]
    report: str


def call(server: OwnServer, folder: Path, calls: int, borders: bool = False) -> Calls:
    """About so many calls or more. With `borders` every parameter is also tried at and over its limits."""
    routes = sum(len(methods) for methods in server.get("/openapi.json")["paths"].values())
    per_route = max(1, math.ceil(1.4 * calls / routes) - (MEASURED_PER_ROUTE if borders else 0))
    words = [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{server.port}/openapi.json"]
    words += ["--checks", ",".join(CHECKS), "--max-examples", str(per_route), "--continue-on-failure", "--no-shrink"]
    words += ["--phases", "examples,coverage,fuzzing" if borders else "examples,fuzzing", "--workers", "2"]
    words += ["--report", "json", "--report-json-path", str(folder / "calls.json"), "--request-timeout", "60"]
    words += [] if borders else ["--seed", "1"]  # a test of every day is the same every day
    words += [word for path in NOT_CALLED for word in ("--exclude-path", path)]
    own = {
        "SCHEMATHESIS_HOOKS": "benchmarks.soak.schema_hooks",
        "NO_COLOR": "1",
        "PYTHONPATH": str(PROJECT),
        "STUDIO_SOUND": str(folder / "tone.wav"),
        "STUDIO_THINGS": json.dumps(things(server)),
    }
    (folder / "tone.wav").write_bytes(tone())
    done = subprocess.run(words, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, check=False)
    told = json.loads((folder / "calls.json").read_text())
    report = done.stdout + done.stderr
    theirs = sum(row["count"] for row in told["errors"]) == len(THEIR_MISTAKE.findall(report))
    found = [*told["failures"], *([] if theirs else told["errors"])]
    return Calls(told["test_cases"]["generated"], found, report)


def things(server: OwnServer) -> dict[str, list[str]]:
    """Part of an address → names of things that were made for it."""
    names = []
    for name in ("Anna", "Bertha"):
        names.append(json.loads(server.post("/api/personality", {"name": name, "language": "en"}))["id"])
        for emotion in ("neutral", "happy"):
            _send(server, f"PUT /api/personality/{names[-1]}/emotions/{emotion}", "audio", tone())
    voice = {"kind": "preset", "speaker": "Ryan"}
    asked = Request(
        f"http://127.0.0.1:{server.port}/api/generate",
        json.dumps({"text": "Hello. Good bye.", "voice": voice}).encode(),
        {"Content-Type": "application/json", "Accept": "application/json"},
    )
    with urlopen(asked, timeout=60) as answer:  # noqa: S310 (our own http address)
        take = json.load(answer)
    sitting = _smart_session(server)
    return {
        "session": [sitting["session"]],
        "clip": [clip["id"] for clip in sitting["clips"]] or ["c001"],
        "key": names,
        "model": ["base_0_6b", "whisper_tiny"],
        "voice_id": names,
        "emotion": ["neutral", "happy"],
        "take": [take["id"]],
        "job_id": [take["job_id"]],
        "name": [f"{take['id']}.wav", f"{take['id']}.srt", "style.css"],
    }


def _smart_session(server: OwnServer) -> dict[str, Any]:
    """A long recording, cut into clips."""
    events = _send(server, "POST /api/smart", "file", tone(12)).decode()
    last: dict[str, Any] = json.loads(events.rstrip().rpartition("data: ")[2])
    return last


def tone(seconds: int = 3) -> bytes:
    """Something like a voice, in phrases of two seconds, as WAV."""
    made = BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(24_000)
        for n in range(seconds * 24_000):
            loud = max(0.0, math.sin(n / 24_000 * 20)) ** 0.5 if n % 72_000 < 52_000 else 0.0
            buzz = sum(math.sin(n / 24_000 * 2 * math.pi * 140 * k) / k for k in range(1, 6))
            file.writeframesraw(int(6000 * loud * buzz).to_bytes(2, "little", signed=True))
    return made.getvalue()


def _send(server: OwnServer, where: str, field: str, sound: bytes) -> bytes:
    """A recording as a form; the answer, or the events of its job."""
    method, _, path = where.partition(" ")
    head = f'--cut\r\nContent-Disposition: form-data; name="{field}"; filename="a.wav"\r\n\r\n'.encode()
    asked = Request(f"http://127.0.0.1:{server.port}{path}", head + sound + b"\r\n--cut--\r\n", method=method)
    asked.add_header("Accept", "text/event-stream")
    asked.add_header("Content-Type", "multipart/form-data; boundary=cut")
    with urlopen(asked, timeout=60) as answer:  # noqa: S310 (our own http address)
        data: bytes = answer.read()
        return data


def main() -> None:
    """`python -m benchmarks.soak.schema_calls 20000`"""
    with tempfile.TemporaryDirectory() as folder, OwnServer(Path(folder), fake_engine="on", offline="true") as server:
        done = call(server, Path(folder), int(sys.argv[1]), borders=int(sys.argv[1]) > 5000)
        print(done.report)
        print(f"{done.made} calls, {len(done.failures)} kinds of failure")


if __name__ == "__main__":
    main()
