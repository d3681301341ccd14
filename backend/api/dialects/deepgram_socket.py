"""The talk on one Deepgram socket: Speak, Flush, Clear and Close in, sound and replies out. Knows no HTTP, no voices.

What is said until a Flush is one text: sentences are spoken as they become whole, an emotion tag holds to the next or
to the Flush. One thread hears, another speaks; a Clear takes the word from the speaker between two frames.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from backend.api.dialects.deepgram_controls import Controls
from backend.api.talking import NOTHING_TO_SAY, Flow, Speaker
from backend.audio.streaming import StreamEncoder
from backend.core.errors import Problem
from backend.safety.websocket import BROKEN, POLICY, WRONG_KIND, Socket

NET = "NET-0000: "
"""Before what failed here, as Deepgram says it."""
FRAME = 9_600  # bytes of sound in one message; less is lost to a Clear that comes while it is sent
FLUSHES, PER_SECONDS = 20, 60.0  # more are carried out, with a warning: the service itself ignores them
MOST_TURNS = 1000  # texts that wait; a Clear must be heard behind them, so the sender cannot just be made to wait
MOST_CHARACTERS = 1_000_000  # of all of them


@dataclass
class Turn:
    """What is spoken up to one Flush; without a flow there is nothing but the Flush."""

    flow: Flow | None = None
    flushed: bool = False
    """Whether its end is to be told."""
    dropped: bool = False
    controls: Controls = field(default_factory=Controls)
    last: str = ""
    """The message before."""
    length: int = 0
    """Characters so far."""

    def close(self) -> None:
        self.dropped = True
        if self.flow is not None:
            self.flow.close()


class Talk:
    """One connection. `run` returns when it is closed."""

    def __init__(
        self, ws: Socket, opened: Callable[[], Flow], encoder: Callable[[], StreamEncoder], facts: dict[str, Any]
    ) -> None:
        self._ws = ws
        self._opened = opened
        self._encoder = encoder
        self._facts = facts
        self._mouth = threading.Lock()
        """Held by whoever says something; a Clear has it before it answers."""
        self._speaker = Speaker(ws, self._speak, ws.close, self._tell_failure, NET)
        self._now: Turn | None = None  # what is being written
        self._sequence = 0
        self._flushes: deque[float] = deque(maxlen=FLUSHES)
        self._warned = False

    def run(self) -> None:
        self._ws.send(json.dumps({"type": "Metadata", **self._facts}))
        with self._speaker:
            for message in self._ws:
                self._hear(message)

    def _hear(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self._ws.close(WRONG_KIND, "MESSAGE-0000: messages are JSON in text frames.")
            return
        try:
            body = json.loads(message)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            self._ws.close(POLICY, "DATA-0000: the message is no JSON object.")
            return
        acts = {"Speak": self._on_speak, "Flush": self._on_flush, "Clear": self._on_clear, "Close": self._on_close}
        act = acts.get(str(body.get("type")))
        if act is None:
            self._warn("UNKNOWN_MESSAGE", "Known messages are Speak, Flush, Clear and Close.")
        elif self._now is None and len(self._speaker.turns) >= MOST_TURNS and act in (self._on_speak, self._on_flush):
            self._ws.close(POLICY, "DATA-0001: too many texts wait to be spoken.")
        elif not self._speaker.leaving or act == self._on_clear:
            act(body)

    def _on_speak(self, body: dict[str, Any]) -> None:
        text = body.get("text")
        if not isinstance(text, str) or _broken(text):
            self._ws.close(POLICY, "DATA-0000: Speak needs a text.")
            return
        if sum(turn.length for turn in self._speaker.turns) + len(text) > MOST_CHARACTERS:
            self._ws.close(POLICY, f"DATA-0001: more than {MOST_CHARACTERS:,} characters wait to be spoken.")
            return
        if self._now is None:
            if not text.strip():
                return
            self._begin(Turn(self._opened()))
        turn = self._now
        assert turn is not None and turn.flow is not None
        piece = " " + text if _is_phrase_after(turn.last, text) else text
        turn.last, turn.length = text, turn.length + len(piece)
        try:
            turn.flow.feed(turn.controls.take(piece))
        except Problem as problem:
            self._ws.close(POLICY, f"DATA-0001: {problem.detail}")
        if turn.controls.pronunciations and not self._warned:
            self._warned = True
            self._warn("PRONUNCIATION_IGNORED", "Words are spoken as they are written; pronunciations are let by.")

    def _on_flush(self, _body: dict[str, Any]) -> None:
        now = time.monotonic()
        if len(self._flushes) == FLUSHES and now - self._flushes[0] < PER_SECONDS:
            self._warn("EXCESSIVE_FLUSH", f"More than {FLUSHES} Flush in a minute: the Deepgram service ignores them.")
        self._flushes.append(now)
        if self._now is None:
            self._begin(Turn())
        self._finish(flushed=True)

    def _on_clear(self, _body: dict[str, Any]) -> None:
        self._now = None
        turns = [turn for turn in self._speaker.turns if not turn.dropped]
        for turn in turns:
            turn.dropped = True
        with self._mouth:  # from here on nothing of it is said
            self._reply("Cleared")
        for turn in turns:
            turn.close()

    def _on_close(self, _body: dict[str, Any]) -> None:
        if self._now is not None:
            self._finish(flushed=False)
        self._speaker.leave()

    def _begin(self, turn: Turn) -> None:
        self._now = turn
        self._speaker.add(turn)

    def _finish(self, *, flushed: bool) -> None:
        """What was written is all of this turn."""
        turn, self._now = self._now, None
        assert turn is not None
        turn.flushed = flushed
        if turn.flow is not None:
            turn.flow.feed(turn.controls.rest())
            turn.flow.end()

    def _speak(self, turn: Turn) -> None:
        try:
            for piece in self._sound(turn):
                if not self._say(turn, piece):
                    return
        except Problem as problem:
            if problem.code != NOTHING_TO_SAY and not turn.dropped:  # what was silenced may end as it likes
                raise
        finally:
            if turn.flow is not None:
                turn.flow.close()
        with self._mouth:
            if turn.flushed and not turn.dropped:
                self._reply("Flushed")

    def _sound(self, turn: Turn) -> Iterator[bytes]:
        encoder = self._encoder()
        pieces: Iterable[bytes] = turn.flow or ()
        for pcm in pieces:
            yield from _framed(encoder.feed(pcm))
        yield from _framed(encoder.end())

    def _say(self, turn: Turn, piece: bytes) -> bool:
        with self._mouth:
            if not turn.dropped:
                self._ws.send(piece)
            return not turn.dropped

    def _reply(self, kind: str) -> None:
        """Under the mouth's lock."""
        self._ws.send(json.dumps({"type": kind, "sequence_id": self._sequence}))
        self._sequence += 1

    def _warn(self, code: str, sentence: str) -> None:
        """Clients read different names: `description` and `code`, or `warn_msg` and `warn_code`."""
        told = {"description": sentence, "code": code, "warn_msg": sentence, "warn_code": code}
        self._ws.send(json.dumps({"type": "Warning", **told}))

    def _tell_failure(self, problem: Problem) -> None:
        self._warn(problem.code, f"{problem.detail} {problem.hint}".strip())
        self._ws.close(BROKEN, f"{NET}{problem.detail}")


def _framed(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), FRAME):
        yield data[at : at + FRAME]


def _is_phrase_after(last: str, text: str) -> bool:
    """Whether two messages are sentences that were sent without a space between them, not parts of words."""
    return last[-1:] in (".", "!", "?", "…") and text[:1].isalpha() and " " in text.strip()


def _broken(text: str) -> bool:
    """Half of a surrogate pair: no text."""
    return any("\ud800" <= character <= "\udfff" for character in text)
