"""The command line: speaks into files, lists voices, answers in sentences and statuses."""

from __future__ import annotations

import io
import sys
import wave
from pathlib import Path

import pytest

from backend import __version__
from backend.cli import main
from backend.studio import Studio


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STUDIO_FAKE_ENGINE", "on")
    monkeypatch.chdir(tmp_path)


def test_a_text_is_spoken_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speak", "Hello there.", "--engine", "fake", "-o", "hi.wav", "--seed", "3"]) == 0
    with wave.open(str(tmp_path / "hi.wav")) as wav:
        assert wav.getnframes() > 1000
    said = capsys.readouterr()
    assert said.out == ""
    assert "hi.wav" in said.err
    assert "seed 3" in said.err
    assert "test engine" in said.err


def test_the_ending_chooses_the_format(tmp_path: Path) -> None:
    assert main(["speak", "Hello there.", "--engine", "fake", "-o", "hi.flac"]) == 0
    assert (tmp_path / "hi.flac").read_bytes()[:4] == b"fLaC"


def test_standard_input_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Ciao a tutti.")))
    assert main(["speak", "--engine", "fake", "--describe", "a calm man"]) == 0
    assert (tmp_path / "speech.wav").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence", "status"),
    [
        (["Hi.", "--speaker", "Nobody"], "no such speaker", 1),
        (["Hi.", "--voice", "nobody"], "no voice of this name", 1),
        (["Hi.", "--engine", "warp"], "no engine called", 1),
        (["[angry]"], "nothing to speak", 1),
        (["Hi.", "-o", "a.exe"], "cannot end in .exe", 2),
        (["Hi.", "--engine", "fake", "-o", "missing/a.wav"], "no folder missing", 1),
        (["Hi.", "--speed", "99"], "speed", 2),
        (["Hi.", "--language", "klingon"], "language", 1),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    arguments: list[str], sentence: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speak", *arguments]) == status
    said = capsys.readouterr().err
    assert sentence in said
    assert "Traceback" not in said


def test_a_folder_that_is_not_there_is_told_before_anything_is_spoken(tmp_path: Path) -> None:
    assert main(["speak", "Hi.", "--engine", "fake", "-o", "missing/a.wav"]) == 1
    assert not list((tmp_path / "output").glob("*.json"))


def test_a_take_is_shown_without_what_a_terminal_would_obey(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speak", "Hello \x1b[31mthere.\n\nAnd more.", "--engine", "fake"]) == 0
    assert main(["history"]) == main(["history", "show", "latest"]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "And more." in shown.splitlines()


def test_voices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices"]) == 0
    assert "--speaker Ryan" in capsys.readouterr().out


def test_a_whole_data_folder_is_found_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify-data"]) == 0
    assert "fits together" in capsys.readouterr().out


def test_a_broken_record_is_found(studio: Studio, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    studio.personalities.create("Anna")
    (tmp_path / "saved_personalities" / "anna" / "config.json").write_text("{")
    assert main(["verify-data", "--data-dir", str(tmp_path)]) == 1
    assert "anna" in capsys.readouterr().out


def test_without_a_running_studio_a_link_cannot_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "--port", "9"]) == 5
    assert "No studio answers" in capsys.readouterr().err


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STUDIO_PROT", "9")
    assert main(["voices"]) == 2
    assert "STUDIO_PROT" in capsys.readouterr().err


def test_a_setting_out_of_range_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("STUDIO_HEARTBEAT", "-1")
    assert main(["voices"]) == 2
    assert "heartbeat" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert __version__ in capsys.readouterr().out


def _silence(path: Path) -> None:
    rate = 16_000
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(bytes(2 * rate))


def test_a_recording_is_written_down_to_standard_output_or_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["speak", "The weather is very good today.", "--engine", "preview", "-o", "hi.wav", "--seed", "1"]) == 0
    capsys.readouterr()
    assert main(["transcribe", "hi.wav", "--language", "English"]) == 0
    said = capsys.readouterr()
    assert "weather" in said.out
    assert "PocketSphinx" in said.err
    assert main(["transcribe", "hi.wav", "-o", "hi.srt"]) == 0
    assert "-->" in (tmp_path / "hi.srt").read_text("utf-8")


def test_silence_is_written_down_as_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _silence(tmp_path / "quiet.wav")
    assert main(["transcribe", "quiet.wav"]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == ""
    assert "-45 dBFS" in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody.wav"], "There is no file"),
        (["quiet.wav", "--engine", "nobody"], "no such recogniser"),
        (["quiet.wav", "--engine", "whisper_tiny"], "not downloaded"),
        (["quiet.wav", "--language", "xx"], "No recogniser knows that language"),
        (["quiet.wav", "-o", "nowhere/quiet.txt"], "There is no folder"),
        (["text.wav"], "could not be read"),
    ],
)
def test_what_cannot_be_written_down_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    _silence(tmp_path / "quiet.wav")
    (tmp_path / "text.wav").write_text("no sound")
    assert main(["transcribe", *arguments]) == 1
    assert sentence in capsys.readouterr().err
