"""What the preview engine sounds like, as measured: length, level, pitch, captions, repeatability. Real synthesis."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from backend.core.errors import BadAudio, NotFound
from backend.core.tables.languages import LANGUAGES
from backend.core.tables.speakers import SPEAKERS
from backend.core.types import AudioChunk, ClonedVoice, DesignedVoice, PresetVoice, Samples, Segment, Voice
from backend.engines.base import SpeakOptions, SpeechEngine
from backend.engines.preview.emotions import ACTING
from backend.engines.preview.engine import VARIANT, PreviewEngine
from backend.engines.preview.perform import active_rms
from backend.engines.preview.vocoder import pitch_of
from tests.engines.test_preview_text import SAMPLES

RYAN = PresetVoice(speaker="Ryan")
SENTENCE = "The green boat drifted past the quiet harbor."
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def engine() -> PreviewEngine:
    """Loaded once: half of a load is imports."""
    made = PreviewEngine()
    assert made.availability().ok, made.availability()
    made.load(VARIANT)
    return made


def chunks(
    engine: PreviewEngine, text: str, voice: Voice = RYAN, emotion: str = "neutral", **options: object
) -> list[AudioChunk]:
    return list(engine.speak([Segment(3, text, emotion)], voice, replace(SpeakOptions(), **options)))  # type: ignore[arg-type]  # test names fields


def speak(
    engine: PreviewEngine, text: str, voice: Voice = RYAN, emotion: str = "neutral", **options: object
) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks(engine, text, voice, emotion, **options)])


def voiced_pitch(samples: Samples) -> np.ndarray:
    """Hertz of the voiced frames."""
    f0 = pitch_of(samples.astype(np.float64), quick=False)
    return np.asarray(f0[f0 > 0])


def mean_pitch(samples: Samples) -> float:
    return float(np.exp(np.log(voiced_pitch(samples)).mean()))


def decibels(samples: Samples) -> float:
    return float(20 * np.log10(active_rms(samples.astype(np.float64))))


def test_the_engine_is_what_the_studio_expects_of_one() -> None:
    assert isinstance(PreviewEngine(), SpeechEngine)
    assert PreviewEngine.info.languages == tuple(LANGUAGES)
    assert PreviewEngine().variant_for(DesignedVoice(description="warm")) == VARIANT


def test_declaring_the_engine_imports_no_library() -> None:
    code = (
        "import sys; from backend.engines.preview.engine import PreviewEngine; PreviewEngine().availability(); "
        "print([m for m in ('numpy', 'scipy', 'pyworld', 'pykakasi', 'espeakng_loader') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("[]", "['numpy']")  # the core's types know arrays


@pytest.mark.parametrize("language", SAMPLES)
def test_every_language_gives_voiced_speech_of_plausible_length(engine: PreviewEngine, language: str) -> None:
    text = SAMPLES[language]
    found = chunks(engine, text)
    samples = np.concatenate([chunk.samples for chunk in found])
    seconds = len(samples) / 24_000
    assert 1.0 < seconds < 7.0
    assert len(voiced_pitch(samples)) * 0.005 > 0.3 * seconds
    assert "".join(word.word for chunk in found for word in chunk.words) == "".join(text.split())


def test_speech_is_finite_level_and_below_full_scale(engine: PreviewEngine) -> None:
    for emotion in ("neutral", "angry", "whisper"):
        samples = speak(engine, SENTENCE, emotion=emotion)
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= 10 ** (-1 / 20)
        assert abs(decibels(samples) - (-23 + ACTING[emotion].level)) < 1.5
        assert max(abs(samples[0]), abs(samples[-1])) < 0.01


def test_chunks_come_phrase_by_phrase_and_only_the_final_one_is_last(engine: PreviewEngine) -> None:
    found = chunks(engine, "When the rain had stopped, everyone went outside. It was late.")
    assert len(found) >= 2
    assert [chunk.last for chunk in found] == [False] * (len(found) - 1) + [True]
    assert {chunk.segment for chunk in found} == {3}


def test_captions_are_complete_rise_strictly_and_fit_the_audio(engine: PreviewEngine) -> None:
    text = "Out of the blue — at 10:45, “somebody” called me. Was it you? No, it's for the best... 😀 Bye!"
    found = chunks(engine, text)
    words = [word for chunk in found for word in chunk.words]
    assert [word.word for word in words] == text.split()
    assert all(a.start < a.end <= b.start for a, b in itertools.pairwise(words))
    assert words[-1].end <= sum(chunk.seconds for chunk in found) + 1e-6


def test_a_word_comes_with_the_chunk_that_it_begins_in(engine: PreviewEngine) -> None:
    passed = 0  # samples
    for chunk in chunks(engine, "When the rain had stopped, everyone went outside. It was late."):
        until = passed + len(chunk.samples)
        assert all(passed / 24_000 <= word.start <= until / 24_000 for word in chunk.words)
        passed = until


@pytest.mark.parametrize("text", ["!!!", "…", "😀 🎉", " \n ", "—", "\u200b", "\u2028"])
def test_a_text_with_nothing_to_say_is_a_short_silence(engine: PreviewEngine, text: str) -> None:
    found = chunks(engine, text)
    samples = np.concatenate([chunk.samples for chunk in found])
    assert 0.1 < len(samples) / 24_000 < 1.0
    assert not samples.any()
    assert found[-1].last


@pytest.mark.parametrize(
    "text",
    ["<speak>hi</speak> [[h@l]] &amp;", "a" * 600, "\ud800 lone", "a\x00b\x01\x05c", "שלום مرحبا", "½ ① ﷺ", "🇩🇪 x"],
)
def test_hostile_text_is_spoken_or_passed_over_but_never_breaks(engine: PreviewEngine, text: str) -> None:
    found = chunks(engine, text)
    assert [word.word for chunk in found for word in chunk.words] == text.split()
    assert all(np.isfinite(chunk.samples).all() for chunk in found)


def test_phoneme_markup_is_not_obeyed(engine: PreviewEngine) -> None:
    # As phonemes it would be a syllable; as text it is spelled or read, which takes longer.
    assert len(speak(engine, "[[h@l]] abc def ghi")) != len(speak(engine, "hal abc def ghi"))
    assert len(chunks(engine, "[[h@l]]")[0].words) == 1


def test_a_very_long_text_begins_at_once_and_can_be_left(engine: PreviewEngine) -> None:
    stream = engine.speak([Segment(0, "It rains again today. " * 10_000)], RYAN, SpeakOptions())
    first = next(stream)
    assert first.seconds < 5
    stream.close()  # type: ignore[attr-defined]  # speak is a generator


def test_the_same_seed_gives_the_same_bytes_also_in_another_process(engine: PreviewEngine) -> None:
    code = (
        "import hashlib; from backend.core.types import *; from backend.engines.base import SpeakOptions\n"
        "from backend.engines.preview.engine import PreviewEngine\n"
        f"segments = [Segment(0, {SENTENCE!r}, 'happy')]\n"
        "chunks = PreviewEngine().speak(segments, PresetVoice(speaker='Ryan'), SpeakOptions(seed=7))\n"
        "print(hashlib.sha256(b''.join(c.samples.tobytes() for c in chunks)).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    here = [hashlib.sha256(speak(engine, SENTENCE, emotion="happy", seed=7).tobytes()).hexdigest() for _ in range(2)]
    assert here == [done.stdout.strip()] * 2


def test_another_seed_is_another_take_of_nearly_the_same_length(engine: PreviewEngine) -> None:
    one, other = speak(engine, SENTENCE, seed=1), speak(engine, SENTENCE, seed=2)
    assert one.tobytes() != other.tobytes()
    assert abs(len(one) / len(other) - 1) < 0.08


def test_speed_is_a_ratio_and_pitch_is_semitones(engine: PreviewEngine) -> None:
    plain = speak(engine, SENTENCE)
    assert len(plain) / len(speak(engine, SENTENCE, speed=2.0)) == pytest.approx(2.0, rel=0.05)
    assert len(plain) / len(speak(engine, SENTENCE, speed=0.5)) == pytest.approx(0.5, rel=0.05)
    higher = mean_pitch(speak(engine, SENTENCE, pitch=4.0))
    assert 12 * np.log2(higher / mean_pitch(plain)) == pytest.approx(4.0, abs=0.5)


def test_speakers_have_the_pitch_of_their_sex_and_age(engine: PreviewEngine) -> None:
    pitch = {name: mean_pitch(speak(engine, SENTENCE, PresetVoice(speaker=name))) for name in SPEAKERS}
    men = [pitch[name] for name, row in SPEAKERS.items() if row.sex == "male"]
    women = [pitch[name] for name, row in SPEAKERS.items() if row.sex == "female"]
    assert max(men) < min(women)
    assert pitch["Uncle_Fu"] == min(pitch.values())
    assert pitch["Ono_Anna"] == max(pitch.values())


def test_a_speaker_that_does_not_exist_is_named(engine: PreviewEngine) -> None:
    with pytest.raises(NotFound, match="Zelda"):
        speak(engine, "Hi.", PresetVoice(speaker="Zelda"))


@pytest.mark.parametrize("emotion", [name for name in ACTING if name != "neutral"])
def test_an_emotion_moves_pitch_rate_and_level_as_its_row_says(engine: PreviewEngine, emotion: str) -> None:
    row, neutral, acted = ACTING[emotion], speak(engine, SENTENCE), speak(engine, SENTENCE, emotion=emotion)
    rate, level = len(neutral) / len(acted), decibels(acted) - decibels(neutral)
    signs = [abs(row.rate - 1) < 0.1 or (rate - 1) * (row.rate - 1) > 0, abs(row.level) < 2 or level * row.level > 0]
    if row.unvoiced:
        assert len(voiced_pitch(acted)) < 0.05 * len(acted) / 120
    elif abs(row.pitch) >= 1.5:
        semitones = 12 * np.log2(mean_pitch(acted) / mean_pitch(neutral))
        signs.append(semitones * row.pitch > 0)
    assert all(signs)


def test_an_emotion_of_a_personality_s_own_is_spoken_neutral(engine: PreviewEngine) -> None:
    assert speak(engine, SENTENCE, emotion="pirate").tobytes() == speak(engine, SENTENCE).tobytes()


@pytest.fixture(scope="module")
def recordings(engine: PreviewEngine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two references with known pitch: a low and a high speaker reading two sentences."""
    folder, made = tmp_path_factory.mktemp("references"), {}
    for name in ("Uncle_Fu", "Vivian"):
        samples = speak(
            engine, "Fresh bread smells best early in the morning. They lost the map.", PresetVoice(speaker=name)
        )
        made[name] = folder / f"{name}.wav"
        wavfile.write(made[name], 24_000, (samples * 32767).astype(np.int16))
    return made


@pytest.mark.parametrize("name", ["Uncle_Fu", "Vivian"])
@pytest.mark.parametrize("strength", [0.0, None, 1.0])
def test_a_clone_has_the_pitch_of_its_reference(
    engine: PreviewEngine, recordings: dict[str, Path], name: str, strength: float | None
) -> None:
    _rate, raw = wavfile.read(recordings[name])
    clone = speak(engine, SENTENCE, ClonedVoice(recordings[name]), match_strength=strength)
    assert 12 * abs(np.log2(mean_pitch(clone) / mean_pitch(raw / 32768))) < 1.0


def test_the_neutral_recording_gives_the_pitch_where_there_is_one(
    engine: PreviewEngine, recordings: dict[str, Path]
) -> None:
    voice = ClonedVoice(recordings["Vivian"], neutral_reference=recordings["Uncle_Fu"])
    assert mean_pitch(speak(engine, SENTENCE, voice)) < 120


def test_a_stronger_match_changes_the_colour(engine: PreviewEngine, recordings: dict[str, Path]) -> None:
    voice = ClonedVoice(recordings["Vivian"])
    takes = [speak(engine, SENTENCE, voice, match_strength=strength).tobytes() for strength in (0.0, 0.5, 1.0)]
    assert len(set(takes)) == 3


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        (np.zeros(48_000, np.int16), "audio-silent"),
        (np.ones(2_000, np.int16), "audio-too-short"),
        (np.full(48_000, np.nan, np.float32), "audio-not-finite"),
    ],
)
def test_a_useless_reference_is_refused_by_name(
    engine: PreviewEngine, tmp_path: Path, samples: np.ndarray, code: str
) -> None:
    wavfile.write(tmp_path / "bad.wav", 24_000, samples)
    with pytest.raises(BadAudio) as refused:
        speak(engine, SENTENCE, ClonedVoice(tmp_path / "bad.wav"))
    assert refused.value.code == code


def test_a_file_that_is_no_recording_is_refused(engine: PreviewEngine, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF, it says")
    with pytest.raises(BadAudio):
        speak(engine, SENTENCE, ClonedVoice(tmp_path / "bad.wav"))


def test_descriptions_with_the_same_traits_are_different_voices_each_always_the_same(engine: PreviewEngine) -> None:
    one, other = DesignedVoice(description="a warm woman"), DesignedVoice(description="a woman, warm")
    first = speak(engine, SENTENCE, one)
    assert first.tobytes() == speak(engine, SENTENCE, one).tobytes()
    assert first.tobytes() != speak(engine, SENTENCE, other).tobytes()


def test_a_deep_old_man_is_lower_and_slower_than_a_fast_girl(engine: PreviewEngine) -> None:
    man = speak(engine, SENTENCE, DesignedVoice(description="an old man, deep and slow"))
    girl = speak(engine, SENTENCE, DesignedVoice(description="a little girl who speaks fast"))
    assert mean_pitch(man) < 0.5 * mean_pitch(girl)
    assert len(man) > 1.2 * len(girl)
