"""Speech of a text that is still being written: programs send words as a language model finds them.

What is whole is spoken while the rest arrives: text is taken at ends of sentences, as much as there is when the voice
is free. Emotion, dialogue voice and pauses hold over these cuts as if the text had come at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from backend.core.errors import BadText
from backend.core.types import STUDIO_RATE, GenerationRequest, VoiceSpec
from backend.jobs.turns import asked_by, asker
from backend.rooms.live import LiveDesk, LiveSpeech
from backend.rooms.rooms import Rooms
from backend.text.script import PARAGRAPH_PAUSE, SENTENCE_PAUSE, Script, ScriptSegment
from backend.text.sentences import pack, sentences

PATIENCE = 1000  # characters without an end of a sentence, after which commas and words will do
PIECE = 300  # characters, about, of what is cut there
GROWTH = 4  # a text of more than PATIENCE characters that says nothing is looked at again when a fourth was added
WORD = " a"
"""Added to a text to learn how whatever follows it would be spoken."""

Asking = Callable[[str, VoiceSpec], GenerationRequest]
"""Text and voice → what is asked of the studio; it adds language, speed and seed."""


class FlowingSpeech:
    """An iterator of PCM (16-bit little-endian mono at `rate`). `feed` and `end` may come from another thread.

    Raises NotFound, BadRequest, EngineUnavailable when it is made; iterating raises problems of the jobs, and BadText
    where nothing could be spoken at all.
    """

    rate = STUDIO_RATE
    """Hertz."""

    def __init__(self, rooms: Rooms, desk: LiveDesk, voice: VoiceSpec, asking: Asking, client: str) -> None:
        self.voice = rooms.checked(asking(WORD.strip(), voice)).voice
        """Who speaks next, and in which emotion."""
        self._rooms = rooms
        self._desk = desk
        self._asking = asking
        self._client = client
        self._asker = asker()  # it may be spoken in another thread than it is asked for
        self._moved = threading.Condition()
        self._text = ""  # what is not spoken, as far as it was looked at
        self._news: list[str] = []  # what came since
        self._fresh = 0  # characters of that
        self._length = 0
        self._ended = False
        self._closed = False
        self._now: LiveSpeech | None = None

    def feed(self, text: str) -> None:
        """More of the text. Raises BadText where all of it is longer than a script may be."""
        with self._moved:
            self._length += len(text)
            if self._length > self._rooms.settings.text_limit:
                limit = f"{self._rooms.settings.text_limit:,}"
                raise BadText(f"The text has more than {limit} characters.", hint="Send less.", code="text-too-long")
            self._news.append(text)
            self._fresh += len(text)
            self._moved.notify_all()

    def end(self) -> None:
        """No more text will come."""
        with self._moved:
            self._ended = True
            self._moved.notify_all()

    def close(self) -> None:
        """Nobody listens any more: what is being spoken is cancelled at once."""
        with self._moved:
            self._closed = True
            now, self._now = self._now, None
            self._moved.notify_all()
        if now is not None:
            now.close()

    def __iter__(self) -> Iterator[bytes]:
        pause = 0.0
        spoken = False
        while (portion := self._portion()) is not None:
            text, script = portion
            if pause and not script.lead:
                yield bytes(2 * int(pause * self.rate))
            yield from self._spoken(text)
            spoken = True
            pause = self._go_on(text)
        if not spoken and not self._closed:
            hint = "Write at least one word outside the tags."
            raise BadText("The text holds nothing to speak.", hint=hint, fields={"text": "holds no word"})

    def _portion(self) -> tuple[str, Script] | None:
        """What is whole by now and can be spoken; waits for it. None at the end."""
        with self._moved:
            while not self._closed:
                if self._ended or self._is_worth_a_look():
                    self._text, self._news, self._fresh = "".join((self._text, *self._news)), [], 0
                    whole = self._text if self._ended else _whole(self._text)
                    script = self._rooms.script(whole, self.voice) if whole.strip() else None
                    if script is not None and script.segments:  # what says nothing waits for what does: a lone tag
                        self._text = self._text[len(whole) :]
                        return whole, script
                    if self._ended:
                        return None
                self._moved.wait()
        return None

    def _is_worth_a_look(self) -> bool:
        """Whether there is news, and of a long text that has said nothing enough of it: looking stays linear."""
        return bool(self._fresh) and (len(self._text) < PATIENCE or GROWTH * self._fresh >= len(self._text))

    def _spoken(self, text: str) -> Iterator[bytes]:
        with asked_by(self._asker):
            speech = self._desk.speak(self._asking(text, self.voice), self._client)
        with speech:
            with self._moved:
                if self._closed:
                    return
                self._now = speech
            yield from speech
        with self._moved:
            self._now = None

    def _go_on(self, text: str) -> float:
        """Take over voice and emotion from the end of what was spoken; seconds of silence that stand after it."""
        last: ScriptSegment = self._rooms.script(text, self.voice).segments[-1]
        self.voice = voice_after(self._rooms, text, self.voice)
        if last.gap == "asked":  # it was spoken already
            return 0.0
        return PARAGRAPH_PAUSE if ends_paragraph(text) else SENTENCE_PAUSE


def voice_after(rooms: Rooms, text: str, voice: VoiceSpec) -> VoiceSpec:
    """Who speaks what follows the text, and in which emotion."""
    after: ScriptSegment = rooms.script(text + WORD, voice).segments[-1]
    return _in_emotion(voice if after.voice is None else after.voice.spec, after.emotion)


def _whole(text: str) -> str:
    """The sentences that have ended for sure: what follows the last one is there. Linear in the length."""
    last = 0
    for sentence in sentences(text):
        last = len(sentence)
    whole = text[: len(text) - last]
    if whole.strip() or len(text.strip()) < PATIENCE:
        return whole
    return text[: text.rindex(pack(text, PIECE)[-1])]


def ends_paragraph(text: str) -> bool:
    """Whether an empty line stands at its end."""
    return text.count("\n", len(text.rstrip())) > 1


def _in_emotion(voice: VoiceSpec, emotion: str) -> VoiceSpec:
    return voice.model_copy(update={"emotion": emotion})
