"""Does the work in this process, without a server. Knows the rooms."""

from __future__ import annotations

import logging
import shutil
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from pydantic import TypeAdapter

from backend.commands.terminal import Event
from backend.core.chimera import ChimeraSave, ChimeraWish
from backend.core.errors import Problem
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.core.types import GenerationRequest, VoiceSpec
from backend.jobs.runner import JobContext, translated
from backend.rooms import chimera, listening, smart
from backend.rooms.machine import share_processor
from backend.rooms.models import ModelShelf
from backend.rooms.rooms import Rooms
from backend.rooms.transfers import downloaded

Record = dict[str, Any]

log = logging.getLogger(__name__)


class Here:
    """`Desk` over rooms of its own."""

    def __init__(self, settings: Settings) -> None:
        share_processor()
        self._settings = settings
        self._rooms = Rooms(settings)
        self._stopped = threading.Event()

    def speak(self, request: Record) -> Iterator[Event]:
        asked = self._rooms.checked(GenerationRequest.model_validate(request)).model_dump(mode="json")
        return self._worked(lambda context: self._rooms.speak(asked, context))

    def sound(self, take: str, extension: str, target: Path) -> None:
        shutil.copyfile(self._rooms.takes.file(take, extension), target)

    def takes(self, query: str, limit: int) -> tuple[list[Record], int]:
        return self._rooms.takes.search(query, limit=limit)

    def take(self, key: str) -> Record:
        return self._rooms.takes.get(key)

    def delete_take(self, key: str) -> None:
        self._rooms.takes.delete(key)

    def preview(self, text: str, voice: Record) -> Record:
        return self._rooms.preview_script(text, TypeAdapter(VoiceSpec).validate_python(voice))

    def text_limit(self) -> int:
        return self._settings.text_limit

    def transcribe(self, source: Path, wish: Mapping[str, Any]) -> Iterator[Event]:
        one, language = listening.choose(self._rooms, wish["engine"], wish["language"])
        asked = {**wish, "engine": one.info.name, "language": language}
        return self._worked(lambda context: listening.listened(self._rooms, source, asked, context, saved=False))

    def written(self, result: Mapping[str, Any], name: str) -> str:
        return listening.written(result, name)[1]

    def voices(self) -> list[Record]:
        return self._rooms.personalities.list()

    def create_voice(self, facts: Mapping[str, Any]) -> Record:
        return self._rooms.personalities.create(**facts)

    def record(self, key: str, emotion: str, source: Path, transcript: str | None) -> Record:
        named = {"transcript": transcript, "upload_name": source.name}
        return self._rooms.personalities.put_emotion(key, emotion, source, if_match=None, **named)

    def delete_voice(self, key: str) -> None:
        self._rooms.personalities.delete(key)

    def restore_voice(self, key: str) -> Record:
        return self._rooms.personalities.restore(key)

    def export_voice(self, key: str, target: Path) -> None:
        with self._rooms.personalities.export_zip(key) as made, target.open("wb") as file:
            shutil.copyfileobj(made, file)

    def import_voice(self, source: Path) -> Record:
        return self._rooms.personalities.import_zip(source)

    def welcome(self, source: Path, transcript: str) -> Record:
        key = self._rooms.personalities.guests.keep(source.read_bytes(), source.name)
        return {"kind": "reference", "reference": key, "transcript": transcript}

    def farewell(self, voice: Record) -> None:
        """It goes by itself, some days later: its takes can be spoken anew as long."""

    def smart(self, source: Path, wish: Mapping[str, Any]) -> Iterator[Event]:
        language = smart.checked_language(self._rooms, wish["engine"], wish["language"])
        upload = self._rooms.uploads.keep(source, source.name)
        request = {"upload": upload, "name": source.name, "language": language, "engine": wish["engine"]}
        return self._worked(lambda context: smart.cut(self._rooms, request, context))

    def smart_clip(self, session: str, clip: Mapping[str, Any], target: Path) -> None:
        target.write_bytes(smart.sessions_of(self._rooms).window(session, clip["start"], clip["end"]))

    def smart_voice(self, session: str, wish: Mapping[str, Any]) -> Record:
        facts = {name: wish[name] for name in ("name", "language", "consent")}
        return smart.voice_of(self._rooms, session, wish["emotions"], facts)

    def drop_smart(self, session: str) -> None:
        smart.sessions_of(self._rooms).drop(session)

    def chimera(self, wish: Record, file: Path | None, ai_file: Path | None) -> Iterator[Event]:
        sent = [None if path is None else (path, path.name) for path in (file, ai_file)]
        request = chimera.prepared(self._rooms, ChimeraWish.model_validate(wish), *sent)
        handler = chimera.handlers(self._rooms)[chimera.CHIMERA]

        def made() -> Iterator[Event]:
            try:
                yield from self._worked(lambda context: handler(request.model_dump(mode="json"), context))
            finally:
                chimera.dropped(self._rooms, request)

        return made()

    def chimera_sound(self, session: str, name: str, target: Path) -> None:
        shutil.copyfile(chimera.sessions_of(self._rooms).sound(session, name), target)

    def save_chimera(self, session: str, number: str, wish: Record) -> Record:
        return chimera.saved(self._rooms, session, number, ChimeraSave.model_validate(wish))[0]

    def drop_chimera(self, session: str) -> None:
        chimera.sessions_of(self._rooms).drop(session)

    def models(self) -> Record:
        return self._shelf.overview({})

    def examine_model(self, key: str) -> Record:
        return self._shelf.examined(key)

    def download_model(self, key: str, provider: str) -> Iterator[Event]:
        self._shelf.downloadable(self._shelf.entry(key))
        request = {"key": key, "provider": provider}
        return self._worked(lambda context: downloaded(self._settings, request, context))

    def delete_model(self, key: str) -> Record:
        return self._shelf.delete(key)

    @property
    def _shelf(self) -> ModelShelf:
        return ModelShelf(self._settings)

    def _worked(self, begin: Any) -> Iterator[Event]:
        """A handler's events; Ctrl-C tells the work before it leaves, since threads beside it ask for that."""
        context = JobContext("command-line", 1, self._stopped.is_set)
        with self._interruptible():
            try:
                for event in begin(context):
                    yield _on_the_wire(event)
            except Exception as error:
                if self._stopped.is_set():  # engines make a failure of whatever stops them
                    raise KeyboardInterrupt from None
                if isinstance(error, Problem):
                    raise
                log.debug("the work failed", exc_info=True)
                raise translated(error) from error  # whatever a library throws is told as it is told in the page

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stopped.set()
            raise KeyboardInterrupt

        former = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, former)


def _on_the_wire(event: ProgressEvent) -> Event:
    return {**event.on_the_wire(""), "result": event.result} if event.result is not None else event.on_the_wire("")
