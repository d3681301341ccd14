"""Programs of others, unmodified, against a studio of their own: `python -m benchmarks.clients [NAME …]`.

Each gets an environment in .clients the first time, with its newest version; that needs the package indexes of Python
and Node. What cannot run here says why. Status 1 where one fails. docs/clients.md has what was found.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client_places import PLACES, Absent, Place, node_modules, python_of, version_of
from benchmarks.soak.own_server import PROJECT, OwnServer
from tests.clients.foreign import free_port

PATIENCE = 600.0  # seconds for one of them
CLIENTS = PROJECT / "tests" / "clients"


@dataclass(frozen=True)
class Ports:
    studio: int
    speaks: int
    listens: int


@dataclass(frozen=True)
class Client:
    package: str
    """Whose version is told."""
    command: Callable[[Place, Ports], list[str | Path]]


def _node(program: str) -> Callable[[Place, Ports], list[str | Path]]:
    """Modules are looked for beside the program, so it is laid there."""

    def command(place: Place, ports: Ports) -> list[str | Path]:
        there = place.folder / program
        there.write_text((CLIENTS / program).read_text(encoding="utf-8"), encoding="utf-8")
        return ["node", there, str(ports.studio)]

    return command


KNOWN = (
    "test_voices_endpoint.py::test_voices_default_shape",
    "test_rate_durations.py::test_ssml_prosody_rate_slows_duration",
)
"""Of Kokoro's tests: what they want is not so here; docs/clients.md says why."""


def _kokoro_source() -> Path:
    named = os.environ.get("KOKORO_FASTAPI", "")
    if not named or not Path(named).is_dir():
        raise Absent("needs Kokoro-FastAPI's source: name its folder in KOKORO_FASTAPI")
    return Path(named)


def _kokoro(place: Place, ports: Ports) -> list[str | Path]:
    tests = _kokoro_source() / "api" / "tests" / "integration"
    chosen = [tests / "test_voices_endpoint.py", tests / "test_rate_durations.py"]
    quiet: list[str | Path] = ["-o", "addopts=", "-p", "no:cacheprovider", "-q", "--tb=line", "-W", "ignore"]
    known = [f"--deselect={tests.relative_to(_kokoro_source())}/{name}" for name in KNOWN]
    return [python_of(place), "-m", "pytest", *quiet, *known, "--confcutdir", tests, *chosen]


def _kokoro_dialogue(place: Place, ports: Ports) -> list[str | Path]:
    checks = _kokoro_source() / "examples" / "assorted_checks" / "test_dialogue" / "test_dialogue.py"
    return [python_of(place), checks]


TABLE: dict[str, Client] = {
    "openai": Client("openai", _node("openai.mjs")),
    "deepgram": Client("@deepgram/sdk", _node("deepgram.mjs")),
    "elevenlabs": Client("@elevenlabs/elevenlabs-js", _node("elevenlabs.mjs")),
    "sillytavern": Client(
        "sillytavern",
        lambda place, ports: _own("sillytavern", ports.studio, node_modules(place).parent),
    ),
    "open-webui": Client(
        "open-webui",
        lambda place, ports: _own("open_webui", ports.studio, python_of(place)),
    ),
    "home-assistant": Client(
        "homeassistant",
        lambda place, ports: _own("home_assistant", ports.speaks, ports.listens, python_of(place)),
    ),
    "kokoro": Client("openai", _kokoro),
    "kokoro-dialogue": Client("requests", _kokoro_dialogue),
}


def _own(module: str, *arguments: object) -> list[str | Path]:
    return [sys.executable, "-m", f"tests.clients.{module}", *(str(argument) for argument in arguments)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TABLE)}; all where none is named")
    names = parser.parse_args().names or list(TABLE)
    told = {}
    with tempfile.TemporaryDirectory() as folder:
        ports = Ports(0, free_port(), free_port())
        with OwnServer(Path(folder), wyoming_tts_port=ports.speaks, wyoming_asr_port=ports.listens) as server:
            time.sleep(5)  # the lane loads the engine
            for name in names:
                print(f"{name}:", flush=True)
                told[name] = _tried(name, Ports(server.port, ports.speaks, ports.listens))
    print("\n".join(f"{verdict:8} {name}" for name, verdict in told.items()))
    return 1 if "FAIL" in told.values() else 0


def _tried(name: str, ports: Ports) -> str:
    """PASS, FAIL or skipped."""
    client = TABLE[name]
    try:
        place = PLACES[name].made()
        print(f"  {client.package} {version_of(place, client.package)}", flush=True)
        command = client.command(place, ports)
    except Absent as reason:
        print(f"  {reason}", flush=True)
        return "skipped"
    studio = {"KOKORO_BASE_URL": f"http://127.0.0.1:{ports.studio}"}
    try:
        done = subprocess.run(command, cwd=PROJECT, env=os.environ | studio, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        print(f"  took longer than {PATIENCE:.0f} s", flush=True)
        return "FAIL"
    return "FAIL" if done.returncode else "PASS"


if __name__ == "__main__":
    sys.exit(main())
