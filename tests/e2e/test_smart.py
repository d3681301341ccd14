"""Smart mode: one long recording is cut into clips, sorted into emotions by hand and by keys, and becomes a voice."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from benchmarks.soak.own_server import OwnServer
from tests.e2e.test_keyboard import tab_to
from tests.e2e.test_main_job import drop

TALK = [
    ("neutral", "The library opens at nine and closes at six. You will find the maps on the second floor."),
    ("happy", "We did it, the whole house is dancing! Come in, come in, there is cake for everybody."),
    ("sad", "The house is empty now. I still set two cups on the table in the morning."),
    ("angry", "I asked you twice. Twice! And you still let him take the keys. Do you know what that costs?"),
    ("neutral", "On Monday the boat leaves at seven. Bring warm clothes, some bread, and the letter."),
]
PAUSE = 1.2  # seconds between the lines
NEW_WORDS = "The library opens at nine."


@pytest.fixture(scope="module")
def talk(server: OwnServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who speaks for half a minute, in several moods."""
    return recorded(server, TALK, PAUSE, tmp_path_factory.mktemp("talk") / "talk.wav")


def recorded(server: OwnServer, lines: Iterable[tuple[str, str]], pause: float, file: Path) -> Path:
    """One recording of lines, (emotion, text) each, with seconds of silence behind every one."""
    with wave.open(str(file), "wb") as whole:
        for emotion, text in lines:
            voice = {"kind": "preset", "speaker": "Serena", "emotion": emotion}
            with wave.open(io.BytesIO(server.post("/api/generate", {"text": text, "voice": voice}))) as line:
                if not whole.getnframes():
                    whole.setparams(line.getparams())
                whole.writeframes(line.readframes(line.getnframes()))
                whole.writeframes(bytes(2 * int(pause * line.getframerate())))
    return file


@pytest.fixture
def place(page: Page) -> Page:
    page.goto(f"{page.url.split('#')[0]}#smart")
    page.wait_for_selector("#smart-engine option[value=none]", state="attached")
    return page


@pytest.fixture
def sorting(place: Page, talk: Path) -> Page:
    """The page with the clips of the talk, cut without anybody listening."""
    place.select_option("#smart-engine", "none")
    place.set_input_files("#smart-file", talk)
    expect(place.locator(".clip-card").first).to_be_visible()
    return place


def voices(server: OwnServer) -> dict[str, Any]:
    return {voice["name"]: voice for voice in server.get("/api/personality")["personalities"]}


def lies_in(page: Page, emotion: str) -> str | None:
    """Which clip an emotion holds, as this browser remembers it."""
    desk: dict[str, Any] = json.loads(page.evaluate("localStorage.getItem('studio.smart.desk')"))
    found: str | None = desk["placed"].get(emotion)
    return found


def test_a_long_recording_becomes_a_voice(place: Page, talk: Path, server: OwnServer) -> None:
    place.select_option("#smart-engine", "none")
    stages = watch(place)
    drop(place, ".smart .begin", [talk])
    cards = place.locator(".clip-card")
    expect(cards).to_have_count(len(TALK))
    assert any("clip" in stage for stage in place.evaluate(stages))
    expect(place.locator(".filled-slot[data-emotion=neutral]")).to_be_visible()
    first = str(cards.first.get_attribute("data-clip"))
    sort(place, first)
    write(place, first)
    place.reload()
    expect(cards).to_have_count(len(TALK))
    assert lies_in(place, "tired") == first
    expect(words_of(place, first)).to_have_value(NEW_WORDS)
    save(place)
    made = voices(server)["Anna"]
    assert made["emotions"]["tired"]["transcript"] == NEW_WORDS
    assert made["consent"]["who"] == "Anna herself"
    assert 3 < made["emotions"]["tired"]["duration"] < 9


def watch(page: Page) -> str:
    """Remember every stage that is shown; answers the expression that holds them."""
    page.evaluate("""() => {
        window.stages = [];
        const stage = document.querySelector('#smart-stage');
        const look = () => window.stages.push(stage.textContent);
        new MutationObserver(look).observe(stage, { childList: true, characterData: true, subtree: true });
    }""")
    return "window.stages"


def words_of(page: Page, clip: str) -> Any:
    return page.locator(f".clip-card[data-clip={clip}] textarea")


def sort(page: Page, clip: str) -> None:
    """By mouse: dragged to an emotion that has none, and another one dragged over it and taken out again."""
    other = page.locator(f".clip-card:not([data-clip={clip}])").first
    other.locator("canvas").drag_to(page.locator(".wanting-slot[data-emotion=tired]"))
    assert lies_in(page, "tired") == other.get_attribute("data-clip")
    page.locator(f".clip-card[data-clip={clip}] canvas").drag_to(page.locator(".filled-slot[data-emotion=tired]"))
    assert lies_in(page, "tired") == clip
    expect(page.locator(f".clip-card[data-clip={clip}] .put")).to_contain_text("tired")
    page.locator(".filled-slot[data-emotion=tired] .where").click()
    expect(page.locator(f".clip-card[data-clip={clip}]")).to_be_focused()
    out = page.locator(".filled-slot:not([data-emotion=tired])").first
    emotion = str(out.get_attribute("data-emotion"))
    out.get_by_role("button", name="Take the clip out").click()
    assert lies_in(page, emotion) is None
    expect(page.locator(f".wanting-slot[data-emotion={emotion}]")).to_be_focused()
    page.get_by_role("button", name="As proposed").click()
    assert lies_in(page, emotion)
    page.locator(f".clip-card[data-clip={clip}] canvas").drag_to(page.locator(".wanting-slot[data-emotion=tired]"))


def write(page: Page, clip: str) -> None:
    words_of(page, clip).fill(NEW_WORDS)
    page.keyboard.press("Tab")
    play = page.locator(f".clip-card[data-clip={clip}] .play")
    play.click()
    page.wait_for_function("() => document.querySelector('#player-audio').currentTime > 0.2")
    play.click()


def save(page: Page) -> None:
    page.click("#smart-save")
    expect(page.locator("#smart-name-error")).to_be_visible()
    page.fill("#smart-name", "Anna")
    page.select_option("#smart-voice-language", "en")
    page.check("#smart-consent")
    page.fill("#smart-who", "Anna herself")
    page.click("#smart-save")
    expect(page.locator("#smart-speak")).to_be_focused()
    expect(page.locator(".made")).to_contain_text("Anna is one of your voices")


def test_clips_find_their_emotions_by_keyboard_alone(sorting: Page) -> None:
    card = sorting.locator(".clip-card").nth(1)
    clip = card.get_attribute("data-clip")
    tab_to(sorting, f".clip-card[data-clip={clip}] .put")
    sorting.keyboard.press("Enter")
    expect(card.locator(".menu")).to_be_visible()
    for _ in range(20):
        if sorting.evaluate("document.activeElement.dataset.emotion") == "whisper":
            break
        sorting.keyboard.press("ArrowDown")
    sorting.keyboard.press("Enter")
    assert lies_in(sorting, "whisper") == clip
    expect(card.locator(".put")).to_be_focused()
    expect(card.locator(".put")).to_contain_text("whisper")


def test_a_voice_that_is_there_gets_more_emotions(sorting: Page, server: OwnServer) -> None:
    known = json.loads(server.post("/api/personality", {"name": "Bea", "language": "en"}))
    sorting.reload()
    expect(sorting.locator(".clip-card").first).to_be_visible()
    sorting.select_option("#smart-into", known["id"])
    expect(sorting.locator("#smart-name")).to_be_hidden()
    sorting.click("#smart-save")
    expect(sorting.locator(".made")).to_contain_text("Bea")
    assert voices(server)["Bea"]["emotions"]


def test_what_is_missing_is_told_with_a_way_to_make_it(sorting: Page) -> None:
    expect(sorting.locator(".emotion-board .advice")).to_contain_text("missing")
    assert sorting.locator(".emotion-board .advice a").get_attribute("href") == "#chimera"
    assert sorting.locator(".wanting-slot").count() >= 5


def test_a_sitting_put_away_comes_back_by_undo(sorting: Page, server: OwnServer) -> None:
    session = json.loads(sorting.evaluate("localStorage.getItem('studio.smart.desk')"))["session"]
    sorting.click("#smart-again")
    expect(sorting.locator("#smart-choose")).to_be_focused()
    sorting.get_by_role("button", name="Undo").click()
    expect(sorting.locator(".clip-card")).to_have_count(len(TALK))
    assert server.get(f"/api/smart/{session}")["session"] == session


def test_a_recording_without_speech_is_refused_in_words(place: Page, tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 24_000 * 5))
    place.set_input_files("#smart-file", silence)
    expect(place.locator(".smart .fault [role=alert]")).to_be_visible()
    expect(place.locator("#smart-choose")).to_be_focused()


def test_cutting_goes_on_over_a_reload_and_is_called_off(
    place: Page, talk: Path, server: OwnServer, tmp_path: Path
) -> None:
    long = tmp_path / "long.wav"
    with wave.open(str(talk)) as once, wave.open(str(long), "wb") as often:
        often.setparams(once.getparams())
        often.writeframes(once.readframes(once.getnframes()) * 30)
    place.select_option("#smart-engine", "none")
    place.set_input_files("#smart-file", long)
    expect(place.locator("#smart-cancel")).to_be_focused()
    place.wait_for_function("() => document.querySelector('#smart-stage').textContent.includes('clip')")
    place.reload()
    expect(place.locator("#smart-stage")).to_contain_text("clip")
    place.click("#smart-cancel")
    expect(place.locator("#smart-choose")).to_be_visible()
    assert server.get("/api/jobs")["jobs"][0]["status"] == "cancelled"
