"""A recording that comes with a request: judged like any reference, kept under its content, spoken with, let go."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from backend.audio.files import read_wav
from backend.core.errors import BadAudio, NotFound
from backend.core.types import GenerationRequest, ReferenceVoice
from backend.personality.guests import Guests
from backend.studio import Studio
from benchmarks.soak.kill_saves import stamp


def test_the_same_recording_is_one_guest_and_can_be_spoken_with(studio: Studio, voice_wav: bytes) -> None:
    guests = studio.personalities.guests
    key = guests.keep(voice_wav, "me.wav")
    assert guests.keep(voice_wav) == key
    samples, rate = read_wav(guests.path(key))
    assert (rate, 2.5 < len(samples) / rate < 4) == (24_000, True)
    voice = ReferenceVoice(reference=key, transcript="What is said.")
    made = studio.wait(studio.generate(GenerationRequest(text="Hello there.", voice=voice)).id)
    assert made["duration"] > 0.3
    assert made["segments"][0]["voice"] == "reference"
    assert studio.personalities.list() == []


def test_what_is_no_voice_is_refused_and_leaves_nothing(studio: Studio) -> None:
    with pytest.raises(BadAudio):
        studio.personalities.guests.keep(b"no sound at all")
    assert not list((studio.settings.state_dir / "guests").glob("*"))


@pytest.mark.parametrize("key", ["0" * 32, "../../../etc/passwd".ljust(32, "x"), "A" * 32])
def test_an_id_nobody_has_is_refused_before_anything_waits(studio: Studio, key: str) -> None:
    with pytest.raises(NotFound) as refused:
        studio.generate(GenerationRequest(text="Hello.", voice=ReferenceVoice(reference=key)))
    assert refused.value.code == "upload-not-found"


def test_guests_leave_after_their_days_and_stay_while_they_come(studio: Studio, voice_wav: bytes) -> None:
    guests = studio.personalities.guests
    key = guests.keep(voice_wav)
    week_old = time.time() - 7.5 * 86_400
    os.utime(guests.path(key), (week_old, week_old))
    assert guests.sweep(0) == 0
    guests.keep(voice_wav)
    assert guests.sweep(7) == 0
    os.utime(guests.path(key), (week_old, week_old))
    assert guests.sweep(7) == 1
    with pytest.raises(NotFound):
        guests.path(key)


def test_a_guest_that_is_swept_while_it_comes_again_is_made_again(tmp_path: Path) -> None:
    guests = Guests(tmp_path, stamp)
    path = tmp_path / f"{guests.keep(b'sound')}.wav"
    ended = threading.Event()

    def sweep() -> None:
        while not ended.is_set():
            path.unlink(missing_ok=True)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for _ in range(600):
            guests.keep(b"sound")
    finally:
        ended.set()
        sweeper.join()
