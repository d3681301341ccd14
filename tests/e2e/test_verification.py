"""What the studio found when it listened to its own lines: signs that open, and a line said once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.tone_script import write_for_tones

SCRIPT = (
    "[happy] The first line is in good order. [sad] The second one is said all wrong. [happy] The third is good too."
)


@pytest.fixture
def settings() -> dict[str, object]:
    """The second line that the test engine says is silent."""
    return {"fake_engine": "silence@2", "verify_retries": 0}


@pytest.fixture
def server(tmp_path: Path, settings: dict[str, object]) -> Iterator[OwnServer]:
    with OwnServer(tmp_path, (), **settings) as started:
        yield started


def speak(page: Page) -> None:
    write_for_tones(page, SCRIPT)
    page.click("#speak-button")
    done(page)


def done(page: Page) -> None:
    expect(page.locator("#performance .spoke")).to_be_visible()


def test_a_doubtful_line_tells_why_and_is_said_once_more(page: Page) -> None:
    speak(page)
    rows = page.locator(".performance-row")
    expect(rows.nth(1).locator(".check-badge")).to_have_attribute("data-standing", "doubtful")
    for good in (0, 2):
        expect(rows.nth(good).locator(".check-badge")).to_have_attribute("data-standing", "good")
    rows.nth(1).locator(".check-badge").click()
    report = rows.nth(1).locator(".check-report")
    expect(report).to_contain_text("It is nearly silent")
    expect(report).to_contain_text("dB")
    before = page.evaluate("document.querySelector('#player-audio').src")
    report.locator(".redo").click()
    expect(rows.nth(1).locator(".check-badge")).to_have_attribute("data-standing", "good")
    expect(page.locator(".check-badge.-take")).to_have_text("Checked")
    assert page.evaluate("document.querySelector('#player-audio').src") != before
    expect(rows).to_have_count(3)


def test_the_sign_of_the_take_leads_to_the_line(page: Page) -> None:
    speak(page)
    sign = page.locator(".check-badge.-take")
    expect(sign).to_have_text("One doubtful line")
    sign.click()
    report = page.locator("#performance > .check-report")
    expect(report).to_contain_text("Line 2")
    report.locator(".line").first.click()
    assert page.evaluate("document.activeElement.closest('.performance-row')?.dataset.key") == "1"
    page.keyboard.press("Enter")
    expect(page.locator(".performance-row .check-report:visible")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".performance-row .check-report:visible")).to_have_count(0)
    assert page.evaluate("document.activeElement.matches('.check-badge')")


@pytest.mark.parametrize("settings", [{"fake_engine": "silence@2"}])
def test_a_line_that_was_said_again_says_how_often(page: Page) -> None:
    speak(page)
    badge = page.locator(".performance-row").nth(1).locator(".check-badge")
    expect(badge).to_have_attribute("data-standing", "redone")
    expect(badge).to_contain_text("2×")
    expect(page.locator(".check-badge.-take")).to_have_text("Checked, one line said again")
