"""`qwentts chimera`: a file of the joined recording, a saved voice, sentences for what is wrong."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from backend.cli import main


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, voice_wav: bytes) -> None:
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STUDIO_FAKE_ENGINE", "on")
    monkeypatch.chdir(tmp_path)
    Path("me.wav").write_bytes(voice_wav)


def test_a_recording_and_an_acted_part_become_a_file_and_a_voice(capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "me.wav",
        "--text",
        "What a day!",
        "--speaker",
        "Ryan",
        "--engine",
        "fake",
        "--tries",
        "2",
        "--save",
        "Zoe",
    ]
    assert main(["chimera", *asked, "--transcript", "A line.", "--crossfade-ms", "60"]) == 0
    with wave.open("chimera.wav") as wav:
        assert wav.getnframes() > 24_000
    said = capsys.readouterr()
    assert "similarity" in said.err
    assert "--voice zoe --emotion happy" in said.err
    assert not list(Path("data/.studio/chimera").iterdir())
    assert not list(Path("data/.studio/uploads").iterdir())
    assert main(["speak", "Now with it.", "--voice", "Zoe", "--engine", "fake", "-o", "hi.wav"]) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["nothing.wav", "--text", "Words"], 1, "no file"),
        (["me.wav"], 1, "no words"),
        (["--text", "Words"], 2, "Whose voice"),
        (["me.wav", "--text", "Words", "--crossfade-ms", "20"], 2, "crossfade_ms"),
        (["me.wav", "--ai-file", "me.wav", "-o", "nowhere/out.wav"], 1, "no folder"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    arguments: list[str], status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["chimera", *arguments]) == status
    assert sentence in capsys.readouterr().err
