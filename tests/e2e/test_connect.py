"""Connect: what programs are told is for the chosen voice and works as it stands; each address answers to a click."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.soak.own_server import OwnServer

KEY = "a-key-that-'$$'-nobody-guesses"
IN_SHELL = KEY.replace("'", "'\\''")
DRAFT = {
    "tab": "custom",
    "speaker": "Sohee",
    "language": "en",
    "format": "wav",
    "speed": 1.5,
    "text": 'It\'s [sad] "over".',
}
SOUND = re.compile(r"First sound after [\d,]+ ms")


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return int(one.getsockname()[1]), int(other.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A studio with both of Wyoming's ports."""
    tts, asr = free_ports()
    folder = tmp_path_factory.mktemp("studio")
    with OwnServer(folder, wyoming_tts_port=tts, wyoming_asr_port=asr) as started:
        yield started


def connect(page: Page, program: str, **draft: object) -> Page:
    """The place, with that program shown, for what was chosen in Speak."""
    stored = json.dumps({**DRAFT, **draft})
    page.evaluate("stored => localStorage.setItem('studio.draft', stored)", stored)
    page.evaluate("location.hash = 'connect'")
    page.reload()
    return shown(page, program)


def shown(page: Page, program: str) -> Page:
    page.click(f"#tab-{program}")
    return page


def fields(page: Page) -> dict[str, str]:
    rows = page.locator(".client-panel:visible .fields > div").all()
    return {row.locator("dt").inner_text(): row.locator("dd code").inner_text() for row in rows}


def lines(page: Page) -> str:
    return page.locator(".client-panel:visible figure.code pre").inner_text()


def tried(page: Page, check: str) -> str:
    """What the trial of one address says."""
    row = page.locator(f".client-panel:visible [data-check='{check}']")
    row.get_by_role("button", name=re.compile("^Test")).click()
    expect(row.locator(".good, .notice")).to_be_visible()
    return row.locator(".answer").inner_text()


def test_each_program_is_told_the_voice_and_the_address(page: Page, server: OwnServer) -> None:
    home = f"http://127.0.0.1:{server.port}"
    told = fields(connect(page, "open-webui"))
    assert (told["API Base URL"], told["TTS Voice"]) == (f"{home}/v1", "Sohee")
    assert json.loads(told["Additional Parameters"]) == {"response_format": "wav", "language": "en", "speed": 1.5}
    told = fields(shown(page, "sillytavern"))
    assert (told["Provider Endpoint"], told["Available Voices"]) == (f"{home}/v1/audio/speech", "Sohee")
    assert fields(shown(page, "home-assistant"))["Host"] == "127.0.0.1"
    assert 'voice: "Sohee"' in lines(page)
    assert f'base_url="{home}/v1/speak"' in lines(shown(page, "livekit"))
    assert 'model="Sohee"' in lines(page)
    assert f'base_url="ws://127.0.0.1:{server.port}"' in lines(shown(page, "pipecat"))


@pytest.mark.parametrize(
    ("program", "command", "draft"),
    [
        ("curl", ["bash"], {}),
        ("curl", ["bash"], {"tab": "design", "description": "An old sailor's voice"}),
        ("python", [sys.executable], {}),
        ("javascript", ["node", "--input-type=module"], {}),
    ],
)
def test_the_lines_work_as_they_stand(
    page: Page, tmp_path: Path, program: str, command: list[str], draft: dict[str, str]
) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    written = lines(connect(page, program, **draft))
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    ended = subprocess.run(
        command, input=written, cwd=tmp_path, env=environment, text=True, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    with wave.open(str(tmp_path / "speech.wav")) as sound:
        assert sound.getframerate() == 24_000
        assert sound.getnframes() < 24_000 * 30, "the length of a file is true"
    assert (tmp_path / "speech.wav").stat().st_size > 20_000


def test_a_click_tries_what_open_webui_will_ask(page: Page) -> None:
    connect(page, "open-webui")
    assert SOUND.search(tried(page, "speech"))
    assert re.search(r"9 voices, after \d+ ms", tried(page, "voices"))
    assert "this is" in (told := tried(page, "transcription"))
    assert "PocketSphinx heard this" in told
    assert "Whisper" in told
    assert page.locator(".client-panel:visible .listener a").get_attribute("href") == "#models"
    assert page.locator(".client-panel:visible").get_by_role("button", name="Hear it again").count() == 1


def test_a_click_tries_deepgrams_conversation(page: Page) -> None:
    assert SOUND.search(tried(connect(page, "pipecat"), "deepgram"))


def test_a_click_tries_wyoming(page: Page) -> None:
    connect(page, "home-assistant")
    assert SOUND.search(tried(page, "wyoming-speech"))
    assert "PocketSphinx heard this" in tried(page, "wyoming-listening")
    assert page.locator(".client-panel:visible .is-off").count() == 0


def test_a_copied_value_is_the_one_that_is_shown(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    connect(page, "curl").get_by_role("button", name="Copy curl").click()
    assert page.evaluate("navigator.clipboard.readText()") == lines(page)


def test_a_described_voice_has_no_name_and_the_page_says_so(page: Page) -> None:
    connect(page, "open-webui", tab="design", description="an old sailor")
    expect(page.locator(".client-panel:visible .notice.-warn")).to_contain_text("by its name")
    connect(page, "curl", tab="design", description="an old sailor")
    assert page.locator(".client-panel:visible .notice.-warn").count() == 0


def test_what_is_wrong_is_told_where_it_was_tried(browser: Browser, server: OwnServer) -> None:
    """In a page of its own: the browser notes refusals in its console."""
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/")
    for program, check in (("open-webui", "speech"), ("home-assistant", "wyoming-speech")):
        connect(page, program, tab="base", personality="long-gone")
        assert "There is no voice of this name" in tried(page, check)
    page.close()


def test_the_key_is_shown_only_on_request(browser: Browser, tmp_path: Path) -> None:
    with OwnServer(tmp_path, token=KEY) as guarded:
        asked = subprocess.run(
            ["curl", "-s", "-X", "POST", "-H", f"X-API-Key: {KEY}", f"http://127.0.0.1:{guarded.port}/api/session"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        page = browser.new_page(locale="en-GB")
        page.goto(json.loads(asked.stdout)["url"])
        connect(page, "curl")
        expect(page.locator("#connect-key")).to_be_visible()
        assert "nobody-guesses" not in page.content() and "Bearer YOUR_KEY" in lines(page)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        for program, what, copied in (
            ("curl", "Copy curl", f"Bearer {IN_SHELL}'"),
            ("open-webui", "Copy API Key", KEY),
        ):
            shown(page, program).get_by_role("button", name=what).first.click()
            expect(page.locator(".client-panel:visible .copy-button", has_text="Copied")).to_have_count(1)
            assert copied in page.evaluate("navigator.clipboard.readText()")
            assert "nobody-guesses" not in page.content()
        expect(shown(page, "home-assistant").locator(".client-panel:visible .is-off")).to_contain_text("--wyoming")
        shown(page, "curl")
        page.click("#connect-key")
        expect(page.locator(".client-panel:visible pre")).to_contain_text(f"Bearer {IN_SHELL}'")
        assert SOUND.search(tried(page, "speech"))
        page.goto(f"http://127.0.0.1:{guarded.port}/docs#post_v1_audio_speech")
        expect(page.locator("#docs-key")).to_contain_text("asks for a key")
        expect(page.locator(".route-body .sample").first).to_contain_text("-H 'Authorization: Bearer YOUR_KEY'")
        page.close()


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_nothing_has_to_be_pushed_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    connect(page, "open-webui")
    for program in ("open-webui", "home-assistant", "curl"):
        shown(page, program)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
