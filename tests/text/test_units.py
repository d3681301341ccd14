"""Units of a text that arrives in pieces: nothing is lost, nothing is cut in the middle, however it comes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.text.units import Granularity, Units

TEXT = "[happy] Hello, Mr. Smith! It costs 3.14 euros; truly. [Anna: sad, slow] Oh no, really? 你好，世界。再见！"


def units(text: str, granularity: Granularity, sizes: list[int] | None = None) -> list[str]:
    splitter, found, at = Units(granularity), [], 0
    for size in [*(sizes or []), len(text)]:
        found += splitter.feed(text[at : at + size])
        at += size
    return [*found, *splitter.flush()]


@pytest.mark.parametrize(
    ("granularity", "wanted"),
    [
        ("none", [TEXT]),
        ("sentence", ["[happy] Hello, Mr. Smith!", "It costs 3.14 euros; truly.", "[Anna: sad, slow] Oh no, really?",
                      "你好，世界。", "再见！"]),
        ("clause", ["[happy] Hello,", "Mr. Smith!", "It costs 3.14 euros;", "truly.", "[Anna: sad, slow] Oh no,",
                    "really?", "你好，", "世界。", "再见！"]),
    ],
)  # fmt: skip
def test_a_text_is_cut_at_its_ends(granularity: Granularity, wanted: list[str]) -> None:
    assert units(TEXT, granularity) == wanted


@given(st.lists(st.integers(0, 12), max_size=40), st.sampled_from(["none", "sentence", "clause"]))
def test_it_does_not_matter_in_which_pieces_it_comes(sizes: list[int], granularity: Granularity) -> None:
    assert units(TEXT, granularity, sizes) == units(TEXT, granularity)


@given(st.text(alphabet="ab .,!?[]\n。，", max_size=300), st.sampled_from(["none", "sentence", "clause"]))
def test_no_letter_is_lost(text: str, granularity: Granularity) -> None:
    assert "".join("".join(units(text, granularity)).split()) == "".join(text.split())


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    splitter = Units("sentence")
    assert [splitter.feed(word) for word in ("One", " two. ", "Th")] == [[], [], ["One two."]]


def test_text_without_an_end_is_given_in_time_and_costs_no_more_than_its_length() -> None:
    began = time.process_time()
    splitter = Units("sentence")
    given = [unit for _ in range(20_000) for unit in splitter.feed("word ")]
    assert given and max(map(len, given)) <= 300
    splitter = Units("clause")
    given = [unit for _ in range(20_000) for unit in splitter.feed(",")] + splitter.flush()
    assert "".join(given) == "," * 20_000
    assert time.process_time() - began < 10


def test_a_bracket_that_never_closes_costs_no_more_than_its_length() -> None:
    began = time.process_time()
    assert units("[" + "a, " * 40_000, "clause")
    assert time.process_time() - began < 3
