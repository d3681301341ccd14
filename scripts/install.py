"""Makes .venv and installs one of three sets into it, once: light ⊂ studio ⊂ test. Needs only Python's own library.

Knows nothing of the studio itself; start, setup and test scripts of all systems call it. A stamp in .venv says what is
installed; what an interruption left half done is mended by the next call.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch_build
from pip_progress import PipFailed, run_pip

ROOT = Path(__file__).resolve().parents[1]
SETS = ("light", "studio", "test")
FILES = {"light": "requirements/light.txt", "studio": "requirements.txt", "test": "requirements/test.txt"}
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
WHISPER = "openai-whisper"
RESEMBLYZER = "resemblyzer>=0.1.4,<0.2"
"""Brings the weights of the speaker encoder. What it asks for besides is old or must be compiled, and is not needed."""
TORCH = "torch"


@dataclass(frozen=True)
class Step:
    """One call of `pip install`."""

    title: str
    arguments: tuple[str, ...]
    otherwise: tuple[str, ...] = ()
    """Arguments to try when the first ones fail."""
    optional: bool = False
    """A failure is told, and the installation goes on."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="install.py", description="Install a set of packages into .venv.")
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    try:
        with only_one(options.root / ".venv.lock"):
            install(options.root, options.set)
    except KeyboardInterrupt:
        print("\nStopped. The next start goes on where this one ended.", file=sys.stderr)
        return 130
    except PipFailed as failure:
        print("\n".join(failure.tail), file=sys.stderr)
        print(
            "\nThe packages could not be installed; pip's last words are above, all of them in .venv/install.log.\n"
            "Most often it is the network or a full disk. The next start goes on where this one ended.",
            file=sys.stderr,
        )
        return 1
    except VenvFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def install(root: Path, wanted: str) -> None:
    """Bring .venv to the wanted set. Does nothing, and takes no time, when the stamps say that it is there."""
    venv = root / ".venv"
    missing = [name for name in SETS[: SETS.index(wanted) + 1] if not is_installed(root, name)]
    if not missing and is_alive(python_of(venv)):
        return
    started = time.monotonic()
    make_venv(venv)
    heal(venv)
    for name in missing or [wanted]:
        for step in steps_for(root, name):
            carry_out(step, venv)
        stamp_of(root, name).write_text(fingerprint(root, name), encoding="utf-8")
    print(f"Installed in {time.monotonic() - started:.0f} s.")


def carry_out(step: Step, venv: Path) -> None:
    print(step.title, flush=True)
    log = venv / "install.log"
    try:
        run_pip(python_of(venv), step.arguments, log)
        return
    except PipFailed:
        if not step.otherwise and not step.optional:
            raise
    if step.otherwise:
        print("  Not found there; taking PyPI's build instead, which may be much larger.")
        run_pip(python_of(venv), step.otherwise, log)
    else:
        print("  That did not work, but nothing else needs it; .venv/install.log says why.")


def steps_for(root: Path, name: str, build: torch_build.TorchBuild | None = None) -> list[Step]:
    """What pip has to do for one set, the sets below it being there."""
    lines = requirements(root / FILES[name])
    if name == "light":
        command = Step("The qwentts command", ("--no-deps", "--retries", "1", "-e", str(root)), optional=True)
        return [Step("Installing the light set: the preview voice, the server, sound (about 450 MB)", lines), command]
    if name == "test":
        return [Step("Installing the tools for tests", lines)]
    return studio_steps(lines, build or torch_build.for_this_machine())


def studio_steps(lines: tuple[str, ...], build: torch_build.TorchBuild) -> list[Step]:
    """torch first, in its right build; then the rest, which finds it there; whisper last where triton must stay out."""
    if not build.requirement:
        rest = tuple(line for line in lines if distribution(line) not in {TORCH, WHISPER})
        return [Step(f"{build.reason} Installing the rest of the studio set", rest)]
    torch = Step(
        f"Installing torch. {build.reason}",
        build.arguments(),
        ("--no-deps", build.otherwise) if build.otherwise else (),
    )
    encoder = Step("Installing the speaker encoder", ("--no-deps", RESEMBLYZER), optional=True)
    if build.cuda:
        return [torch, encoder, Step("Installing the rest of the studio set", lines)]
    rest = tuple(line for line in lines if distribution(line) != WHISPER)
    whisper = tuple(line for line in lines if distribution(line) == WHISPER)
    return [
        torch,
        encoder,
        Step("Installing the rest of the studio set", rest),
        Step("Installing whisper without triton, which only CUDA uses", ("--no-deps", *whisper)),
    ]


def requirements(path: Path) -> tuple[str, ...]:
    """The lines of a requirements file and of the files it includes, without comments."""
    found: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text.startswith("-r "):
            found.extend(requirements(path.parent / text[3:].strip()))
        elif text:
            found.append(text)
    return tuple(found)


def distribution(line: str) -> str:
    """`openai-whisper>=20250625` → `openai-whisper`."""
    return line.split(";")[0].split("[")[0].rstrip("0123456789.,<>=!~ ").strip()


# What is installed already


def is_installed(root: Path, name: str) -> bool:
    stamp = stamp_of(root, name)
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == fingerprint(root, name)


def stamp_of(root: Path, name: str) -> Path:
    return root / ".venv" / f".installed-{name}"


def fingerprint(root: Path, name: str) -> str:
    """Changes when the wanted packages or Python do, and with the place, which the qwentts command holds."""
    parts = [*requirements(root / FILES[name]), PYTHON, str(root)]
    if name == "studio":
        parts += [torch_build.VERSION, RESEMBLYZER]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# The virtual environment


class VenvFailed(Exception):
    """A sentence that says why there is no .venv."""


def python_of(venv: Path) -> Path:
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def is_alive(python: Path) -> bool:
    """Whether it is the Python that we are, or the same version of it."""
    if not python.exists():
        return False
    if python.absolute() == Path(sys.executable).absolute():
        return True
    question = [str(python), "-c", "import sys; print(f'{sys.version_info[0]}.{sys.version_info[1]}')"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return False
    return answer.stdout.strip() == PYTHON


def make_venv(venv: Path) -> None:
    """Make .venv, or mend one whose making was interrupted; one of another Python is made anew."""
    python = python_of(venv)
    if not is_alive(python):
        print(f"Making .venv with Python {sys.version.split()[0]}", flush=True)
        done, words = ran(sys.executable, "-m", "venv", "--clear", str(venv))
        if not done:
            raise VenvFailed(f"Python could not make .venv: {words}")
    if not ran(str(python), "-m", "pip", "--version")[0]:
        done, words = ran(str(python), "-m", "ensurepip", "--default-pip")
        if not done:
            raise VenvFailed(f"There is no pip in .venv, and Python could not put one there: {words}")


def ran(*command: str) -> tuple[bool, str]:
    """Whether the command succeeded, and what it said."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.returncode == 0, (answer.stdout + answer.stderr).strip()


def heal(venv: Path) -> list[str]:
    """Make pip forget packages that a killed pip left half copied: it writes RECORD last, and trusts what lacks it."""
    forgotten = []
    for info in venv.glob("[Ll]ib*/**/site-packages/*.dist-info"):
        if not (info / "RECORD").is_file():
            shutil.rmtree(info)
            forgotten.append(info.name)
    return forgotten


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Two starts at once install one after the other; the lock goes with its process, however that ends."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another start is installing; waiting for it.", flush=True)
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
