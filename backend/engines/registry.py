"""The table of engines, one line each. Knows how to make them; no model library is imported here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from backend.core.settings import Settings
from backend.engines.base import SpeechEngine

Factory = Callable[[Settings], SpeechEngine | None]
"""Answers None where the settings leave the engine out."""


def _preview(settings: Settings) -> SpeechEngine:
    engine: SpeechEngine = import_module("backend.engines.preview.engine").PreviewEngine()
    return engine


def _qwen3_tts(settings: Settings) -> SpeechEngine:
    engine: SpeechEngine = import_module("backend.engines.qwen3_tts.engine").Qwen3TtsEngine(settings)
    return engine


def _fake(settings: Settings) -> SpeechEngine | None:
    if not settings.fake_engine:
        return None
    engine: SpeechEngine = import_module("backend.engines.fake").FakeEngine(settings.fake_engine)
    return engine


ENGINES: dict[str, Factory] = {
    "qwen3_tts": _qwen3_tts,
    "preview": _preview,
    "fake": _fake,
}


def make_engines(settings: Settings) -> dict[str, SpeechEngine]:
    """Name → engine, for all that the settings do not leave out. Nothing is loaded."""
    made = {name: factory(settings) for name, factory in ENGINES.items()}
    return {name: engine for name, engine in made.items() if engine is not None}
