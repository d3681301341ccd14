"""Listening while it speaks: an engine quicker than the ear, one slower, and the player that takes over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.sound_watch import heard, watch_the_sound
from tests.e2e.tone_script import write_for_tones

SCRIPT = (
    "[happy] The first line takes a good while to be said aloud. [sad] The second one is just as long, to be sure. " * 2
)
"""Four segments of about three seconds by the test engine."""


@pytest.fixture(params=[0.6])
def latency(request: pytest.FixtureRequest) -> float:
    """Seconds before every segment."""
    return float(request.param)


@pytest.fixture
def server(tmp_path: Path, latency: float) -> Iterator[OwnServer]:
    with OwnServer(tmp_path, fake_engine=f"latency={latency}") as started:
        yield started


def speak(page: Page) -> None:
    write_for_tones(page, SCRIPT)
    page.click("#listen")
    watch_the_sound(page)
    page.click("#speak-button")


def done(page: Page) -> None:
    page.wait_for_function("() => !document.querySelector('#player-download').disabled")


def test_the_sound_begins_before_the_end_and_the_player_takes_over_once(page: Page) -> None:
    speak(page)
    page.wait_for_function("() => window.sound.length > 0")
    assert not heard(page, "piece")[0]["done"], "it was heard only when all was done"
    expect(page.locator("#performance")).to_contain_text("You hear it as it is made")
    done(page)
    page.wait_for_function("() => window.clock.state === 'closed' && !document.querySelector('#player-audio').paused")
    assert [one["muted"] for one in heard(page, "player")] == [True], "the player began aloud beside the live sound"
    assert not page.evaluate("document.querySelector('#player-audio').muted")
    pieces = heard(page, "piece")
    assert all(now["at"] + now["seconds"] <= then["at"] + 0.001 for now, then in pairwise(pieces)), "two at once"
    where = page.evaluate("document.querySelector('#player-audio').currentTime")
    assert where > 0.5, "the player began from the start"


@pytest.mark.parametrize("latency", [4.5], indirect=True)
def test_a_voice_slower_than_the_ear_plays_to_its_end_and_the_page_says_why_it_waited(page: Page) -> None:
    speak(page)
    expect(page.locator("#performance")).to_contain_text("Gathering")
    done(page)
    page.wait_for_function("() => window.clock.state === 'closed'")
    pieces = heard(page, "piece")
    duration = page.evaluate("document.querySelector('#player-audio').duration")
    assert sum(piece["seconds"] for piece in pieces) == pytest.approx(duration, abs=1.5)
    assert all(now["at"] + now["seconds"] <= then["at"] + 0.001 for now, then in pairwise(pieces)), "two at once"
    assert all(one["muted"] for one in heard(page, "player")), "the player began aloud beside the live sound"


def test_cancelling_silences_it_at_once(page: Page) -> None:
    speak(page)
    page.wait_for_function("() => window.sound.length > 0")
    page.click("#cancel-button")
    page.wait_for_function("() => window.clock.state === 'closed'", timeout=2000)
    assert not heard(page, "player")
