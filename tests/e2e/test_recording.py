"""Recording in the page: the microphone hears a file, so that what was kept can be held to what was said."""

from __future__ import annotations

import io
import json
import urllib.request
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from scipy.signal import resample_poly

from benchmarks.soak.own_server import OwnServer
from tests.e2e.conftest import LINES, NEW_VOICE, chromium, rights

RECORDED = 6_000  # milliseconds
STEP = 480  # samples of an envelope's step at 24 kHz: 20 ms


@pytest.fixture(scope="module")
def browser(browser: Browser, recordings: dict[str, Path]) -> Iterator[Browser]:
    """One more Chromium, with a microphone before which somebody says the happy line over and over."""
    microphone = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={recordings['happy']}",
    ]
    started = browser.browser_type.launch(executable_path=chromium(), args=[*rights(), *microphone])
    yield started
    started.close()


def record(page: Page, milliseconds: int = RECORDED) -> None:
    """Wait until the page records, watch its meter, and press Done."""
    page.wait_for_selector(".recording[data-state=recording]")
    page.wait_for_function("() => Number(document.querySelector('.meter').getAttribute('aria-valuenow')) > -40")
    page.wait_for_timeout(milliseconds)
    page.click(".recording .stop")


def envelope(samples: Any) -> Any:
    """Level of each 20 ms, shape (n_steps,), without its mean."""
    steps = samples[: len(samples) // STEP * STEP].reshape(-1, STEP)
    level = np.sqrt((steps**2).mean(axis=1))
    return level - level.mean()


def samples_of(data: bytes) -> Any:
    """Mono at 24 kHz, shape (n_samples,)."""
    with wave.open(io.BytesIO(data)) as file:
        rate, whole = file.getframerate(), np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    return resample_poly(whole, 24_000, rate)


def likeness(heard: Any, said: Any) -> float:
    """The highest correlation of the two envelopes at any shift; `said` is repeated, as the microphone does."""
    pattern, loop = envelope(heard), envelope(np.tile(said, 3))
    windows = np.lib.stride_tricks.sliding_window_view(loop, len(pattern))
    centred = windows - windows.mean(axis=1, keepdims=True)
    found = centred @ pattern / (np.linalg.norm(centred, axis=1) * np.linalg.norm(pattern) + 1e-12)
    return float(found.max())


def fetched(server: OwnServer, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=20) as answer:
        data: bytes = answer.read()
        return data


def test_what_is_said_into_the_microphone_becomes_a_reference(
    page: Page, server: OwnServer, recordings: dict[str, Path]
) -> None:
    begin_a_voice(page)
    page.click(".offer .record")
    record(page)
    expect(page.locator(".slot[data-emotion=neutral]")).to_have_attribute("data-state", "ready")
    expect(page.locator(".verdict")).to_contain_text("of 100")
    voice = json.loads(fetched(server, "/api/personality"))["personalities"][0]
    reference = voice["emotions"]["neutral"]
    assert 4 < reference["duration"] < 8
    kept, said = samples_of(fetched(server, reference["url"])), samples_of(recordings["happy"].read_bytes())
    assert likeness(kept, said) > 0.8
    assert likeness(kept[::-1], said) < 0.6  # so that the measure above means something
    write_down(page)
    voice = json.loads(fetched(server, "/api/personality"))["personalities"][0]
    assert voice["emotions"]["neutral"]["transcript"] == LINES["happy"]


def begin_a_voice(page: Page) -> None:
    page.goto(f"{page.url.split('#')[0]}#voices")
    page.locator(NEW_VOICE).first.click()
    page.fill("#builder-name", "Mia")
    page.select_option("#builder-language", "en")
    page.click("#builder-next")
    page.wait_for_selector(".emotions")


def write_down(page: Page) -> None:
    """A rough recogniser listens by itself; its words are kept only when somebody says so."""
    expect(page.locator(".dictated .notice")).to_contain_text("PocketSphinx")
    assert page.input_value("#builder-transcript").strip()
    page.get_by_role("button", name="Away with it").click()
    assert page.input_value("#builder-transcript") == ""
    page.click("#builder-write")
    expect(page.locator(".dictated .notice")).to_contain_text("PocketSphinx")
    page.fill("#builder-transcript", LINES["happy"])
    page.keyboard.press("Tab")
    expect(page.locator(".saved")).to_contain_text("Everything is saved")
    expect(page.locator(".dictated")).to_be_empty()
    expect(page.locator("#builder-write")).to_be_hidden()


def test_what_is_said_into_the_microphone_is_written_down(page: Page) -> None:
    page.goto(f"{page.url.split('#')[0]}#transcribe")
    page.click("#transcribe-record")
    record(page, 3_000)
    page.click("#transcribe-start")
    expect(page.locator(".timed-words .word").first).to_be_visible()
    expect(page.locator("#transcribe-done")).to_contain_text("PocketSphinx")


def test_a_recording_that_is_called_off_leaves_nothing(page: Page, server: OwnServer) -> None:
    begin_a_voice(page)
    page.click(".offer .record")
    page.wait_for_selector(".recording[data-state=counting], .recording[data-state=recording]")
    page.keyboard.press("Escape")
    expect(page.locator(".offer .record")).to_be_focused()
    newest = json.loads(fetched(server, "/api/personality"))["personalities"]
    assert any(not voice["emotions"] for voice in newest)
