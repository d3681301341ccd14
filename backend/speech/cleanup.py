"""A transcript put right by a language model: punctuation, capitals, misheard words. Any trouble leaves it as it was.

What was said in a recording is no instruction: it is marked with a word that nobody can guess, and an answer that is
something else than the same text, shorter or longer by half or of other letters, is not taken.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import yaml

from backend.core.errors import Cancelled
from backend.core.events import Notice
from backend.core.settings import PROJECT_DIR, Settings
from backend.engines.llm import NoAnswer, Server, answer
from backend.engines.transcript import plain

PROMPTS = PROJECT_DIR / "configs" / "llm"
AT_ONCE = 3000
"""Characters of one question: what fits a model with a context of 4096 tokens in any script, with its answer."""
LONGEST_CONTEXT = 1000  # characters
ALIKE = 0.5
"""Share of the letters, three in a row, that both texts must have in common."""
SHORTEST, LONGEST, SLACK = 0.5, 1.5, 40
"""Of the raw text's length, and characters on top: short texts gain more."""
THINKING = 4096
"""Tokens on top of the text's own, for models that think first."""
SENTENCE_END = re.compile(r"[.!?…](?=\s)|[。！？]|\s(?=\S*$)")
"""Where a long text may be cut; the last is its last space."""


@dataclass(frozen=True)
class Prompt:
    """What a language model is told, with {{names}} to fill in."""

    system: str
    user: str
    no_context: str


def clean_up(
    text: str, context: str, settings: Settings, cancelled: Callable[[], bool] = lambda: False
) -> tuple[str, Notice | None]:
    """The corrected text; or the text as it is, with a notice why. Raises Cancelled."""
    if not text.strip():
        return text, None
    try:
        prompt, server = read_prompt("stt"), Server.of(settings)
        parts = [_cleaned(part.strip(), context, prompt, server, cancelled) for part in pieces(text) if part.strip()]
    except NoAnswer as error:
        sentence = f"The text is as it was heard; the language model did not clean it up: {error}."
        return text, Notice(code="cleanup-failed", text=sentence, params={"reason": str(error)})
    return " ".join(parts), None


def read_prompt(mode: str) -> Prompt:
    """Raises NoAnswer where the file is missing or damaged."""
    try:
        row = yaml.safe_load((PROMPTS / f"{mode}.yml").read_text("utf-8"))
        return Prompt(str(row["system"]), str(row["user"]), str(row["no_context"]))
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        raise NoAnswer(f"its instructions in configs/llm/{mode}.yml cannot be read") from None


def pieces(text: str) -> Iterator[str]:
    """At most AT_ONCE characters each, cut after sentences where there are any, else between words."""
    while len(text) > AT_ONCE:
        ends = [found.end() for found in SENTENCE_END.finditer(text[:AT_ONCE])]
        sentences = [end for end in ends[:-1] if end > AT_ONCE // 2] or ends[-1:]
        cut = sentences[-1] if sentences else AT_ONCE
        yield text[:cut]
        text = text[cut:]
    yield text


def _cleaned(text: str, context: str, prompt: Prompt, server: Server, cancelled: Callable[[], bool]) -> str:
    """Raises NoAnswer, Cancelled."""
    if cancelled():
        raise Cancelled("Cancelled before the language model was asked.")
    mark = secrets.token_hex(8)
    about = plain(context)[:LONGEST_CONTEXT] or prompt.no_context
    values = {"mark": mark, "context": about, "text": text}
    said = answer(
        server, filled(prompt.system, values), filled(prompt.user, values), THINKING + 2 * len(text), cancelled
    )
    found = unwrapped(said, mark)
    if reason := doubt(text, found):
        raise NoAnswer(reason)
    return found


def filled(template: str, values: dict[str, str]) -> str:
    """Every {{name}} once: what is filled in is not looked at again."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], found[0]), template)


def unwrapped(said: str, mark: str) -> str:
    """The answer without what models put around it: our marks, a fence, quotation marks."""
    said = re.sub(rf"</?transcript-{mark}>", "", said).strip()
    if fenced := re.fullmatch(r"```\w*\n(.*?)\n?```", said, re.DOTALL):
        said = fenced[1].strip()
    lines = [plain(line) for line in said.splitlines()]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(text) > 1 and text[0] + text[-1] in ('""', "“”", "«»"):
        text = text[1:-1].strip()
    return text


def doubt(raw: str, cleaned: str) -> str:
    """Why the answer is not the same text put right; empty where it may be."""
    if not cleaned:
        return "its answer is empty"
    if len(cleaned) > LONGEST * len(raw) + SLACK:
        return "its answer is much longer than what was said"
    if len(cleaned) < SHORTEST * len(raw) - SLACK:
        return "its answer is much shorter than what was said"
    if likeness(raw, cleaned) < ALIKE:
        return "its answer is another text than what was said"
    return ""


def likeness(one: str, other: str) -> float:
    """Share of the runs of three letters that two texts have in common, of the longer one's; in any script."""
    first, second = _runs(one), _runs(other)
    most = max(first.total(), second.total())
    return (first & second).total() / most if most else 1.0


def _runs(text: str) -> Counter[str]:
    letters = "".join(letter for letter in text.casefold() if letter.isalnum())
    size = 3 if len(letters) >= 12 else 1
    return Counter(letters[at : at + size] for at in range(max(1, len(letters) - size + 1)) if letters)
