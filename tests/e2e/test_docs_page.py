"""The page of routes: found by a word, read by everybody, its example sent and heard."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.test_axe import AXE, barriers

pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci")


def opened(page: Page, server: OwnServer, route: str = "") -> Page:
    page.goto(f"http://127.0.0.1:{server.port}/docs#{route}")
    page.wait_for_selector(".route-body" if route else ".route")
    return page


def test_every_route_is_listed_and_found_by_a_word(page: Page, server: OwnServer) -> None:
    paths = server.get("/openapi.json")["paths"]
    opened(page, server)
    expect(page.locator("#docs-key")).to_be_hidden()  # no key is asked for
    assert page.locator(".route").count() == sum(len(methods) for methods in paths.values())
    page.fill("#docs-find", "script preview")
    expect(page.locator(".route:visible")).to_have_count(1)
    expect(page.locator("#docs-count")).to_contain_text("1 of")
    page.fill("#docs-find", "no such thing anywhere")
    expect(page.locator(".route:visible")).to_have_count(0)


def test_a_field_and_a_failure_are_found_by_their_words(page: Page, server: OwnServer) -> None:
    """Nothing but a field of theirs tells that a route knows the word."""
    opened(page, server)
    page.fill("#docs-find", "speed")
    rows = page.locator(".docs-found li")
    expect(rows.filter(has_text="POST /v1/audio/speech").first).to_be_visible()
    expect(page.locator("#docs-count")).to_contain_text("fields and failures")
    page.fill("#docs-find", "no scheme here fits")
    expect(rows).to_have_count(0)
    page.fill("#docs-find", "accept its terms")
    expect(rows.get_by_role("link", name="model-gated")).to_have_attribute("href", "/docs/errors#model-gated")
    page.fill("#docs-find", "speed")
    rows.filter(has_text="POST /v1/audio/speech").first.get_by_role("link").click()
    expect(page.locator("#post_v1_audio_speech .route-body")).to_be_visible()


def test_an_example_is_sent_and_its_sound_can_be_heard(page: Page, server: OwnServer) -> None:
    opened(page, server, "post_api_generate")
    route = page.locator("#post_api_generate")
    route.get_by_role("button", name="Send").click()
    expect(route.locator(".trial strong")).to_have_text("200")
    page.wait_for_function("() => document.querySelector('.trial audio').duration > 0.5")


def test_what_is_refused_is_shown_with_its_reason(context: BrowserContext, server: OwnServer) -> None:
    page = opened(context.new_page(), server, "post_api_script_preview")  # whose console may say 422
    route = page.locator("#post_api_script_preview")
    route.locator("textarea").fill('{"text": "Hello."}')
    route.get_by_role("button", name="Send").click()
    expect(route.locator(".trial strong")).to_have_text("422")
    expect(route.locator(".trial pre")).to_contain_text("voice")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
class TestForEverybody:
    @pytest.fixture
    def trusting(self) -> bool:
        """Axe tries styles of its own, which the policy of the page forbids."""
        return True

    def test_the_page_is_open_to_all(self, page: Page, server: OwnServer, theme: str, width: int) -> None:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of two words
        page.set_viewport_size({"width": width, "height": 900})
        opened(page, server, "post_v1_audio_speech")
        assert not barriers(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width
