"""An upload becomes a reference that engines like, with a report that people understand."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.audio import probe
from backend.core.errors import BadAudio
from backend.personality.archive import is_reference
from backend.personality.record import Quality, Reference
from backend.speech.record import make_reference
from benchmarks.soak.good_recordings import hum, write


def made(samples: NDArray, transcript: str = "", rate: int = 24_000, **named: str) -> Reference:
    return make_reference(write(samples, rate=rate, **named), transcript)


def codes(reference: Reference) -> set[str]:
    return {finding["code"] for finding in reference.report["quality"]["findings"]}


def samples_of(reference: Reference) -> NDArray[np.float32]:
    with wave.open(io.BytesIO(reference.wav)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def silence(seconds: float, rate: int = 24_000) -> NDArray[np.float32]:
    return np.zeros(int(seconds * rate), np.float32)


def test_a_reference_is_mono_of_24_khz_at_minus_23_lufs_under_minus_1_dbfs() -> None:
    for level in (0.02, 0.2, 0.8):
        reference = made(np.stack([hum(6.0, 44_100, level)] * 2, 1), rate=44_100, subtype="PCM_24")
        assert is_reference(reference.wav)
        assert reference.extension == "wav"
        samples = samples_of(reference)
        assert probe.loudness(samples, 24_000) == pytest.approx(-23, abs=0.5)
        assert reference.report["loudness_lufs"] == pytest.approx(-23, abs=0.1)
        assert probe.peak(samples) <= 10 ** (-1 / 20) + 1e-4
        assert reference.report["duration"] == pytest.approx(6.5, abs=0.15)


def test_a_peak_is_never_raised_over_minus_1_dbfs_for_the_sake_of_loudness() -> None:
    clicking = hum(6.0, 24_000, 0.01)
    clicking[::6000] = 0.9
    reference = made(clicking)
    assert probe.peak(samples_of(reference)) <= 10 ** (-1 / 20) + 1e-4
    assert reference.report["loudness_lufs"] < -24


def test_silence_at_the_ends_is_cut_and_half_a_second_closes_it() -> None:
    reference = made(np.concatenate([silence(2), hum(6.0, 24_000), silence(3)]))
    assert {"silence-cut-start", "silence-cut-end"} <= codes(reference)
    assert reference.report["duration"] == pytest.approx(6.5, abs=0.2)
    assert not samples_of(reference)[-12_000:].any()
    assert probe.peak(samples_of(reference)[:12_000]) > 0.01


def test_a_constant_offset_is_removed() -> None:
    reference = made(hum(6.0, 24_000) + 0.1)
    assert "dc-removed" in codes(reference)
    assert abs(float(samples_of(reference).mean())) < 1e-3


def test_making_a_reference_of_a_reference_changes_almost_nothing() -> None:
    first = made(hum(6.0, 24_000))
    second = make_reference(first.wav)
    assert second.report["duration"] == pytest.approx(first.report["duration"], abs=0.15)
    assert second.report["loudness_lufs"] == pytest.approx(first.report["loudness_lufs"], abs=0.3)
    assert codes(second) == set()


@pytest.mark.parametrize(
    ("seconds", "code"), [(0.3, "audio-too-short"), (0.9, "audio-too-short"), (70, "audio-too-long")]
)
def test_what_is_under_a_second_or_over_a_minute_is_refused_with_advice(seconds: float, code: str) -> None:
    with pytest.raises(BadAudio) as caught:
        made(hum(seconds, 24_000))
    assert caught.value.code == code
    assert caught.value.hint


def test_a_minute_of_silence_around_a_word_does_not_make_it_long_enough() -> None:
    with pytest.raises(BadAudio) as caught:
        made(np.concatenate([silence(3), hum(0.6, 24_000), silence(3)]))
    assert caught.value.code == "audio-too-short"


@pytest.mark.parametrize(("seconds", "code"), [(2.0, "short"), (4.0, "shortish"), (8.0, None), (35.0, "long")])
def test_a_length_that_is_not_the_best_is_said(seconds: float, code: str | None) -> None:
    assert codes(made(hum(seconds, 24_000))) & {"short", "shortish", "long"} == ({code} if code else set())


def test_an_overdriven_recording_is_said_to_be() -> None:
    loud = np.clip(hum(6.0, 24_000) * 12, -1, 1)
    reference = made(loud)
    assert "clipped" in codes(reference)
    assert reference.report["quality"]["score"] <= 75


def test_noise_under_the_voice_is_said_and_costs_points() -> None:
    noise = np.random.default_rng(3).normal(0, 0.05, 8 * 24_000).astype(np.float32)
    clean, noisy = made(hum(8.0, 24_000)), made(hum(8.0, 24_000) + noise)
    assert "noisy" not in codes(clean)
    assert "noisy" in codes(noisy)
    assert noisy.report["quality"]["score"] < clean.report["quality"]["score"] - 15


def test_a_telephone_and_a_distant_microphone_are_told() -> None:
    assert "low-rate" in codes(made(hum(6.0, 8_000), rate=8_000))
    assert "quiet" in codes(made(hum(6.0, 24_000, 0.004), subtype="PCM_24"))


def test_a_transcript_that_cannot_fit_is_a_warning_only() -> None:
    assert "transcript-mismatch" in codes(made(hum(6.0, 24_000), "word " * 100))
    assert "transcript-mismatch" in codes(made(hum(12.0, 24_000), "Hi."))
    assert "transcript-mismatch" not in codes(made(hum(6.0, 24_000), "The quick brown fox jumps over the lazy dog."))
    assert "transcript-mismatch" not in codes(made(hum(6.0, 24_000), "今天天气很好,我们一起去公园散步吧。"))


def test_a_good_recording_scores_high_and_every_finding_is_a_sentence_of_a_kind() -> None:
    report = made(hum(8.0, 44_100), rate=44_100).report
    assert report["quality"]["score"] >= 90
    assert report["quality"]["verdict"] == "Very good"
    checked = Quality.model_validate(report["quality"])
    assert all(finding.text and finding.kind in ("repair", "warning") for finding in checked.findings)
    assert "converted" in {finding.code for finding in checked.findings}


def test_two_hundred_peaks_draw_the_sound_as_it_is_kept() -> None:
    reference = made(hum(8.0, 24_000))
    peaks, samples = reference.report["peaks"], samples_of(reference)
    assert len(peaks) == 200
    assert max(peaks) == pytest.approx(probe.peak(samples), abs=0.002)
    assert peaks[-1] == 0


def test_a_window_of_the_upload_is_enough() -> None:
    reference = make_reference(write(hum(20.0, 24_000), rate=24_000), start=2.0, end=9.0)
    assert reference.report["duration"] == pytest.approx(7.5, abs=0.2)
