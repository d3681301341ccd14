"""A browser, a studio of its own for each file, and a page that must neither complain nor call outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.soak.own_server import OwnServer

sync_api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed: ./test.sh does")
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright  # noqa: E402 (see above)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NEW_VOICE = "#voices-new:visible, .teach .button.-primary:visible"  # the one of the header, or of the empty shelf
PATIENCE = 30_000  # milliseconds for anything the page has to do
LINES = {
    "happy": "We did it, the whole house is dancing! Come in, come in, there is cake for everybody.",
    "sad": "The house is empty now. I still set two cups on the table in the morning.",
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium of this machine, without a window."""
    sync_api.expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=rights())
        yield started
        started.close()


def chromium() -> str:
    """The program of the browser; without one the test is skipped."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no Chromium on this machine; ./test.sh installs it where it may")
    return program


def rights() -> list[str]:
    """Arguments without which it does not start for this user."""
    return ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A studio as users start it, in an empty folder, with the preview engine."""
    with OwnServer(tmp_path_factory.mktemp("studio")) as started:
        yield started


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Emotion → a recording of some seconds, spoken by the preview engine of another studio."""
    folder = tmp_path_factory.mktemp("recordings")
    with OwnServer(tmp_path_factory.mktemp("recorder")) as recorder:
        return {emotion: _record(recorder, emotion, folder / f"{emotion}.wav") for emotion in LINES}


def _record(recorder: OwnServer, emotion: str, file: Path) -> Path:
    voice = {"kind": "preset", "speaker": "Serena", "emotion": emotion}
    file.write_bytes(recorder.post("/api/generate", {"text": LINES[emotion], "voice": voice, "language": "en"}))
    return file


@pytest.fixture
def trusting() -> bool:
    """Whether the browser forgives what the content-security policy forbids; a file of tests may say so."""
    return False


@pytest.fixture
def context(browser: Browser, trusting: bool) -> Iterator[BrowserContext]:
    """A person who has never been here, and dislikes motion."""
    screen = sync_api.ViewportSize(width=1440, height=900)
    made = browser.new_context(locale="en-GB", viewport=screen, reduced_motion="reduce", bypass_csp=trusting)
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, server: OwnServer) -> Iterator[Page]:
    """The page, opened. In the end it must have reported no error and asked nobody but its own studio."""
    home = f"http://127.0.0.1:{server.port}/"
    complaints: list[str] = []
    strangers: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def asked(request: Request) -> None:
        if not request.url.startswith((home, f"blob:{home}", "data:")):
            strangers.append(request.url)

    context.on("request", asked)
    opened = context.new_page()
    opened.on("console", heard)
    opened.on("pageerror", lambda error: complaints.append(f"thrown: {error}"))
    opened.goto(home)
    yield opened
    assert not strangers, "the page asked somebody else"
    assert not complaints, "the page complained"
