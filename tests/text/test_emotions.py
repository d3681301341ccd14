"""The table of emotions: words of ten languages, stand-ins, colours, the numeric form."""

from __future__ import annotations

import pytest

from backend.core.tables.emotions import (
    EMOTIONS,
    canonical,
    fold,
    from_numbers,
    nearest_available,
    spelled,
)
from backend.core.tables.languages import LANGUAGES
from backend.core.tables.speakers import SPEAKERS
from backend.engines.preview.emotions import ACTING


def test_there_are_the_fourteen_emotions_with_words_in_all_ten_languages() -> None:
    names = "neutral happy sad angry fearful surprised disgusted calm excited tender whisper serious sarcastic tired"
    assert list(EMOTIONS) == names.split()
    for emotion in EMOTIONS.values():
        assert set(emotion.aliases) == set(LANGUAGES)
        assert all(len(words) >= 5 for words in emotion.aliases.values()), emotion.name


def test_a_word_names_one_emotion_only() -> None:
    named: dict[str, set[str]] = {}
    for emotion in EMOTIONS.values():
        for words in emotion.aliases.values():
            for word in words:
                named.setdefault(fold(word), set()).add(emotion.name)
    assert not {word: names for word, names in named.items() if len(names) > 1}


def test_no_preset_speaker_is_called_like_an_emotion() -> None:
    assert not [speaker.name for speaker in SPEAKERS.values() if canonical(speaker.name)]


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("felice", "happy"), ("FELICI", "happy"), ("грустно", "sad"), ("Грустным", "sad"), ("开心", "happy"),
        ("悲しい", "sad"), ("怒って", "angry"), ("슬프게", "sad"), ("wütend", "angry"), ("wutend", "angry"),
        ("fröhlicher", "happy"), ("en colère", "angry"), ("FÂCHÉES", "angry"), ("triste", "sad"), ("tristes", "sad"),
        ("enojadas", "angry"), ("zangada", "angry"), ("sussurrando", "whisper"), ("a bassa voce", "whisper"),
        ("шёпотом", "whisper"), ("шепотом", "whisper"), ("в ярости", "angry"), ("с любовью", "tender"),
        ("flüsternd", "whisper"), ("chuchotée", "whisper"), ("在", None), ("Ｈａｐｐｙ", "happy"), ("  sad ", "sad"),
        ("matter_of_fact", "neutral"), ("😢", "sad"), ("sic", None), ("", None), ("疲れた", "tired"),
        ("진지하게", "serious"),
    ],
)  # fmt: skip
def test_words_of_every_language_are_known_in_any_form(word: str, name: str | None) -> None:
    assert canonical(word) == name


def test_folded_words_can_be_shown_as_people_write_them() -> None:
    assert spelled(fold("грустный")) == "грустный"
    assert spelled("nobody") == "nobody"


def test_what_was_not_recorded_is_stood_in_for_by_the_nearest_then_neutral() -> None:
    assert nearest_available("happy", {"neutral", "excited", "happy"}) == "happy"
    assert nearest_available("happy", {"neutral", "excited"}) == "excited"
    assert nearest_available("furioso", {"neutral", "serious"}) == "serious"
    assert nearest_available("angry", {"neutral", "tender"}) == "neutral"
    assert nearest_available("my own", {"neutral"}) == "neutral"
    assert nearest_available("angry", {"tender"}) is None


def test_every_stand_in_is_an_emotion() -> None:
    for emotion in EMOTIONS.values():
        assert set(emotion.nearest) <= EMOTIONS.keys() - {emotion.name}


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ({"happiness": 0.8, "energy": 1.2}, "happy"), ({"happiness": 0.8}, "happy"), ({}, "neutral"),
        ({"happiness": 0.8, "energy": 1.5}, "excited"), ({"sadness": 0.9, "happiness": 0.2}, "sad"),
        ({"sadness": 0.9, "energy": 0.5}, "tired"), ({"energy": 2}, "excited"), ({"energy": 0.5}, "calm"),
        ({"happiness": 0.1}, "neutral"), ({"anger": 1, "fear": 0.5}, "angry"), ({"weather": 9}, "neutral"),
        ({"злость": 1}, "angry"),
    ],
)  # fmt: skip
def test_the_numeric_form_maps_onto_the_same_names(numbers: dict[str, float], name: str) -> None:
    assert from_numbers(numbers) == name


def luminance(colour: str) -> float:
    """WCAG 2 relative luminance of `#rrggbb`."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_stand_out_from_white_and_from_black_and_differ() -> None:
    for emotion in EMOTIONS.values():
        level = luminance(emotion.colour)
        assert 1.05 / (level + 0.05) >= 3.0, emotion.name
        assert (level + 0.05) / (luminance("#101418") + 0.05) >= 3.0, emotion.name
    assert len({emotion.colour for emotion in EMOTIONS.values()}) == len(EMOTIONS)
    assert len({emotion.emoji for emotion in EMOTIONS.values()}) == len(EMOTIONS)


def test_levels_lean_the_way_the_preview_engine_acts() -> None:
    assert set(ACTING) == set(EMOTIONS)
    for name, emotion in EMOTIONS.items():
        if abs(ACTING[name].level) >= 1.0:
            assert ACTING[name].level * emotion.level > 0, name
