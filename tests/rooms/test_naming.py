"""Names that programs send: of saved voices, of speakers, of elsewhere; and what they are told there is."""

from __future__ import annotations

from typing import Any

import pytest

from backend.core.errors import NotFound
from backend.core.tables.speakers import SPEAKERS
from backend.core.tables.voice_names import OPENAI_VOICES
from backend.core.types import PersonalityVoice, PresetVoice
from backend.rooms.naming import find_voice, voice_rows
from backend.studio import Studio


@pytest.mark.parametrize("name", ["Anna", "anna", "ANNA", " Anna "])
def test_a_saved_voice_is_found_by_id_and_name_in_any_letter_case(
    studio: Studio, personality: dict[str, Any], name: str
) -> None:
    assert find_voice(studio, name, "happy") == PersonalityVoice(personality=personality["id"], emotion="happy")


@pytest.mark.parametrize(("name", "speaker"), [("Ryan", "Ryan"), ("uncle fu", "Uncle_Fu"), ("ONO_ANNA", "Ono_Anna")])
def test_a_speaker_is_found_in_any_letter_case(studio: Studio, name: str, speaker: str) -> None:
    assert find_voice(studio, name) == PresetVoice(speaker=speaker)


def test_names_of_elsewhere_mean_a_speaker_of_the_same_sex(studio: Studio) -> None:
    sexes = {name: SPEAKERS[speaker].sex for name, speaker in OPENAI_VOICES.items()}
    assert {name for name, sex in sexes.items() if sex == "male"} == {
        "ash",
        "ballad",
        "cedar",
        "echo",
        "fable",
        "onyx",
        "verse",
    }
    assert find_voice(studio, "Nova") == PresetVoice(speaker=OPENAI_VOICES["nova"])
    spoken = {name: find_voice(studio, name) for name in ("af_heart", "bm_george", "jf_alpha", "zm_yunxi")}
    assert spoken["jf_alpha"] == PresetVoice(speaker="Ono_Anna")
    found = [SPEAKERS[voice.speaker].sex for voice in spoken.values() if isinstance(voice, PresetVoice)]
    assert found == ["female", "male", "female", "male"]


def test_a_saved_voice_beats_a_name_of_elsewhere(studio: Studio, voice_wav: bytes) -> None:
    alloy = studio.personalities.create("Alloy")
    assert find_voice(studio, "alloy") == PresetVoice(speaker=OPENAI_VOICES["alloy"]), "it has no recording yet"
    studio.personalities.put_emotion(alloy["id"], "neutral", voice_wav)
    assert find_voice(studio, "alloy") == PersonalityVoice(personality=alloy["id"])


def test_a_name_of_several_is_refused_with_their_ids(studio: Studio, voice_wav: bytes) -> None:
    for name in ("Bob Ott", "bob ott", "BOB OTT"):
        studio.personalities.put_emotion(studio.personalities.create(name)["id"], "neutral", voice_wav)
    with pytest.raises(NotFound) as refusal:
        find_voice(studio, "bOB oTT")
    assert "bob-ott-" in refusal.value.hint
    assert isinstance(find_voice(studio, "BOB OTT"), PersonalityVoice), "one is spelt so exactly"


def test_an_unknown_name_is_told_what_there_is(studio: Studio, personality: dict[str, Any]) -> None:
    with pytest.raises(NotFound) as refusal:
        find_voice(studio, "nobody")
    assert refusal.value.code == "voice-not-found"
    assert "Anna" in refusal.value.hint and "Ryan" in refusal.value.hint


def test_every_voice_is_listed_with_what_it_can(studio: Studio, personality: dict[str, Any]) -> None:
    studio.personalities.create("Silent")
    rows = voice_rows(studio)
    assert [row["id"] for row in rows] == [personality["id"], *SPEAKERS]
    anna = {"id": personality["id"], "name": "Anna", "language": "en", "description": "", "kind": "personality"}
    assert rows[0] == {**anna, "emotions": ["neutral", "happy"]}
    assert {row["kind"] for row in rows[1:]} == {"preset"} and "angry" in rows[1]["emotions"]
