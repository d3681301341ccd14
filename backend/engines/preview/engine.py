"""The preview engine: speaks at once on any CPU, with every kind of voice, and says that it is a preview.

This module declares and delegates; the optional libraries are imported by `load`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from backend.core.errors import EngineUnavailable
from backend.core.tables.languages import LANGUAGES
from backend.core.types import STUDIO_RATE, AudioChunk, Segment, Voice
from backend.engines.base import AVAILABLE, Availability, EngineInfo, SpeakOptions, VoiceKind
from backend.engines.preview.library import find_library

if TYPE_CHECKING:
    from backend.engines.preview.stage import Stage

PACKAGES = {"numpy": "numpy", "scipy": "scipy", "pyworld": "pyworld-prebuilt"}  # module → distribution
VARIANT = "preview"


class PreviewEngine:
    """espeak-ng in a worker process, bent by the WORLD vocoder into a stand-in, a clone or a designed voice."""

    info = EngineInfo(
        name="preview",
        title="Preview voice",
        kinds=frozenset({"cloned", "preset", "designed"}),
        languages=tuple(LANGUAGES),
        rate=STUDIO_RATE,
        memory_mb=400,
        packages=(*PACKAGES.values(), "espeakng-loader"),
        quality=10,
        honesty="Spoken by the preview voice (espeak-ng and a vocoder), not by Qwen3-TTS.",
        max_characters=1_000_000,
        emotions="acted",
    )

    def __init__(self) -> None:
        self._stage: Stage | None = None

    def availability(self, kind: VoiceKind | None = None) -> Availability:
        for module, distribution in PACKAGES.items():
            if importlib.util.find_spec(module) is None:
                return Availability(False, f"The package {distribution} is missing.", f"pip install {distribution}")
        if find_library() is None:
            return Availability(False, "The espeak-ng library is missing.", "pip install espeakng-loader")
        return AVAILABLE

    def variant_for(self, voice: Voice) -> str:
        return VARIANT

    def load(self, variant: str) -> None:
        if self._stage is not None:
            return
        availability, library = self.availability(), find_library()
        if not availability.ok or library is None:
            raise EngineUnavailable(availability.reason, hint=availability.hint)
        from backend.engines.preview.stage import Stage

        self._stage = Stage(library)

    def unload(self) -> None:
        self._stage = None

    def speak(self, segments: Sequence[Segment], voice: Voice, options: SpeakOptions) -> Iterator[AudioChunk]:
        """Chunks phrase by phrase; closing the generator ends the worker."""
        if self._stage is None:
            self.load(VARIANT)
        assert self._stage is not None, "load made it or raised"
        yield from self._stage.speak(segments, voice, options)
