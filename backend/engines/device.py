"""Which device computes, with which numbers, and why: decided once, told to people in a sentence."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import gc
import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

from backend.core.errors import BadRequest
from backend.core.settings import Settings
from backend.engines.base import DeviceChoice

Dtype = Literal["bfloat16", "float16", "float32"]
OLDEST_BF16 = 8
"""Compute capability from which a GPU of NVIDIA has bfloat16 in hardware."""
APPLE = "Apple GPU"
MACOS_BF16 = 14
"""Version of macOS from which Metal computes bfloat16."""


M_ARENA_MAX = -8
"""The name of the setting, in malloc.h."""
ARENAS = 2
MADV_DONTNEED = 4
"""The name of what one may say of memory, in sys/mman.h."""


def quiet_threads() -> None:
    """Threads of OpenMP sleep while they wait; spinning ones make a shared machine many times slower.

    Has to be called before torch is imported.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("KMP_BLOCKTIME", "0")
    if sys.platform.startswith("linux"):
        _few_arenas()


def _few_arenas() -> None:
    """glibc gives every thread memory of its own, and what one of them frees no other gets: up to 100 MB here."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)


def choose_device(settings: Settings) -> DeviceChoice:
    """Imports torch. Raises BadRequest for a device that is asked for by the settings and not there."""
    quiet_threads()
    import torch

    threads = settings.threads or free_threads()
    wanted = settings.device
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if (wanted == "cuda" and not has_cuda) or (wanted == "mps" and not has_mps):
        raise BadRequest(
            f"The settings ask for {wanted}, and torch finds none here.",
            hint="Set STUDIO_DEVICE to auto, or install the torch build that fits this machine: ./setup.sh.",
        )
    if wanted in ("auto", "cuda") and has_cuda:
        return _cuda(torch, settings, threads)
    if wanted in ("auto", "mps") and has_mps:
        return _mps(torch, settings, threads)
    asked = "because the settings say so" if wanted == "cpu" else _why_no_gpu(torch)
    return _cpu(settings, threads, asked)


def free_threads() -> int:
    """All cores but one, which is left to the page and to other programs."""
    affinity = getattr(os, "sched_getaffinity", None)
    return max(1, (len(affinity(0)) if affinity else os.cpu_count() or 2) - 1)


def expected(settings: Settings) -> tuple[Literal["cuda", "mps", "cpu"], int]:
    """The kind of device `choose_device` will take, told without torch, and its megabytes; for who has no model."""
    import psutil

    own = psutil.virtual_memory().total >> 20
    name, graphic = graphics() if settings.device != "cpu" and _torch_has_gpu() else ("", 0)
    if not graphic:
        return "cpu", own
    return ("mps", own) if name == APPLE else ("cuda", graphic)


@functools.cache
def graphics() -> tuple[str, int]:
    """Name and megabytes of the graphics card, asked once; ("", 0) where there is none that models could use."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        import psutil

        return APPLE, psutil.virtual_memory().total >> 20
    question = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(question, capture_output=True, text=True, timeout=5, check=True).stdout
        name, _, size = answer.splitlines()[0].rpartition(",")
        return name.strip(), int(size)
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):
        return "", 0


def _torch_has_gpu() -> bool:
    """Whether the installed torch is not one for processors alone, which its version says."""
    try:
        return not importlib.metadata.version("torch").endswith("+cpu")
    except importlib.metadata.PackageNotFoundError:
        return False


def memory(kind: str) -> tuple[int, int]:
    """Megabytes that are free, and all there are, on a device. CUDA asks torch, which is loaded where a GPU is used."""
    if kind == "cuda":
        import torch

        free, total = torch.cuda.mem_get_info()
        return free >> 20, total >> 20
    import psutil

    seen = psutil.virtual_memory()
    return seen.available >> 20, seen.total >> 20


def give_back(kind: str) -> None:
    """Memory of what was dropped really goes back: to the GPU's other users, and to the system."""
    gc.collect()
    if kind == "cuda":
        import torch

        torch.cuda.empty_cache()
        pinned = getattr(torch.accelerator, "empty_host_cache", None)  # younger than the oldest torch we take
        if pinned is not None:
            pinned()
    elif kind == "mps":
        import torch

        torch.mps.empty_cache()
    trim()


def trim() -> None:
    """What the C library keeps of memory that was freed goes back to the system, about 80 MB after a sentence."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def let_go(path: Path) -> None:
    """Pages of a mapped file that were only touched in passing go back to the system; whoever reads them again gets
    them from the file. Nobody may have written to them. Elsewhere than on Linux the system has to find them itself."""
    if not sys.platform.startswith("linux"):
        return
    c_library, name = ctypes.CDLL(None), str(path.resolve())
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/maps").read_text("utf-8", "replace").splitlines():
            if line.endswith(name):
                start, end = (int(place, 16) for place in line.split(" ", 1)[0].split("-"))
                c_library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_DONTNEED)


def _cuda(torch: Any, settings: Settings, threads: int) -> DeviceChoice:
    found = torch.cuda.get_device_properties(0)
    natural: Dtype = "bfloat16" if found.major >= OLDEST_BF16 else "float16"
    dtype, why = _numbers(settings, natural, f"{natural}, which it computes in hardware")
    gigabytes = found.total_memory / 2**30
    reason = f"{found.name} with {gigabytes:.0f} GB is the fastest device here; {why}."
    return DeviceChoice("cuda", found.name, dtype, "sdpa", threads, reason)


def _mps(torch: Any, settings: Settings, threads: int) -> DeviceChoice:
    # The model was taught in bfloat16: what it computes may leave the range of float16.
    if torch.backends.mps.is_macos_or_newer(MACOS_BF16, 0):
        dtype, why = _numbers(settings, "bfloat16", "bfloat16, in which the model was taught")
    else:
        old = f"float16, since this macOS computes no bfloat16; version {MACOS_BF16} does"
        dtype, why = _numbers(settings, "float16", old)
    reason = f"The GPU of this Mac shares the memory of the processor; {why}."
    return DeviceChoice("mps", APPLE, dtype, "sdpa", threads, reason)


def _cpu(settings: Settings, threads: int, why_cpu: str) -> DeviceChoice:
    quick = _has_bfloat16()
    natural: Dtype = "bfloat16" if quick else "float32"
    because = (
        "bfloat16, which this processor multiplies in hardware and which halves the memory"
        if quick
        else ("float32, since this processor has no bfloat16 of its own")
    )
    dtype, why = _numbers(settings, natural, because)
    reason = f"The processor, {why_cpu}; {why}; {threads} of its threads, so that the page stays quick."
    return DeviceChoice("cpu", processor_name(), dtype, "sdpa", threads, reason)


def _numbers(settings: Settings, natural: Dtype, because: str) -> tuple[Dtype, str]:
    if settings.dtype not in ("bfloat16", "float16", "float32"):  # int8 is for language models; all else stays natural
        return natural, because
    return settings.dtype, f"{settings.dtype}, because the settings say so"


def _why_no_gpu(torch: Any) -> str:
    if torch.version.cuda is None and torch.version.hip is None:
        return "because the installed torch has no part for a GPU"
    return "because torch finds no GPU that it can use"


def _has_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself; Linux tells, elsewhere the machine's family does."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return False
    return any(flag in flags.split() for flag in ("amx_bf16", "avx512_bf16", "bf16"))


def processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
