"""Text to speech over Wyoming: whole texts, and texts that are being written. Parses, asks the studio, answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from pydantic import BaseModel

from backend.core.errors import BadRequest, Conflict, Problem
from backend.core.tables.languages import language_code
from backend.core.tables.speakers import SPEAKERS
from backend.core.types import STUDIO_RATE, GenerationRequest, PresetVoice, VoiceSpec
from backend.rooms.flowing import FlowingSpeech
from backend.rooms.naming import find_voice
from backend.studio import Studio
from backend.wyoming_ports.events import Event, Wire
from backend.wyoming_ports.reading import read
from backend.wyoming_ports.work import Work

CLIENT = "wyoming"
"""Kept in the takes."""
USUAL_SPEAKER = "Ryan"
PIECE = 8192  # bytes of sound in one event: a sixth of a second
WIDTH, CHANNELS = 2, 1
FORMAT = {"rate": STUDIO_RATE, "width": WIDTH, "channels": CHANNELS}


class Voice(BaseModel):
    """Which voice is meant; all of it may be absent."""

    name: str | None = None
    language: str | None = None
    speaker: str | None = None
    """An emotion: a voice has as many speakers as moods."""


class Synthesize(BaseModel):
    """What `synthesize`, `synthesize-start` and `synthesize-chunk` hold."""

    text: str = ""
    voice: Voice | None = None
    text_format: str | None = None


class Speaking:
    """The speaking side of one conversation."""

    def __init__(self, studio: Studio, wire: Wire, work: Work) -> None:
        self._studio = studio
        self._wire = wire
        self._work = work
        self._streaming = False
        self._flow: FlowingSpeech | None = None
        """The text that is being written; none where it could not be begun."""

    def take(self, event: Event) -> None:
        """One event of the other side; one that is not known is passed over. Raises Problem."""
        if event.type == "synthesize-start":
            self._begin(event)
        elif event.type == "synthesize-chunk":
            self._more(event)
        elif event.type == "synthesize-stop":
            self._end()
        elif event.type == "synthesize" and not self._streaming:  # inside, it repeats the text for older servers
            self._add(Answer(self._wire, lambda: self._whole(event)))

    def close(self) -> None:
        if self._flow is not None:
            self._flow.close()

    def _begin(self, event: Event) -> None:
        if self._streaming:
            raise Conflict("A text is being sent already.", hint="End it by synthesize-stop.")
        self._streaming = True
        try:
            flow = self._flowing(event)
        except Problem as problem:
            self._add(Answer(self._wire, _refusing(problem), streamed=True))  # in its turn, as sound would come
            return
        if self._add(Answer(self._wire, lambda: flow, streamed=True)):
            self._flow = flow

    def _more(self, event: Event) -> None:
        if not self._streaming:
            raise Conflict("A piece of a text came before its beginning.", hint="Send synthesize-start first.")
        if self._flow is not None:
            self._flow.feed(read(Synthesize, event).text)

    def _end(self) -> None:
        self._streaming = False
        if self._flow is not None:
            self._flow.end()
        self._flow = None

    def _add(self, answer: Answer) -> bool:
        try:
            self._work.add(answer)
        except Problem as problem:
            answer.failed(problem)
            return False
        return True

    def _whole(self, event: Event) -> Sound:
        asked = read(Synthesize, event)
        voice, language = self._voice(asked)
        if not asked.text:
            raise BadRequest("There is no text to speak.", fields={"text": "is needed"})
        return self._studio.live.speak(GenerationRequest(text=asked.text, voice=voice, language=language), CLIENT)

    def _flowing(self, event: Event) -> FlowingSpeech:
        voice, language = self._voice(read(Synthesize, event))

        def asking(text: str, spec: VoiceSpec) -> GenerationRequest:
            return GenerationRequest(text=text, voice=spec, language=language)

        return FlowingSpeech(self._studio, self._studio.live, voice, asking, CLIENT)

    def _voice(self, asked: Synthesize) -> tuple[VoiceSpec, str]:
        """Voice and language. Without a name, a speaker who is native in the language."""
        if asked.text_format not in (None, "", "text"):
            raise BadRequest("Only plain text is spoken here.", hint="Moods and pauses are tags: [happy], [pause 1s].")
        wish = asked.voice or Voice()
        language = (wish.language or "auto")[:20]
        emotion = (wish.speaker or "neutral")[:60]
        if wish.name:
            return find_voice(self._studio, wish.name, emotion), language
        code = language_code(language)
        speaker = next((row.id for row in SPEAKERS.values() if row.language == code), USUAL_SPEAKER)
        return PresetVoice(speaker=speaker if code != "en" else USUAL_SPEAKER, emotion=emotion), language


def _refusing(problem: Problem) -> Callable[[], Sound]:
    """A beginning that fails."""

    def begin() -> Sound:
        raise problem

    return begin


class Sound(Protocol):
    """PCM that comes piece by piece and can be left."""

    def __iter__(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class Answer:
    """A task: one text as sound on the wire, with one `audio-start` whatever happens within."""

    def __init__(self, wire: Wire, begin: Callable[[], Sound], streamed: bool = False) -> None:
        self._wire = wire
        self._begin = begin
        self._streamed = streamed
        self._lock = threading.Lock()
        self._sound: Sound | None = None
        self._stopped = threading.Event()
        self._sent = 0  # bytes of sound

    def run(self) -> None:
        """Speak. Raises Problem, OSError; whichever way it ends, the studio works no longer for it."""
        if self._stopped.is_set():
            return
        sound = self._begin()
        try:
            with self._lock:
                self._sound = sound
                if self._stopped.is_set():
                    return
            for piece in sound:
                self._send(piece)
            self._finish()
        finally:
            sound.close()

    def stop(self) -> None:
        with self._lock:
            self._stopped.set()
            sound = self._sound
        if sound is not None:
            sound.close()

    def failed(self, problem: Problem) -> None:
        """Clients that know no errors wait for the end, so they get one."""
        self._wire.tell(problem)
        self._finish()

    def _send(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), PIECE):
            piece = pcm[start : start + PIECE]
            if not self._sent:
                self._wire.write(Event("audio-start", {**FORMAT, "timestamp": 0}))
            self._wire.write(Event("audio-chunk", {**FORMAT, "timestamp": self._now()}, piece))
            self._sent += len(piece)

    def _finish(self) -> None:
        self._wire.write(Event("audio-stop", {"timestamp": self._now()}))
        if self._streamed:
            self._wire.write(Event("synthesize-stopped"))

    def _now(self) -> int:
        """Milliseconds of sound that were sent."""
        return self._sent * 1000 // (WIDTH * CHANNELS * STUDIO_RATE)
