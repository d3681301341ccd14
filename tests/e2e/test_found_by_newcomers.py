"""What newcomers met: a switch like a button, sessions of one browser, silent fields, labels cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.test_smart import recorded

LINES = [
    ("neutral", "The library opens at nine and closes at six."),
    ("happy", "We did it, the whole house is dancing! Come in, there is cake for everybody."),
]
LOCALES = Path(__file__).parents[2] / "frontend" / "locales"
VIEWS = ("speak", "voices", "smart", "chimera", "transcribe", "models", "history", "settings")
WIDTHS = {"a phone": 390, "a small window": 900, "a screen": 1440, "a screen at 200 %": 720}
CUT_OFF = """() => [...document.querySelectorAll('button, a, label, h1, h2, h3, span, strong, .small, p')]
    .filter((el) => el.checkVisibility({ visibilityProperty: true }) && el.clientWidth > 3 && el.textContent.trim())
    .filter((el) => getComputedStyle(el).clipPath === 'none' && !el.closest('.unseen') && !el.title)
    .filter((el) => /hidden|clip/.test(getComputedStyle(el).overflowX) && el.scrollWidth > el.clientWidth + 1)
    .map((el) => `${el.tagName} ${el.id} ${el.textContent.trim().slice(0, 50)}`)"""
LOOKED_AT = """() => [...document.querySelectorAll('.view button, .view a, .view label, .view span, .view p')]
    .filter((el) => el.checkVisibility({ visibilityProperty: true }) && el.clientWidth > 3 && el.textContent.trim())
    .length"""


def go(page: Page, place: str) -> Page:
    page.goto(f"{page.url.split('#')[0]}#{place}")
    return page


def arrive(page: Page, place: str, language: str = "en") -> Page:
    """There, and the view of before is gone."""
    words = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))["nav"][place]
    expect(go(page, place).locator(".view h1")).to_have_text(words)
    return page


@pytest.fixture(scope="module")
def talk(server: OwnServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who speaks for a dozen seconds."""
    return recorded(server, LINES, 1.0, tmp_path_factory.mktemp("talk") / "talk.wav")


def sorting(page: Page, talk: Path) -> Page:
    go(page, "smart").wait_for_selector("#smart-engine option[value=none]", state="attached")
    page.select_option("#smart-engine", "none")
    page.set_input_files("#smart-file", talk)
    expect(page.locator(".clip-card").first).to_be_visible()
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_listening_live_is_a_switch_that_says_whether_it_is_on(page: Page, theme: Any) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    switch = go(page, "speak").get_by_role("switch", name="Listen live")
    expect(switch).not_to_be_checked()
    off = looks_of(switch)
    page.locator("label[for=listen]").get_by_text("Listen live").click()
    expect(switch).to_be_checked()
    assert looks_of(switch) != off
    page.reload()
    expect(switch).to_be_checked()
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()


def looks_of(switch: Locator) -> Any:
    return switch.evaluate("(el) => getComputedStyle(el).backgroundColor + getComputedStyle(el).backgroundImage")


def other_browser(browser: Browser, page: Page, stack: list[BrowserContext]) -> Page:
    stack.append(browser.new_context(locale="en-GB", viewport=ViewportSize(width=1440, height=900)))
    opened = stack[-1].new_page()
    opened.goto(page.url.split("#")[0])
    return opened


def test_a_session_is_gone_on_with_from_another_browser_and_discarded(
    page: Page, browser: Browser, talk: Path, server: OwnServer
) -> None:
    sorting(page, talk)
    with page.expect_response(lambda answer: answer.url.endswith("/desk") and answer.ok):
        page.locator(".clip-card textarea").first.fill("Quite other words.")
        page.keyboard.press("Tab")
    contexts: list[BrowserContext] = []
    try:
        there = go(other_browser(browser, page, contexts), "smart")
        row = there.locator(".open-sessions li").first
        expect(row).to_contain_text("talk.wav")
        expect(row).to_contain_text("sorted")
        row.get_by_role("button", name="Go on").click()
        expect(there.locator(".clip-card textarea").first).to_have_value("Quite other words.")
        again = go(other_browser(browser, page, contexts), "smart")
        again.locator(".open-sessions li").first.get_by_role("button", name="Discard").click()
        expect(again.locator(".open-sessions")).to_be_hidden()
        arrive(again, "voices")
        with again.expect_response(lambda answer: answer.url.endswith("/api/smart")):
            arrive(again, "smart")
        expect(again.locator(".open-sessions")).to_be_hidden()
        again.get_by_role("button", name="Undo").click()
        expect(again.locator(".open-sessions li")).to_have_count(1)
    finally:
        for context in contexts:
            context.close()
    session = json.loads(page.evaluate("localStorage.getItem('studio.smart.desk')"))["session"]
    assert server.get(f"/api/smart/{session}")["desk"]["words"]


def test_a_voice_without_a_name_or_without_consent_is_told_at_the_field(page: Page, talk: Path) -> None:
    sorting(page, talk)
    page.click("#smart-save")
    expect(page.locator("#smart-name-error")).to_be_in_viewport()
    expect(page.locator("#smart-name")).to_be_focused()
    expect(page.locator("#smart-name")).to_have_attribute("aria-invalid", "true")
    page.fill("#smart-name", "Nora")
    expect(page.locator("#smart-name-error")).to_be_hidden()
    page.click("#smart-save")
    expect(page.locator("#smart-consent-error")).to_be_in_viewport()
    expect(page.locator("#smart-consent")).to_be_focused()
    page.check("#smart-consent")
    expect(page.locator("#smart-consent-error")).to_be_hidden()
    page.click("#smart-save")
    expect(page.locator(".made")).to_contain_text("Nora")


def test_the_history_tells_what_was_checked(page: Page, tmp_path: Path) -> None:
    with OwnServer(tmp_path, (), fake_engine="silence@2", verify_retries=0) as other:
        text = "[happy] The first line is in good order. [sad] The second one is said all wrong."
        other.post("/api/generate", {"text": text, "engine": "fake", "voice": {"kind": "preset", "speaker": "Serena"}})
        takes = other.get("/api/history")
    page.route("**/api/history*", lambda route: route.fulfill(json=takes))
    badge = go(page, "history").locator(".take-row .check-badge")
    expect(badge).to_have_text("One doubtful line")
    badge.click()
    report = page.locator(".take-row .check-report")
    expect(report).to_contain_text("Line 2")
    report.locator(".line").first.click()
    expect(report).to_contain_text("It is nearly silent")
    expect(report).to_contain_text("said all wrong")
    page.keyboard.press("Escape")
    expect(report).to_be_hidden()
    expect(badge).to_be_focused()


@pytest.mark.parametrize("language", ["en", "it", "ru", "zh"])
def test_no_label_is_cut_off_at_any_width(browser: Browser, server: OwnServer, language: str) -> None:
    context = browser.new_context(locale=language, reduced_motion="reduce")
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.port}/")
        page.wait_for_selector("#homepage h1")
        found = []
        for place in VIEWS:
            arrive(page, place, language).wait_for_load_state("networkidle")
            expect(page.locator(".view :is(button, a, label):visible").first).to_be_visible()
            for name, width in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": 450 if width == 720 else 900})
                found += [f"{place} on {name}: {words}" for words in page.evaluate(CUT_OFF)]
                found += [] if page.evaluate(LOOKED_AT) else [f"{place} on {name}: nothing was looked at"]
                wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                found += [f"{place} on {name} is {wide} px too wide"] if wide > 1 else []
        assert not found
    finally:
        context.close()
