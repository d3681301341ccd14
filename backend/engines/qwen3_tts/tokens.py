"""Turns text into the ids that the talker reads: byte-level BPE from a checkpoint's files, and the chat frames.

Equal to the Qwen2 tokenizer of transformers, with two deviations that are meant:

- **Text is only text.** Whoever writes `<|im_end|>` into a script hears it spelt; the official tokenizer would make it
  a control token and let a script end its own prompt. The frames are built from ids, never from a string with text.
- **A frame begins with exactly three ids.** The official package cuts its prompt after three, which loses the first
  line breaks of a text that starts with some (they melt with the frame's own into one token); here they stay.

One known quirk is not followed: loaded from a local folder, transformers 4.57 takes the published checkpoints for
Mistral models and splits CamelCase and combining marks otherwise than it does for the same files from the hub. Here it
is always as from the hub, which is how the checkpoints' own pages load them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from backend.core.errors import EngineUnavailable

FILES = ("vocab.json", "merges.txt", "tokenizer_config.json")
SPLIT = "|".join(
    (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
        r"[^\r\n\p{L}\p{N}]?\p{L}+",
        r"\p{N}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)
"""How Qwen2 cuts text before it joins bytes: contractions, words, single digits, signs, line breaks, blanks."""


def shared_tokenizer(folder: Path) -> TextTokenizer:
    """The tokenizer of a folder; one object for all folders with the same files, which every checkpoint has.

    Building one takes half a second, and the library does not give all of its memory back. Raises EngineUnavailable.
    """
    digest = hashlib.sha256()
    for name in FILES:
        try:
            digest.update((folder / name).read_bytes())
        except OSError:
            return TextTokenizer(folder)  # says which one is missing
    if digest.digest() not in _kept:
        _kept.clear()
        _kept[digest.digest()] = TextTokenizer(folder)
    return _kept[digest.digest()]


_kept: dict[bytes, TextTokenizer] = {}
"""The last one, by the digest of its files."""


class TextTokenizer:
    """Reads vocab.json, merges.txt and tokenizer_config.json of one folder.

    Raises EngineUnavailable where a file is missing or damaged, or where the frames could not be built from it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tokenizer = self._built()
        self.specials = self._special_ids()
        """Control tokens by name. They never come out of `encode`."""
        start, end = self._control("<|im_start|>"), self._control("<|im_end|>")
        self._line_break = self._single("\n")
        self.opening = (start, self._single("assistant"), self._line_break)
        """The three ids before the text."""
        self._user = (start, self._single("user"), self._line_break)
        self._closing = (end, self._line_break)

    def encode(self, text: str) -> list[int]:
        """Plain text to ids, in NFC; look-alikes of control tokens stay text."""
        readable = text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no character
        return list(self._tokenizer.encode(readable, add_special_tokens=False).ids)

    def assistant(self, text: str) -> list[int]:
        """What is to be spoken, in the frame of an answer, with the opening of the answer after it."""
        return [*self.reference(text), *self.opening]

    def reference(self, text: str) -> list[int]:
        """The transcript of a reference recording, in the frame of an answer."""
        return [*self.opening, *self.encode(text), *self._closing]

    def instruction(self, text: str) -> list[int]:
        """How to speak, or a voice's description, in the frame of a user's words."""
        return [*self._user, *self.encode(text), *self._closing]

    def _built(self) -> Any:
        from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers
        from tokenizers.models import BPE

        vocabulary = self._read("vocab.json")
        tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=self._merges(vocabulary)))
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
        missing = set(pre_tokenizers.ByteLevel.alphabet()) - set(vocabulary)
        if missing:
            raise self._broken(f"vocab.json lacks {len(missing)} of the 256 bytes")
        return tokenizer

    def _merges(self, vocabulary: dict[str, int]) -> list[tuple[str, str]]:
        merges = []
        for line in self._text("merges.txt").split("\n"):
            if not line.strip() or line.startswith("#version:"):
                continue
            left, _, right = line.rstrip("\r").partition(" ")
            if not {left, right, left + right} <= vocabulary.keys():
                raise self._broken(f"merges.txt joins {line!r}, which vocab.json does not know")
            merges.append((left, right))
        return merges

    def _special_ids(self) -> dict[str, int]:
        added = self._read("tokenizer_config.json").get("added_tokens_decoder", {})
        try:
            return {str(token["content"]): int(index) for index, token in added.items()}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self._broken("tokenizer_config.json lists its control tokens in a way unknown here") from error

    def _control(self, name: str) -> int:
        if name not in self.specials:
            raise self._broken(f"tokenizer_config.json names no {name}")
        return self.specials[name]

    def _single(self, text: str) -> int:
        ids = self.encode(text)
        if len(ids) != 1:
            raise self._broken(f"it has no token of its own for {text!r}")
        return ids[0]

    def _read(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self._text(name))
        except (ValueError, RecursionError) as error:
            raise self._broken(f"{name} is damaged") from error
        if not isinstance(value, dict):
            raise self._broken(f"{name} is damaged")
        return value

    def _text(self, name: str) -> str:
        try:
            return (self._folder / name).read_text("utf-8")
        except FileNotFoundError as error:
            raise self._broken(f"{name} is missing") from error
        except (OSError, UnicodeError) as error:
            raise self._broken(f"{name} cannot be read") from error

    def _broken(self, what: str) -> EngineUnavailable:
        return EngineUnavailable(
            f"The text tokenizer of {self._folder.name} cannot be used: {what}.",
            hint="Download the model again on the models page, or copy its files anew.",
        )
