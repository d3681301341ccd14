"""What this machine can run: memory, graphics, disk; and which models that means. Imports no model library."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from backend.engines.device import graphics, quiet_threads

SMALL = ("custom_0_6b", "base_0_6b")
LARGE = ("custom_1_7b", "base_1_7b", "design_1_7b")
GIGABYTE = 1000.0
LEAST_CPU, COMFORTABLE_CPU = 6_000, 15_000
LEAST_GPU, COMFORTABLE_GPU = 3_500, 7_500
"""Megabytes of memory for the small and for the large models."""
RESERVE = 1_000
"""Megabytes of the disk that stay free."""


def share_processor() -> None:
    """Before a model library is imported, where work is done in this process: its threads sleep while they wait."""
    quiet_threads()


@dataclass(frozen=True)
class Machine:
    """Megabytes everywhere."""

    ram_total: int
    ram_free: int
    vram_total: int
    """Of the first graphics card of NVIDIA, or 0; a Mac with Apple silicon shares its memory."""
    gpu: str
    disk_free: int

    @property
    def has_cuda(self) -> bool:
        return bool(self.gpu) and sys.platform != "darwin"


@dataclass(frozen=True)
class Advice:
    """Which models to take, and why, in a sentence that the page translates by its code."""

    keys: tuple[str, ...]
    code: str
    text: str
    params: dict[str, str]


def look(folder: Path) -> Machine:
    """`folder` is where models would go; it need not exist yet."""
    memory = psutil.virtual_memory()
    gpu, vram = graphics()
    there = next(path for path in (folder, *folder.parents) if path.is_dir())
    return Machine(memory.total >> 20, memory.available >> 20, vram, gpu, shutil.disk_usage(there).free >> 20)


def advise(machine: Machine, megabytes: dict[str, int], packages: int = 0) -> Advice:
    """What is worth having here; `megabytes` are still to be downloaded, by key, and of packages besides.

    What is here already needs no room on the disk, so that the advice stays while its models arrive.
    """
    for keys, code, text in _choices(machine):
        wanted = sum(megabytes[key] for key in keys)
        if not wanted or wanted + packages + RESERVE <= machine.disk_free:
            params = {
                "gpu": machine.gpu,
                "memory": f"{(machine.vram_total or machine.ram_total) / GIGABYTE:.0f}",
                "size": f"{wanted / GIGABYTE:.1f}",
                "disk": f"{machine.disk_free / GIGABYTE:.0f}",
            }
            rest = "; {size} GB to download." if wanted else "." if not keys else "; all are here already."
            return Advice(keys, code, (text + rest).format(**params), params)
    params = {"disk": f"{machine.disk_free / GIGABYTE:.1f}"}
    return Advice(
        (), "disk-too-small", "Only {disk} GB of the disk are free: too little for a model.".format(**params), params
    )


def _choices(machine: Machine) -> list[tuple[tuple[str, ...], str, str]]:
    """From the best that fits the memory down."""
    found: list[tuple[tuple[str, ...], str, str]] = []
    if machine.vram_total >= COMFORTABLE_GPU:
        found.append((LARGE, "gpu-large", "{gpu} with {memory} GB runs the large models"))
    if machine.vram_total >= LEAST_GPU:
        found.append((SMALL, "gpu-small", "{gpu} with {memory} GB runs the small models"))
    if machine.ram_total >= COMFORTABLE_CPU:
        text = "{memory} GB of memory and no graphics card: the small models, and one for voices from words"
        found.append(((*SMALL, "design_1_7b"), "cpu-all", text))
    if machine.ram_total >= LEAST_CPU:
        found.append((SMALL, "cpu-small", "{memory} GB of memory: the small models"))
        found.append((SMALL[:1], "cpu-one", "The disk has room for one small model, preset speakers"))
    if not found:
        found.append(((), "memory-too-small", "{memory} GB of memory are too little; the preview voice stays"))
    return found


def as_wire(machine: Machine, folder: Path, lane: dict[str, Any]) -> dict[str, Any]:
    """`machine` of `GET /api/models`; the device is known once the lane has loaded a model."""
    told = lane.get("memory") or {}
    vram = {"vram_total_mb": machine.vram_total or None, "vram_free_mb": None}
    if (lane.get("device") or {}).get("kind") == "cuda":
        vram = {"vram_total_mb": told.get("total_mb"), "vram_free_mb": told.get("free_mb")}
    return {
        "device": lane.get("device"),
        "gpu": machine.gpu,
        "memory": {"total_mb": machine.ram_total, "free_mb": machine.ram_free, **vram},
        "disk": {"free_mb": machine.disk_free, "path": str(folder)},
    }
