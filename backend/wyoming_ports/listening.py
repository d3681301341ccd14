"""Speech to text over Wyoming: sound that arrives becomes a WAV file, and the studio writes down what it says."""

from __future__ import annotations

import tempfile
import threading
import wave
from contextlib import suppress
from pathlib import Path
from typing import IO

from pydantic import BaseModel, Field

from backend.core.errors import BadRequest, Problem, TooLarge
from backend.core.tables.languages import language_code
from backend.safety.saving import telling_disk_errors
from backend.studio import Studio
from backend.wyoming_ports.events import Event, Wire
from backend.wyoming_ports.reading import read
from backend.wyoming_ports.work import Work

IN_MEMORY = 2**20  # bytes of sound; more rests in a file


class Transcribe(BaseModel):
    """What is wished of the sound that follows."""

    name: str | None = None
    language: str | None = None
    transcript_names: list[str] | None = None
    transcript_terms: list[str] | None = None


class Format(BaseModel):
    """Of the sound, in `audio-start` and in each `audio-chunk`."""

    rate: int = Field(ge=4000, le=192_000)
    """Hertz."""
    width: int = Field(ge=1, le=4)
    """Bytes of a sample."""
    channels: int = Field(ge=1, le=8)


class Listening:
    """The listening side of one conversation."""

    def __init__(self, studio: Studio, wire: Wire, work: Work) -> None:
        self._studio = studio
        self._wire = wire
        self._work = work
        self._wish = Transcribe()
        self._recording: Recording | None = None
        self._spoilt: Problem | None = None
        """What was wrong with the sound that is coming; its end tells it."""

    def take(self, event: Event) -> None:
        """One event of the other side; one that is not known is passed over. Raises Problem."""
        if event.type == "transcribe":
            self._wish = read(Transcribe, event)
        elif event.type in ("audio-start", "audio-chunk"):
            try:
                self._hear(event)
            except Problem as problem:
                self._drop()
                self._spoilt = self._spoilt or problem
        elif event.type == "audio-stop":
            self._end()

    def close(self) -> None:
        self._drop()

    def _hear(self, event: Event) -> None:
        if event.type == "audio-start":
            self._drop()
            self._spoilt = None
        if self._spoilt is not None:
            return
        if self._recording is None:
            settings = self._studio.settings
            self._recording = Recording(settings.state_dir / "tmp", read(Format, event), settings.upload_limit)
        self._recording.add(event.payload)

    def _end(self) -> None:
        recording, self._recording = self._recording, None
        spoilt, self._spoilt = self._spoilt, None
        wish, self._wish = self._wish, Transcribe()
        heard = recording or spoilt or BadRequest("No sound came.", hint="Send audio-start and audio-chunk first.")
        task = Transcript(self._studio, self._wire, heard, wish)
        try:
            self._work.add(task)
        except Problem as problem:
            if recording is not None:
                recording.close()
            task.failed(problem)

    def _drop(self) -> None:
        if self._recording is not None:
            self._recording.close()
        self._recording = None


class Recording:
    """Sound as a WAV file that vanishes when it is closed."""

    def __init__(self, folder: Path, form: Format, most: int) -> None:
        """Raises DiskFull, StorageFailed."""
        with telling_disk_errors():
            folder.mkdir(parents=True, exist_ok=True)
        self._left = most
        self.file: IO[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115  # lives as long as the recording
            IN_MEMORY, dir=str(folder)
        )
        self._wave = wave.Wave_write(self.file)
        self._wave.setnchannels(form.channels)
        self._wave.setsampwidth(form.width)
        self._wave.setframerate(form.rate)

    def add(self, pcm: bytes) -> None:
        """Raises TooLarge, DiskFull, StorageFailed."""
        self._left -= len(pcm)
        if self._left < 0:
            raise TooLarge("The recording is too long.", hint="Send it in parts, or raise STUDIO_UPLOAD_LIMIT.")
        with telling_disk_errors():  # else it would count as a connection that ended
            self._wave.writeframesraw(pcm)

    def whole(self) -> IO[bytes]:
        """The file, from its beginning. Raises DiskFull, StorageFailed."""
        with telling_disk_errors():
            self._wave.close()
            self.file.flush()
            self.file.seek(0)
        return self.file

    def close(self) -> None:
        with suppress(OSError):  # a full disk takes no header either, and all of it vanishes
            self._wave.close()
        with suppress(OSError):
            self.file.close()


class Transcript:
    """A task: what a recording says, as one event; or, in its turn, why there is none."""

    def __init__(self, studio: Studio, wire: Wire, heard: Recording | Problem, wish: Transcribe) -> None:
        self._studio = studio
        self._wire = wire
        self._heard = heard
        self._wish = wish
        self._job = ""
        self._stopped = threading.Event()

    def run(self) -> None:
        """Raises Problem, OSError."""
        if isinstance(self._heard, Problem):
            raise self._heard
        try:
            if self._stopped.is_set():
                return
            sound = self._heard.whole()
            # What people say to an assistant all day long is no document: no files are made of it.
            job = self._studio.listening.transcribe(sound, "wyoming.wav", self._asked(), kept=False)
            self._job = job.id
        finally:
            self._heard.close()
        if self._stopped.is_set():
            self._studio.cancel(self._job)
        result = self._studio.wait(self._job)
        told = {name: result[name] for name in ("text", "language", "engine")}  # the last one is ours
        self._wire.write(Event("transcript", told))

    def stop(self) -> None:
        self._stopped.set()
        if self._job:
            self._studio.cancel(self._job)

    def failed(self, problem: Problem) -> None:
        """Clients that know no errors wait for a transcript, so they get an empty one."""
        self._wire.tell(problem)
        self._wire.write(Event("transcript", {"text": ""}))

    def _asked(self) -> dict[str, str]:
        names = ", ".join([*(self._wish.transcript_names or []), *(self._wish.transcript_terms or [])])
        language = self._wish.language or "auto"
        return {
            "engine": self._studio.listening.named(self._wish.name or "auto"),
            "language": language_code(language) or language[:20],
            "context": names[:4000],
        }
