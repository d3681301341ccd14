"""Whisper writes down what is said in many languages: the published checkpoints, run by OpenAI's own package on a GPU,
by CTranslate2 on a processor where that is installed.

A checkpoint is a pickle, so it is read with `weights_only`, after its sha256 was compared with the catalog's.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.core.errors import Cancelled, EngineUnavailable, OutOfMemory
from backend.core.settings import Settings
from backend.core.types import Samples, WordTiming
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.locate import locate
from backend.engines.base import AVAILABLE, Availability, DeviceChoice
from backend.engines.device import choose_device, give_back
from backend.engines.listening import RATE, ListenerInfo, Task, Utterance
from backend.engines.whisper_sizes import QUALITY, languages

if TYPE_CHECKING:
    from backend.engines.whisper_quick import QuickWhisper

log = logging.getLogger(__name__)

SHORTEST = RATE // 2
"""Samples below which silence is put behind: times of words need some length."""
SEED = 0
"""Where the likeliest words do not fit together, others are drawn; so that the same sound gives the same text."""
SETUP = "Install the studio set: ./setup.sh, or the models page."
BLOCK = 2**20  # bytes
BESIDE = 4
"""Pieces that a processor hears at once: more of them gain little, and are long without a word."""


def listeners(settings: Settings) -> list[WhisperListener]:
    """One for each size the catalog knows, installed or not."""
    return [WhisperListener(settings, entry) for entry in catalog().values() if entry.engine == "whisper"]


class WhisperListener:
    """One size of Whisper."""

    def __init__(self, settings: Settings, entry: ModelEntry, checks: bool = True) -> None:
        """`checks` off takes a checkpoint of another content than the published one: a tuned one, or a test's."""
        self._settings = settings
        self._entry = entry
        self._checks = checks
        self._model: Any = None
        self._quick: QuickWhisper | None = None
        self._half = False
        self.info = ListenerInfo(
            name=entry.key,
            title=entry.title,
            languages=languages(entry.size_label),
            memory_mb=entry.memory_mb["cpu"],
            packages=entry.packages,
            quality=QUALITY.get(entry.size_label, 0),
            translates=entry.size_label != "large-v3-turbo",  # it was taught to transcribe only
        )

    def availability(self, language: str = "auto") -> Availability:
        if any(importlib.util.find_spec(name) is None for name in ("torch", "whisper", "tiktoken", "numba")):
            return Availability(False, "Whisper's package is not installed.", SETUP)
        found = locate(self._settings, self._entry.key)
        if found is None or not found.valid:
            hint = f"Download it: qwentts models download {self._entry.key}, or on the models page."
            return Availability(False, f"{self._entry.title} is not downloaded.", hint)
        return AVAILABLE

    def device(self) -> DeviceChoice:
        """Sparse buffers of the model cannot go to Apple's GPU: there it computes on the CPU, quickly where it can."""
        from backend.engines import whisper_packing  # brings numpy: not for the process that answers HTTP

        choice = choose_device(self._settings)
        if choice.kind == "cuda" or self._settings.whisper_backend == "openai" or not whisper_packing.is_possible():
            return replace(choice, kind="cpu", dtype="float32") if choice.kind == "mps" else choice
        return replace(choice, kind="cpu", dtype="float32", quantised=whisper_packing.QUANTISED)

    def load(self) -> None:
        """Raises EngineUnavailable, OutOfMemory."""
        if self._model is not None or self._quick is not None:
            return
        state = self.availability()
        if not state.ok:
            raise EngineUnavailable(state.reason, hint=state.hint)
        path = self._checkpoint()
        is_published = self._checks and self._is_published(path)
        choice = self.device()
        import torch

        torch.set_num_threads(choice.threads)
        size = self._entry.size_label if is_published else ""
        try:
            self._quick = self._opened(path, size, choice.threads) if choice.quantised else None
            if self._quick is None:
                self._model = _built(_read(path), size).to(choice.kind).eval()
        except (MemoryError, torch.OutOfMemoryError):
            raise OutOfMemory(f"{self._entry.title} does not fit.", hint="Take a smaller size.") from None
        self._half = choice.kind == "cuda" and choice.dtype != "float32"

    def unload(self) -> None:
        was_on_gpu = self._model is not None and self._model.device.type == "cuda"
        self._model = self._quick = None
        give_back("cuda" if was_on_gpu else "cpu")

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """Every piece is heard for itself: what was said before does not lead it astray. The same sound gives the
        same text, but where CTranslate2 finds no likely words and draws some."""
        return self._written(samples, language, "transcribe", cancelled)

    def translate(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """The same in English, without times of words: no word of it is spoken in the sound."""
        for each in self._written(samples, language, "translate", cancelled):
            yield replace(each, words=())

    def beside(self) -> int:
        return BESIDE if self._quick is not None else 1

    def transcribe_many(
        self, sounds: Sequence[Samples], language: str, cancelled: Callable[[], bool], task: Task = "transcribe"
    ) -> list[list[Utterance]]:
        assert self._quick is not None, "who hears one after the other is not asked for more"
        seconds = [len(samples) / RATE for samples in sounds]
        found = self._quick.transcribe_many([_filled(each) for each in sounds], seconds, language, cancelled, task)
        if task == "transcribe":
            return found
        return [[replace(each, words=()) for each in said] for said in found]

    def _written(
        self, samples: Samples, language: str, task: Task, cancelled: Callable[[], bool]
    ) -> Iterator[Utterance]:
        if self._quick is not None:
            seconds = len(samples) / RATE
            yield from self._quick.transcribe(_filled(samples), seconds, language, cancelled, task)
            return
        heard = self._heard(samples, language, task, cancelled)
        found = str(heard["language"]) if language == "auto" else ""
        seconds = len(samples) / RATE
        for segment in heard["segments"]:
            # it hears thirty seconds, filled up with silence, and may imagine words there
            if str(segment["text"]).strip() and float(segment["start"]) < seconds:
                yield _utterance(segment, found, seconds)

    def _heard(self, samples: Samples, language: str, task: Task, cancelled: Callable[[], bool]) -> Mapping[str, Any]:
        """What the package answers. Raises Cancelled at the next word, OutOfMemory."""
        import torch
        import whisper

        _keep_threads()
        hook = self._model.decoder.register_forward_pre_hook(lambda *_: _stop_when(cancelled))
        drawn_on = [self._model.device.index or 0] if self._model.device.type == "cuda" else []
        try:
            _stop_when(cancelled)
            with torch.random.fork_rng(devices=drawn_on):
                torch.manual_seed(SEED)
                heard: Mapping[str, Any] = whisper.transcribe(
                    self._model, _filled(samples), **self.options(language, task)
                )
                return heard
        except (MemoryError, torch.OutOfMemoryError):
            raise OutOfMemory("The memory did not suffice to listen.", hint="Take a smaller recogniser.") from None
        finally:
            hook.remove()

    def _opened(self, path: Path, size: str, threads: int) -> QuickWhisper | None:
        """The packed model, packed now where it was not; None where that cannot be, which the log tells."""
        from backend.engines import whisper_packing
        from backend.engines.whisper_quick import QuickWhisper

        source = whisper_packing.Source.of(path)
        folder = whisper_packing.packed(self._settings.state_dir, self._entry.key, source)
        try:
            if folder is None:
                model = _built(_read(path), size)
                folder = whisper_packing.pack(self._settings.state_dir, self._entry.key, source, model)
            return QuickWhisper(folder, threads)
        except (OSError, RuntimeError, ValueError) as error:  # a full disk, a damaged folder
            log.warning("%s is not run by CTranslate2: %s", self._entry.title, type(error).__name__)
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            return None

    def options(self, language: str, task: Task = "transcribe") -> dict[str, Any]:
        """What the package's `transcribe` is asked for."""
        return {
            "language": None if language == "auto" else language,
            "task": task,
            "condition_on_previous_text": False,
            "word_timestamps": task == "transcribe",
            "fp16": self._half,
            "verbose": None,
        }

    def _checkpoint(self) -> Path:
        found = locate(self._settings, self._entry.key)
        assert found is not None, "available, so it was found"
        return found.path / self._entry.files[0].path

    def _is_published(self, path: Path) -> bool:
        """Whether the catalog's sha256 is the file's, looked at once as long as the file stays the same.

        Raises EngineUnavailable where it is another.
        """
        wanted = self._entry.files[0].sha256
        if wanted and _sha256(path, path.stat().st_size, path.stat().st_mtime_ns) != wanted:
            raise EngineUnavailable(
                f"The file of {self._entry.title} is not the published one.",
                hint=f"Delete it and download it again: qwentts models delete {self._entry.key}.",
            )
        return bool(wanted)


@functools.lru_cache(maxsize=16)
def _sha256(path: Path, _size: int, _changed: int) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _read(path: Path) -> Mapping[str, Any]:
    """`dims` and `model_state_dict`. Raises EngineUnavailable."""
    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return {"dims": dict(content["dims"]), "model_state_dict": content["model_state_dict"]}
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a damaged pickle may raise anything
        raise EngineUnavailable(
            f"The file of Whisper cannot be read ({type(error).__name__}).", hint="Delete it and download it again."
        ) from None


def _built(content: Mapping[str, Any], size: str) -> Any:
    """The model; with a size also its heads that follow the sound, which make words' times better."""
    import whisper

    model = whisper.Whisper(whisper.ModelDimensions(**content["dims"]))
    model.load_state_dict(content["model_state_dict"])
    if size:
        model.set_alignment_heads(whisper._ALIGNMENT_HEADS[size])  # noqa: SLF001 - the package has no other door to them
    return model


def _filled(samples: Samples) -> Samples:
    """With silence behind where it is very short."""
    import numpy as np

    return np.pad(samples, (0, max(0, SHORTEST - len(samples))))


def _keep_threads() -> None:
    """Numba, which times the words, would else decide with how many torch computes from then on: every model here.

    Both ask one OpenMP: numba's first word to it sets all cores, and every loop of its sets its own number.
    """
    import numba
    import torch

    threads = torch.get_num_threads()
    most = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]  # it writes its names as it is imported
    numba.set_num_threads(min(threads, most))
    torch.set_num_threads(threads)


def _stop_when(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("Cancelled while listening.")


def _utterance(segment: Mapping[str, Any], language: str, seconds: float) -> Utterance:
    """A segment of the package's, within the sound's length."""
    words = tuple(
        WordTiming(str(word["word"]).strip(), min(seconds, float(word["start"])), min(seconds, float(word["end"])))
        for word in segment.get("words", ())
        if str(word["word"]).strip()
    )
    start, end = float(segment["start"]), min(seconds, float(segment["end"]))
    return Utterance(start, max(start, end), str(segment["text"]).strip(), words, language)
