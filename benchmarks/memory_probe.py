"""How much memory the engine takes: a fresh process that speaks, watched from outside together with its workers."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEAK = """
import sys
from backend.core.types import PresetVoice, Segment
from backend.engines.base import SpeakOptions
from backend.engines.preview.engine import PreviewEngine
for _ in PreviewEngine().speak([Segment(0, sys.argv[1])], PresetVoice(speaker="Ryan"), SpeakOptions()):
    pass
"""


def peak_megabytes(text: str) -> float:
    """Highest sum of resident memory of the process and its children while it speaks `text`."""
    import psutil

    process = subprocess.Popen([sys.executable, "-c", SPEAK, text], cwd=ROOT)
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        total = 0
        try:
            for one in (watched, *watched.children(recursive=True)):
                total += one.memory_info().rss
        except psutil.Error:
            continue  # one of them ended while it was looked at
        peak = max(peak, total)
        time.sleep(0.005)
    if process.returncode:
        raise RuntimeError(f"the probe ended with {process.returncode}")
    return peak / 1e6
