"""Writes down, in the page, when pieces of live sound and the player begin."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

WATCH = """() => {
    window.sound = [];
    const loudness = (buffer) => Math.max(...buffer.getChannelData(0).map(Math.abs));
    const tell = (kind, facts) => {
        const stage = document.querySelector('#stage')?.textContent ?? '';
        const done = !document.querySelector('#player-download').disabled;
        window.sound.push({ kind, stage, done, ...facts });
    };
    const start = AudioBufferSourceNode.prototype.start;
    AudioBufferSourceNode.prototype.start = function (at) {
        window.clock = this.context;
        tell('piece', { at, seconds: this.buffer.duration, loud: loudness(this.buffer) });
        return start.call(this, at);
    };
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
        tell('player', { at: this.currentTime, muted: this.muted });
        return play.call(this);
    };
}"""


def watch_the_sound(page: Page) -> None:
    page.evaluate(WATCH)


def heard(page: Page, kind: str) -> list[dict[str, Any]]:
    """`piece`: sound that was played while it was made. `player`: each start of the player."""
    return [one for one in page.evaluate("window.sound") if one["kind"] == kind]
