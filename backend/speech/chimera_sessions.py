"""Chimeras that were made and not saved yet, listened to and compared."""

from __future__ import annotations

from pathlib import Path

from backend.core.errors import NotFound
from backend.core.types import Samples
from backend.speech.sessions import Draft, Sessions


class ChimeraSessions(Sessions):
    """A folder each: `chimera.json`, and a WAV file for each try and part."""

    record = "chimera.json"
    gone = "This chimera is no longer here: it is kept for seven days."

    def begin(self, session: str = "") -> Draft:
        """A new one; what is too old goes, since a studio may run for months."""
        self.sweep()
        return super().begin(session)

    def sound(self, session: str, name: str) -> Path:
        """The WAV of that name, looked up among those there are. Raises NotFound."""
        folder = self._path(session)
        try:
            found = {path.stem: path for path in folder.iterdir() if path.suffix == ".wav"}
        except OSError:
            raise self._gone() from None
        if name not in found:
            raise NotFound("This chimera has no such recording.", hint=f"There are: {', '.join(sorted(found))}.")
        return found[name]


def wav_bytes(samples: Samples) -> bytes:
    """24 kHz samples as a WAV file of the studio."""
    from backend.audio.files import as_pcm16  # brings numpy: the page's process only reads
    from backend.speech.record import wav_of

    return wav_of(as_pcm16(samples).tobytes())
