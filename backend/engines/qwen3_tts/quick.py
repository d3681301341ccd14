"""Which way the language model is computed on this machine, and why: bytes on a processor, or plain PyTorch."""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
from collections.abc import Callable
from pathlib import Path

from backend.core.errors import Problem
from backend.core.settings import Settings
from backend.engines.base import DeviceChoice
from backend.engines.qwen3_tts.generation import Backend, TorchBackend
from backend.engines.qwen3_tts.model import Qwen3TTS

log = logging.getLogger(__name__)

NO_NUMBA = (
    "plain PyTorch, since the package numba is missing: ./setup.sh installs it, and speech is several times faster"
)
NO_INSTRUCTIONS = "plain PyTorch, since this processor multiplies no bytes (AVX2 or NEON with dot products)"


def quickened(choice: DeviceChoice, settings: Settings) -> DeviceChoice:
    """The choice with the language model in bytes, where that is possible and nothing else was asked for."""
    if choice.kind != "cpu" or settings.dtype not in ("auto", "int8"):
        return choice
    if importlib.util.find_spec("numba") is None:
        return _with(choice, "", NO_NUMBA)
    from backend.engines.qwen3_tts.int8.instructions import KIND

    if not KIND:
        return _with(choice, "", NO_INSTRUCTIONS)
    because = "because the settings say so" if settings.dtype == "int8" else "which reads half of what bfloat16 does"
    return _with(choice, "int8", f"the language model in int8 ({KIND}), {because}")


def _with(choice: DeviceChoice, quantised: str, words: str) -> DeviceChoice:
    return dataclasses.replace(choice, quantised=quantised, reason=f"{choice.reason.rstrip('.')}; {words}.")


def backend_for(
    model: Qwen3TTS, choice: DeviceChoice, folder: Path, told: Callable[[float], None]
) -> tuple[Backend, str]:
    """What computes the language model, and a sentence where that is not what was chosen.

    `folder` keeps packed weights. A fast way that does not work here gives its place to the plain one.
    """
    if not choice.quantised:
        told(1.0)
        return TorchBackend(model), ""
    try:
        from backend.engines.qwen3_tts.int8.backend import Int8Backend

        return Int8Backend(model, choice.threads, folder, told), ""
    except (Problem, MemoryError):
        raise
    except Exception as error:
        log.exception("the int8 kernels do not work here")
        told(1.0)
        return TorchBackend(
            model
        ), f"The int8 kernels do not work here ({type(error).__name__}): plain PyTorch computes."
