"""Words said against words asked: what is written otherwise passes, what is missing or made up is found."""

from __future__ import annotations

import pytest

from backend.speech.verify_words import compared, tokens

LONG = "The bridge was closed, so we walked back along the river until it was dark."


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Good morning! I didn’t expect you.", "good morning I didn't expect you"),
        ("In 1987 the old mill burned down.", "in nineteen eighty-seven the old mill burned down"),
        ("It was three weeks ago.", "It was 3 weeks ago."),
        ("Mr. Dashwood came home late.", "Mr Dash wood came home late"),
        ("Ещё раз: всё хорошо.", "еще раз все хорошо"),
        ("你好，今天天气很好。", "你好 今天天气很好"),
        ("Perché no? È così.", "perche no e cosi"),
        ("Straße", "strasse"),
        (LONG, "the bridge was close so we walk back along the river until it was dark"),
        ("", ""),
    ],
)
def test_the_same_words_written_otherwise_pass(asked: str, said: str) -> None:
    assert compared(asked, said).ok


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (LONG, "the bridge was closed so we walked back"),
        (LONG, LONG + " and then and then and then and then and then"),
        (LONG, ""),
        ("Wait.", "wait wait wait wait wait wait"),
        ("你好，今天天气很好，我们一起去公园散步吧。", "你好今天天气很好"),
        (LONG, "a completely different sentence about something else was said here by nobody"),
    ],
)
def test_missing_and_made_up_words_are_found(asked: str, said: str) -> None:
    assert not compared(asked, said).ok


def test_the_error_rate_is_that_of_the_field() -> None:
    words = compared("a b c d", "a x c", "whisper_tiny")
    assert words.error_rate == pytest.approx(0.5)
    assert words.as_wire() == {"asked": "a b c d", "said": "a x c", "error_rate": 0.5, "recogniser": "whisper_tiny"}
    assert compared("one two three four five", "one five").gap == 3


def test_characters_are_words_where_none_are_written() -> None:
    assert tokens("今天 OK!") == ["今", "天", "ok"]
    assert tokens("It's the café_bar") == ["its", "the", "cafe", "bar"]


def test_a_long_line_is_compared_at_once() -> None:
    import time

    began = time.perf_counter()
    compared("word and more " * 40, "word and mort " * 40)
    assert time.perf_counter() - began < 4
