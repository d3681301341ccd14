"""The main job by mouse: two dropped files become a voice, which performs a script, which is played and downloaded."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Page, expect

SCRIPT = "[happy] The letter came this morning! [sad] It was not for me. [happy] But I read it all the same."


def drop(page: Page, selector: str, files: list[Path]) -> None:
    """Let go of files over an element, as a hand does."""
    contents = [{"name": file.name, "data": base64.b64encode(file.read_bytes()).decode()} for file in files]
    transfer = page.evaluate_handle(
        """files => {
            const transfer = new DataTransfer();
            for (const { name, data } of files) {
                const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
                transfer.items.add(new File([bytes], name, { type: 'audio/wav' }));
            }
            return transfer;
        }""",
        contents,
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event(selector, event, {"dataTransfer": transfer})


def test_a_voice_is_made_of_two_files_and_performs(page: Page, recordings: dict[str, Path], tmp_path: Path) -> None:
    make_a_voice(page, recordings)
    speak(page)
    play(page)
    download(page, tmp_path)


def make_a_voice(page: Page, recordings: dict[str, Path]) -> None:
    page.click("#home-clone")
    page.click("#panel-base .empty .button.-primary")
    page.fill("#builder-name", "Anna")
    page.select_option("#builder-language", "en")
    page.check("#builder-consent")
    page.fill("#builder-speaker", "Anna herself")
    page.click("#builder-next")
    page.wait_for_selector(".emotions")
    drop(page, ".emotions", list(recordings.values()))
    for emotion in recordings:
        expect(page.locator(f".slot[data-emotion={emotion}]")).to_have_attribute("data-state", "ready")
    page.get_by_role("button", name="Try").last.click()
    page.click("#builder-speak")
    expect(page.locator("#panel-base .voice-card.-chosen, #panel-base [aria-pressed=true]").first).to_contain_text(
        "Anna"
    )


def speak(page: Page) -> None:
    """Press the button, and read every stage that is shown until it is done."""
    page.fill("#script-input", SCRIPT)
    page.evaluate("""() => {
        window.stages = [];
        const stage = document.querySelector('#stage');
        const look = () => window.stages.push(stage.textContent);
        new MutationObserver(look).observe(stage, { childList: true, characterData: true, subtree: true });
    }""")
    page.click("#speak-button")
    page.wait_for_function("() => !document.querySelector('#player-download').disabled")
    stages = page.evaluate("window.stages")
    assert any("of 3" in stage for stage in stages), stages
    expect(page.locator(".performance-rows > li")).to_have_count(3)
    expect(page.locator("#performance")).to_contain_text("preview", ignore_case=True)


def play(page: Page) -> None:
    """Sound goes on: the time of the audio element moves. It may have begun by itself when the take was done."""
    if page.evaluate("document.querySelector('#player-audio').paused"):
        page.click("#player-play")
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime > 0.3")
    assert page.evaluate("document.querySelector('#player-audio').duration") > 2


def download(page: Page, folder: Path) -> None:
    for extension, begin in (("mp3", (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")), ("srt", (b"1\n", b"1\r\n"))):
        page.click("#player-download")
        with page.expect_download() as coming:
            page.click(f"#download-{extension}")
        file = folder / coming.value.suggested_filename
        coming.value.save_as(file)
        assert file.suffix == f".{extension}"
        assert file.read_bytes().startswith(begin)
    subtitles = file.read_text(encoding="utf-8")
    assert "-->" in subtitles
    assert "letter" in subtitles
    assert "[happy]" not in subtitles
