"""A second look names two people, a wrong language and a wrong transcript, and says what it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import resample_poly

from backend.audio.files import write_wav
from backend.core.errors import Cancelled, EngineUnavailable
from backend.core.types import Samples
from backend.engines.listening import Utterance
from backend.model_manager import ModelManager
from backend.speech.doubts import UNJUDGED
from backend.speech.examine import Reference, SecondLook, examine, merged
from backend.speech.record import make_reference
from benchmarks.damage import two_speakers, with_noise
from tests.spoken_recording import recording, sentences
from tests.tone_speech import WORDS, ToneListener, spoken

PLAIN_WORDS = (
    "amber bridge candle donkey ember forest garden harbour island jacket kettle lantern meadow needle orchard pebble "
    "quarry ribbon saddle timber under velvet window yellow"
).split()
SAID = " ".join(PLAIN_WORDS)
PLAIN = dict(zip(WORDS, PLAIN_WORDS, strict=True))
CLEAN = {"score": 92, "verdict": "Very good", "findings": [], "unjudged": []}


class Reader(ToneListener):
    """Writes the tone words down as plain ones: what holds a digit is not compared."""

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        for each in super().transcribe(samples, language, cancelled):
            text = " ".join(PLAIN.get(word, word) for word in each.text.split())
            words = tuple(replace(word, word=PLAIN.get(word.word, word.word)) for word in each.words)
            yield replace(each, text=text, words=words)


class Broken(Reader):
    """A recogniser whose file is damaged, which shows when it is loaded."""

    def load(self) -> None:
        raise EngineUnavailable("The recogniser's file is damaged.", hint="Download it again.")


def looked_at(folder: Path, samples: Samples, one: Reader | None = None, **facts: Any) -> SecondLook:
    """What is found in 24 kHz samples."""
    write_wav(folder / "reference.wav", samples.astype(np.float32))
    one = one or Reader()
    reference = replace(Reference(folder / "reference.wav", "", "", one.info.name), **facts)
    running = examine(reference, ModelManager({}, listeners={one.info.name: one}), lambda: False)
    while True:
        try:
            assert next(running).phase == "working"
        except StopIteration as end:
            return end.value


def tones(words: list[str] = WORDS) -> Samples:
    """Words of the tone language, twice, at 24 kHz."""
    return np.asarray(resample_poly(spoken(words), 3, 2), dtype=np.float32)


def codes(look: SecondLook) -> set[str]:
    return {finding.code for finding in look.findings}


def test_one_voice_is_one_and_two_are_two(tmp_path: Path) -> None:
    one = np.concatenate(sentences("Ryan"))
    other = np.concatenate(sentences("Serena"))
    alone, both = looked_at(tmp_path, one), looked_at(tmp_path, two_speakers(one, other))
    assert alone.measured["speakers"] == 1 and "two-speakers" not in codes(alone)
    assert both.measured["speakers"] == 2 and "two-speakers" in codes(both)
    assert "speakers" in alone.judged & both.judged


def test_one_who_also_whispers_is_one(tmp_path: Path) -> None:
    said = np.concatenate([*sentences("Ryan"), *sentences("Ryan", ("whisper",))])
    look = looked_at(tmp_path, said)
    assert look.measured["speakers"] == 1 and "two-speakers" not in codes(look)
    hidden = looked_at(tmp_path, np.concatenate(sentences("Ryan", ("whisper",))))
    assert "speakers" not in hidden.judged and "whispered" in hidden.reasons["speakers"]


def test_a_word_is_too_little_to_tell_people_apart(tmp_path: Path) -> None:
    look = looked_at(tmp_path, sentences("Ryan")[0][:30_000])
    assert "speakers" not in look.judged
    assert "short" in look.reasons["speakers"]


def test_a_transcript_that_is_said_is_believed(tmp_path: Path) -> None:
    look = looked_at(tmp_path, tones(), transcript=SAID, language="it")
    assert look.heard == SAID
    assert look.measured["word_error"] == 0
    assert {"words", "language"} <= look.judged
    assert not codes(look) & {"transcript-wrong", "language-differs"}


def test_a_transcript_that_is_not_said_is_named(tmp_path: Path) -> None:
    wrong = "When the ferry came in at last, the people on the pier had gone home, and nobody lit the lamps."
    look = looked_at(tmp_path, tones(), transcript=wrong, language="it")
    assert "transcript-wrong" in codes(look)
    assert float(look.measured["word_error"]) > 0.5


def test_another_language_is_named(tmp_path: Path) -> None:
    look = looked_at(tmp_path, tones(), transcript=SAID, language="en")
    assert codes(look) & {"language-differs"}
    finding = next(one for one in look.findings if one.code == "language-differs")
    assert "Italian" in finding.text and "English" in finding.text


def test_without_a_language_what_is_heard_is_told(tmp_path: Path) -> None:
    look = looked_at(tmp_path, tones(), transcript=SAID)
    assert look.measured["language"] == "it" and "language-differs" not in codes(look)


def test_without_a_recogniser_or_a_transcript_it_is_said_why(tmp_path: Path) -> None:
    alone = looked_at(tmp_path, tones(), listener="", reason="No recogniser is here.", transcript=SAID)
    assert not {"language", "words"} & alone.judged
    assert merged(CLEAN, alone)["unjudged"][-1]["text"].endswith("not judged. No recogniser is here.")
    wordless = looked_at(tmp_path, tones())
    assert "words" not in wordless.judged and "transcript" in wordless.reasons["words"]


def test_a_recogniser_that_fails_takes_nothing_with_it(tmp_path: Path) -> None:
    two = two_speakers(np.concatenate(sentences("Ryan")), np.concatenate(sentences("Serena")))
    look = looked_at(tmp_path, two, Broken(), transcript=SAID)
    assert "two-speakers" in codes(look) and "words" not in look.judged
    assert look.reasons["words"] == "The recogniser's file is damaged. Download it again."


def test_the_noise_of_the_room_is_measured(tmp_path: Path) -> None:
    voice = recording(sentences(), 12, pauses=(0.4, 0.5), room=0.0).samples
    ratios = [looked_at(tmp_path, with_noise(voice, decibels)).measured["snr_db"] for decibels in (40, 25, 10)]
    assert ratios == pytest.approx([40, 25, 10], abs=5)
    assert "noise-measured" in codes(looked_at(tmp_path, with_noise(voice, 8)))


def test_the_closing_silence_is_no_pause(tmp_path: Path) -> None:
    """What we put there ourselves says nothing of the room."""
    voice = with_noise(recording(sentences(), 12, pauses=(0.4, 0.5), room=0.0).samples, 20)
    closed = np.concatenate([voice, np.zeros(12_000, np.float32)])
    one, other = (float(looked_at(tmp_path, sound).measured["snr_db"]) for sound in (voice, closed))
    assert one == pytest.approx(other, abs=1)


def test_the_second_look_is_merged_and_a_third_replaces_it(tmp_path: Path) -> None:
    look = looked_at(tmp_path, tones(), transcript="nothing of that at all", language="en")
    first = merged(CLEAN | {"findings": [{"code": "shortish", "text": "…", "kind": "warning", "params": {}}]}, look)
    assert first["findings"][0]["code"] == "shortish"
    assert first["score"] <= 92 - 40
    assert merged(first, look) == first
    mended = merged(first, replace(look, findings=[]))
    assert mended["score"] == 92
    assert [finding["code"] for finding in mended["findings"]] == ["shortish"]


def test_what_was_judged_is_no_longer_open(tmp_path: Path) -> None:
    look = looked_at(tmp_path, tones(), transcript=SAID, language="it")
    open_still = {one["code"] for one in merged(CLEAN, look)["unjudged"]}
    assert open_still == UNJUDGED.keys() - look.judged
    assert "reverberation" in open_still


def test_it_can_be_cancelled(tmp_path: Path) -> None:
    write_wav(tmp_path / "reference.wav", tones())
    one = ToneListener()
    reference = Reference(tmp_path / "reference.wav", "", "", one.info.name)
    with pytest.raises(Cancelled):
        list(examine(reference, ModelManager({}, listeners={one.info.name: one}), lambda: True))


def test_repairs_that_are_not_wanted_are_not_made(tmp_path: Path) -> None:
    silence = np.zeros(24_000, np.float32)
    sound = np.concatenate([silence, 0.2 * sentences()[0] + 0.01, silence]).astype(np.float32)
    write_wav(tmp_path / "talk.wav", sound)
    bare = make_reference((tmp_path / "talk.wav").read_bytes(), repairs=())
    heard = np.frombuffer(bare.wav[44:], "<i2") / 32767
    assert len(heard) == len(sound)
    assert np.abs(heard - sound).max() < 1e-3
    assert [one for one in bare.report["quality"]["findings"] if one["kind"] == "repair"] == []
    some = make_reference((tmp_path / "talk.wav").read_bytes(), repairs=("trim",))
    assert {one["code"] for one in some.report["quality"]["findings"] if one["kind"] == "repair"} == {
        "silence-cut-start", "silence-cut-end",
    }  # fmt: skip


def test_noise_is_lowered_gently_where_it_is_asked_for(tmp_path: Path) -> None:
    voice = recording(sentences(), 8, pauses=(0.3, 0.5), room=0.0).samples
    noisy = with_noise(voice, 20)
    write_wav(tmp_path / "talk.wav", noisy)
    made = make_reference((tmp_path / "talk.wav").read_bytes(), repairs=("denoise",))
    heard = np.frombuffer(made.wav[44:], "<i2") / 32767
    assert len(heard) == len(noisy)
    errors = [float(np.mean((sound - voice) ** 2)) for sound in (noisy, heard)]
    assert 10 * np.log10(errors[0] / errors[1]) > 1.5  # nearer to the voice, and in step with it
    assert "denoised" in {one["code"] for one in made.report["quality"]["findings"]}
