"""Qwen3-TTS as the studio's engine: which checkpoint a voice needs, loading and parking it, speaking with it.

Importable where torch is not: everything that needs it is imported by the methods that run where models are.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from backend.core.errors import EngineUnavailable, OutOfMemory
from backend.core.events import Notice
from backend.core.settings import Settings
from backend.core.tables.languages import LANGUAGES
from backend.core.types import STUDIO_RATE, AudioChunk, ClonedVoice, PresetVoice, Segment, Voice
from backend.downloads.catalog import ModelEntry, catalog
from backend.downloads.locate import CODEC, Found, locate
from backend.engines.base import (
    AVAILABLE,
    Availability,
    DeviceChoice,
    EngineInfo,
    Part,
    SpeakOptions,
    VariantInfo,
    VoiceKind,
)
from backend.engines.device import choose_device, expected, give_back, memory

if TYPE_CHECKING:
    from backend.engines.qwen3_tts.checkpoint import Checkpoint
    from backend.engines.qwen3_tts.generation import SharedBackend
    from backend.engines.qwen3_tts.performing import Spoken
    from backend.engines.qwen3_tts.voices import VoiceLibrary

log = logging.getLogger(__name__)

PACKAGES = {"torch": "torch", "safetensors": "safetensors", "tokenizers": "tokenizers"}  # module → distribution
SETUP = "Install the studio set on the models page, or run ./setup.sh."
VARIANTS: dict[VoiceKind, str] = {"cloned": "base", "preset": "custom", "designed": "design"}
LARGE_MEMORY = 14_000
"""Megabytes of free memory on the CPU from which `auto` takes the 1.7B models; a GPU takes them from 7 000."""
LARGE_GPU = 7_000
BATCH_CPU, BATCH_GPU = 4, 8


class Qwen3TtsEngine:
    """Base clones, CustomVoice has nine speakers, VoiceDesign speaks as it is described. One of them is resident."""

    info = EngineInfo(
        name="qwen3_tts",
        title="Qwen3-TTS",
        kinds=frozenset({"cloned", "preset", "designed"}),
        languages=tuple(LANGUAGES),
        rate=STUDIO_RATE,
        memory_mb=2500,
        packages=tuple(PACKAGES.values()),
        quality=100,
        max_characters=600,
        emotions="reference",
        paces=False,
        draws=True,
    )

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._resident: Checkpoint | None = None
        self._parked: dict[str, Checkpoint] = {}

    # What there is

    def availability(self, kind: VoiceKind | None = None) -> Availability:
        for module, distribution in PACKAGES.items():
            if importlib.util.find_spec(module) is None:
                return Availability(
                    False, f"Qwen3-TTS needs the package {distribution}, which is not installed.", SETUP
                )
        wanted = [VARIANTS[kind]] if kind else list(VARIANTS.values())
        if any(self._installed(variant) for variant in wanted):
            return AVAILABLE
        names = {"base": "Base", "custom": "CustomVoice", "design": "VoiceDesign"}
        which = f"Qwen3-TTS {names[wanted[0]]}" if kind else "a model of Qwen3-TTS"
        return Availability(False, f"{which} is not on this machine.", "Download it on the models page.")

    def variants(self) -> list[VariantInfo]:
        place = "cuda" if self._place()[0] == "cuda" else "cpu"
        return [
            VariantInfo(
                entry.key, entry.variant, entry.title, self._found(entry.key) is not None, entry.memory_mb[place]
            )
            for entry in _entries()
        ]

    def best(self, kind: str) -> str:
        rows = [entry for entry in _entries() if kind in (entry.key, entry.variant)]
        found = [entry for entry in rows if self._found(entry.key) is not None]
        if not found:
            names = " or ".join(entry.title for entry in rows) or f"Qwen3-TTS {kind}"
            raise EngineUnavailable(f"{names} is not on this machine.", hint="Download it on the models page.")
        return self._preferred(found).key

    def variant_for(self, voice: Voice) -> str:
        kind: VoiceKind = "preset" if isinstance(voice, PresetVoice) else "designed"
        return self.best(VARIANTS["cloned" if isinstance(voice, ClonedVoice) else kind])

    def notices(self, voice: Voice, emotion: str, options: SpeakOptions) -> list[Notice]:
        """What the small CustomVoice model cannot do, and what was asked of it."""
        if not isinstance(voice, PresetVoice) or catalog()[self.variant_for(voice)].size_label != "0.6B":
            return []
        asked = [f"“{voice.style.strip()}”"] if voice.style.strip() else []
        asked += [f"“{emotion}”"] if emotion != "neutral" else []
        if not asked:
            return []
        text = f"The 0.6B model takes no instruction: {' and '.join(asked)} is not acted. The 1.7B model does it."
        return [Notice(code="style-unsupported", text=text, params={"asked": " ".join(asked)})]

    def _installed(self, variant: str) -> bool:
        return any(self._found(entry.key) is not None for entry in _entries() if entry.variant == variant)

    def _found(self, key: str) -> Found | None:
        found = locate(self._settings, key)
        return found if found is not None and found.valid else None

    def _preferred(self, found: Sequence[ModelEntry]) -> ModelEntry:
        """The size that the settings ask for; else the one in memory, lest a swap make somebody wait for what was
        not asked; else the one that rests, the latest first; else the largest that this machine carries."""
        by_size = {entry.size_label: entry for entry in found}
        asked = {"0.6b": "0.6B", "1.7b": "1.7B"}.get(self._settings.qwen_size, "")
        if asked in by_size:
            return by_size[asked]
        near = [*([self._resident.key] if self._resident else []), *reversed(list(self._parked))]
        kept = {entry.key: entry for entry in found}
        if ready := next((key for key in near if key in kept), None):
            return kept[ready]
        if "1.7B" in by_size and "0.6B" in by_size:
            return by_size["1.7B" if self._has_room() else "0.6B"]
        return found[0]

    def _has_room(self) -> bool:
        """Whether this machine is one for the large models; decided by what it has, not by what is free now."""
        kind, megabytes = self._place()
        return megabytes >= (LARGE_GPU if kind == "cuda" else LARGE_MEMORY)

    def _place(self) -> tuple[str, int]:
        """The kind of the device and its megabytes: as torch found it once it was asked, before as the system tells."""
        if self._device is None:
            return expected(self._settings)
        return self._device.kind, memory(self._device.kind)[1]

    # What is loaded

    @property
    def _device(self) -> DeviceChoice | None:
        """Known once `device` was asked; asking here would import torch where nobody wants it."""
        return self.__dict__.get("_chosen")

    @cached_property
    def _chosen(self) -> DeviceChoice:
        from backend.engines.qwen3_tts.quick import quickened

        return quickened(choose_device(self._settings), self._settings)

    def device(self) -> DeviceChoice:
        return self._chosen

    def load(self, variant: str, progress: Callable[[float], None] = lambda share: None) -> None:
        key = self.best(variant)
        if self._resident is not None and self._resident.key == key:
            return
        try:
            self._resident = self._ready(key, progress)
            return
        except (RuntimeError, MemoryError) as error:
            self._pass_on(error)
        raise self._memory_told()

    def _ready(self, key: str, progress: Callable[[float], None]) -> Checkpoint:
        """Awake or read. One that does not wake is half moved: it goes, and the next load reads it from the disk."""
        checkpoint = self._parked.pop(key, None)
        if checkpoint is None:
            checkpoint = self._opened(key)
            checkpoint.load(progress)
            if checkpoint.doubt:  # told with the device, and not tried again
                why = f"{self._chosen.reason} {checkpoint.doubt}"
                self.__dict__["_chosen"] = dataclasses.replace(self._chosen, quantised="", static=False, reason=why)
            return checkpoint
        try:
            checkpoint.wake()
        except BaseException:
            log.warning("%s did not come back from the memory of the host; it is read anew next time", key)
            raise
        return checkpoint

    def _opened(self, key: str) -> Checkpoint:
        from backend.engines.qwen3_tts.checkpoint import Checkpoint

        found = self._found(key)
        assert found is not None, "the best one is installed"
        own = found.path / "speech_tokenizer"
        codec = self._found(CODEC)
        folder = own if own.is_dir() or codec is None else codec.path
        return Checkpoint(key, found.path, folder, self._chosen, self._settings.state_dir / "packed")

    def park(self) -> bool:
        if self._resident is None:
            return False
        checkpoint, self._resident = self._resident, None
        checkpoint.park()
        self._voices.forget()
        self._parked[checkpoint.key] = checkpoint
        return True

    def unload(self, variant: str | None = None) -> None:
        if variant is None:
            self._resident, self._parked = None, {}
        else:
            self._parked.pop(variant, None)
            if self._resident is not None and self._resident.key == variant:
                self._resident = None
        if self._device is not None:
            self._voices.forget()
            give_back(self._device.kind)

    @cached_property
    def _voices(self) -> VoiceLibrary:
        from backend.engines.qwen3_tts.voices import VoiceLibrary

        return VoiceLibrary(self._settings.state_dir / "voices")

    # Speaking

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        from backend.engines.qwen3_tts.performing import Spoken

        for number, segment in enumerate(segments):
            yield from self._perform([Spoken(segment, voice, options.seed + number)], options)

    def batch_size(self) -> int:
        """Beside others no more than half of what they leave: whoever comes next, for a sentence, finds a slot."""
        many = BATCH_GPU if self._device is not None and self._device.kind == "cuda" else BATCH_CPU
        backend = self._shared_backend()
        if backend is None:
            return many
        return min(many, backend.slots if backend.free == backend.slots else max(1, backend.free // 2))

    def concurrent_jobs(self) -> int:
        """As many as there are slots where frames are shared, which is on GPUs; elsewhere two only take longer."""
        backend = self._shared_backend()
        return 1 if backend is None else backend.slots

    def _shared_backend(self) -> SharedBackend | None:
        resident = self._resident  # once: other threads ask while a model is swapped or put away
        if resident is None:
            return None
        from backend.engines.qwen3_tts.generation import SharedBackend

        backend = resident.backend
        return backend if isinstance(backend, SharedBackend) else None

    def speak_batch(self, parts: Sequence[Part], options: SpeakOptions) -> Iterator[AudioChunk]:
        from backend.engines.qwen3_tts.performing import Spoken

        yield from self._perform([Spoken(part.segment, part.voice, part.seed) for part in parts], options)

    def _perform(self, rows: Sequence[Spoken], options: SpeakOptions) -> Iterator[AudioChunk]:
        from backend.engines.qwen3_tts.performing import perform

        if self._resident is None:
            self.load(self.variant_for(rows[0].voice))
        assert self._resident is not None, "loaded, or raised"
        try:
            yield from perform(self._resident, self._voices, rows, options, self._settings.base_instruction)
            return
        except (RuntimeError, MemoryError) as error:
            self._pass_on(error)
        raise self._memory_told()

    @staticmethod
    def _pass_on(error: Exception) -> None:
        """Raise what does not say that memory ran out."""
        from backend.engines.qwen3_tts.checkpoint import is_out_of_memory

        if not is_out_of_memory(error):
            raise error

    def _memory_told(self) -> OutOfMemory:
        """What a library says of memory that ran out, in our words. To be raised outside of an except block: as its
        context the library's error would keep alive, by its traceback, what was half loaded."""
        from backend.engines.qwen3_tts.checkpoint import out_of_memory

        return out_of_memory(self._chosen.kind)


def _entries() -> list[ModelEntry]:
    return [entry for entry in catalog().values() if entry.engine == "qwen3_tts" and entry.kind == "speech"]
