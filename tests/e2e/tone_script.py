"""A script on the page that speaks, for the test engine: the page itself does not offer that one."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route


def write_for_tones(page: Page, script: str) -> None:
    """Everything up to the button: a speaker is chosen, the script is written, and tones will be asked for."""

    def ask_for_tones(route: Route) -> None:
        asked = json.loads(route.request.post_data or "{}")
        route.continue_(post_data=json.dumps({**asked, "engine": "fake"}))

    page.route("**/api/generate_stream", ask_for_tones)
    page.goto(f"{page.url.split('#')[0]}#speak")
    page.locator("#panel-custom .voice-card").first.click()
    page.fill("#script-input", script)
