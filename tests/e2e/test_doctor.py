"""The doctor in the builder: a closer look at a recording, called off or followed; repairs undone and made again."""

from __future__ import annotations

import importlib.util
import io
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.test_keyboard import has_a_visible_focus, tab_to
from tests.jobs.waiting import until

STUDIO_SET = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("resemblyzer") is not None
RATE = 24_000
USUAL = ["dc", "polarity", "trim", "level", "closing"]
WORDS = "We did it, the whole house is dancing! Come in, come in, there is cake for everybody."
OTHERS = "On Monday the boat leaves at seven. Bring warm clothes, some bread, and the letter."
LONG = " ".join([WORDS, OTHERS] * 60)
HISS = 0.02  # amplitude beneath the voice of a poor recording

Opened = Callable[[bytes], Page]
compares_voices = pytest.mark.skipif(not STUDIO_SET, reason="the studio set is not installed")


def spoken(server: OwnServer, text: str, speaker: str) -> Any:
    """float32 at 24 kHz, shape (n_samples,), by the preview engine."""
    body = {"text": text, "voice": {"kind": "preset", "speaker": speaker}, "language": "en"}
    with wave.open(io.BytesIO(server.post("/api/generate", body))) as file:
        assert file.getframerate() == RATE
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def wav(samples: Any) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return data.getvalue()


@pytest.fixture(scope="module")
def alone(server: OwnServer) -> bytes:
    return wav(spoken(server, WORDS, "Serena"))


@pytest.fixture(scope="module")
def noisy(server: OwnServer) -> bytes:
    """A second of hiss, somebody who speaks, and hiss beneath."""
    voice = 0.4 * spoken(server, WORDS, "Serena")
    sound = np.concatenate([np.zeros(RATE), voice])
    return wav(sound + HISS * np.random.default_rng(7).standard_normal(len(sound)))


@pytest.fixture
def opened(page: Page, server: OwnServer) -> Opened:
    """Opens the builder at the neutral emotion of a new voice with that recording."""

    def opening(sound: bytes) -> Page:
        home = f"http://127.0.0.1:{server.port}"
        made = page.request.post(f"{home}/api/personality", data={"name": "Mia", "language": "en"}).json()
        upload: Any = {"name": "mia.wav", "mimeType": "audio/wav", "buffer": sound}
        address = f"{home}/api/personality/{made['id']}/emotions/neutral"
        assert page.request.put(address, multipart={"audio": upload}).ok
        page.goto(f"{home}/#voices")
        page.reload()
        page.locator(f".personality-card[data-key={made['id']}] .deeds button").nth(1).click()
        page.click(".slot[data-emotion=neutral] .pick")
        page.wait_for_selector("#builder-look")
        return page

    return opening


def newest(server: OwnServer) -> dict[str, Any]:
    """The neutral recording of the voice that was changed last, and its id as `voice`."""
    voice = max(server.get("/api/personality")["personalities"], key=lambda one: one["updated"])
    return {**voice["emotions"]["neutral"], "voice": voice["id"]}


@compares_voices
def test_a_closer_look_says_who_speaks_and_why_the_rest_stays_open(
    opened: Opened, server: OwnServer, alone: bytes
) -> None:
    page = opened(alone)
    expect(page.locator(".verdict .unjudged")).to_contain_text("how many speak")
    tab_to(page, "#builder-look")
    assert has_a_visible_focus(page)
    page.keyboard.press("Enter")
    expect(page.locator(".measured")).to_contain_text("one person")
    expect(page.locator("#builder-look")).to_have_text("Look again")
    expect(page.locator("#builder-look")).to_be_focused()
    still_open = page.locator(".verdict .unjudged")
    expect(still_open).not_to_contain_text("how many speak")
    expect(still_open).to_contain_text("(that needs a Whisper, under Models)")
    assert newest(server)["quality"]["measured"]["speakers"] == 1


@compares_voices
def test_two_people_in_one_recording_are_told_apart(opened: Opened, server: OwnServer, alone: bytes) -> None:
    first, second = spoken(server, WORDS, "Serena"), spoken(server, OTHERS, "Ryan")
    page = opened(wav(np.concatenate([first, np.zeros(RATE // 2), second])))
    page.click("#builder-look")
    expect(page.locator(".verdict .-warning")).to_contain_text(["More than one person"])
    expect(page.locator(".measured")).to_contain_text("more than one person")


def test_a_look_is_called_off_by_keyboard(opened: Opened, server: OwnServer, alone: bytes) -> None:
    page = opened(alone)
    talk = {"text": LONG, "voice": {"kind": "preset", "speaker": "Ryan"}, "language": "en"}
    with in_the_lane(page, server, talk):
        tab_to(page, "#builder-look")
        page.keyboard.press("Enter")
        expect(page.locator("#builder-look-cancel")).to_be_focused()
        expect(page.locator("#builder-look-stage")).to_contain_text("queue")
        page.keyboard.press("Enter")
        expect(page.locator("#builder-look")).to_be_focused()
        expect(page.locator("#builder-look-stage")).to_be_hidden()
    jobs = {job["kind"]: job["status"] for job in reversed(server.get("/api/jobs")["jobs"])}
    assert jobs["examine-reference"] == "cancelled"
    assert not newest(server)["quality"]["measured"]


@contextmanager
def in_the_lane(page: Page, server: OwnServer, talk: dict[str, Any]) -> Iterator[None]:
    """Something long is spoken meanwhile, so that everything else waits for its turn."""
    page.evaluate(
        """talk => void fetch('/api/generate_stream', {
            method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(talk),
        })""",
        talk,
    )
    until(lambda: server.get("/api/jobs")["jobs"][0]["status"] == "running", 30)
    yield
    for job in server.get("/api/jobs")["jobs"]:
        if job["status"] in {"queued", "running"}:
            page.request.delete(f"http://127.0.0.1:{server.port}/api/jobs/{job['id']}")


def test_repairs_are_undone_and_noise_is_lowered_from_the_kept_upload(
    opened: Opened, server: OwnServer, noisy: bytes
) -> None:
    page = opened(noisy)
    before = newest(server)
    assert before["repairs"] == USUAL
    expect(page.locator(".repairs .done")).to_contain_text("silence at the ends")
    tab_to(page, "#builder-repairs-undo")
    page.keyboard.press("Enter")
    expect(page.locator(".repairs .done")).to_contain_text("as it was recorded")
    expect(page.locator("#builder-repairs-again")).to_be_focused()
    undone = newest(server)
    assert undone["repairs"] == [] and undone["file"] != before["file"]
    page.keyboard.press("Enter")
    expect(page.locator("#builder-repairs-undo")).to_be_focused()
    assert newest(server)["file"] == before["file"]
    lower_the_noise(page)
    assert newest(server)["repairs"] == [*USUAL, "denoise"]
    page.keyboard.press("Space")
    expect(page.locator("#builder-denoise")).not_to_be_checked()
    expect(page.locator(".verdict")).not_to_contain_text("Steady noise lowered")
    assert newest(server)["file"] == before["file"]
    kept = page.request.get(f"http://127.0.0.1:{server.port}{before['source']['url']}").body()
    assert kept == noisy


def lower_the_noise(page: Page) -> None:
    """By keyboard; then both sides are heard."""
    tab_to(page, "#builder-denoise")
    page.keyboard.press("Space")
    expect(page.locator(".verdict")).to_contain_text("Steady noise lowered by")
    expect(page.locator("#builder-hear-before")).to_have_text("As it was before")
    for side in ("before", "now"):
        page.click(f"#builder-hear-{side}")
        expect(page.locator(f"#builder-hear-{side}")).to_have_attribute("data-playing", "true")
    expect(page.locator("#builder-hear-before")).to_have_attribute("data-playing", "false")
    page.click("#builder-hear-now")
    page.locator("#builder-denoise").focus()
