"""What ours and the official package are both asked to say. JSON values only: the official one runs elsewhere."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Case = dict[str, Any]

FOLDERS = "Qwen3-TTS-12Hz-{size}-{kind}"
KINDS = {"custom": "CustomVoice", "design": "VoiceDesign", "base": "Base"}
GREEDY = {"do_sample": False, "subtalker_dosample": False}
WIDTHS = {"0.6B": 64, "1.7B": 80}
"""Of the tiny checkpoints' speaker vectors."""

SENTENCES = {
    "chinese": "今天天气不错，我们去公园走走吧。",
    "english": "The quick brown fox isn't lazy: it jumps 37 times.",
    "german": "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich.",
    "italian": "Ma la volpe, col suo balzo, ha raggiunto il quieto Fido.",
    "portuguese": "À noite, vovô Kowalsky vê o ímã cair no pé do pinguim.",
    "spanish": "¿Qué tal? El pingüino Wenceslao hizo kilómetros bajo la lluvia.",
    "japanese": "いろはにほへと、ちりぬるを。東京は晴れです。",
    "korean": "키스의 고유조건은 입술끼리 만나야 한다.",
    "french": "Dès Noël, où un zéphyr haï me vêt de glaçons würmiens.",
    "russian": "Съешь же ещё этих мягких французских булок.",
}


def case(models: Path, size: str, kind: str, rows: list[Row], whole: bool, frames: int, **more: Any) -> Case:
    folder = models / FOLDERS.format(size=size, kind=KINDS[kind])
    asked = {"kind": kind, "rows": rows, "whole": whole, "frames": frames, "sampling": GREEDY}
    return {"name": f"{size} {kind} {'whole' if whole else 'flowing'}", "model": str(folder), **asked, **more}


def preset(text: str, language: str | None = None, speaker: str = "vivian", instruction: str = "") -> Row:
    return {"text": text, "language": language, "speaker": speaker, "instruction": instruction}


def cloned(text: str, language: str | None, width: int, seed: int, frames: int = 0, transcript: str = "") -> Row:
    """A voice out of the air; with frames of reference and their transcript it is cloned in context."""
    chance = random.Random(seed)  # noqa: S311 - a voice, not a secret
    row: Row = {"text": text, "language": language, "vector": [chance.gauss(0, 0.5) for _ in range(width)]}
    if transcript:
        row["transcript"] = transcript
        row["codes"] = [[chance.randrange(256) for _ in range(16)] for _ in range(frames)]
    return row


def greedy_cases(models: Path, frames: int = 200) -> list[Case]:
    """Every kind of prompt, both text modes, both layouts of the predictor, pairs of unequal length, ten languages."""
    short, long = "Hi.", " ".join(SENTENCES.values())
    found = []
    for whole in (True, False):
        for size in ("0.6B", "1.7B"):
            manner = "slowly, with a smile" if size == "1.7B" else ""
            pair = [preset(SENTENCES["english"], "english", "ryan", manner), preset(short, "german", "serena")]
            found.append(case(models, size, "custom", pair, whole, frames))
            found.append(case(models, size, "base", _vectors(size, short), whole, frames))
            found.append(case(models, size, "base", _references(size, short, long), whole, frames))
        design: list[Row] = [{"text": short, "language": "french", "instruction": "An old sailor tells a secret."}]
        design.append({"text": SENTENCES["russian"], "language": None, "instruction": ""})
        found.append(case(models, "1.7B", "design", design, whole, frames))
    found += [case(models, "0.6B", "custom", [preset(text, name)], True, frames) for name, text in SENTENCES.items()]
    found += [case(models, "1.7B", "custom", [row], False, frames) for row in _dialects()]
    return found


def _vectors(size: str, short: str) -> list[Row]:
    width = WIDTHS[size]
    return [cloned(SENTENCES["spanish"], "spanish", width, 1), cloned(short, None, width, 2)]


def _references(size: str, short: str, long: str) -> list[Row]:
    """A text longer than the reference, and one shorter than it."""
    width, words = WIDTHS[size], "What the reference says."
    return [
        cloned(long, "english", width, 3, frames=9, transcript=words),
        cloned(short, None, width, 4, frames=60, transcript=words),
    ]


def _dialects() -> list[Row]:
    """Those who speak a dialect do so in Chinese and where no language is named, not in English."""
    text = SENTENCES["chinese"]
    named = [preset(text, language, "eric") for language in ("chinese", None, "english")]
    return [*named, preset(text, "chinese", "dylan", "in a hurry")]


def sampled_cases(models: Path, stopping: Path) -> list[Case]:
    """One row each, with every parameter off its default once; in the last the end is within reach."""
    calm = {"temperature": 0.9, "top_k": 50, "top_p": 1.0, "repetition_penalty": 1.05}
    calm |= {"subtalker_temperature": 0.9, "subtalker_top_k": 50, "subtalker_top_p": 1.0}
    bold = {"temperature": 1.2, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.5}
    bold |= {"subtalker_temperature": 0.7, "subtalker_top_k": 30, "subtalker_top_p": 0.9}
    few = {"temperature": 1.0, "top_k": 8, "top_p": 1.0, "repetition_penalty": 1.0}
    few |= {"subtalker_temperature": 1.5, "subtalker_top_k": 4, "subtalker_top_p": 0.95}
    drawn = {"draws": True, "seed": 11}
    english, russian = SENTENCES["english"], SENTENCES["russian"]
    known = cloned(english, "english", WIDTHS["1.7B"], 3, frames=9, transcript="What it says.")
    return [
        case(models, "0.6B", "custom", [preset(english, "english")], True, 3, sampling=calm, **drawn),
        case(models, "1.7B", "base", [known], False, 12, sampling=bold, **drawn),
        case(stopping, "0.6B", "custom", [preset(russian, "russian")], True, 40, sampling=few, **drawn),
    ]
