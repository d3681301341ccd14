"""Makes a small byte-level BPE vocabulary with merges, the same on every machine. Knows text; no weights.

The words it learns from are ours, a few lines in each of twenty scripts. The result has the published layout: byte
symbols, then merges in the order learnt, then the special tokens. Where real ids matter (full size) the special tokens
and the chat words keep the published ids and the ids between stay empty.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tiny_corpus import CORPUS

MERGES = 1500
WHOLE_WORDS = ("assistant", "user", "system", " the", " and")
"""Words that must be one token; the prompt's head counts on the first."""
SPECIAL = """
    <|endoftext|> <|im_start|> <|im_end|> <|object_ref_start|> <|object_ref_end|> <|box_start|> <|box_end|>
    <|quad_start|> <|quad_end|> <|vision_start|> <|vision_end|> <|vision_pad|> <|image_pad|> <|video_pad|>
    <tool_call> </tool_call>
    <|fim_prefix|> <|fim_middle|> <|fim_suffix|> <|fim_pad|> <|repo_name|> <|file_sep|> <tool_response> </tool_response>
    <think> </think> <|audio_start|> <|audio_end|> <tts_pad> <tts_text_bos> <tts_text_eod> <tts_text_bos_single>
    <|audio_pad|>
""".split()
NOT_SPECIAL = set(SPECIAL[14:26])
"""Added tokens that the published file does not call special; they are matched in text all the same."""
PUBLISHED_FIRST_SPECIAL, PUBLISHED_VOCABULARY = 151643, 151936
PUBLISHED_WORDS = {"assistant": 77091, "user": 872, "system": 8948}

Pair = tuple[str, str]


@dataclass(frozen=True)
class Vocabulary:
    ids: dict[str, int]
    merges: list[Pair]
    special: dict[str, int]
    size: int
    """Rows of the text embedding."""

    def control_ids(self) -> dict[str, int]:
        """The ids that config.json names."""
        return {
            "assistant_token_id": self.ids["assistant"],
            "im_start_token_id": self.special["<|im_start|>"],
            "im_end_token_id": self.special["<|im_end|>"],
            "tts_pad_token_id": self.special["<tts_pad>"],
            "tts_bos_token_id": self.special["<tts_text_bos>"],
            "tts_eos_token_id": self.special["<tts_text_eod>"],
        }


def vocabulary(published_ids: bool) -> Vocabulary:
    """Learn the merges and number the tokens, densely or with the published ids where they matter."""
    alphabet = byte_symbols()
    merges = learn(CORPUS, MERGES)
    for word in WHOLE_WORDS:
        merges += _missing_merges(word, merges)
    tokens = list(dict.fromkeys([*alphabet.values(), *(left + right for left, right in merges)]))
    ids = {token: index for index, token in enumerate(tokens)}
    if published_ids:
        ids = _renumbered(ids)
    first = PUBLISHED_FIRST_SPECIAL if published_ids else len(ids)
    special = {token: first + index for index, token in enumerate(SPECIAL)}
    size = PUBLISHED_VOCABULARY if published_ids else first + len(SPECIAL)
    return Vocabulary(ids, merges, special, size)


def _renumbered(ids: dict[str, int]) -> dict[str, int]:
    """Chat words at their published ids, whatever stood there behind all others, and no id without a token.

    transformers numbers the control tokens by how many others there are: with holes they would lose their ids.
    """
    free = iter(range(len(ids), PUBLISHED_FIRST_SPECIAL))
    taken = set(PUBLISHED_WORDS.values())
    moved = {token: next(free) if index in taken else index for token, index in ids.items()} | PUBLISHED_WORDS
    holes = set(range(PUBLISHED_FIRST_SPECIAL)) - set(moved.values())
    return moved | {f"<never-read-{index}>": index for index in sorted(holes)}


def write(folder: Path, words: Vocabulary) -> None:
    """vocab.json, merges.txt, tokenizer_config.json, preprocessor_config.json, as published."""
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in words.merges)]
    _write_json(folder / "vocab.json", words.ids)
    (folder / "merges.txt").write_bytes(("\n".join(lines) + "\n").encode("utf-8"))
    _write_json(folder / "tokenizer_config.json", _tokenizer_config(words))
    _write_json(folder / "preprocessor_config.json", {"processor_class": "Qwen3TTSProcessor"})


def _tokenizer_config(words: Vocabulary) -> dict[str, Any]:
    plain = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    return {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(index): {"content": token, **plain, "special": token not in NOT_SPECIAL}
            for token, index in words.special.items()
        },
        "additional_special_tokens": [token for token in SPECIAL[1:] if token not in NOT_SPECIAL],
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 131072,
        "pad_token": "<|endoftext|>",
        "processor_class": "Qwen3TTSProcessor",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }


def _write_json(path: Path, value: object) -> None:
    path.write_bytes((json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8"))


def byte_symbols() -> dict[int, str]:
    """One printable character for each byte, in GPT-2's order: printable ones are themselves, the rest follow 255."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + index) for index, byte in enumerate(others)}


def learn(text: str, count: int) -> list[Pair]:
    """Byte pair encoding: join the most frequent pair, again and again; among equals the first by characters."""
    words = Counter(_pieces(unicodedata.normalize("NFC", text)))
    spelling = {word: _symbols(word) for word in words}
    merges: list[Pair] = []
    pairs, homes = _pair_counts(words, spelling)
    while len(merges) < count and pairs:
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word in sorted(homes[best]):
            _count(word, -words[word], spelling[word], pairs, homes)
            spelling[word] = _joined(spelling[word], best)
            _count(word, words[word], spelling[word], pairs, homes)
    return merges


def _pair_counts(words: Counter[str], spelling: dict[str, list[str]]) -> tuple[dict[Pair, int], dict[Pair, set[str]]]:
    pairs: dict[Pair, int] = {}
    homes: dict[Pair, set[str]] = defaultdict(set)
    for word, times in words.items():
        _count(word, times, spelling[word], pairs, homes)
    return pairs, homes


def _count(word: str, times: int, symbols: list[str], pairs: dict[Pair, int], homes: dict[Pair, set[str]]) -> None:
    """Enter a word's pairs, or with negative times take them out."""
    for pair in pairwise(symbols):
        pairs[pair] = pairs.get(pair, 0) + times
        if not pairs[pair]:
            del pairs[pair]
        (homes[pair].add if times > 0 else homes[pair].discard)(word)


def _symbols(word: str) -> list[str]:
    table = byte_symbols()
    return [table[byte] for byte in word.encode("utf-8")]


def _joined(symbols: list[str], pair: Pair) -> list[str]:
    joined: list[str] = []
    for symbol in symbols:
        if joined and (joined[-1], symbol) == pair:
            joined[-1] += symbol
        else:
            joined.append(symbol)
    return joined


def _missing_merges(word: str, merges: list[Pair]) -> Iterator[Pair]:
    """What must be joined, last of all, for a word to be one token."""
    symbols = _symbols(word)
    for pair in merges:
        symbols = _joined(symbols, pair)
    while len(symbols) > 1:
        yield symbols[0], symbols[1]
        symbols = [symbols[0] + symbols[1], *symbols[2:]]


def _pieces(text: str) -> Iterator[str]:
    """Words with the space before them; punctuation and digits alone."""
    piece = ""
    for character in text:
        letter = unicodedata.category(character)[0] in "LM"
        if piece and not (letter and (piece == " " or unicodedata.category(piece[-1])[0] in "LM")):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece
