"""Voices that programs bring: one recording, its consent, a name. Spoken consents are kept by an id."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from backend.core.errors import Conflict, NotFound, Problem
from backend.core.types import PersonalityVoice
from backend.core.wishes import Sample
from backend.rooms.cloning import created, with_recording
from backend.rooms.listening import ListeningDesk
from backend.rooms.naming import find_voice, saved_among
from backend.rooms.rooms import Rooms
from backend.safety.names import clean_name
from backend.safety.saving import telling_disk_errors, write_file

NEUTRAL = "neutral"
_CONSENT = re.compile(r"cons_[0-9a-f]{24}")


class EnrollingDesk:
    """Where programs bring voices and take them away."""

    def __init__(self, rooms: Rooms, listening: ListeningDesk) -> None:
        self._rooms = rooms
        self._listening = listening
        self._consents = rooms.settings.state_dir / "consents"
        self._naming = threading.Lock()

    def bring(self, name: str, sound: bytes, facts: Mapping[str, str]) -> dict[str, Any]:
        """A saved voice of one recording, as `rows` has it. `facts` may hold file_name, consent (an id or words),
        transcript, description, language.

        Raises Conflict for a name that is taken, BadAudio, BadRequest, DiskFull.
        """
        transcript = facts.get("transcript", "")
        with self._naming:  # two uploads of one name at the same moment would both find it free
            self._check_free(name)
            made = self._rooms.personalities.create(
                name,
                description=facts.get("description", ""),
                language=facts.get("language", ""),
                consent=self._agreed(facts.get("consent", "")),
            )
        record = with_recording(self._rooms, made, Sample(sound, facts.get("file_name", ""), transcript))
        if not transcript:
            with suppress(Problem):  # nobody here listens well enough: the voice is spoken by its timbre alone
                self._listening.transcribe_reference(record["id"], NEUTRAL)
        return self._row(record)

    def take_away(self, name: str) -> dict[str, Any]:
        """Delete a saved voice by id or name; it rests in the trash. Raises NotFound, Conflict for a speaker."""
        voice = find_voice(self._rooms, name)
        if not isinstance(voice, PersonalityVoice):
            raise Conflict("This voice is built in and cannot be deleted.", hint="Only saved voices can.")
        record = self._rooms.personalities.get(voice.personality)
        self._rooms.personalities.delete(record["id"])
        return record

    def rows(self) -> list[dict[str, Any]]:
        """Every saved voice that can speak, with what was said at its bringing."""
        found = []
        for record in self._rooms.personalities.list():
            with suppress(NotFound, FileNotFoundError):  # it was deleted meanwhile
                found += [self._row(record)] if record["emotions"] else []
        return found

    def agree(self, name: str, language: str, sound: bytes, file_name: str) -> dict[str, Any]:
        """Keep somebody's spoken consent: `id, name, language, created_at`. Raises BadAudio, DiskFull."""
        recording = self._rooms.personalities.guests.keep(sound, file_name)
        stamp = int(datetime.now(UTC).timestamp())
        consent = {"id": f"cons_{secrets.token_hex(12)}", "name": name, "language": language, "created_at": stamp}
        with telling_disk_errors():
            self._consents.mkdir(parents=True, exist_ok=True)
        kept = self._rooms.personalities.guests.path(recording).read_bytes()  # guests leave, consents stay
        write_file(self._consents / f"{consent['id']}.wav", kept)
        write_file(self._consents / f"{consent['id']}.json", json.dumps({**consent, "recording": recording}).encode())
        return consent

    def _check_free(self, name: str) -> None:
        try:
            taken = saved_among(self._rooms.personalities.list(), clean_name(name)) is not None
        except NotFound:  # several have it
            taken = True
        if taken:
            hint = "Take another name, or delete that voice first."
            raise Conflict("There is a voice of this name.", hint=hint, fields={"name": "is taken"})

    def _agreed(self, consent: str) -> dict[str, str]:
        """A consent of ours by its id, any other by its words."""
        words = consent.strip()[:2000]
        if not _CONSENT.fullmatch(words):
            return {"statement": words}
        try:
            kept = json.loads((self._consents / f"{words}.json").read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return {"statement": words}
        when = datetime.fromtimestamp(kept["created_at"], UTC).date().isoformat()
        return {"who": str(kept["name"])[:200], "when": when, "statement": words}

    def _row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        emotion = NEUTRAL if NEUTRAL in record["emotions"] else next(iter(record["emotions"]))
        path = self._rooms.personalities.emotion_path(record["id"], emotion)
        row = {
            "id": record["id"],
            "name": record["name"],
            "consent": record["consent"]["statement"],
            "created_at": int(created(record)),
            "file_size": path.stat().st_size,
            "mime_type": "audio/wav",
        }
        said = {"ref_text": record["emotions"][emotion]["transcript"], "speaker_description": record["description"]}
        return row | {name: value for name, value in said.items() if value}
