"""Speech of a text that is still being written: cut where it is whole, spoken as if it had come at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from backend.core.errors import BadText, NotFound
from backend.core.types import GenerationRequest, PresetVoice, VoiceSpec
from backend.rooms import flowing
from backend.rooms.flowing import PATIENCE, FlowingSpeech, _whole, ends_paragraph
from backend.studio import Studio

RATE, SAMPLE = 24_000, 2  # hertz, bytes
PATIENT = 10.0  # seconds


def asking(text: str, voice: VoiceSpec) -> GenerationRequest:
    return GenerationRequest(text=text, voice=voice, engine="fake")


def flow(studio: Studio, voice: VoiceSpec | None = None) -> FlowingSpeech:
    return FlowingSpeech(studio, studio.live, voice or PresetVoice(speaker="Ryan"), asking, "test")


def spoken(studio: Studio, *pieces: str) -> bytes:
    """All of a text that came in these pieces before anybody listened."""
    speech = flow(studio)
    for piece in pieces:
        speech.feed(piece)
    speech.end()
    return b"".join(speech)


def texts(studio: Studio) -> list[str]:
    """What was asked for, in order."""
    newest_first, _ = studio.takes.search(limit=50)
    return [str(take["request"]["text"]).strip() for take in reversed(newest_first)]


def test_what_came_at_once_is_one_take(studio: Studio) -> None:
    assert any(spoken(studio, "One. ", "Two. ", "Three."))
    assert texts(studio) == ["One. Two. Three."]


def test_a_sentence_is_spoken_when_the_next_one_begins(studio: Studio) -> None:
    speech = flow(studio)
    heard = bytearray()
    reader = threading.Thread(target=lambda: heard.extend(b"".join(speech)))
    reader.start()
    speech.feed("It costs 3.")
    time.sleep(0.1)
    assert not studio.list_jobs(1), "the sentence may go on: 3.50"
    speech.feed("50 today. And th")
    assert _soon(lambda: texts(studio) == ["It costs 3.50 today."])
    speech.feed("at is all.")
    speech.end()
    reader.join(PATIENT)
    assert texts(studio) == ["It costs 3.50 today.", "And that is all."]
    assert any(heard)


def test_a_text_that_never_ends_a_sentence_is_spoken_all_the_same(studio: Studio) -> None:
    speech = flow(studio)
    reader = threading.Thread(target=lambda: list(speech))
    reader.start()
    speech.feed("\n" + "word, " * (PATIENCE // 6 + 20))
    assert _soon(lambda: bool(texts(studio)))
    speech.end()
    reader.join(PATIENT)
    assert "".join(texts(studio)).count("word") == PATIENCE // 6 + 20


def test_the_emotion_at_the_end_is_known_for_what_follows(studio: Studio) -> None:
    speech = flow(studio)
    speech.feed("[sad] Once. [Vivian: angry]\n")
    speech.end()
    list(speech)
    assert speech.voice == PresetVoice(speaker="Vivian", emotion="angry")


def test_silence_between_takes_is_that_of_the_text(studio: Studio) -> None:
    def seconds(first: str, second: str) -> float:
        speech = flow(studio)
        pcm = bytearray()
        reader = threading.Thread(target=lambda: pcm.extend(b"".join(speech)))
        before = len(texts(studio))
        reader.start()
        speech.feed(first + second[:1])
        assert _soon(lambda: len(texts(studio)) == before + 1)
        speech.feed(second[1:])
        speech.end()
        reader.join(PATIENT)
        return len(pcm) / SAMPLE / RATE

    sentence, paragraph, asked = (
        seconds("One. ", "Two."),
        seconds("One.\n\n", "Two."),
        seconds("One. ", "[pause 3s] Two."),
    )
    assert paragraph - sentence == pytest.approx(0.45, abs=0.1)
    assert asked - sentence == pytest.approx(2.65, abs=0.1)


def test_leaving_cancels_what_is_spoken_and_what_would_follow(studio: Studio) -> None:
    speech = flow(studio)
    speech.feed("A sentence that is long enough to take a while. " * 200)
    next(iter(speech))
    speech.close()
    assert _soon(lambda: studio.list_jobs(1)[0]["status"] == "cancelled")
    speech.feed("More. And more.")
    assert list(speech) == []


def test_wrong_requests_are_refused_before_any_text_came(studio: Studio) -> None:
    with pytest.raises(NotFound):
        flow(studio, PresetVoice(speaker="Nobody"))


def test_nothing_to_say_and_too_much_are_told(studio: Studio) -> None:
    with pytest.raises(BadText, match="nothing to speak"):
        spoken(studio, "[happy] ", "… ")
    with pytest.raises(BadText, match="more than"):
        spoken(studio, "a" * studio.settings.text_limit, "b")


@pytest.mark.parametrize("silent", ["[sad] ", "\n"])
def test_a_long_text_that_says_nothing_is_looked_at_in_time_linear_in_its_length(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, silent: str
) -> None:
    looked: list[int] = []

    def counted(text: str) -> str:
        looked.append(len(text))
        return _whole(text)

    monkeypatch.setattr(flowing, "_whole", counted)
    speech = flow(studio)
    reader = threading.Thread(target=lambda: list(speech), daemon=True)
    reader.start()
    for _ in range(300):
        speech.feed(silent * (30 // len(silent)))
        has_looked = lambda: bool(speech._moved._waiters)  # type: ignore[attr-defined]  # noqa: E731
        assert _soon(has_looked, pause=0)
    assert sum(looked) < 12 * 300 * 30
    speech.feed("Now it speaks. And " + "on " * 800)
    assert _soon(lambda: bool(studio.list_jobs(1)))
    speech.close()
    reader.join(PATIENT)


def _soon(true: Callable[[], bool], pause: float = 0.01) -> bool:
    end = time.monotonic() + PATIENT
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def test_a_thousand_empty_lines_are_looked_at_once() -> None:
    began = time.monotonic()
    assert not ends_paragraph("Hello." + "\n" * 40_000 + "x.")
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("text", "is_end"), [("A.\n\n", True), ("A.\n \t\n ", True), ("A.\n", False), ("A.\n\nB", False)]
)
def test_a_paragraph_ends_by_an_empty_line(text: str, is_end: bool) -> None:
    assert ends_paragraph(text) is is_end
