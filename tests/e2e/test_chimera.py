"""Chimera by the preview engine: a missing emotion is made of a recorded one, compared, kept, and spoken with."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.test_main_job import drop

LINE = "We did it! Come in, there is cake for everybody, the whole house is dancing."


@pytest.fixture
def voiced(page: Page, recordings: dict[str, Path]) -> Page:
    """A saved voice that can only be sad."""
    page.goto(f"{page.url.split('#')[0]}#voices")
    page.locator("#voices-new:visible, .teach .button.-primary:visible").first.click()
    page.fill("#builder-name", "Anna")
    page.select_option("#builder-language", "en")
    page.click("#builder-next")
    page.wait_for_selector(".emotions")
    drop(page, ".emotions", [recordings["sad"]])
    expect(page.locator(".slot[data-emotion=sad]")).to_have_attribute("data-state", "ready")
    return page


@pytest.fixture
def berta(page: Page, recordings: dict[str, Path]) -> Page:
    """A saved voice by that name that can be calm and happy, and the Chimera view."""
    files = {name: base64.b64encode(recordings["sad"].read_bytes()).decode() for name in ("neutral", "happy")}
    page.evaluate(
        """async files => {
            const headers = { 'x-studio': '1' };
            const json = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
            const made = await fetch('/api/personality', { ...json, body: JSON.stringify({ name: 'Berta' }) });
            const { id } = await made.json();
            for (const [emotion, data] of Object.entries(files)) {
                const form = new FormData();
                const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
                form.append('audio', new File([bytes], 'a.wav', { type: 'audio/wav' }));
                await fetch(`/api/personality/${id}/emotions/${emotion}`, { method: 'PUT', headers, body: form });
            }
            window.berta = id;
        }""",
        files,
    )
    chosen = page.evaluate("window.berta")
    page.goto(f"{page.url.split('#')[0]}#chimera")
    page.reload()
    page.select_option("#chimera-who", chosen)
    return page


def make(page: Page, tries: int = 2) -> None:
    page.fill("#chimera-text", LINE)
    page.locator("#chimera-tries").fill(str(tries))
    page.click("#chimera-make")
    expect(page.locator(".try-card")).to_have_count(tries)


def test_a_missing_emotion_is_made_heard_compared_and_kept(voiced: Page) -> None:
    page = voiced
    page.locator(".slot[data-emotion=happy] .pick").click()
    page.locator(".bench .chimera").click()
    expect(page.locator("#chimera-who")).not_to_have_value("")
    expect(page.locator("#chimera-mood")).to_have_value("sad")
    expect(page.locator(".moods [data-emotion=happy]")).to_have_attribute("aria-pressed", "true")
    page.locator("#chimera-crossfade").fill("80")
    make(page)
    is_told(page)
    compare(page)
    page.click("#chimera-save")
    expect(page.locator(".chimera-keep.-done")).to_contain_text("Anna")
    assert page.evaluate("document.activeElement.id") == "chimera-speak"
    page.click("#chimera-speak")
    page.fill("#script-input", "[happy] And now I can be glad.")
    page.click("#speak-button")
    page.wait_for_function("() => !document.querySelector('#player-download').disabled")
    expect(page.locator("#performance .quiet-notices")).to_have_count(0)


def is_told(page: Page) -> None:
    """The best is first; its join is where the studio says, its likeness a number."""
    first = page.locator(".try-card").first
    expect(first).to_contain_text("Most like you")
    shares = page.locator(".try-card [role=meter]")
    values = [int(shares.nth(i).get_attribute("aria-valuenow") or "0") for i in range(shares.count())]
    assert values == sorted(values, reverse=True) and 0 < values[0] <= 100
    place = first.locator(".join").evaluate("join => Number(join.style.getPropertyValue('--at'))")
    assert 0.2 < place < 0.8
    assert colour_at(page, 0.1) != colour_at(page, 0.9), "both parts have one colour"


def colour_at(page: Page, place: float) -> str:
    """The commonest full colour of the first wave near a place of it, 0…1."""
    found = page.locator(".try-card canvas").first.evaluate(
        """(canvas, place) => {
            const copy = document.createElement('canvas');
            const wide = copy.width = Math.round(canvas.width * 0.1);
            copy.height = canvas.height;
            const pen = copy.getContext('2d', { willReadFrequently: true });
            pen.drawImage(canvas, -Math.round(canvas.width * place - wide / 2), 0);
            const { data } = pen.getImageData(0, 0, wide, copy.height);
            const counts = {};
            for (let i = 0; i < data.length; i += 4) {
                if (data[i + 3] === 255) counts[data.slice(i, i + 3)] = (counts[data.slice(i, i + 3)] ?? 0) + 1;
            }
            return Object.keys(counts).sort((a, b) => counts[b] - counts[a])[0] ?? '';
        }""",
        place,
    )
    assert found, "there is no wave"
    return str(found)


def compare(page: Page) -> None:
    """B goes on where A was."""
    page.click("#chimera-a")
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime > 0.6")
    before = page.evaluate("document.querySelector('#player-audio').src")
    page.click("#chimera-b")
    page.wait_for_function("before => document.querySelector('#player-audio').src !== before", arg=before)
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime > 0.5")
    expect(page.locator("#chimera-b")).to_have_attribute("aria-pressed", "true")
    page.click("#chimera-b")
    page.wait_for_function("() => document.querySelector('#player-audio').paused")


def test_a_recording_and_a_new_voice_survive_a_reload(page: Page, recordings: dict[str, Path]) -> None:
    page.goto(f"{page.url.split('#')[0]}#chimera")
    page.wait_for_selector(".chimera-part.-own")
    if page.locator("#chimera-from-file").is_visible():
        page.click("#chimera-from-file")
    page.click("#chimera-make")
    expect(page.locator("#chimera-lacking")).to_be_visible()
    drop(page, ".chimera-part.-own", [recordings["sad"]])
    make(page)
    page.locator(".try-card").nth(1).locator(".keep").click()
    page.reload()
    expect(page.locator(".try-card")).to_have_count(2)
    expect(page.locator(".try-card.-kept")).to_have_count(1)
    page.select_option("#chimera-into", "new")
    page.click("#chimera-save")
    assert page.evaluate("document.activeElement.id") == "chimera-name"
    page.fill("#chimera-name", "Clara")
    page.click("#chimera-save")
    expect(page.locator(".chimera-keep.-done")).to_contain_text("Clara")
    page.click("#chimera-again")
    expect(page.locator(".chimera-tries")).to_be_hidden()


def test_who_would_replace_a_recording_is_told_before(berta: Page, server: OwnServer) -> None:
    page = berta
    voice = page.evaluate("document.querySelector('#chimera-who').value")
    make(page, tries=1)
    expect(page.locator(".chimera-keep .warns")).to_contain_text("Berta")
    expect(page.locator("#chimera-save")).to_have_text("Replace it")
    page.click("#chimera-save")
    expect(page.locator(".chimera-keep.-done")).to_contain_text("Berta")
    saved = server.get(f"/api/personality/{voice}")["emotions"]["happy"]
    assert saved["origin"] == "chimera"
    assert saved["recipe"]["kind"] == "chimera"


def test_it_can_be_cancelled(berta: Page) -> None:
    page = berta
    page.fill("#chimera-text", LINE * 4)
    page.locator("#chimera-tries").fill("8")
    page.click("#chimera-make")
    page.click("#chimera-cancel")
    expect(page.locator("#chimera-cancel")).to_be_hidden()
    expect(page.locator("#chimera-make")).to_have_attribute("aria-disabled", "false")
    expect(page.locator(".try-card")).to_have_count(0)
