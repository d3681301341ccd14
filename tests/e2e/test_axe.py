"""axe-core looks at every view in both themes; nothing serious or critical may be found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("speak", "voices", "models", "history", "settings")
SETTLED = 300  # milliseconds for fades and late pieces
PANELS = ("base", "custom", "design")

pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci")


@dataclass
class Visit:
    """A page, and what it complained of."""

    page: Page
    complaints: list[str]

    def go(self, place: str) -> Page:
        self.page.goto(f"{self.page.url.split('#')[0]}#{place}")
        return self.page

    def look(self) -> list[str]:
        """What keeps people out: rule, what to do, and the first places. Axe's own trials with style are forgiven."""
        self.page.wait_for_timeout(SETTLED)
        before = len(self.complaints)
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        self.page.wait_for_timeout(SETTLED)
        del self.complaints[before:]
        return [
            f"{rule['id']}: {rule['help']}: {[node['html'][:160] for node in rule['nodes'][:3]]}"
            for rule in found["violations"]
            if rule["impact"] in {"serious", "critical"}
        ]


@pytest.fixture(params=["light", "dark"])
def visit(request: pytest.FixtureRequest, page: Page, complaints: list[str]) -> Visit:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return Visit(page, complaints)


def test_the_home_page_is_open_to_all(visit: Visit) -> None:
    visit.page.wait_for_selector("#home-speak")
    assert not visit.look()


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_open_to_all(visit: Visit, view: str) -> None:
    visit.go(view).wait_for_selector("#main h1, #script-input")
    assert not visit.look()


@pytest.mark.parametrize("panel", PANELS)
def test_every_way_to_a_voice_is_open_to_all(visit: Visit, panel: str) -> None:
    visit.go("speak").click(f"#tab-{panel}")
    visit.page.wait_for_selector(f"#panel-{panel}")
    assert not visit.look()


def test_the_builder_is_open_to_all(visit: Visit) -> None:
    visit.go("voices").click("#voices-new")
    visit.page.fill("#builder-name", "Ada")
    assert not visit.look()
    visit.page.click("#builder-next")
    visit.page.wait_for_selector(".slot")
    assert not visit.look()


def test_what_was_performed_is_open_to_all(visit: Visit) -> None:
    visit.page.click("#home-speak")
    visit.page.wait_for_function("() => !document.querySelector('#player-download').disabled")
    assert not visit.look()
    for place in ("speak", "history"):
        visit.go(place).wait_for_selector("#main h1, #script-input")
        assert not visit.look()
