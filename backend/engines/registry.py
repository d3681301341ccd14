"""Which engines there are: a name and how to make one. A new engine is a new row; no model library is imported."""

from __future__ import annotations

from collections.abc import Callable

from backend.core.settings import Settings
from backend.engines.base import SpeechEngine
from backend.engines.fake import FakeEngine
from backend.engines.preview.engine import PreviewEngine

ENGINES: dict[str, Callable[[Settings], SpeechEngine]] = {
    "preview": lambda _: PreviewEngine(),
    "fake": lambda settings: FakeEngine(settings.fake_engine),
}


def make_engines(settings: Settings) -> dict[str, SpeechEngine]:
    """Every engine by name, also those that cannot speak yet. The test engine only where it is asked for."""
    names = [name for name in ENGINES if name != "fake" or settings.fake_engine]
    return {name: ENGINES[name](settings) for name in names}
