"""`qwentts smart` from a shell: clips on the disk, or a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile

from backend.cli import main
from tests.spoken_recording import RATE, recording, sentences


@pytest.fixture
def talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    soundfile.write("talk.flac", recording(sentences(), 20).samples, RATE)
    return tmp_path


def smart(*arguments: str) -> int:
    return main(["smart", "--data-dir", "data", *arguments])


def test_a_recording_becomes_files(talk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert smart("talk.flac", "--engine", "none", "--out", "clips") == 0
    listed = json.loads((talk / "clips" / "clips.json").read_text("utf-8"))["clips"]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(listed) >= 3
    for clip, line in zip(listed, lines, strict=True):
        assert clip["id"] in line
        sound = soundfile.info(talk / "clips" / f"{clip['id']}-{clip['emotion']}.wav")
        assert sound.duration == pytest.approx(clip["duration"], abs=0.01)
    assert list((talk / "data" / ".studio" / "smart").iterdir()) == []
    assert list((talk / "data" / ".studio" / "uploads").iterdir()) == []


def test_without_a_folder_the_session_waits_in_the_studio(talk: Path) -> None:
    assert smart("talk.flac", "--engine", "none") == 0
    assert len(list((talk / "data" / ".studio" / "smart").iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.wav"], "no file"),
        (["talk.flac", "--engine", "nobody"], "recogniser"),
        (["notes.txt", "--engine", "none"], "could not be read"),
    ],
)
def test_what_is_wrong_is_said(talk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    (talk / "notes.txt").write_text("No sound.")
    assert smart(*arguments) == 1
    assert said in capsys.readouterr().err
    assert not list((talk / "data" / ".studio").rglob("*.txt"))
