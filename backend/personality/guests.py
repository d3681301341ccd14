"""Voices that come with a request and are nobody's: recordings made into references, kept under their content for
some days. The same recording is judged once, and what was spoken with it can be spoken again. Knows no personality.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.errors import NotFound
from backend.personality.recordings import Recorder
from backend.safety.saving import remove, remove_leftovers, telling_disk_errors, write_file

if TYPE_CHECKING:
    from backend.core.types import ClonedVoice, ReferenceVoice

_ID = re.compile(r"[0-9a-f]{32}")
_DAY = 86_400.0  # seconds


class Guests:
    """One folder of WAV files. Every process may have one over the same folder."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._folder = folder
        self._record = recorder

    def keep(self, upload: bytes, name: str = "") -> str:
        """Make a reference of the recording, called `name` by whoever sent it, and answer its id.

        Raises BadAudio, Busy, DiskFull, StorageFailed.
        """
        key = hashlib.sha256(upload).hexdigest()[:32]
        path = self._folder / f"{key}.wav"
        if not self._known(path):
            wav = self._record(upload, name=name).wav
            with telling_disk_errors():
                self._folder.mkdir(parents=True, exist_ok=True)
            write_file(path, wav)
        return key

    @staticmethod
    def _known(path: Path) -> bool:
        """Whether it is there; its days begin anew then. One call: what is looked at first may be swept before it."""
        with telling_disk_errors():
            try:
                os.utime(path)
            except FileNotFoundError:
                return False
        return True

    def path(self, key: str) -> Path:
        """The reference: mono WAV at 24 kHz. Raises NotFound."""
        path = self._folder / f"{key}.wav"
        if not _ID.fullmatch(key) or not path.is_file():
            raise NotFound("The recording is no longer here.", hint="Send it again.", code="upload-not-found")
        return path

    def voice(self, spec: ReferenceVoice) -> ClonedVoice:
        """What an engine is given. Raises NotFound."""
        from backend.core.types import ClonedVoice

        path = self.path(spec.reference)
        return ClonedVoice(reference=path, transcript=spec.transcript, neutral_reference=path)

    def sweep(self, days: float) -> int:
        """Remove what nobody sent for so many days; 0 keeps all. Answers how many went."""
        gone = remove_leftovers(self._folder, _DAY)
        if not days or not self._folder.is_dir():
            return gone
        for path in self._folder.glob("*.wav"):
            with suppress(FileNotFoundError):  # another process sweeps, too
                if time.time() - path.stat().st_mtime > days * _DAY:  # looked at last of all: it may have come again
                    remove(path)
                    gone += 1
        return gone
