"""Fields that somebody fills to the brim keep nobody else waiting: they are looked through once, or they are short."""

from __future__ import annotations

import time

import pytest

from backend.api.bodies import read_model
from backend.api.dialects.deepgram_controls import translated
from backend.api.dialects.openai_fields import SpeechFields
from backend.core.errors import BadRequest


def test_a_pause_that_never_closes_is_looked_at_once() -> None:
    text = "{pause:5" + " " * 40_000 + "x}"
    began = time.monotonic()
    assert translated(text) == text
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("text", ["{pause:500}", "{pause: 500 ms }", "{ pause:500ms}", "{pause:500  }"])
def test_pauses_may_be_written_with_spaces(text: str) -> None:
    assert translated(text) == "[pause 500ms]"


@pytest.mark.parametrize("voice", ["a" + " " * 200 + "b", "alloy+" * 50, {"id": "x" * 201}])
def test_no_voice_has_a_name_of_more_than_two_hundred_letters(voice: object) -> None:
    with pytest.raises(BadRequest) as refused:
        read_model(SpeechFields, {"input": "Hello.", "voice": voice})
    assert any(name.startswith("voice") for name in refused.value.fields)
