"""LiveKit's and Pipecat's plugins, unmodified, against a studio of their own: `python -m benchmarks.agents`.

Makes .agents, an environment for them, the first time; that needs the package index. Status 1 where one fails.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from benchmarks.soak.own_server import PROJECT, OwnServer

FOLDER = PROJECT / ".agents"
PROGRAMS = ("livekit_deepgram.py", "livekit_listening.py", "pipecat_deepgram.py")
PATIENCE = 300.0  # seconds for one of them


def main() -> int:
    if not _works():
        _install()
    failed = []
    with tempfile.TemporaryDirectory() as folder, OwnServer(Path(folder)) as server:
        time.sleep(5)  # the lane loads the engine
        for name in PROGRAMS:
            print(f"{name}:", flush=True)
            program = PROJECT / "tests" / "agents" / name
            if subprocess.run([_python(), program, str(server.port)], check=False, timeout=PATIENCE).returncode:
                failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return 1 if failed else 0


def _python() -> Path:
    windows = FOLDER / "Scripts" / "python.exe"
    return windows if windows.exists() else FOLDER / "bin" / "python"


def _works() -> bool:
    check = "import livekit.plugins.deepgram, livekit.plugins.openai, pipecat.services.deepgram.tts"
    return (
        _python().exists() and not subprocess.run([_python(), "-c", check], capture_output=True, check=False).returncode
    )


def _install() -> None:
    print("Making .agents, the environment of the frameworks; some minutes, once.", flush=True)
    venv.create(FOLDER, with_pip=True)
    install: list[str | Path] = [_python(), "-m", "pip", "install", "--quiet", "-r", "requirements/agents.txt"]
    subprocess.run(install, cwd=PROJECT, check=True)


if __name__ == "__main__":
    sys.exit(main())
