"""Hostile texts take time in proportion to their length: up to 1 MB, twice the text takes about twice the time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import pytest

from backend.text.script import parse_script
from backend.text.sentences import pack

MEGABYTE = 2**20
HOSTILE: dict[str, Callable[[int], str]] = {
    "unclosed tags": lambda n: "[felice" * (n // 7),
    "open brackets": lambda n: "[" * n,
    "closing brackets": lambda n: "]" * n,
    "short unknown tags": lambda n: "[a]" * (n // 3),
    "different unknown tags": lambda n: "".join(f"[word{i}]" for i in range(n // 11)),
    "different near misses": lambda n: "".join(f"[surprise{i}]" for i in range(n // 15)),
    "known tags": lambda n: "[happy] a " * (n // 10),
    "pauses": lambda n: "[pause 1s]" * (n // 10),
    "digits": lambda n: "1" * n,
    "a tag of digits": lambda n: "[pause " + "1" * n + "]",
    "commas": lambda n: "," * n,
    "dots": lambda n: "." * n,
    "dots and letters": lambda n: "a." * (n // 2),
    "an address": lambda n: "[x](https://example.org/" + "a" * n,
    "addresses": lambda n: "[a](x:" * (n // 6),
    "blank lines": lambda n: "\n \n" * (n // 3),
    "spaces after a line end": lambda n: "\n" + " " * n,
    "escapes": lambda n: "\\[" * (n // 2),
    "combining marks": lambda n: "a" + "\u0301\u0316" * (n // 2),
    "emoji": lambda n: "👩\u200d🚀" * (n // 3),
    "nested": lambda n: "[" * (n // 2) + "]" * (n // 2),
}


def seconds(work: Callable[[str], object], text: str) -> float:
    """The best of three without old garbage, so that a busy machine does not decide."""
    best = 1e9
    for _ in range(3):
        gc.collect()
        began = time.process_time()
        work(text)
        best = min(best, time.process_time() - began)
    return best


WORKS: dict[str, Callable[[str], object]] = {"script": parse_script, "sentences": lambda text: pack(text, 400)}


SLOWEST = 8.0
"""Seconds of a processor for a megabyte: far above what any machine takes, far below what a bad expression would."""

TRIES = 4  # neighbours on a busy machine spoil a try; work that is not linear fails every one


def grows_with_the_length_only(kind: str, work: str, size: int) -> None:
    for last in (False,) * (TRIES - 1) + (True,):
        first, second = (seconds(WORKS[work], HOSTILE[kind](n)) for n in (size // 2, size))
        if last or (second <= 2.5 * first + 0.02 and second < SLOWEST * size / MEGABYTE):
            break
    assert second <= 2.5 * first + 0.02
    assert second < SLOWEST * size / MEGABYTE


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("work", WORKS)
def test_time_grows_with_the_length_only(kind: str, work: str) -> None:
    grows_with_the_length_only(kind, work, MEGABYTE // 4)


@pytest.mark.soak
@pytest.mark.parametrize("kind", HOSTILE)
def test_time_grows_with_the_length_only_up_to_a_megabyte(kind: str) -> None:
    grows_with_the_length_only(kind, "script", MEGABYTE)
