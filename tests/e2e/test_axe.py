"""axe-core looks at every view in both themes; nothing serious or critical may be found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import NEW_VOICE
from tests.e2e.test_main_job import drop

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("speak", "voices", "transcribe", "smart", "chimera", "models", "history", "connect", "settings")
SETTLED = 300  # milliseconds for fades and late pieces
PANELS = ("base", "custom", "design")

pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci")


@pytest.fixture
def trusting() -> bool:
    """Axe tries styles of its own, which the policy of the page forbids."""
    return True


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, page: Page) -> Page:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return page


def go(page: Page, place: str) -> Page:
    page.goto(f"{page.url.split('#')[0]}#{place}")
    page.wait_for_selector("#main h1, #script-input", state="attached")
    return page


def barriers(page: Page) -> list[str]:
    """What keeps people out: rule, what to do, and the first places."""
    page.wait_for_timeout(SETTLED)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:3]]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
    ]


def test_the_home_page_is_open_to_all(themed: Page) -> None:
    themed.wait_for_selector("#home-speak")
    assert not barriers(themed)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_open_to_all(themed: Page, view: str) -> None:
    assert not barriers(go(themed, view))


@pytest.mark.parametrize("width", [390, 900])
def test_models_and_their_wizard_are_open_to_all_on_small_screens(themed: Page, width: int) -> None:
    themed.set_viewport_size({"width": width, "height": 844})
    go(themed, "models").wait_for_selector("[data-model]")
    assert not barriers(themed)
    assert themed.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it has to be pushed sideways"
    themed.evaluate("document.querySelector('#models-get')?.click()")
    themed.wait_for_selector(".studio-wizard footer .button")
    assert not barriers(themed)


@pytest.mark.parametrize("panel", PANELS)
def test_every_way_to_a_voice_is_open_to_all(themed: Page, panel: str) -> None:
    go(themed, "speak").click(f"#tab-{panel}")
    themed.wait_for_selector(f"#panel-{panel}")
    assert not barriers(themed)


def test_the_builder_is_open_to_all(themed: Page) -> None:
    go(themed, "voices").locator(NEW_VOICE).first.click()
    themed.fill("#builder-name", "Ada")
    assert not barriers(themed)
    themed.click("#builder-next")
    themed.wait_for_selector(".slot")
    assert not barriers(themed)


def test_a_recording_that_was_looked_at_closely_is_open_to_all(themed: Page, recordings: dict[str, Path]) -> None:
    go(themed, "voices").locator(NEW_VOICE).first.click()
    themed.fill("#builder-name", "Ada")
    themed.click("#builder-next")
    drop(themed, ".emotions", [recordings["happy"]])
    themed.click("#builder-look")
    themed.wait_for_selector(".measured")
    themed.click("#builder-repairs-undo")
    themed.wait_for_selector("#builder-repairs-again")
    assert not barriers(themed)


def test_what_was_written_down_is_open_to_all(themed: Page, recordings: dict[str, Path]) -> None:
    go(themed, "transcribe").set_input_files("#transcribe-file", recordings["happy"])
    assert not barriers(themed)
    themed.click("#transcribe-start")
    themed.wait_for_selector(".timed-words")
    assert not barriers(themed)
    themed.click("#transcribe-keep")
    assert not barriers(themed)


def test_clips_and_their_emotions_are_open_to_all(themed: Page, recordings: dict[str, Path]) -> None:
    go(themed, "smart").wait_for_selector("#smart-engine option[value=none]", state="attached")
    themed.select_option("#smart-engine", "none")
    themed.set_input_files("#smart-file", recordings["happy"])
    themed.wait_for_selector(".clip-card")
    themed.click(".clip-card .put")
    assert not barriers(themed)


@pytest.mark.parametrize("width", [390, 1440])
def test_what_programs_are_told_and_a_trial_are_open_to_all(themed: Page, width: int) -> None:
    themed.set_viewport_size({"width": width, "height": 844})
    go(themed, "connect").click("#tab-python")
    themed.locator(".client-panel:visible [data-check=speech] button").click()
    themed.wait_for_selector(".client-panel .good")
    assert not barriers(themed)


def test_what_was_performed_is_open_to_all(themed: Page) -> None:
    themed.click("#home-speak")
    themed.wait_for_function("() => !document.querySelector('#player-download').disabled")
    assert not barriers(themed)
    for place in ("speak", "history"):
        assert not barriers(go(themed, place))
