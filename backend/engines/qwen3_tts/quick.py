"""Which way the language model is computed on this machine, and why: bytes on a processor, recorded frames on a GPU, or
plain PyTorch."""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
from collections.abc import Callable
from pathlib import Path

import torch

from backend.core.errors import Problem
from backend.core.settings import Settings
from backend.engines.base import DeviceChoice
from backend.engines.device import memory
from backend.engines.qwen3_tts.codec.decoder import CodecDecoder
from backend.engines.qwen3_tts.generation import Backend, TorchBackend
from backend.engines.qwen3_tts.model import Qwen3TTS

log = logging.getLogger(__name__)

NO_NUMBA = (
    "plain PyTorch, since the package numba is missing: ./setup.sh installs it, and speech is several times faster"
)
RECORDED = "a frame of speech is recorded once as a CUDA graph, and replayed"
NOT_RECORDED = "plain PyTorch, since the setting gpu_graphs is off"
STATIC = "the language model in shapes that never change, where a trial finds them quicker"
WORDS = {
    "auto": "which reads half of what bfloat16 does",
    "int8": "",
    "int6": ": a fifth less to read than in int8, and nearly as exact",
    "int5": ": a third less to read than in int8, and less exact; hear whether it suffices",
    "int4": ": little more than half of what int8 reads, and much less exact; hear whether it suffices",
}
"""Of each kind of numbers on a processor, why, or what it costs."""
NO_INSTRUCTIONS = "plain PyTorch, since this processor multiplies no bytes (AVX2 or NEON with dot products)"


def quickened(choice: DeviceChoice, settings: Settings) -> DeviceChoice:
    """The choice with the fastest way for the language model, where that is possible and nothing else was asked for."""
    if choice.kind != "cpu":
        words = NOT_RECORDED if not settings.gpu_graphs else RECORDED if choice.kind == "cuda" else STATIC
        return dataclasses.replace(_with(choice, "", words), static=settings.gpu_graphs)
    kind = "int8" if settings.dtype == "auto" else settings.dtype
    if kind not in WORDS:
        return choice
    if importlib.util.find_spec("numba") is None:
        return _with(choice, "", NO_NUMBA)
    from backend.engines.qwen3_tts.int8.instructions import KIND

    if not KIND:
        return _with(choice, "", NO_INSTRUCTIONS)
    because = WORDS["auto"] if settings.dtype == "auto" else f"because the settings say so{WORDS[kind]}"
    chosen = dataclasses.replace(choice, fewer_threads=not settings.threads)
    return _with(chosen, kind, f"the language model in {kind} ({KIND}), {because}")


def _with(choice: DeviceChoice, quantised: str, words: str) -> DeviceChoice:
    return dataclasses.replace(choice, quantised=quantised, reason=f"{choice.reason.rstrip('.')}; {words}.")


def backend_for(
    model: Qwen3TTS, choice: DeviceChoice, folder: Path, told: Callable[[float], None]
) -> tuple[Backend, str]:
    """What computes the language model, and a sentence where that is not what was chosen.

    `folder` keeps packed weights. A fast way that does not work here gives its place to the plain one.
    """
    if not choice.quantised and not choice.static:
        told(1.0)
        return TorchBackend(model), ""
    try:
        if choice.static:
            return _static(model, choice, told)
        from backend.engines.qwen3_tts.int8.backend import Int8Backend

        return Int8Backend(model, choice.threads, folder, told, not choice.fewer_threads, choice.quantised), ""
    except (Problem, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        what = "Recorded frames do" if choice.static else f"The {choice.quantised} kernels do"
        log.exception("%s not work here", what)
        told(1.0)
        return TorchBackend(model), f"{what} not work here ({type(error).__name__}): plain PyTorch computes."


def decoder_for(decoder: CodecDecoder, backend: Backend) -> CodecDecoder:
    """The codec that fits: recorded beside a language model that is."""
    from backend.engines.qwen3_tts.static.backend import StaticBackend
    from backend.engines.qwen3_tts.static.codec import StaticCodec

    if not isinstance(backend, StaticBackend) or not backend.replays.records:
        return decoder
    made = StaticCodec(decoder, backend.replays, backend.turn)
    made.record()
    return made


def _static(model: Qwen3TTS, choice: DeviceChoice, told: Callable[[float], None]) -> tuple[Backend, str]:
    """In shapes that never change: recorded where the device can, else only if that is quicker as it is."""
    from backend.engines.qwen3_tts.static.backend import StaticBackend, slots_for
    from backend.engines.qwen3_tts.static.graphs import CudaRecorder
    from backend.engines.qwen3_tts.static.trial import ALIKE, quicker, tried

    recorder = CudaRecorder() if choice.kind == "cuda" else None
    if recorder is not None:
        torch.cuda.empty_cache()  # what a model before it left behind is free too
    backend = StaticBackend.fitting(model, recorder, slots_for(model, choice.kind, memory(choice.kind)[0]))
    backend.record(told)
    if recorder is None:
        if quicker(model, backend, TorchBackend(model)):
            return backend, ""
        return TorchBackend(model), "Plain PyTorch was quicker than shapes that never change."
    if not len(backend.replays):
        why = "the memory does not suffice for it" if backend.replays.full else "the driver does not bear it"
        return TorchBackend(model), f"Frames could not be recorded, since {why}: plain PyTorch computes."
    found = tried(backend)
    if found.passed:
        return backend, ""
    log.warning("recorded frames did not pass: %s", found)
    why = "are not quicker" if found.alike >= ALIKE else "compute something else"
    return TorchBackend(model), f"Recorded frames {why} here: plain PyTorch computes."
