"""The main job by keyboard alone: a speaker is chosen, a script written, performed, played and downloaded."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NEW_VOICE

MOST_TABS = 120


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; what cannot be reached in this way does not exist for some people."""
    for _ in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by Tab")


def has_a_visible_focus(page: Page) -> bool:
    return bool(
        page.evaluate("""() => {
            const look = getComputedStyle(document.activeElement);
            const ring = parseFloat(look.outlineWidth) > 0 && look.outlineStyle !== 'none';
            return document.activeElement.matches(':focus-visible') && (ring || look.boxShadow !== 'none');
        }""")
    )


def test_the_main_job_needs_no_mouse(page: Page) -> None:
    page.wait_for_selector("#home-preset")
    tab_to(page, "#home-preset")
    page.keyboard.press("Enter")
    page.wait_for_selector("#panel-custom .voice-card")
    tab_to(page, "#panel-custom .voice-card :is(button, input), #panel-custom button.voice-card")
    assert has_a_visible_focus(page)
    page.keyboard.press("Enter")
    write(page)
    tab_to(page, "#speak-button")
    assert has_a_visible_focus(page)
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.querySelector('#player-download').disabled")
    expect(page.locator(".performance-rows > li")).to_have_count(2)
    play(page)
    download(page)


def write(page: Page) -> None:
    """`[` offers the emotions; Enter or Tab takes one."""
    tab_to(page, "#script-input")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type("[hap")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("Enter")
    page.keyboard.type(" The sun is out! [sad")
    page.keyboard.press("Escape")
    page.keyboard.type("] It will not stay.")
    text = page.input_value("#script-input")
    assert text.startswith("[happy]")
    assert text.count("[") == text.count("]") == 2


def play(page: Page) -> None:
    tab_to(page, "#player-play")
    if page.evaluate("document.querySelector('#player-audio').paused"):
        page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime > 0.2")


def download(page: Page) -> None:
    tab_to(page, "#player-download")
    page.keyboard.press("Enter")
    page.wait_for_selector("#download-mp3")
    for _ in range(12):
        if page.evaluate("document.activeElement.id") == "download-mp3":
            break
        page.keyboard.press("ArrowDown")
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    assert coming.value.suggested_filename.endswith(".mp3")


def test_a_dialog_holds_the_focus_and_gives_it_back(page: Page) -> None:
    opener = NEW_VOICE.replace(":visible", "")
    page.goto(f"{page.url.split('#')[0]}#voices")
    page.locator(NEW_VOICE).first.wait_for()
    tab_to(page, opener)
    page.keyboard.press("Enter")
    page.wait_for_selector("#builder-name")
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.matches('body, dialog *, [role=dialog] *')")
    page.keyboard.press("Escape")
    expect(page.locator("#builder-name")).to_have_count(0)
    assert page.evaluate("opener => document.activeElement.matches(opener)", opener)
