"""The studio assembled: what it does before anybody asks."""

from __future__ import annotations

from pathlib import Path

from backend.core.settings import Settings
from backend.core.types import PresetVoice
from backend.rooms.rooms import Rooms


def test_the_lane_loads_the_preview_engine_while_nobody_waits(tmp_path: Path) -> None:
    rooms = Rooms(Settings(data_dir=tmp_path))
    rooms.warm()
    assert rooms.models.is_resident(rooms.models.pick("preview", "preset"), PresetVoice(speaker="Ryan"))
