"""Where somebody speaks, and where long sound is cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.audio.activity import OVERLAP, RATE, pieces
from tests.tone_speech import WORDS, spoken

QUIET_DB = -45.0


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def test_silence_has_no_pieces() -> None:
    assert pieces(silence(5)) == []
    assert pieces(np.zeros(0, np.float32)) == []


@pytest.mark.parametrize(("level_db", "found"), [(-40, True), (-52, False)])
def test_what_never_gets_louder_than_the_limit_is_left_out(level_db: float, found: bool) -> None:
    level = 10 ** (level_db / 20) * 2**0.5
    sound = np.concatenate([silence(1), spoken(WORDS[:8], level=level), silence(1)])
    assert bool(pieces(sound, silence_db=QUIET_DB)) is found


def test_a_single_sample_is_no_fault() -> None:
    assert pieces(np.full(1, 0.5, np.float32)) in ([], pieces(np.full(1, 0.5, np.float32)))


@settings(max_examples=25, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=150),
    breaks=st.dictionaries(st.integers(0, 149), st.floats(0.05, 3.0), max_size=12),
    longest=st.sampled_from([8.0, 12.0, 22.0]),
)
def test_pieces_are_in_order_within_bounds_and_hold_all_sound(
    words: list[str], breaks: dict[int, float], longest: float
) -> None:
    sound = np.concatenate([silence(0.4), spoken(words, breaks), silence(0.4)])
    cut = pieces(sound, longest)
    held = np.zeros(len(sound), bool)
    for piece in cut:
        assert 0 <= piece.start < piece.end <= len(sound) / RATE + 1e-9
        assert piece.end - piece.start <= longest + 1e-6
        held[round(piece.start * RATE) : round(piece.end * RATE)] = True
        assert len(piece.of(sound)) == pytest.approx((piece.end - piece.start) * RATE, abs=2)
    assert not sound[~held].any(), "sound lies outside of all pieces"
    for before, behind in itertools.pairwise(cut):
        assert before.end <= behind.start or before.end - behind.start == pytest.approx(2 * OVERLAP, abs=0.01)
        assert np.isinf(before.last) == np.isinf(behind.first)


def test_long_sound_is_cut_in_its_pauses_where_there_are_any() -> None:
    sound = spoken(WORDS[:20] * 20, dict.fromkeys(range(19, 400, 20), 1.2))
    cut = pieces(sound, 22.0)
    assert len(cut) > 3
    assert all(np.isinf(piece.first) and np.isinf(piece.last) for piece in cut)
