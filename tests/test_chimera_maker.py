"""The joiner of two recordings: where it cuts, how it joins, what it refuses. Sounds are made here."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.audio.loudness import loudness, true_peak
from backend.audio.pauses import crossing, quietest, speech_of
from backend.chimera_maker import Clip, Wish, create_chimera_reference
from backend.core.errors import BadAudio, BadRequest
from backend.core.types import Samples, WordTiming
from backend.text.portions import fitting, joined, said
from benchmarks.joins import elsewhere, energy_step, transient

RATE = 24_000
PHRASES = (1.6, 1.2, 2.0, 1.4, 1.8)
GAPS = (0.4, 0.35, 0.5, 0.3)
TEXT = "The door stood open. Nobody came. There was only the wind again. A lamp was lit. Somebody was at home."
"""A sentence for each phrase, about as long in letters as the phrase is in time."""


def burst(seconds: float, pitch: float, draw: np.random.Generator) -> Samples:
    """A phrase: a gliding buzz in syllables with soft edges, and a hiss in every third of them."""
    time = np.arange(int(seconds * RATE)) / RATE
    glide = 1 + 0.1 * np.sin(2 * np.pi * 0.6 * time + draw.uniform(0, 6))
    phase = np.cumsum(2 * np.pi * pitch * glide / RATE)
    buzz = sum(np.sin(k * phase + draw.uniform(0, 6)) / k for k in range(1, 20))
    syllable = 0.5 - 0.4 * np.cos(2 * np.pi * 4 * time)
    hiss = 0.2 * draw.standard_normal(len(time)) * (np.sin(2 * np.pi * 1.3 * time) > 0.8)
    edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.03)
    return np.asarray(0.1 * (buzz * syllable + hiss) * edge, dtype=np.float32)


def talk(
    phrases: tuple[float, ...] = PHRASES,
    gaps: tuple[float, ...] = GAPS,
    pitch: float = 120.0,
    seed: int = 0,
    noise: float = 1e-4,
    ends: float = 0.3,
) -> Samples:
    """Phrases with gaps between them, in a room with some noise, `ends` seconds of it at both ends."""
    draw = np.random.default_rng(seed)
    pieces = [np.zeros(int(ends * RATE), np.float32)]
    for length, gap in itertools.zip_longest(phrases, gaps, fillvalue=ends):
        pieces += [burst(length, pitch, draw), np.zeros(int(gap * RATE), np.float32)]
    sound = np.concatenate(pieces)
    return np.asarray(sound + noise * draw.standard_normal(len(sound)), dtype=np.float32)


def phrase_ends(phrases: tuple[float, ...] = PHRASES, gaps: tuple[float, ...] = GAPS, ends: float = 0.3) -> list[float]:
    return [ends + sum(phrases[: n + 1]) + sum(gaps[:n]) for n in range(len(phrases))]


USER, AI = Clip(talk(), TEXT), Clip(talk(pitch=190, seed=1), TEXT.upper())


@pytest.mark.parametrize("seconds", [1.5, 3.0, 5.0, 7.0])
def test_both_parts_end_in_a_pause(seconds: float) -> None:
    made = create_chimera_reference(USER, AI, Wish(seconds, seconds))
    for part in (made.user, made.ai):
        assert part.place in ("pause", "end")
        assert min(abs(part.end - end) for end in phrase_ends()) < 0.06
        assert abs(part.end - 0.3 - seconds) < max(1.5, 0.35 * seconds)


def test_a_clip_that_is_shorter_than_asked_is_taken_whole() -> None:
    made = create_chimera_reference(USER, AI, Wish(20, 20))
    assert made.user.place == made.ai.place == "end"
    assert made.transcript == f"{TEXT} {TEXT.upper()}"
    assert not made.user.estimated


def test_the_words_of_a_cut_part_are_counted_off_at_the_end_of_a_sentence() -> None:
    made = create_chimera_reference(USER, AI, Wish(4.9, 3.0))
    assert made.user.transcript == "The door stood open. Nobody came. There was only the wind again."
    assert made.ai.transcript == "THE DOOR STOOD OPEN. NOBODY CAME."
    assert made.transcript == f"{made.user.transcript} {made.ai.transcript}"
    assert made.user.estimated


def test_known_times_of_words_decide_what_was_said() -> None:
    words = tuple(WordTiming(word, 0.3 + 0.3 * n, 0.6 + 0.3 * n) for n, word in enumerate(TEXT.split()))
    made = create_chimera_reference(Clip(USER.samples, TEXT, words), AI, Wish(1.6, 20))
    assert made.user.transcript == "The door stood open. Nobody"  # whose middles lie before 1.9 s
    assert not made.user.estimated


def test_without_a_pause_the_cut_lies_between_two_words() -> None:
    solid = talk((9.0,), ())
    words = tuple(WordTiming(f"w{n}", 0.3 + 0.5 * n, 0.8 + 0.5 * n) for n in range(18))
    made = create_chimera_reference(Clip(solid, " ".join(w.word for w in words), words), AI, Wish(4, 4))
    assert made.user.place == "between-words"
    assert made.user.end == pytest.approx(4.3, abs=0.01)
    assert made.user.transcript.split()[-1] == "w7"


def test_without_any_pause_it_is_said_that_a_word_may_be_cut() -> None:
    made = create_chimera_reference(Clip(talk((9.0,), ()), "Words"), AI, Wish(4, 4))
    assert made.user.place == "speech"
    assert 2.5 < made.user.end - 0.3 < 5.5


def test_words_that_are_not_known_leave_the_transcript_empty() -> None:
    assert create_chimera_reference(Clip(USER.samples), AI).transcript == ""


@pytest.mark.parametrize("decibels", [-25, -6, 0, 12])
def test_levels_are_matched_by_the_meter_of_broadcasting(decibels: float) -> None:
    quiet = Clip(np.asarray(AI.samples * 10 ** (decibels / 20), np.float32), "A")
    made = create_chimera_reference(Clip(USER.samples, "U"), quiet)
    at = int(made.seam.at * RATE)
    before, behind = made.samples[at - 3 * RATE : at], made.samples[at : at + 3 * RATE]
    one, other = loudness(before, RATE), loudness(behind, RATE)
    assert one is not None and other is not None
    assert abs(one - other) <= 1.0
    assert abs(made.seam.level_step_db) <= 1.0
    assert abs(energy_step(made.samples, at)) <= 1.0


def test_the_whole_comes_out_at_reference_level_under_the_ceiling() -> None:
    made = create_chimera_reference(USER, AI)
    assert loudness(made.samples, RATE) == pytest.approx(-23, abs=0.3)
    assert true_peak(made.samples) <= -1


def test_a_crossfade_keeps_the_energy_of_sounds_that_are_not_alike() -> None:
    """Room noise alone, far louder than usual: through the join it neither swells nor dips."""
    one, other = (Clip(talk((2.0, 2.0), (0.6,), seed=seed, noise=0.02), "Words") for seed in (1, 2))
    made = create_chimera_reference(one, other, Wish(2, 2, 0.2))
    at, half = int(made.seam.at * RATE), int(0.1 * RATE)
    inside = 10 * np.log10(np.mean(made.samples[at - half // 2 : at + half // 2] ** 2))
    head = 10 * np.log10(np.mean(made.samples[at - half - 480 : at - half] ** 2))
    tail = 10 * np.log10(np.mean(made.samples[at + half : at + half + 480] ** 2))
    assert min(head, tail) - 1 < inside < max(head, tail) + 1


def test_no_click_at_the_join_where_a_hard_cut_clicks() -> None:
    draw = np.random.default_rng(5)
    louder, hard = [], []
    for seed in range(25):
        user, ai = talk(seed=seed), talk(pitch=draw.uniform(90, 250), seed=seed + 99)
        made = create_chimera_reference(
            Clip(user), Clip(ai), Wish(draw.uniform(2, 7), draw.uniform(2, 7), draw.uniform(0.05, 0.2))
        )
        at, reach = int(made.seam.at * RATE), made.seam.crossfade / 2 + 0.01
        usual = np.percentile(elsewhere(made.samples, at, reach, draw), 95)
        louder.append(transient(made.samples, at, reach) > usual)
        cut = np.concatenate([user[: int(1.2 * RATE)], ai[int(1.0 * RATE) :]])
        usual = np.percentile(elsewhere(cut, int(1.2 * RATE), 0.02, draw), 95)
        hard.append(transient(cut, int(1.2 * RATE), 0.02) > usual)
    assert np.mean(louder) <= 0.1
    assert np.mean(hard) >= 0.5  # the measure hears what it has to


def test_the_seam_is_a_quiet_zero_crossing() -> None:
    samples = USER.samples
    pause = speech_of(samples, RATE).pauses[0]
    place = quietest(samples, pause.start, pause.end, RATE)
    found = crossing(samples, place, 240)
    assert samples[found - 1] * samples[found] <= 0
    around = samples[found - 120 : found + 120]
    assert np.abs(around).max() < 0.01 * np.abs(samples).max()


def test_the_same_is_made_again_and_what_was_given_stays_as_it_was() -> None:
    before = USER.samples.copy()
    first, second = (create_chimera_reference(USER, AI, Wish(3, 4, 0.07)).samples for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(before, USER.samples)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (Wish(user_seconds=0.5), "user_seconds"),
        (Wish(ai_seconds=21), "ai_seconds"),
        (Wish(crossfade=0.049), "crossfade"),
        (Wish(crossfade=0.3), "crossfade"),
        (Wish(user_seconds=float("nan")), "user_seconds"),
        (Wish(ai_seconds=float("inf")), "ai_seconds"),
    ],
)
def test_a_wish_out_of_range_is_refused_by_the_name_of_its_field(wish: Wish, field: str) -> None:
    with pytest.raises(BadRequest) as refused:
        create_chimera_reference(USER, AI, wish)
    assert set(refused.value.fields) == {field}


def _broken(value: float) -> Samples:
    samples = USER.samples.copy()
    samples[777] = value
    return samples


@pytest.mark.parametrize(
    ("samples", "code"),
    [
        (np.zeros(48_000, np.float32), "audio-silent"),
        (np.full(48_000, 0.4, np.float32), "audio-silent"),  # an offset is no sound
        (np.zeros(0, np.float32), "audio-too-short"),
        (USER.samples[:9000], "audio-too-short"),
        (np.pad(burst(0.3, 120, np.random.default_rng(0)), RATE), "audio-too-short"),
        (_broken(float("nan")), "audio-not-finite"),
        (_broken(float("-inf")), "audio-not-finite"),
    ],
)
@pytest.mark.parametrize("name", ["user", "ai"])
def test_what_is_no_recording_is_refused_by_the_name_of_its_part(samples: Samples, code: str, name: str) -> None:
    clips = (Clip(samples), AI) if name == "user" else (USER, Clip(samples))
    with pytest.raises(BadAudio) as refused:
        create_chimera_reference(*clips)
    assert refused.value.code == code
    assert set(refused.value.fields) == {name}


lengths = st.lists(st.floats(0.25, 2.5), min_size=1, max_size=4).filter(lambda found: sum(found) > 0.8)
gaps = st.floats(0.0, 0.8)


@settings(max_examples=60, deadline=None)
@given(
    lengths, lengths, gaps, gaps, st.floats(1, 20), st.floats(1, 20), st.floats(0.05, 0.2), st.floats(1e-5, 2e-2),
    st.floats(0.0, 1.0), st.integers(0, 99),
)  # fmt: skip
def test_whatever_is_cut_is_joined_whole_level_and_in_bounds(
    first: list[float], second: list[float], gap: float, other_gap: float,
    user_seconds: float, ai_seconds: float, crossfade: float, noise: float, ends: float, seed: int,
) -> None:  # fmt: skip
    user = talk(tuple(first), (gap,) * (len(first) - 1), 130, seed, noise, ends)
    ai = talk(tuple(second), (other_gap,) * (len(second) - 1), 210, seed + 1, noise, ends)
    made = create_chimera_reference(Clip(user, TEXT), Clip(ai, TEXT), Wish(user_seconds, ai_seconds, crossfade))
    seconds = len(made.samples) / RATE
    assert made.samples.dtype == np.float32
    assert np.isfinite(made.samples).all()
    assert true_peak(made.samples) <= -0.99
    assert abs(made.seam.level_step_db) <= 1.0
    assert made.seam.crossfade / 2 < made.seam.at < seconds - made.seam.crossfade / 2
    assert made.seam.crossfade == pytest.approx(crossfade, abs=2 / RATE)
    for part, given_to in ((made.user, user), (made.ai, ai)):
        assert 0 <= part.start < part.end <= len(given_to) / RATE
        assert part.end - part.start >= 0.45
    assert seconds <= (made.user.end - made.user.start) + (made.ai.end - made.ai.start) + 1.0
    assert abs(float(made.samples[0])) < 1e-3 and abs(float(made.samples[-1])) < 1e-3


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.floats(-0.5, 1.5), st.booleans())
def test_the_words_of_a_part_begin_the_text(text: str, share: float, in_pause: bool) -> None:
    found = said(text, share, in_pause)
    assert " ".join(text.split()).startswith(" ".join(found.split()))


def test_texts_without_spaces_are_joined_without_one() -> None:
    assert joined("你好。", "我很高兴！") == "你好。我很高兴！"
    assert joined("你好。", "Hello.") == "你好。 Hello."
    assert said("今天天气很好，我们去公园吧。", 0.5, in_pause=True) == "今天天气很好，"
    assert joined("", "Hello.") == ""


def test_what_a_recogniser_heard_says_where_a_known_text_ends() -> None:
    assert fitting(TEXT, "the door stood open nobody kame there was") == "The door stood open. Nobody came. There was"
    assert fitting("今天天气很好，我们去公园吧。", "今天天气很好") == "今天天气很好"
    assert fitting(TEXT, "something else entirely, about ships") == ""
    assert fitting("", "words") == ""
