"""Where two pieces meet, each word is taken once."""

from __future__ import annotations

import numpy as np

from backend.audio.activity import Piece
from backend.core.types import WordTiming
from backend.engines.listening import Utterance
from backend.speech.seams import joined

SEAM = 10.0
PIECES = (Piece(0.0, SEAM + 1, -np.inf, SEAM), Piece(SEAM - 1, 20.0, SEAM, np.inf))


def said(text: str, *starts: float, length: float = 0.3) -> Utterance:
    words = [WordTiming(word, start, start + length) for word, start in zip(text.split(), starts, strict=True)]
    return Utterance(starts[0], starts[-1] + length, text, tuple(words))


def together(left: Utterance, right: Utterance) -> str:
    return " ".join(each.text for each in joined(PIECES, [[left], [right]]))


def test_a_word_that_both_heard_at_the_same_time_joins_them() -> None:
    left = said("one two three fo", 8.0, 9.0, 9.8, 10.7)
    right = said("oo three four five", 9.0, 9.9, 10.6, 11.5)
    assert together(left, right) == "one two three four five"


def test_a_word_whose_times_differ_around_the_seam_is_neither_lost_nor_doubled() -> None:
    for moved in (-0.25, -0.1, 0.1, 0.25):
        left = said("one two three", 8.0, 9.0, 9.85)
        right = said("two three four", 9.0, 9.85 + moved, 11.0)
        assert together(left, right) == "one two three four", moved


def test_without_any_word_in_common_each_side_keeps_its_own() -> None:
    assert together(said("one two", 8.0, 9.2), said("four five", 10.5, 11.5)) == "one two four five"


def test_the_text_between_kept_words_stays_as_it_is_written() -> None:
    left = Utterance(8.0, 11.0, "Well, one; two, three", said("one; two, three", 9.0, 9.9, 10.6).words)
    right = said("two, three. Four!", 9.9, 10.6, 11.4)
    assert together(left, right) == "Well, one; two, three. Four!"


def test_recognisers_without_times_are_joined_by_the_words_they_share() -> None:
    left = Utterance(0.0, 11.0, "it was the best of times it was the wor")
    right = Utterance(9.0, 20.0, "mes it was the worst of times")
    assert together(left, right) == "it was the best of times it was the worst of times"


def test_scripts_without_spaces_are_joined_letter_by_letter() -> None:
    left, right = Utterance(0.0, 11.0, "今天天气很好我们去"), Utterance(9.0, 20.0, "好我们去公园吧")
    assert joined(PIECES, [[left], [right]])[-1].text == "公园吧"


def test_words_that_only_one_side_has_are_kept_where_nothing_is_shared() -> None:
    left, right = Utterance(0.0, 11.0, "nothing alike"), Utterance(9.0, 20.0, "something else")
    assert together(left, right) == "nothing alike something else"


def test_a_pause_between_pieces_needs_no_seam() -> None:
    apart = (Piece(0.0, 9.0, -np.inf, np.inf), Piece(10.0, 20.0, -np.inf, np.inf))
    found = joined(apart, [[said("the end", 7.0, 8.0)], [said("the end", 11.0, 12.0)]])
    assert [each.text for each in found] == ["the end", "the end"]


def test_nothing_heard_on_one_side_loses_nothing_of_the_other() -> None:
    assert [each.text for each in joined(PIECES, [[], [said("four", 11.0)]])] == ["four"]
    assert [each.text for each in joined(PIECES, [[said("four", 8.0)], []])] == ["four"]
