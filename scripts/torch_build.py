"""Decides which build of torch a machine needs, and says why. Looks at the machine; installs nothing."""

from __future__ import annotations

import platform
import shutil
import subprocess
from dataclasses import dataclass

VERSION = "2.13.0"
PYTORCH_INDEX = "https://download.pytorch.org/whl"
# An index that cannot be reached must cost seconds, not minutes: pip would try each page five times.
IMPATIENT = ("--retries", "1", "--timeout", "20")


@dataclass(frozen=True)
class TorchBuild:
    """What to hand to pip, and the sentence that goes with it."""

    reason: str
    requirement: str = ""
    """Empty: no build exists for this machine."""
    index: str = ""
    """A further index that holds the build; empty when PyPI's own is the right one."""
    cuda: bool = False
    otherwise: str = ""
    """The requirement to fall back on when the first is nowhere to be found."""

    def arguments(self) -> tuple[str, ...]:
        """Arguments of `pip install`. Without dependencies: those come from the usual index in the next step."""
        index = (*IMPATIENT, "--extra-index-url", self.index) if self.index else ()
        return ("--no-deps", *index, self.requirement)


def choose(system: str, machine: str, gpu: str) -> TorchBuild:
    """The build for `platform.system()`, `platform.machine()` and the name of an NVIDIA GPU ("" for none)."""
    plain = f"torch=={VERSION}"
    if system == "Darwin":
        if machine == "x86_64":
            return TorchBuild(
                "PyTorch is no longer built for Macs with Intel processors; the preview engine speaks there."
            )
        return TorchBuild("Apple silicon: PyPI's build uses the GPU through MPS.", plain)
    if gpu and system == "Windows":
        return TorchBuild(
            f"CUDA: {gpu} found; on Windows its build is on PyTorch's own index.",
            f"{plain}+cu130", f"{PYTORCH_INDEX}/cu130", cuda=True, otherwise=plain,
        )  # fmt: skip
    if gpu:
        return TorchBuild(f"CUDA: {gpu} found; PyPI's build for Linux is the CUDA build.", plain, cuda=True)
    if system == "Windows":
        return TorchBuild("CPU: nvidia-smi names no GPU; PyPI's build for Windows is the CPU build.", plain)
    return TorchBuild(
        "CPU: nvidia-smi names no GPU; the CPU build saves the gigabytes of CUDA libraries in PyPI's build.",
        f"{plain}+cpu", f"{PYTORCH_INDEX}/cpu", otherwise=plain,
    )  # fmt: skip


def for_this_machine() -> TorchBuild:
    return choose(platform.system(), platform.machine(), nvidia_gpu())


def nvidia_gpu() -> str:
    """The name of the first NVIDIA GPU that its driver reports; empty when there is none or the driver is broken."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    question = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    names = answer.stdout.split("\n")
    return names[0].strip() if answer.returncode == 0 else ""
