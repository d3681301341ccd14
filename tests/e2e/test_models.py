"""From an empty studio to studio quality: tiny random checkpoints come from a hub of our own, and speak."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.downloads.fake_hub import FakeHub, Fault
from tests.e2e.sound_watch import heard, watch_the_sound
from tests.tiny_checkpoints import tiny_checkpoints

pytest.importorskip("torch", reason="the studio set is not installed: ./setup.sh does")

SCRIPT = "Hello there! [sad] This one is sad. [happy] And this one is not. [calm] And now we rest."
SLOW = 2_500_000  # bytes per second that the hub sends, so that there is something to see
COMPILING = 75_000  # milliseconds: the first model of a machine waits for its kernels
MODELS = {"custom_0_6b": "Qwen3-TTS-12Hz-0.6B-CustomVoice", "base_0_6b": "Qwen3-TTS-12Hz-0.6B-Base"}
FACTS = re.compile(r"[\d.,]+ (?:kB|MB) of [\d.,]+ MB · [\d.,]+ (?:kB|MB)/s · about \d+ \w+ left · from Hugging Face")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeHub]:
    """Both hubs, slow, with checkpoints of a size that a test can wait for."""
    with FakeHub(tiny_checkpoints(stops=True), slow=SLOW) as started:
        yield started


@pytest.fixture
def server(tmp_path: Path, hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """A fresh studio for each test, which knows no other hub and no models of this machine."""
    for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(name, hub.url)
    for name in ("HF_HOME", "HF_HUB_CACHE", "MODELSCOPE_CACHE", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "nobody"))
    for name in ("QWEN_TTS_MODELS_DIR", "HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with OwnServer(tmp_path) as started:
        overview = started.get("/api/models")
        if not overview["studio_set"]["installed"]:
            pytest.skip(f"packages of the studio set are missing: {overview['studio_set']['missing']}; ./setup.sh")
        if "base_0_6b" not in overview["recommended"]:
            pytest.skip(f"this machine is too small for a model: {overview['recommendation']['text']}")
        yield started


def test_from_nothing_to_studio_quality_by_one_click(page: Page, server: OwnServer, hub: FakeHub) -> None:
    page.click("#home-get")
    page.click("#wizard-start")
    before = progress_is_told(page)
    page.reload()
    page.click("#home-get")
    assert share(page) >= before, "a reload went back"
    expect(page.locator(".studio-wizard .ready")).to_be_visible()
    fetched_once(server, hub)
    page.keyboard.press("Escape")
    speak_live(page)


def progress_is_told(page: Page) -> int:
    """Wait for bytes, speed and time left; answers the share of all of it."""
    words = page.locator(".studio-wizard .parts li[data-state=running] p")
    expect(words.first).to_have_text(FACTS)
    expect(page.locator(".studio-wizard .parts li")).not_to_have_count(0)
    expect(page.locator(".studio-wizard .parts li[data-state=done]").first).to_be_visible()
    expect(page.locator("#rail-chip")).to_have_count(1)
    return share(page)


def share(page: Page) -> int:
    return int(page.locator(".studio-wizard .percent").inner_text().split()[0])


def fetched_once(server: OwnServer, hub: FakeHub) -> None:
    """Every byte came once, and every file is what the hub has."""
    folder = Path(server.get("/api/models")["folder"])
    for name in MODELS.values():
        theirs = {path.relative_to(hub.folder): path for path in (hub.folder / name).rglob("*") if path.is_file()}
        for relative, path in theirs.items():
            assert (folder / relative).read_bytes() == path.read_bytes(), relative
    assert not list(folder.rglob("*.part*"))
    sizes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert hub.sent_bytes <= 1.05 * sizes + 2**20


def speak_live(page: Page) -> None:
    """The sound begins while the model still speaks, none of it comes twice, and the player takes over in silence."""
    page.goto(f"{page.url.split('#')[0]}#speak")
    page.click("#tab-custom")
    page.locator("#panel-custom .voice-card").first.click()
    page.fill("#script-input", SCRIPT)
    page.click("#listen")
    watch_the_sound(page)
    page.click("#speak-button")
    page.wait_for_function("() => window.sound.length > 0", timeout=COMPILING)
    assert not heard(page, "piece")[0]["done"], "it was heard only when all was done"
    page.wait_for_function("() => !document.querySelector('#player-download').disabled")
    expect(page.locator("#performance .spoke")).to_contain_text("Qwen3-TTS 0.6B CustomVoice")
    page.wait_for_function("() => window.clock.state === 'closed'")
    pieces = heard(page, "piece")
    assert max(piece["loud"] for piece in pieces) > 0.01
    assert all(now["at"] + now["seconds"] <= then["at"] + 0.001 for now, then in pairwise(pieces)), "two at once"
    assert all(one["muted"] for one in heard(page, "player")), "the player began aloud beside the live sound"


def test_a_failed_download_stays_in_its_place_and_can_be_mended(page: Page, server: OwnServer, hub: FakeHub) -> None:
    hub.faults += [Fault("gated", path="config.json", times=-1)]
    page.goto(f"{page.url.split('#')[0]}#models")
    row = page.locator("[data-model=custom_0_6b]")
    row.get_by_role("button", name="Download:").click()
    assert focus_stays_in(page, "[data-model=custom_0_6b]")
    expect(row.get_by_role("alert")).to_be_visible()
    expect(page.locator("#rail-chip")).to_be_visible()
    hub.faults.clear()
    put_right_by_hand(server, hub)
    page.click("#models-look")
    expect(row).to_have_attribute("data-state", "installed")
    expect(row.get_by_role("alert")).to_have_count(0)
    expect(page.locator("#rail-chip")).to_be_hidden()


def focus_stays_in(page: Page, selector: str) -> bool:
    return bool(page.evaluate("selector => document.activeElement?.closest(selector) !== null", selector))


def put_right_by_hand(server: OwnServer, hub: FakeHub) -> None:
    target = Path(server.get("/api/models")["folder"]) / MODELS["custom_0_6b"]
    shutil.copytree(hub.folder / MODELS["custom_0_6b"], target, dirs_exist_ok=True)


def test_the_focus_survives_switching_freeing_deleting_and_the_wizard(
    page: Page, server: OwnServer, hub: FakeHub
) -> None:
    put_right_by_hand(server, hub)
    page.goto(f"{page.url.split('#')[0]}#models")
    page.click("#switch-custom")
    expect(page.locator("#switch-custom")).to_have_attribute("data-state", "resident", timeout=COMPILING)
    page.click("#models-unload")
    expect(page.locator("#models-unload")).to_be_hidden()
    assert focus_stays_in(page, ".memory")
    delete(page)
    assert focus_stays_in(page, "[data-model=custom_0_6b]")
    page.click("#models-get")
    page.click("#wizard-later")
    assert focus_stays_in(page, "#models-get")


def delete(page: Page) -> None:
    row = page.locator("[data-model=custom_0_6b]")
    row.locator("[aria-controls]").click()
    row.locator(".delete").click()
    row.locator(".-danger").click()
    expect(row).to_have_attribute("data-state", "missing")


def test_the_other_hub_is_asked_where_the_reader_says_so(page: Page, hub: FakeHub) -> None:
    page.goto(f"{page.url.split('#')[0]}#models")
    row = page.locator("[data-model=base_0_6b]")
    row.locator("[aria-controls]").click()
    row.locator("[data-provider=modelscope]").click()
    expect(row.locator(".transfer")).to_contain_text("from ModelScope")
    assert focus_stays_in(page, "[data-model=base_0_6b]")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-state", "partial")
