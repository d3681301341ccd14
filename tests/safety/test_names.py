"""Names of people become ids of files."""

from __future__ import annotations

from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import BadRequest
from backend.safety.names import RESERVED, clean_emotion, clean_name, free_slug, look_up, slug


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Anna", "anna"), ("Анна", "anna"), ("José!", "jose"), ("Jose\u0301", "jose"), ("你好", "nihao"), ("…", "voice")],
)
def test_a_name_of_any_script_becomes_ascii(name: str, expected: str) -> None:
    assert slug(name) == expected


@pytest.mark.parametrize("name", ["CON", "aux", "LPT1", "nul", "CONIN$"])
def test_a_device_of_windows_is_never_an_id(name: str) -> None:
    assert slug(name) not in RESERVED


@given(st.text())
def test_any_text_becomes_one_plain_path_component(name: str) -> None:
    made = slug(name)
    assert 1 <= len(made) <= 70
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert PureWindowsPath("C:/root", made).parent == PureWindowsPath("C:/root")
    assert made not in RESERVED


def test_a_taken_id_gets_four_hex_digits() -> None:
    made = free_slug("Anna", {"anna"}.__contains__)
    assert made.startswith("anna-")
    assert len(made) == len("anna-") + 4


def test_a_free_id_is_found_even_where_all_short_ones_are_taken() -> None:
    assert len(free_slug("Anna", lambda key: len(key) < len("anna-") + 8)) == len("anna-") + 8


@pytest.mark.parametrize("asked", ["..", ".", "", "/", "anna/../anna", "ANNA", "anna\0", "*", "/etc/passwd"])
def test_a_look_up_answers_only_names_that_exist(asked: str) -> None:
    assert look_up(asked, ["anna"]) is None


@pytest.mark.parametrize("name", ["", "   ", "a\0b", "a\ud800", "x" * 201])
def test_a_name_nobody_can_read_is_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        clean_name(name)


def test_a_name_is_kept_in_one_form_with_single_spaces() -> None:
    assert clean_name("  Jose\u0301 \n  Maria ") == "Jos\u00e9 Maria"


@pytest.mark.parametrize("name", ["a]b", "[sad", "a/b", "..", "a\\b", "x" * 61])
def test_an_emotion_that_cannot_stand_in_a_tag_is_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        clean_emotion(name)


def test_an_emotion_may_have_any_letters() -> None:
    assert clean_emotion(" злой смех 😈 ") == "злой смех 😈"
