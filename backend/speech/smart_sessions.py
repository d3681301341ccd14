"""Long recordings that were cut into clips, kept until a voice is made of them."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterator
from typing import Any

from backend.core.errors import NotFound
from backend.core.types import Samples
from backend.safety.saving import write_file
from backend.speech.sessions import Sessions

SOUND = "sound.wav"
DESK = "desk.json"
_MEMBERS = frozenset({"session", "created", "duration", "clips"})
"""Without them nobody can go on with a record."""


class SmartSessions(Sessions):
    """A folder each: `clips.json`, `sound.wav` (mono, 24 kHz, 16 bits), and `desk.json`: how far somebody sorted it."""

    record = "clips.json"
    gone = "This recording is no longer here: it is kept for seven days."
    again = "Send it again."

    def save(self, record: dict[str, Any], samples: Samples) -> None:
        """Keep a session under `record["session"]`. Raises DiskFull, StorageFailed; then nothing is left of it."""
        from backend.audio.files import write_wav  # brings numpy: the page's process only reads

        with self.begin(record["session"]) as draft:
            draft.make(SOUND, lambda path: write_wav(path, samples))
            draft.keep(record)

    def get(self, session: str) -> dict[str, Any]:
        """The record. Raises NotFound, also where it is there but lacks what makes it one."""
        record = super().get(session)
        if not record.keys() >= _MEMBERS or not isinstance(record["clips"], list):
            raise self._gone()
        return record

    def lay(self, session: str, desk: dict[str, Any]) -> None:
        """Keep how far the clips are sorted; the week begins anew. Raises NotFound, DiskFull, StorageFailed."""
        self.get(session)
        try:
            write_file(self._path(session) / DESK, json.dumps(desk, ensure_ascii=False).encode())
        except FileNotFoundError:  # dropped meanwhile
            raise self._gone() from None

    def desk(self, session: str) -> dict[str, Any] | None:
        """What was last laid; None where nobody has sorted yet. Raises NotFound."""
        try:
            found = json.loads((self._path(session) / DESK).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and isinstance(found.get("placed"), dict) else None

    def open(self) -> Iterator[dict[str, Any]]:
        """Every session in short, newest first: what it is of, how old, and how far somebody sorted it."""
        records = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            try:
                records.append(self.get(path.name) | {"session": path.name})
            except NotFound:
                continue  # what is being made, was dropped meanwhile, or is damaged
        for record in sorted(records, key=lambda one: str(one["created"]), reverse=True):
            desk = self.desk(record["session"])
            yield {
                "session": record["session"],
                "name": record.get("name", ""),
                "created": record["created"],
                "duration": record["duration"],
                "clips": len(record["clips"]),
                "placed": len(desk["placed"] if desk else record.get("proposed") or {}),
                "sorted": desk is not None,
            }

    def clip(self, session: str, clip: str) -> dict[str, Any]:
        """One clip of the record. Raises NotFound."""
        for one in self.get(session)["clips"]:
            if one["id"] == clip:
                found: dict[str, Any] = one
                return found
        raise NotFound("There is no such clip.", hint="The session lists its clips.", code="clip-not-found")

    def window(self, session: str, start: float, end: float) -> bytes:
        """The sound from `start` to `end` seconds as a WAV file; what lies beyond the recording is left out.

        Raises NotFound.
        """
        try:
            with wave.open(str(self._path(session) / SOUND), "rb") as sound:
                rate, whole = sound.getframerate(), sound.getnframes()
                first, last = (min(whole, max(0, round(at * rate))) for at in (start, end))
                sound.setpos(first)
                return _as_wav(sound.readframes(last - first), rate)
        except (OSError, EOFError, wave.Error):
            raise self._gone() from None


def _as_wav(frames: bytes, rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)
    return buffer.getvalue()
