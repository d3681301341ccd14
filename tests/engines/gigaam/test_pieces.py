"""Tokens of GigaAM become text and words; a damaged file of pieces is an error and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_gigaam

from backend.engines.gigaam.pieces import Heard, read, text_of, words_of


def heard(*pieces: str) -> list[Heard]:
    return [Heard(piece, float(at), at + 1.0) for at, piece in enumerate(pieces)]


def test_letters_become_words_at_spaces() -> None:
    words = words_of(heard("д", "а", " ", " ", "н", "е", "т", " "))
    assert [(word.word, word.start, word.end) for word in words] == [("да", 0.0, 2.0), ("нет", 4.0, 7.0)]


def test_pieces_become_words_where_one_begins_with_a_mark() -> None:
    words = words_of(heard("▁при", "вет", ",", "▁", "как", "▁де", "ла", "?"))
    assert [(word.word, word.start, word.end) for word in words] == [
        ("привет,", 0.0, 3.0),
        ("как", 4.0, 5.0),
        ("дела?", 5.0, 8.0),
    ]


def test_nothing_heard_is_no_word() -> None:
    assert words_of([]) == () == words_of(heard(" ", "▁", " "))
    assert text_of([]) == "" == text_of(["▁", " "])


def test_a_file_of_pieces_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pieces.model"
    path.write_bytes(tiny_gigaam.pieces_file(tiny_gigaam.PIECES))
    assert read(path) == ["▁⁇▁", *tiny_gigaam.PIECES[1:]]


def test_a_damaged_file_of_pieces_is_an_error(tmp_path: Path) -> None:
    whole = tiny_gigaam.pieces_file(tiny_gigaam.PIECES)
    path = tmp_path / "pieces.model"
    for raw in [b"", b"\xff" * 30, b"\x0a\xff\xff\xff\xff\x7f", b"<html>", whole[:-1], b"\x0f" + whole]:
        path.write_bytes(raw)
        with pytest.raises(ValueError, match=r"buffer|cut off|pieces|end"):
            read(path)
