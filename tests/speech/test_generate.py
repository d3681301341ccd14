"""A request becomes a take: what is reported, what is written, what is kept, what is refused."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.audio.loudness import CEILING, loudness, true_peak, wanted
from backend.core.errors import BadRequest, BadText, Cancelled, EngineUnavailable, NotFound
from backend.core.types import STUDIO_RATE
from backend.studio import Studio
from tests.speech.desk import Context, Desk

RATE = STUDIO_RATE


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_script_becomes_a_take_with_all_its_facts(desk: Desk) -> None:
    result = desk.speak("[felice] Hi there! [sad] Bye.", title="Two lines")
    assert [(row["text"], row["emotion"]) for row in result["segments"]] == [("Hi there!", "happy"), ("Bye.", "sad")]
    assert {"id", "url", "duration", "sample_rate", "device", "engine", "engine_note", "format", "segments", "seed",
            "notices", "peaks", "elapsed", "rtf", "title", "created"} <= result.keys()  # fmt: skip
    assert result["url"] == f"/output/{result['id']}.wav"
    assert desk.files() == [f"{result['id']}.json", f"{result['id']}.wav"]
    sound = desk.sound(result)
    assert len(sound) / RATE == pytest.approx(result["duration"], abs=0.001)
    assert result["segments"][-1]["end"] == pytest.approx(result["duration"], abs=0.001)
    assert [word["word"] for word in result["segments"][0]["words"]] == ["Hi", "there!"]
    stored = desk.takes.get(result["id"])
    assert result.items() <= stored.items()
    assert (stored["text"], stored["starred"]) == ("[felice] Hi there! [sad] Bye.", False)


def test_progress_names_its_stages_and_never_falls(desk: Desk) -> None:
    events = desk.events("One. [sad] Two. [happy] Three.")
    stages = list(dict.fromkeys(event.stage_code for event in events))
    assert stages == ["preparing", "loading", "speaking", "joining", "encoding", "done"]
    progress = [event.progress or 0.0 for event in events]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert [event.done for event in events] == [False] * (len(events) - 1) + [True]
    speaking = [event for event in events if event.stage_code == "speaking"]
    assert (speaking[0].segment, speaking[0].segments, speaking[0].params) == (1, 3, {"n": "1", "k": "3"})


def test_the_time_left_comes_from_this_machines_history(desk: Desk) -> None:
    context = Context(pace=0.5)
    events = desk.events("A line of forty characters, or about that.", context)
    assert context.asked == ["generate:fake"]
    first = next(event for event in events if event.eta is not None)
    assert first.eta == pytest.approx(0.5 * 42, rel=0.1)


def test_without_history_the_pace_of_the_job_tells_the_time_left(tmp_path: Path) -> None:
    events = Desk(tmp_path, "latency=0.1").events("One. [sad] Two. [happy] Three. [sad] Four.")
    known = [event.eta for event in events if event.eta is not None]
    assert known
    assert known[0] > known[-1]


def test_the_same_seed_gives_the_same_samples(desk: Desk) -> None:
    one, two = (desk.speak("One. [sad] Two.", seed=11) for _ in range(2))
    other = desk.speak("One. [sad] Two.", seed=12)
    assert np.array_equal(desk.sound(one), desk.sound(two))
    assert not np.array_equal(desk.sound(one), desk.sound(other))
    assert [row["seed"] for row in one["segments"]] == [11, 12]


def test_a_seed_is_chosen_and_told_where_none_was_asked(desk: Desk) -> None:
    chosen = desk.speak("One.", seed=None)
    again = desk.speak("One.", seed=chosen["seed"])
    assert np.array_equal(desk.sound(chosen), desk.sound(again))


def test_segments_are_at_their_emotions_level_and_under_the_ceiling(desk: Desk) -> None:
    result = desk.speak(
        "[whisper] Nobody hears me now. [angry] Stop it right now. [sad] I am so sorry. [neutral] Well."
    )
    sound = desk.sound(result)
    heard = [loudness(sound[int(r["start"] * RATE) : int(r["end"] * RATE)], RATE) or 0 for r in result["segments"]]
    off = [level - wanted(row["emotion"]) for level, row in zip(heard, result["segments"], strict=True)]
    assert max(off) - min(off) < 1.0
    assert true_peak(sound) <= CEILING + 0.05


def test_pauses_of_the_script_are_heard(desk: Desk) -> None:
    result = desk.speak("[pause 1s] One. [pause 1.5s] Two. [pause 500ms]")
    one, two = result["segments"]
    assert one["start"] == pytest.approx(1.0)
    assert two["start"] - one["end"] == pytest.approx(1.5, abs=0.001)
    assert result["duration"] - two["end"] == pytest.approx(0.5, abs=0.001)


def test_an_asked_pause_between_segments_replaces_natural_ones_only(desk: Desk) -> None:
    rows = desk.speak("One. [sad] Two. [pause 2s] Three.", join={"pause": 0.7})["segments"]
    gaps = [after["start"] - before["end"] for before, after in itertools.pairwise(rows)]
    assert gaps == [pytest.approx(0.7, abs=0.001), pytest.approx(2.0, abs=0.001)]


def test_a_crossfade_overlaps_segments_without_a_pause(desk: Desk) -> None:
    rows = desk.speak("One line. [sad] Two lines.", join={"pause": 0, "crossfade": 0.1})["segments"]
    assert rows[0]["end"] - rows[1]["start"] == pytest.approx(0.1, abs=0.001)


@pytest.mark.parametrize("name", ["mp3", "ogg", "opus", "flac"])
def test_another_format_is_made_and_the_wav_is_kept(desk: Desk, name: str) -> None:
    result = desk.speak("Hello.", format=name)
    assert result["url"] == f"/output/{result['id']}.{name}"
    assert {f"{result['id']}.{ending}" for ending in (name, "wav", "json")} == set(desk.files())


def test_live_sound_adds_up_to_the_speech_and_its_pauses(desk: Desk) -> None:
    events = desk.events("One. [pause 1s] Two words.", stream_audio=True)
    pieces = [base64.b64decode(event.audio) for event in events if event.audio]
    assert all(len(piece) <= 2 * RATE for piece in pieces)
    live = sum(map(len, pieces)) / 2 / RATE
    assert live == pytest.approx(0.24 + 1.0 + 0.6, abs=0.15)
    assert {event.audio_rate for event in events if event.audio} == {RATE}


def test_a_dialogue_is_spoken_by_everybody_in_it(desk: Desk) -> None:
    rows = desk.speak("Hello. [Vivian] Hi! [ryan: sad] Oh.")["segments"]
    assert [(row["voice"], row["emotion"]) for row in rows] == [
        ("Ryan", "neutral"), ("Vivian", "neutral"), ("Ryan", "sad"),
    ]  # fmt: skip


def test_long_text_is_cut_at_sentences_into_what_the_engine_holds(desk: Desk) -> None:
    text = "This sentence is one of very many that follow each other. " * 30
    result = desk.speak(text)
    assert len(result["segments"]) > 3
    assert all(len(row["text"]) <= desk.engine.info.max_characters for row in result["segments"])
    assert " ".join(row["text"] for row in result["segments"]) == text.strip()


def test_the_sound_says_that_it_is_synthetic(desk: Desk) -> None:
    result = desk.speak("Hello.")
    raw = (desk.takes.folder / f"{result['id']}.wav").read_bytes()
    assert b"AI-generated" in raw
    assert b"seed=7" in raw


@pytest.mark.parametrize(
    ("text", "asked", "problem"),
    [("[angry]", {}, BadText), ("😀", {}, BadText), ("Hi", {"language": "xx"}, BadRequest),
     ("Hi", {"engine": "warp"}, NotFound),
     ("Hi", {"voice": {"kind": "personality", "personality": "nobody"}}, NotFound)],
)  # fmt: skip
def test_what_cannot_be_spoken_is_refused_and_leaves_nothing(
    desk: Desk, text: str, asked: dict[str, Any], problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        desk.speak(text, **asked)
    assert desk.files() == []


@pytest.mark.parametrize("when", range(1, 8))
def test_cancelling_at_any_time_leaves_nothing_and_frees_the_slot(desk: Desk, when: int) -> None:
    looks = iter(range(1, 10_000))
    with pytest.raises(Cancelled):
        desk.speak("One. [sad] Two.", Context(stop=lambda: next(looks) >= when))
    assert desk.files() == []
    assert desk.is_free()


def test_closing_the_stream_of_events_leaves_nothing_either(desk: Desk) -> None:
    from backend.core.types import GenerationRequest
    from backend.speech.generate import generate

    request = GenerationRequest.model_validate({"text": "One. " * 100, "voice": {"kind": "preset", "speaker": "Ryan"}})
    events = generate(request, Context(), desk.models, desk.personalities, desk.takes)
    assert next(event for event in events if event.stage_code == "speaking")
    events.close()  # type: ignore[attr-defined]  # it is a generator
    assert desk.files() == []
    assert desk.is_free()


def test_an_engine_that_is_missing_is_told_with_what_to_do(desk: Desk) -> None:
    desk.models.engines.clear()
    with pytest.raises(EngineUnavailable):
        desk.speak("Hi")


class TestWithAPersonality:
    def test_an_emotion_that_was_not_recorded_is_stood_in_for(
        self, studio: Studio, personality: dict[str, Any]
    ) -> None:
        result = self.speak(studio, personality, "[excited] Hi! [furious] No! [happy] Yes.")
        rows = [(row["asked_emotion"], row["emotion"]) for row in result["segments"]]
        assert rows == [("excited", "happy"), ("angry", "neutral"), ("happy", "happy")]
        told = [(n["code"], n["params"]["emotion"], n["params"]["used"]) for n in result["notices"]]
        assert told == [("emotion-substituted", "excited", "happy"), ("emotion-substituted", "angry", "neutral")]
        assert {row["voice"] for row in result["segments"]} == {"Anna"}

    def test_an_engine_that_acts_keeps_the_asked_emotion(
        self, studio: Studio, personality: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dataclasses import replace

        engine = studio.models.engines["fake"]
        monkeypatch.setattr(engine, "info", replace(engine.info, emotions="acted"))
        result = self.speak(studio, personality, "[excited] Hi!")
        assert result["segments"][0]["emotion"] == "excited"
        assert [notice["code"] for notice in result["notices"]] == ["emotion-acted"]

    def speak(self, studio: Studio, personality: dict[str, Any], text: str) -> dict[str, Any]:
        from backend.core.types import GenerationRequest
        from backend.speech.generate import generate

        voice = {"kind": "personality", "personality": personality["id"]}
        request = GenerationRequest.model_validate({"text": text, "voice": voice, "engine": "fake"})
        *_, last = generate(request, Context(), studio.models, studio.personalities, studio.takes)
        assert last.result is not None
        return last.result


def test_the_setting_that_switches_checks_off_holds_for_every_request(studio: Studio) -> None:
    from backend.core.types import GenerationRequest

    request = GenerationRequest.model_validate({"text": "Hi", "voice": {"kind": "preset", "speaker": "Ryan"}})
    assert studio.checked(request).verify == "auto"
    unchecked = Studio(studio.settings.model_copy(update={"verify": "off"}))
    assert unchecked.checked(request).verify == "off"
    unchecked.close()
