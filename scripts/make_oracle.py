"""Makes .oracle: an environment with the official qwen-tts package, to compare ours with. Needs the network once.

The official package imports torchaudio, sox and onnxruntime for a tokenizer that is never used here; in their places
stand stubs that refuse to be called.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import venv
from pathlib import Path

import torch_build

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".oracle"
PACKAGE = "qwen-tts==0.1.1"
STUBS = ("sox", "onnxruntime", "torchaudio", "torchaudio/compliance", "torchaudio/compliance/kaldi")
STUB = '''"""Stands where a package is imported that nothing here uses."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _refuse


def _refuse(*rest, **named):
    raise NotImplementedError(f"{__name__} is a stub of the oracle's environment")
'''
CHECK = "import qwen_tts, transformers; assert transformers.__version__ == '4.57.3'"


def main() -> int:
    if works():
        return 0
    print("Making .oracle, the environment of the official qwen-tts package; some minutes, once.")
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"The oracle could not be made: {error}\nIt needs the package index once; what is there is kept.")
        return 1
    if not works():
        print("The oracle was made, but the official package does not start in it. Delete .oracle and try again.")
        return 1
    return 0


def python() -> Path:
    windows = FOLDER / "Scripts" / "python.exe"
    return windows if windows.exists() else FOLDER / "bin" / "python"


def works() -> bool:
    """Whether the official package starts in .oracle; the stubs are laid anew, they cost nothing."""
    if not python().exists():
        return False
    lay_stubs()
    return subprocess.run([python(), "-c", CHECK], capture_output=True, check=False).returncode == 0


def install() -> None:
    if not python().exists():
        venv.create(FOLDER, with_pip=True)
    build = torch_build.choose(platform.system(), platform.machine(), "")  # the processor is enough
    for wanted in (build.arguments(), ("-r", "requirements/oracle.txt"), ("--no-deps", PACKAGE)):
        subprocess.run([python(), "-m", "pip", "install", "--quiet", *wanted], cwd=ROOT, check=True)


def lay_stubs() -> None:
    found = subprocess.run(
        [python(), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    packages = Path(found.stdout.strip())
    for name in STUBS:
        folder = packages / name
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "__init__.py").exists():  # a real package stays
            (folder / "__init__.py").write_text(STUB, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
