"""`qwentts voices`: who can speak here: saved voices and preset speakers."""

from __future__ import annotations

import argparse
import json

from backend.core.settings import Settings
from backend.core.tables.languages import LANGUAGES
from backend.core.tables.speakers import SPEAKERS
from backend.rooms.rooms import Rooms


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    saved = Rooms(settings).personalities.list()
    if arguments.json:
        print(json.dumps({"personalities": saved, "speakers": list(SPEAKERS)}, ensure_ascii=False))
        return 0
    for voice in saved:
        print(
            f"--voice {voice['id']:<20} {voice['name']}: {', '.join(sorted(voice['emotions'])) or 'no recording yet'}"
        )
    for speaker in SPEAKERS.values():
        print(f"--speaker {speaker.id:<18} {speaker.description} ({LANGUAGES[speaker.language].english})")
    return 0
