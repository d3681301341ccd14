"""Tiny random checkpoints for tests anywhere: made once, kept in pytest's cache until their script changes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from functools import cache
from pathlib import Path

import make_tiny_checkpoints

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "tiny-checkpoints"


@cache
def tiny_checkpoints(*, stops: bool = False) -> Path:
    """A folder for QWEN_TTS_MODELS_DIR that holds every Qwen3-TTS variant; stops lets the end token win. Read only."""
    target = KEPT / f"{_fingerprint()}{'-stops' if stops else ''}"
    if not target.is_dir():
        KEPT.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix="part-", dir=KEPT))
        recipe = make_tiny_checkpoints.Recipe("tiny", "f32", stops=stops)
        for key in make_tiny_checkpoints.KINDS:
            make_tiny_checkpoints.make(part, key, recipe)
        _publish(part, target)
    return target


def _publish(part: Path, target: Path) -> None:
    """Another process may have been quicker; its work is as good."""
    try:
        part.rename(target)
    except OSError:
        shutil.rmtree(part)
        if not target.is_dir():
            raise


def _fingerprint() -> str:
    sources = [*sorted((ROOT / "scripts").glob("tiny_*.py")), ROOT / "scripts" / "make_tiny_checkpoints.py"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
