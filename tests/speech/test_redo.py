"""One line of a take spoken again: a new take, in which everything else is the same to the bit, and in its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.audio.loudness import CEILING, loudness, true_peak
from backend.core.errors import Cancelled, Conflict, NotFound
from backend.speech.judge import Verification
from backend.speech.redo import Stage, redo
from tests.speech.desk import Context, Desk

THREE = "One line here. [sad] Two lines here, a little longer. [happy] Three lines here."


def redone(desk: Desk, take: str, number: int, seed: int | None = 99, context: Context | None = None) -> dict:
    stage = Stage(desk.models, desk.personalities, desk.takes, Verification())
    last = list(redo(take, number, seed, context or Context(), stage))[-1]
    assert last.result is not None
    return last.result


@pytest.mark.parametrize("number", [0, 1, 2])
def test_only_that_line_changes_and_all_else_keeps_its_samples(tmp_path: Path, number: int) -> None:
    desk = Desk(tmp_path)
    old = desk.speak(THREE)
    new = redone(desk, old["id"], number)
    before, after = desk.sound(old), desk.sound(new)
    rows, fresh = old["segments"], new["segments"]
    first, last = (round(rows[number][edge] * 24_000) for edge in ("start", "end"))
    until = round(fresh[number]["end"] * 24_000)
    assert np.array_equal(after[:first], before[:first])
    assert np.array_equal(after[len(after) - (len(before) - last) :], before[last:])
    assert not np.array_equal(after[first:until], before[first:last])
    assert fresh[number]["seed"] == 99 and [row["seed"] for row in fresh if row is not fresh[number]] == [
        row["seed"] for row in rows if row is not rows[number]
    ]
    assert abs(new["duration"] - len(after) / 24_000) < 0.001
    assert abs(fresh[-1]["end"] - rows[-1]["end"] - (len(after) - len(before)) / 24_000) < 0.002
    assert new["redo"] == {"of": old["id"], "segment": number}
    assert len(desk.takes.search()[0]) == 2, "the old take stays"


def test_the_new_line_is_as_loud_as_the_old_one_and_under_the_ceiling(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    old = desk.speak(THREE)
    new = redone(desk, old["id"], 1)
    parts = [desk.sound(take)[round(row["start"] * 24_000) : round(row["end"] * 24_000)]
             for take, row in ((old, old["segments"][1]), (new, new["segments"][1]))]  # fmt: skip
    before, after = (loudness(part, 24_000) or 0.0 for part in parts)
    assert abs(before - after) < 0.7
    assert true_peak(desk.sound(new)) <= CEILING + 0.05


def test_a_doubtful_line_that_is_redone_is_doubtful_no_more(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "silence@1 silence@2 silence@3")
    old = desk.speak("One line here. [sad] Two lines here.")
    assert old["verification"]["doubtful"] == 1
    new = redone(desk, old["id"], 0)
    assert new["verification"]["doubtful"] == 0
    assert [notice["code"] for notice in new["notices"]] == []
    assert all(check["ok"] for check in new["segments"][0]["checks"])


def test_without_a_seed_another_one_is_drawn(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    old = desk.speak(THREE)
    seeds = {redone(desk, old["id"], 0, None)["segments"][0]["seed"] for _ in range(2)}
    assert len(seeds | {old["segments"][0]["seed"]}) == 3


def test_a_line_can_be_redone_again_and_again_without_a_click(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    take = desk.speak(THREE)
    for seed in range(5):
        take = redone(desk, take["id"], 1, seed)
    sound = desk.sound(take)
    for edge in ("start", "end"):
        at = round(take["segments"][1][edge] * 24_000)
        assert np.abs(np.diff(sound[at - 20 : at + 20])).max() < 0.01


def test_what_cannot_be_redone_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    faded = desk.speak(THREE, join={"pause": 0, "crossfade": 0.1})
    take = desk.speak(THREE)
    files = desk.files()
    with pytest.raises(NotFound):
        redone(desk, take["id"], 3)
    with pytest.raises(NotFound):
        redone(desk, "0" * 26, 0)
    with pytest.raises(Conflict):
        redone(desk, faded["id"], 1)
    with pytest.raises(Cancelled):
        redone(desk, take["id"], 1, context=Context(stop=lambda: True))
    assert desk.files() == files and desk.is_free()


def test_a_compressed_take_is_redone_in_its_format(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    new = redone(desk, desk.speak(THREE, format="mp3")["id"], 1)
    assert new["url"].endswith(".mp3") and f"{new['id']}.mp3" in desk.files()
