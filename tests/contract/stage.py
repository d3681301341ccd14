"""A running studio with the things that examples name: a voice, takes, jobs, sessions, files. Made when asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from backend.api.openapi_routes import Operation
from backend.core.chimera import ChimeraWish
from backend.core.errors import NotFound
from backend.core.types import GenerationRequest, PresetVoice
from tests.running_studio import RunningStudio

NAMED = re.compile(r"\{([a-z_]+)\}")


class Stage:
    """Fills the names in braces of an example, and runs it as somebody would who copied the line of curl."""

    def __init__(self, running: RunningStudio, folder: Path, voice: bytes, long: bytes) -> None:
        self.running = running
        self.folder = folder
        self._voice = voice
        self._long = long
        self._was_here = False
        (folder / "voice.wav").write_bytes(voice)

    def line(self, op: Operation, source: str) -> str:
        """The line with this studio's address and its things."""
        self.anna()
        if "anna.zip" in source:
            with self.running.studio.personalities.export_zip("anna") as file:
                (self.folder / "anna.zip").write_bytes(file.read())
        if "/api/smart" in op.path and op.method == "POST" and op.facts.files:
            (self.folder / "voice.wav").write_bytes(self._long)
        else:
            (self.folder / "voice.wav").write_bytes(self._voice)
        self._smart = "/smart" in op.path
        whole = NAMED.sub(lambda found: self.thing(found[1]), source)
        return whole.replace("http://127.0.0.1:8000", self.running.address)

    def thing(self, name: str) -> str:
        makers: dict[str, Callable[[], str]] = {
            "take": lambda: self.spoken()["id"],
            "job": lambda: self.spoken()["job_id"],
            "deleted_take": self.deleted_take,
            "personality": self.anna,
            "recording": lambda: self.running.studio.personalities.emotion_path(self.anna(), "neutral").name,
            "deleted_personality": self.deleted_personality,
            "session": self.session,
            "clip": lambda: self.smart()["clips"][0]["id"],
            "listening_job": self.listening_job,
            "folder": lambda: str(self.folder / "models of mine"),
        }
        return makers[name]()

    def anna(self) -> str:
        """Anna, neutral and happy; made again where an example deleted her."""
        voices = self.running.studio.personalities
        try:
            record = voices.get("anna")
        except NotFound:
            record = voices.restore("anna") if self._was_here else voices.create("Anna", language="en")
        self._was_here = True
        for emotion in {"neutral", "happy"} - record["emotions"].keys():
            voices.put_emotion("anna", emotion, self._voice, transcript="A line to speak.")
        return "anna"

    def deleted_personality(self) -> str:
        voices = self.running.studio.personalities
        made = voices.create("Doris", language="en")
        voices.delete(made["id"])
        return str(made["id"])

    def spoken(self) -> dict[str, Any]:
        job = self.running.studio.generate(GenerationRequest(text="Hello there.", voice=PresetVoice(speaker="Ryan")))
        return {"job_id": job.id, **self.running.studio.wait(job.id)}

    def deleted_take(self) -> str:
        take = str(self.spoken()["id"])
        self.running.studio.takes.delete(take)
        return take

    def session(self) -> str:
        return str((self.smart() if self._smart else self.chimera())["session"])

    def smart(self) -> dict[str, Any]:
        if not hasattr(self, "_sitting") or not self._still(self._sitting, self.running.studio.smart):
            with (self.folder / "voice.wav").open("wb") as file:
                file.write(self._long)
            with (self.folder / "voice.wav").open("rb") as file:
                job = self.running.studio.smart.start(file, "voice.wav", "en", "none")
            self._sitting = self.running.studio.wait(job.id)
        return self._sitting

    def chimera(self) -> dict[str, Any]:
        """Made again where an example dropped it."""
        if not hasattr(self, "_chimera") or not self._still(self._chimera, self.running.studio.chimera.sessions):
            wish = ChimeraWish(personality=self.anna(), text="Come in, there is cake for everybody!", tries=1)
            self._chimera = self.running.studio.wait(self.running.studio.chimera.make(wish).id)
        return self._chimera

    def listening_job(self) -> str:
        asked = {"engine": "auto", "language": "en", "task": "transcribe", "clean": False, "context": ""}
        job = self.running.studio.listening.transcribe(self._voice, "voice.wav", asked)
        self.running.studio.wait(job.id)
        return job.id

    def _still(self, session: dict[str, Any], room: Any) -> bool:
        try:
            return bool(room.get(session["session"]))
        except NotFound:
            return False
