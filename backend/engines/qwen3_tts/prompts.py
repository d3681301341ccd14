"""What the talker is given before it speaks: text, language, speaker, instruction and reference as one sequence.

The two streams of the model run side by side: every position is the sum of a text embedding and a code embedding, with
padding where one of them has nothing to say. Shapes: T positions, H width of the talker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from backend.core.errors import BadRequest
from backend.engines.qwen3_tts.model import Qwen3TTS

CHINESE = frozenset({"chinese", None})


@dataclass(frozen=True)
class VoicePrompt:
    """A voice to clone."""

    speaker_vector: Tensor
    """Shape (H,)."""
    codes: Tensor | None = None
    """Codes of the reference, (T, groups) int64; with a transcript the model goes on speaking where they end."""
    transcript: str = ""

    @property
    def in_context(self) -> bool:
        return self.codes is not None and bool(self.transcript.strip())


@dataclass(frozen=True)
class Utterance:
    """One thing to say."""

    text: str
    language: str | None = None
    """The model's name such as `english`; None lets it find out."""
    speaker: str | None = None
    instruction: str | None = None
    voice: VoicePrompt | None = None


@dataclass(frozen=True)
class Prompt:
    """Everything the talker needs for one utterance."""

    start: Tensor
    """(T, H): heard at once."""
    trailing: Tensor
    """(R, H): text that is added frame by frame while it speaks; then `pad` is."""
    pad: Tensor
    """(H,): the sound of no text."""


def build(model: Qwen3TTS, said: Utterance, whole_text: bool | None = None) -> Prompt:
    """The prompt of one utterance. Raises BadRequest for no text, or a language or speaker that is not there.

    `whole_text` puts all the text before the first sound; else it flows in one token a frame. By default cloned voices
    flow and the others do not, as the models were released.
    """
    whole = said.voice is None if whole_text is None else whole_text
    writer = _Writer(model)
    head = [writer.instruction(said.instruction), writer.head(said)]
    text = model.tokenizer.encode(said.text.strip())
    if not text:
        raise BadRequest("There is nothing to say.", hint="Write at least one word.")
    voice = said.voice
    if voice is not None and voice.codes is not None and voice.in_context:
        body, trailing = writer.continued(text, model.tokenizer.encode(voice.transcript.strip()), voice.codes, whole)
    else:
        body, trailing = writer.whole(text) if whole else writer.flowing(text)
    return Prompt(torch.cat([*head, body]), trailing, writer.silence)


class _Writer:
    """Makes the pieces of a prompt with one model."""

    def __init__(self, model: Qwen3TTS) -> None:
        self._model = model
        self._control = model.config.control
        ids = model.config.text
        self._begin, self._end, self._pad = (model.embed_text([one]) for one in (ids.begin, ids.end, ids.pad))
        self.silence = self._pad[0]

    def codes(self, ids: Sequence[int]) -> Tensor:
        return self._model.talker.embed_codes(torch.tensor(list(ids), device=self._model.device))

    def text(self, ids: Sequence[int]) -> Tensor:
        return self._model.embed_text(ids)

    def instruction(self, words: str | None) -> Tensor:
        """How to speak, as a message of the user; nothing where nothing is asked."""
        tokens = self._model.tokenizer
        return self.text(tokens.instruction(words.strip())) if words and words.strip() else self._begin[:0]

    def head(self, said: Utterance) -> Tensor:
        """Who speaks in which language: everything before the first word, where codes begin to run beside the text."""
        role = self.text(self._model.tokenizer.opening)
        marks = [self.codes(self._language(said)), self._speaker(said), self.codes([self._control.pad])]
        codes = torch.cat(marks)
        silence = self._pad.expand(len(codes) - 1, -1)
        return torch.cat((role, torch.cat((silence, self._begin)) + codes))

    def _language(self, said: Utterance) -> list[int]:
        control, config = self._control, self._model.config
        name = said.language.lower() if said.language else None
        if name is not None and name not in config.languages:
            spoken = ", ".join(language for language in config.languages if "dialect" not in language)
            raise BadRequest(
                f"The model does not speak {name}.", hint=f"It speaks {spoken}.", fields={"language": name}
            )
        if name in CHINESE and said.speaker and said.speaker.lower() in config.dialects:
            name = config.dialects[said.speaker.lower()]
        if name is None:
            return [control.no_think, control.think_begin, control.think_end]
        return [control.think, control.think_begin, config.languages[name], control.think_end]

    def _speaker(self, said: Utterance) -> Tensor:
        """(1, H), or (0, H) where nobody is named."""
        if said.voice is not None:
            return said.voice.speaker_vector.to(device=self._model.device, dtype=self._model.dtype).reshape(1, -1)
        if not said.speaker:
            return self._begin[:0]
        known = self._model.config.speakers
        if said.speaker.lower() not in known:
            hint = f"There are: {', '.join(known)}." if known else "This checkpoint has no speakers of its own."
            raise BadRequest("The model has no such speaker.", hint=hint, fields={"speaker": said.speaker})
        return self.codes([known[said.speaker.lower()]])

    def whole(self, text: Sequence[int]) -> tuple[Tensor, Tensor]:
        """All words, then the sign to speak."""
        words = torch.cat((self.text(text), self._end)) + self.codes([self._control.pad])
        return torch.cat((words, self._pad + self.codes([self._control.begin]))), self._pad

    def flowing(self, text: Sequence[int]) -> tuple[Tensor, Tensor]:
        """The first word with the sign to speak; the others follow."""
        first = self.text(text[:1]) + self.codes([self._control.begin])
        return first, torch.cat((self.text(text[1:]), self._end)) if len(text) > 1 else self._end

    def continued(
        self, text: Sequence[int], transcript: Sequence[int], reference: Tensor, whole: bool
    ) -> tuple[Tensor, Tensor]:
        """The reference with its words, then the text: the model goes on in the same breath."""
        words = torch.cat((self.text([*transcript, *text]), self._end))
        frames = self._model.talker.embed_frame(reference.to(self._model.device))
        codes = torch.cat((self.codes([self._control.begin]), frames))
        if whole:
            return torch.cat((words + self.codes([self._control.pad]), codes + self._pad)), self._pad
        if len(words) > len(codes):
            return words[: len(codes)] + codes, words[len(codes) :]
        silence = self._pad.expand(len(codes) - len(words), -1)
        return torch.cat((words, silence)) + codes, self._pad
