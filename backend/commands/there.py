"""Asks a running studio, so that what it has loaded is used and nothing is loaded twice. Knows its routes."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from backend.commands.terminal import Event
from backend.commands.wire import WENT_AWAY, Answer, Gone, Wire, path_of
from backend.core.errors import Problem

EVENTS = "text/event-stream"
RETURN = 10.0  # seconds that a studio which was cut off has to come back
AGAIN = 0.5  # seconds between two tries

Record = dict[str, Any]
Found = tuple[str, str]
"""Address and key."""


class There:
    """`Desk` over HTTP."""

    def __init__(self, address: str, key: str = "", find: Callable[[], Found | None] = lambda: None) -> None:
        """`find` tells where the studio is after it was started again."""
        self._wire = Wire(address, key)
        self._find = find

    def speak(self, request: Record) -> Iterator[Event]:
        return self._followed(lambda: self._wire.open("POST", "/api/generate_stream", request, EVENTS))

    def sound(self, take: str, extension: str, target: Path) -> None:
        self._save(path_of("output", f"{take}.{extension}"), target)

    def takes(self, query: str, limit: int) -> tuple[list[Record], int]:
        found = self._wire.ask("GET", f"{path_of('api', 'history')}?q={path_of(query)[1:]}&limit={limit}")
        return found["takes"], found["total"]

    def take(self, key: str) -> Record:
        return self._wire.ask("GET", path_of("api", "history", key))

    def delete_take(self, key: str) -> None:
        self._wire.ask("DELETE", path_of("api", "history", key))

    def preview(self, text: str, voice: Record) -> Record:
        return self._wire.ask("POST", "/api/script/preview", {"text": text, "voice": voice})

    def text_limit(self) -> int:
        return int(self._wire.ask("GET", "/api/catalog")["limits"]["text"])

    def transcribe(self, source: Path, wish: Mapping[str, Any]) -> Iterator[Event]:
        fields = {name: json.dumps(value) if isinstance(value, bool) else str(value) for name, value in wish.items()}
        files = {"file": source}
        return self._followed(lambda: self._wire.send("POST", "/api/transcribe_stream", fields, files, EVENTS))

    def written(self, result: Mapping[str, Any], name: str) -> str:
        with self._wire.open("GET", f"{path_of('api', 'transcribe', str(result['job_id']))}?format={name}") as answer:
            return answer.text()

    def voices(self) -> list[Record]:
        return list(self._wire.ask("GET", "/api/personality")["personalities"])

    def create_voice(self, facts: Mapping[str, Any]) -> Record:
        return self._wire.ask("POST", "/api/personality", facts)

    def record(self, key: str, emotion: str, source: Path, transcript: str | None) -> Record:
        fields = {} if transcript is None else {"transcript": transcript}
        where = path_of("api", "personality", key, "emotions", emotion)
        with self._wire.send("PUT", where, fields, {"audio": source}) as answer:
            return answer.json()

    def delete_voice(self, key: str) -> None:
        self._wire.ask("DELETE", path_of("api", "personality", key))

    def restore_voice(self, key: str) -> Record:
        return self._wire.ask("POST", path_of("api", "personality", key, "restore"))

    def export_voice(self, key: str, target: Path) -> None:
        self._save(path_of("api", "personality", key, "export"), target)

    def import_voice(self, source: Path) -> Record:
        with self._wire.send("POST", "/api/personality/import", {}, {"file": source}) as answer:
            return answer.json()

    def welcome(self, source: Path, transcript: str) -> Record:
        key = str(self.create_voice({"name": "Reference", "description": "Of one command"})["id"])
        try:
            self.record(key, "neutral", source, transcript)
        except BaseException:
            self.farewell({"personality": key})
            raise
        return {"kind": "personality", "personality": key}

    def farewell(self, voice: Record) -> None:
        with contextlib.suppress(Problem):
            self.delete_voice(voice["personality"])

    def smart(self, source: Path, wish: Mapping[str, Any]) -> Iterator[Event]:
        return self._followed(lambda: self._wire.send("POST", "/api/smart", dict(wish), {"file": source}, EVENTS))

    def smart_clip(self, session: str, clip: Mapping[str, Any], target: Path) -> None:
        self._save(path_of("api", "smart", session, "clips", f"{clip['id']}.wav"), target)

    def smart_voice(self, session: str, wish: Mapping[str, Any]) -> Record:
        return self._wire.ask("POST", path_of("api", "smart", session, "personality"), wish)

    def drop_smart(self, session: str) -> None:
        self._wire.ask("DELETE", path_of("api", "smart", session))

    def chimera(self, wish: Record, file: Path | None, ai_file: Path | None) -> Iterator[Event]:
        files = {name: path for name, path in (("file", file), ("ai_file", ai_file)) if path is not None}
        if not files:
            return self._followed(lambda: self._wire.open("POST", "/api/chimera", wish, EVENTS))
        fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in wish.items()}
        return self._followed(lambda: self._wire.send("POST", "/api/chimera", fields, files, EVENTS))

    def chimera_sound(self, session: str, name: str, target: Path) -> None:
        self._save(path_of("api", "chimera", session, f"{name}.wav"), target)

    def save_chimera(self, session: str, number: str, wish: Record) -> Record:
        return self._wire.ask("POST", path_of("api", "chimera", session, number, "save"), wish)

    def drop_chimera(self, session: str) -> None:
        self._wire.ask("DELETE", path_of("api", "chimera", session))

    def models(self) -> Record:
        return self._wire.ask("GET", "/api/models")

    def examine_model(self, key: str) -> Record:
        return self._wire.ask("POST", path_of("api", "models", key, "validate"))

    def download_model(self, key: str, provider: str) -> Iterator[Event]:
        job = self._wire.ask("POST", path_of("api", "models", key, "download"), {"provider": provider})["job_id"]
        return self._followed(lambda: self._events(job, "0"))

    def delete_model(self, key: str) -> Record:
        return self._wire.ask("DELETE", path_of("api", "models", key))

    def jobs(self) -> list[Record]:
        return list(self._wire.ask("GET", "/api/jobs")["jobs"])

    def job(self, key: str) -> Record:
        return self._wire.ask("GET", path_of("api", "jobs", key))

    def cancel(self, key: str) -> Record:
        return self._wire.ask("DELETE", path_of("api", "jobs", key))

    def _followed(self, begin: Callable[[], Answer]) -> Iterator[Event]:
        """Events to the last one, over a cut line, too. Whoever leaves before the end cancels the job."""
        job, last, open_end = "", "0", True
        try:
            while True:
                with begin() if not job else self._again(job, last) as answer:
                    for number, event in answer.events():
                        job, last = str(event["job_id"]), number or last
                        if event.get("done"):
                            open_end = False
                            yield {**event, "result": self._result(job)} if "problem" not in event else event
                            return
                        yield event
                if not job:
                    raise Gone(WENT_AWAY, hint="Start it again and repeat.")
                yield {"job_id": job, "stage": "The studio went away; waiting for it to come back"}
        except Gone:
            open_end = False
            raise
        finally:
            if open_end and job:
                with contextlib.suppress(Problem):
                    self.cancel(job)

    def _result(self, job: str) -> Record:
        return {**self.job(job)["result"], "job_id": job}

    def _again(self, job: str, last: str) -> Answer:
        """The stream from where it was cut. Raises Gone where the studio does not come back."""
        until = time.monotonic() + RETURN
        while True:
            time.sleep(AGAIN)
            found = self._find()
            if found is not None:
                self._wire = Wire(*found)
            try:
                return self._events(job, last)
            except Problem as problem:
                if not isinstance(problem, Gone) and problem.status != 503:
                    raise
                if time.monotonic() > until:
                    detail = f"The studio at {self._wire.address} went away in the middle."
                    hint = f"Its queue is kept: start it again, and job {job} goes on; qwentts jobs shows it."
                    raise Gone(detail, hint=hint) from problem

    def _events(self, job: str, after: str) -> Answer:
        return self._wire.open("GET", f"{path_of('api', 'jobs', job, 'events')}?after={after}", accept=EVENTS)

    def _save(self, path: str, target: Path) -> None:
        with self._wire.open("GET", path, accept="*/*") as answer:
            answer.save(target)
