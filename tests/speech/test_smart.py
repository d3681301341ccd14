"""Smart mode on what people send: silence, noise, music, a second, an hour, two people; and when it is stopped."""

from __future__ import annotations

import contextlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from backend.core.errors import BadAudio, Cancelled, NotFound
from backend.core.events import ProgressEvent
from backend.core.types import Samples
from backend.engines.listening import Utterance
from backend.model_manager import ModelManager
from backend.speech.smart import Asked, cut_up
from backend.speech.smart_sessions import SmartSessions
from backend.speech.uploads import UploadStore
from benchmarks.damage import with_music, with_noise
from tests.spoken_recording import RATE, recording, sentences
from tests.tone_speech import ToneListener


@dataclass
class Stop:
    """A job that is cancelled when somebody says so."""

    asked: threading.Event = field(default_factory=threading.Event)

    def cancelled(self) -> bool:
        return self.asked.is_set()


@dataclass
class Desk:
    folder: Path

    @property
    def uploads(self) -> UploadStore:
        return UploadStore(self.folder / "uploads")

    @property
    def sessions(self) -> SmartSessions:
        return SmartSessions(self.folder / "smart")

    def events(self, samples: Samples, stop: Stop | None = None, rate: int = RATE) -> Any:
        file = io.BytesIO()
        soundfile.write(file, samples, rate, format="WAV", subtype="PCM_16")
        asked = Asked(self.uploads.keep(file.getvalue(), "talk.wav"), "talk.wav", "en", "none")
        return cut_up(asked, stop or Stop(), ModelManager({}), self.uploads, self.sessions)

    def cut(self, samples: Samples) -> dict[str, Any]:
        last: ProgressEvent = list(self.events(samples))[-1]
        assert last.result is not None
        return last.result

    def files(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def talk(seconds: float = 30.0) -> Samples:
    return recording(sentences(), seconds).samples


def codes(record: dict[str, Any]) -> set[str]:
    return {notice["code"] for notice in record["notices"]}


NOTHING_SAID = {
    "noise": np.random.default_rng(0).normal(0, 0.1, 20 * RATE),
    "a steady tone": 0.3 * np.sin(2 * np.pi * 220 * np.arange(20 * RATE) / RATE),
    "clicks": np.where(np.arange(20 * RATE) % 12_000 == 0, 0.9, 0.0),
    "one second": np.random.default_rng(0).normal(0, 0.1, RATE),
    "swelling noise": np.random.default_rng(0).normal(0, 0.1, 20 * RATE)
    * (np.arange(20 * RATE) // (RATE * 2) % 2 + 0.001),
}


@pytest.mark.parametrize("kind", NOTHING_SAID)
def test_where_nobody_speaks_it_is_said(desk: Desk, kind: str) -> None:
    with pytest.raises(BadAudio) as refused:
        desk.cut(NOTHING_SAID[kind])
    assert refused.value.code == "audio-no-speech"
    assert not (desk.folder / "smart").exists()


def test_silence_is_refused(desk: Desk) -> None:
    with pytest.raises(BadAudio) as refused:
        desk.cut(np.zeros(20 * RATE))
    assert refused.value.code == "audio-silent"


def test_more_than_half_an_hour_is_refused(desk: Desk) -> None:
    with pytest.raises(BadAudio) as refused:
        list(desk.events(np.random.default_rng(0).normal(0, 0.1, 31 * 60 * 8000), rate=8000))
    assert refused.value.code == "audio-too-long"
    assert "30 minutes" in refused.value.detail


def test_music_beneath_the_voice_is_named(desk: Desk) -> None:
    made = desk.cut(with_music(talk(), 10))
    assert "music-recording" in codes(made)
    named = ["music" in {finding["code"] for finding in clip["findings"]} for clip in made["clips"]]
    assert sum(named) > len(named) / 2


def test_noise_beneath_the_voice_is_named_and_the_clips_are_found(desk: Desk) -> None:
    made = desk.cut(with_noise(talk(), 12))
    assert "noisy-recording" in codes(made)
    assert len(made["clips"]) >= 4


def test_two_people_are_told_apart_and_only_one_is_proposed(desk: Desk) -> None:
    parts = [part for pair in zip(sentences("Ryan"), sentences("Serena"), strict=True) for part in pair]
    made = desk.cut(recording([*parts, sentences("Ryan")[0]], 60).samples)
    assert made["speakers"] == 2
    assert "several-speakers" in codes(made)
    assert {clip["speaker"] for clip in made["clips"]} == {1, 2}
    assert {clip["speaker"] for clip in made["clips"] if clip["proposed"]} == {1}


def test_a_whisper_is_no_other_person(desk: Desk) -> None:
    parts = [part for mood in ("neutral", "whisper") for part in sentences("Vivian", (mood,))]
    made = desk.cut(recording(parts, 36).samples)
    assert made["speakers"] == 1
    assert "several-speakers" not in codes(made)
    assert {clip["speaker"] for clip in made["clips"]} == {1}
    assert not any(finding["code"] == "two-speakers" for clip in made["clips"] for finding in clip["findings"])


def test_two_people_are_told_apart_where_one_also_whispers(desk: Desk) -> None:
    whispers = sentences("Ryan", ("whisper",))
    parts = [part for trio in zip(sentences("Ryan"), whispers, sentences("Serena"), strict=True) for part in trio]
    made = desk.cut(recording(parts, 55, pauses=(1.6, 1.9)).samples)
    assert made["speakers"] == 2
    assert {clip["speaker"] for clip in made["clips"] if clip["proposed"]} == {1}


def test_one_clip_is_not_compared_with_itself(desk: Desk) -> None:
    made = desk.cut(talk(3))
    assert len(made["clips"]) == 1
    assert "too-few-clips" in codes(made)
    assert (made["clips"][0]["emotion"], made["clips"][0]["confidence"]) == ("neutral", 0.0)


def test_moods_of_one_voice_are_suggested_in_their_order(desk: Desk) -> None:
    """A suggestion is no verdict; but the excited are not taken for the sad."""
    moods = ("neutral", "sad", "excited", "neutral ")
    parts = [part for mood in moods for part in sentences("Ryan", (mood,))]
    made = desk.cut(recording(parts, 100, pauses=(1.6, 1.9)).samples)
    heard: dict[str, list[dict[str, Any]]] = {mood: [] for mood in moods}
    for number, clip in enumerate(made["clips"]):
        heard[moods[number % len(parts) // 3]].append(clip)
    pitch = [np.mean([clip["relative"]["pitch"] for clip in heard[mood]]) for mood in ("sad", "neutral", "excited")]
    assert pitch == sorted(pitch)
    assert not {clip["emotion"] for clip in heard["sad"]} & {"excited", "angry", "happy"}
    assert not {clip["emotion"] for clip in heard["excited"]} & {"sad"}
    assert {clip["emotion"] for clip in heard["neutral"]} == {"neutral"}


def test_progress_grows_to_the_end_and_tells_the_time_left(desk: Desk) -> None:
    seen = list(desk.events(talk(60)))
    shares = [event.progress for event in seen]
    assert shares == sorted(shares) and shares[-1] == 1.0
    stages = list(dict.fromkeys(event.stage_code for event in seen))
    assert stages == ["decoding", "finding-pauses", "judging-clips", "comparing-speakers", "done"]
    assert any(event.eta is not None for event in seen)


@pytest.mark.parametrize("stage", ["decoding", "finding-pauses", "judging-clips", "comparing-speakers"])
def test_it_stops_within_a_second_and_leaves_no_session(desk: Desk, stage: str) -> None:
    stop = Stop()
    running = desk.events(talk(60), stop)
    for event in running:
        if event.stage_code == stage:
            break
    stop.asked.set()
    began = time.monotonic()
    with contextlib.suppress(Cancelled):
        next(running)  # whoever runs a job looks after every event whether to go on
    running.close()
    assert time.monotonic() - began < 3  # a second, with room for a busy machine
    assert not (desk.folder / "smart").exists()


class Italian(ToneListener):
    """Understands one word of anything, and tells its language where nobody told it."""

    def transcribe(
        self, samples: Samples, language: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[Utterance]:
        self.heard.append(len(samples) / 16_000)
        self.languages.append(language)
        yield Utterance(0.0, 1.0, " ciao ", (), "it" if language == "auto" else "")


def test_the_longest_clip_tells_the_language_of_all(desk: Desk) -> None:
    one = Italian()
    file = io.BytesIO()
    soundfile.write(file, talk(20), RATE, format="WAV")
    asked = Asked(desk.uploads.keep(file.getvalue(), "talk.wav"), "talk.wav")
    models = ModelManager({}, listeners={one.info.name: one})
    made = list(cut_up(asked, Stop(), models, desk.uploads, desk.sessions))[-1].result
    assert made is not None
    assert {(clip["transcript"], clip["transcript_source"]) for clip in made["clips"]} == {("ciao", "tones")}
    assert one.languages == ["auto"] + ["it"] * (len(made["clips"]) - 1)
    assert one.heard[0] == max(one.heard)


def test_a_session_survives_and_is_swept_after_a_week(desk: Desk) -> None:
    made = desk.cut(talk(10))
    assert SmartSessions(desk.folder / "smart").get(made["session"]) == made
    assert desk.sessions.sweep() == 0
    old = time.time() - 8 * 86_400
    os.utime(desk.folder / "smart" / made["session"], (old, old))
    assert desk.sessions.sweep() == 1
    with pytest.raises(NotFound):
        desk.sessions.get(made["session"])
    assert desk.files() == []


def test_a_full_disk_leaves_no_half_session(desk: Desk) -> None:
    made = desk.cut(talk(10))
    with pytest.raises(ValueError, match="not JSON compliant"):
        desk.sessions.save({**made, "duration": float("nan"), "session": "1" * 32}, talk(3))
    assert [path.name for path in (desk.folder / "smart").iterdir()] == [made["session"]]


def test_the_sound_of_a_session_is_the_recording(desk: Desk) -> None:
    samples = 1.6 * talk(10) / np.abs(talk(10)).max()
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format="WAV", subtype="FLOAT")
    asked = Asked(desk.uploads.keep(file.getvalue(), "loud.wav"), "loud.wav", "en", "none")
    made = list(cut_up(asked, Stop(), ModelManager({}), desk.uploads, desk.sessions))[-1].result
    assert made is not None
    kept, _ = soundfile.read(io.BytesIO(desk.sessions.window(made["session"], 0.0, 999.0)))
    assert np.abs(kept - samples / 1.6).max() < 1e-4
