"""Transcribe: a recording is dropped, written down, followed word by word, taken along; by mouse and by keyboard."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_keyboard import tab_to
from tests.e2e.test_main_job import drop

SAID = {"we", "did", "it", "the", "whole", "house", "is", "dancing", "there", "cake", "for", "everybody"}
REPEATED = 20  # times a line is said in a recording that takes a while to write down
HIDDEN = "() => document.querySelector('#transcribe-stage').closest('.work-progress').hidden"


@pytest.fixture(scope="module")
def long_talk(recordings: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some minutes of the same line."""
    file = tmp_path_factory.mktemp("long") / "long talk.wav"
    with wave.open(str(recordings["happy"])) as line, wave.open(str(file), "wb") as talk:
        talk.setparams(line.getparams())
        talk.writeframes(line.readframes(line.getnframes()) * REPEATED)
    return file


@pytest.fixture
def place(page: Page) -> Page:
    page.goto(f"{page.url.split('#')[0]}#transcribe")
    page.wait_for_selector("#transcribe-engine option[value=pocketsphinx]", state="attached")
    return page


def test_a_dropped_recording_is_written_down_and_taken_along(
    place: Page, recordings: dict[str, Path], tmp_path: Path
) -> None:
    drop(place, ".transcribe", [recordings["happy"]])
    expect(place.locator(".sound-card")).to_contain_text("happy.wav")
    place.select_option("#transcribe-language", "en")
    place.click("#transcribe-start")
    expect(place.locator("#transcribe-done")).to_be_focused()
    expect(place.locator("#transcribe-done")).to_contain_text("PocketSphinx")
    heard = place.locator(".timed-words .word").all_text_contents()
    assert len(SAID & set(heard)) >= 4, heard
    follow(place)
    download(place, tmp_path, heard)
    survive_a_reload(place, recordings["happy"], heard)
    become_a_script(place, heard)


def follow(page: Page) -> None:
    """Pressing a word goes there, and the words then follow the sound."""
    words = page.locator(".timed-words .word")
    words.nth(words.count() - 3).click()
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime > 2")
    expect(page.locator(".timed-words .word.-now")).to_have_count(1)
    first = page.locator(".timed-words button.time").first
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime < 2")
    page.wait_for_function("() => Number(document.querySelector('.word.-now')?.dataset.at) >= 2")
    page.click("#player-play")


def download(page: Page, folder: Path, heard: list[str]) -> None:
    texts = {}
    for ending in ("txt", "srt", "vtt", "json"):
        page.click("#transcribe-download")
        with page.expect_download() as coming:
            page.click(f"#transcribe-download-{ending}")
        assert coming.value.suggested_filename == f"happy.{ending}"
        coming.value.save_as(folder / ending)
        texts[ending] = (folder / ending).read_text(encoding="utf-8")
    assert texts["txt"].split() == heard
    assert texts["vtt"].startswith("WEBVTT")
    spoken = [line for line in texts["srt"].splitlines() if line and not line.isdigit() and "-->" not in line]
    assert " ".join(spoken).split() == heard
    timed = [word for segment in json.loads(texts["json"])["segments"] for word in segment["words"]]
    assert [word["start"] for word in timed] == sorted(word["start"] for word in timed)


def survive_a_reload(page: Page, file: Path, heard: list[str]) -> None:
    """The words stand after a reload; the sound comes back when it is dropped again."""
    page.reload()
    words = page.locator(".timed-words .word")
    expect(words).to_have_count(len(heard))
    expect(page.locator(".words-place")).to_contain_text("Drop the recording again")
    drop(page, ".transcribe", [file])
    expect(page.locator(".timed-words button.time").first).to_be_visible()
    assert words.all_text_contents() == heard


def become_a_script(page: Page, heard: list[str]) -> None:
    page.click("#transcribe-script")
    expect(page.locator("#script-input")).to_have_value(" ".join(heard))


def test_writing_down_is_called_off(place: Page, long_talk: Path) -> None:
    place.set_input_files("#transcribe-file", long_talk)
    place.click("#transcribe-start")
    expect(place.locator("#transcribe-cancel")).to_be_focused()
    expect(place.locator("#transcribe-stage")).to_contain_text("listens")
    place.keyboard.press("Enter")
    expect(place.locator(".heard")).to_contain_text("Cancelled")
    place.wait_for_function(HIDDEN)
    expect(place.locator("#transcribe-start")).to_be_focused()


def test_who_cannot_listen_says_why_and_where_to_change_it(place: Page) -> None:
    others = place.locator(".listening-others")
    others.locator("summary").click()
    expect(others).to_contain_text("Whisper base is not downloaded.")
    assert place.locator("#transcribe-engine option[value=whisper_base]").is_disabled()
    others.get_by_role("link").click()
    expect(place.locator("h1")).to_have_text("Models")


def test_a_file_that_is_no_sound_is_refused_in_words(place: Page, tmp_path: Path) -> None:
    letter = tmp_path / "letter.wav"
    letter.write_text("Dear Anna, this is no sound.")
    place.set_input_files("#transcribe-file", letter)
    place.click("#transcribe-start")
    expect(place.locator(".heard [role=alert]")).to_contain_text("could not be read")


def test_a_closed_microphone_is_told_with_its_way_out(place: Page) -> None:
    place.click("#transcribe-record")
    expect(place.locator(".sound-offer [role=alert]")).to_contain_text("microphone")
    expect(place.locator("#transcribe-choose")).to_be_focused()


def test_a_recording_is_kept_for_a_voice_by_keyboard(place: Page, recordings: dict[str, Path]) -> None:
    place.set_input_files("#transcribe-file", recordings["sad"])
    expect(place.locator("#transcribe-start")).to_be_focused()
    place.keyboard.press("Enter")
    expect(place.locator("#transcribe-done")).to_be_focused()
    tab_to(place, "#transcribe-keep")
    place.keyboard.press("Enter")
    place.fill("#keep-name", "Nora")
    place.select_option("#keep-emotion", "sad")
    place.click("#keep-save")
    expect(place.locator("#toasts")).to_contain_text("Nora has it now: sad")
    place.goto(f"{place.url.split('#')[0]}#voices")
    expect(place.locator(".personality-card")).to_contain_text("Nora")
    expect(place.locator(".personality-card .emotion-pill")).to_contain_text("sad")
