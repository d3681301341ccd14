"""GigaAM as a recogniser: which versions there are, whether one can listen, and what it hears in a piece of sound."""

from __future__ import annotations

import importlib.util
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.errors import Cancelled, EngineUnavailable, OutOfMemory
from backend.core.settings import Settings
from backend.core.types import Samples
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.locate import locate
from backend.engines.base import AVAILABLE, Availability, DeviceChoice
from backend.engines.device import choose_device, give_back
from backend.engines.gigaam import pieces
from backend.engines.listening import ListenerInfo, Utterance
from backend.engines.transcript import plain

if TYPE_CHECKING:  # torch is imported when a model is loaded
    from backend.engines.gigaam.model import GigaAM

QUALITY = {"v2_ctc": 84, "v2_rnnt": 86, "v3_ctc": 88, "v3_rnnt": 90, "v3_e2e_ctc": 92, "v3_e2e_rnnt": 94}
"""For Russian, by the error rates that its publisher tells; the last two also set punctuation."""
WITH_PUNCTUATION = "e2e"
SETUP = "Install the studio set: ./setup.sh, or the models page."


def listeners(settings: Settings) -> list[GigaAMListener]:
    """One for each version the catalog knows, installed or not."""
    return [GigaAMListener(settings, entry) for entry in catalog().values() if entry.engine == "gigaam"]


class GigaAMListener:
    """One version of GigaAM."""

    def __init__(self, settings: Settings, entry: ModelEntry) -> None:
        self._settings = settings
        self._entry = entry
        self._model: GigaAM | None = None
        bare = "" if WITH_PUNCTUATION in entry.size_label else " It writes small letters without punctuation."
        self.info = ListenerInfo(
            name=entry.key,
            title=entry.title,
            languages=("ru",),
            memory_mb=entry.memory_mb["cpu"],
            packages=entry.packages,
            quality=QUALITY.get(entry.size_label, 0),
            detects=False,
            honesty=f"It hears Russian only.{bare}",
        )

    def availability(self, language: str = "auto") -> Availability:
        if importlib.util.find_spec("torch") is None:
            return Availability(False, "GigaAM needs torch, which is not installed.", SETUP)
        found = locate(self._settings, self._entry.key)
        if found is None or not found.valid:
            names = " and ".join(file.path for file in self._entry.files)
            hint = (
                f"Copy {names} into the folder {self._entry.local} of your models; {self._entry.page} says where from."
            )
            return Availability(False, f"{self._entry.title} is not here.", hint)
        return AVAILABLE

    def device(self) -> DeviceChoice:
        """With ordinary numbers: the model is small, and was judged with them."""
        return replace(choose_device(self._settings), dtype="float32")

    def load(self) -> None:
        """Raises EngineUnavailable, OutOfMemory."""
        if self._model is not None:
            return
        state = self.availability()
        if not state.ok:
            raise EngineUnavailable(state.reason, hint=state.hint)
        weights, *words = self._paths()
        _check_sums(weights, self._entry)
        choice = self.device()
        import torch

        from backend.engines.gigaam.model import load

        torch.set_num_threads(choice.threads)
        try:
            model = load(weights, words[0] if words else None)
            # the head decides token by token: a GPU would wait for the processor at each
            model.encoder.to(choice.kind)
            model.bands.to(choice.kind)
        except (MemoryError, torch.OutOfMemoryError):
            raise OutOfMemory(f"{self._entry.title} does not fit.", hint="Take a smaller recogniser.") from None
        self._model = model

    def unload(self) -> None:
        was_on_gpu = self._model is not None and self._model.bands.window.device.type == "cuda"
        self._model = None
        give_back("cuda" if was_on_gpu else "cpu")

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        """One utterance, or none where nothing was said. Times of words come from the frames they were heard in."""
        assert self._model is not None, "loaded"
        import torch

        def ask(*_: object) -> None:
            if cancelled():
                raise Cancelled("Cancelled while listening.")

        try:
            with ExitStack() as hooks:
                for layer in self._model.encoder.layers:
                    hooks.callback(layer.register_forward_pre_hook(ask).remove)
                heard = self._model.hear(samples, ask)
        except (MemoryError, torch.OutOfMemoryError):
            raise OutOfMemory("The memory did not suffice to listen.", hint="Take a smaller recogniser.") from None
        text = plain(pieces.text_of([one.piece for one in heard]))
        words = pieces.words_of(heard)
        if text and words:
            yield Utterance(words[0].start, min(words[-1].end, len(samples) / 16_000), text, words)

    def _paths(self) -> list[Path]:
        found = locate(self._settings, self._entry.key)
        assert found is not None, "available, so it was found"
        return [found.path / file.path for file in self._entry.files]


def _check_sums(path: Path, entry: ModelEntry) -> None:
    """Raises EngineUnavailable where bytes were lost: the file is a zip and brings a checksum for each of its parts.

    Its publisher tells no sha256, and torch does not look at these.
    """
    try:
        with zipfile.ZipFile(path) as parts:
            damaged = parts.testzip() is not None
    except (OSError, zipfile.BadZipFile):
        damaged = True
    if damaged:
        raise EngineUnavailable(f"The file of {entry.title} is damaged.", hint="Copy it here once more.")
