"""Live sound for programs: whole and in order, cancelled when they leave, and what they asked for is swept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from backend.core.errors import NotFound, Problem, ShuttingDown
from backend.core.settings import Settings
from backend.core.types import GenerationRequest, PresetVoice
from backend.rooms import live
from backend.studio import Studio

LONG = "A sentence that is long enough to take a while. " * 60
RATE = 24_000
SAMPLE = 2  # bytes


def asked(text: str = "Hello there. And more.", **members: object) -> GenerationRequest:
    usual = {"text": text, "voice": PresetVoice(speaker="Ryan"), "engine": "fake"}
    return GenerationRequest.model_validate({**usual, **members})


def test_the_sound_is_whole_and_the_result_follows_it(studio: Studio) -> None:
    with studio.live.speak(asked(), "openai") as speech:
        pcm = b"".join(speech)
    seconds = len(pcm) / SAMPLE / speech.rate
    assert seconds == pytest.approx(speech.result["duration"], abs=0.3) and any(pcm)
    assert studio.takes.get(speech.result["id"])["request"]["client"] == "openai"


def test_a_pause_is_heard_wherever_it_stands(studio: Studio) -> None:
    plain = b"".join(studio.live.speak(asked("Hello. There."), "openai"))
    paused = b"".join(studio.live.speak(asked("[pause 1s] Hello. [pause 2s] There."), "openai"))
    assert (len(paused) - len(plain)) / SAMPLE / RATE == pytest.approx(3.0, abs=0.5)
    assert not any(paused[: RATE * SAMPLE])


def test_leaving_cancels_the_job_at_once(studio: Studio) -> None:
    with studio.live.speak(asked(LONG), "openai") as speech:
        assert next(iter(speech))
    assert _end_of(studio, speech.job_id) == "cancelled"


def test_leaving_cancels_though_the_sound_is_taken_in_no_more_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that takes in sees that somebody left before the one who leaves has cancelled."""
    leave = live._Basin.leave

    def slowly(basin: live._Basin) -> None:
        time.sleep(0.5)
        leave(basin)

    monkeypatch.setattr(live._Basin, "leave", slowly)
    made = Settings(data_dir=tmp_path, lane_runner="thread", fake_engine="latency=0.2", open_browser=False)
    studio = Studio(made)
    studio.start()
    try:
        with studio.live.speak(asked(LONG * 4), "openai") as speech:
            assert next(iter(speech))
        assert _end_of(studio, speech.job_id) == "cancelled"
    finally:
        studio.stop(5)
        studio.close()


def test_a_listener_who_is_gone_before_the_first_sound_cancels_too(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path, lane_runner="thread", fake_engine="latency=1", open_browser=False)
    studio = Studio(made)
    studio.start()
    try:
        speech = studio.live.speak(asked("Hello there."), "openai", gone=lambda: True)
        with pytest.raises(Problem, match="Nobody listens"):
            list(speech)
        assert _end_of(studio, speech.job_id) == "cancelled"
    finally:
        studio.stop(5)
        studio.close()


def test_what_fails_while_it_is_spoken_is_raised_after_the_sound(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path, lane_runner="thread", fake_engine="raise@2", open_browser=False)
    studio = Studio(made)
    studio.start()
    heard: list[bytes] = []
    try:
        with pytest.raises(Problem) as failure:
            heard.extend(studio.live.speak(asked("One. [sad] Two."), "openai"))
    finally:
        studio.stop(5)
        studio.close()
    assert failure.value.code == "engine-failed" and any(b"".join(heard))


def test_a_slow_listener_misses_nothing(studio: Studio) -> None:
    with studio.live.speak(asked(LONG, seed=4), "openai") as speech:
        pieces = iter(speech)
        pcm = next(pieces)
        _end_of(studio, speech.job_id)  # all is spoken while nothing is read
        pcm += b"".join(pieces)
    assert len(pcm) > 4 * 2**20, "more than a follower's letter box holds"
    assert len(pcm) / SAMPLE / RATE == pytest.approx(speech.result["duration"], rel=0.05)


def test_a_wrong_request_is_refused_before_anything_waits(studio: Studio) -> None:
    with pytest.raises(NotFound):
        studio.live.speak(asked(voice={"kind": "preset", "speaker": "Nobody"}), "openai")
    assert studio.list_jobs(9) == []


def _end_of(studio: Studio, job: str) -> str:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        status = str(studio.job(job)["status"])
        if status in ("done", "failed", "cancelled"):
            return status
        time.sleep(0.01)
    raise AssertionError("the job goes on")


def test_what_is_spoken_again_after_the_lane_died_is_not_heard_twice(tmp_path: Path) -> None:
    # its fourth segment kills the lane: the second of the second text, when the first has been heard
    made = Settings(data_dir=tmp_path, lane_runner="process", fake_engine="segv@4", open_browser=False)
    studio = Studio(made)
    studio.start()
    try:
        text = "One is spoken. [sad] And two is spoken."
        whole = b"".join(studio.live.speak(asked(text, seed=3), "openai"))
        with studio.live.speak(asked(text, seed=3), "openai") as speech:
            heard = b"".join(speech)
            events = [event[1] for event in studio.follow(speech.job_id) if event is not None]
    finally:
        studio.stop(5)
        studio.close()
    assert "run-again" in {event.get("stage_code") for event in events}
    assert heard == whole


def test_what_somebody_listened_to_is_not_spoken_for_nobody_after_a_restart(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path, lane_runner="thread", fake_engine="latency=0.1", open_browser=False)
    studio = Studio(made)
    studio.start()
    speech, waiting = studio.live.speak(asked(LONG), "openai"), studio.live.speak(asked(), "openai")
    page = studio.generate(asked())
    assert next(iter(speech))
    studio.stop(5)
    with pytest.raises(ShuttingDown):
        b"".join(speech)
    studio.close()
    again = Studio(made)
    again.start()
    try:
        ends = [_end_of(again, job) for job in (speech.job_id, waiting.job_id, page.id)]
        assert ends == ["cancelled", "cancelled", "done"], "the page finds its own again"
        assert "closed" in again.job(speech.job_id)["problem"]["hint"]
        assert b"".join(again.live.speak(asked(), "openai")), "who asks now is heard"
    finally:
        speech.close()
        waiting.close()
        again.stop(5)
        again.close()
