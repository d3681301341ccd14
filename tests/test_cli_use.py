"""What the command line does with files, folders, terminals and wrong wishes, without a studio."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.cli import main
from backend.commands.jobs import lines
from backend.commands.terminal import drawn
from backend.commands.volumes import pieces
from backend.core.settings import PROJECT_DIR


def test_a_file_of_settings_is_named(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yml").write_text("text_limit: 5\n")
    assert main(["speak", "Too long for five.", "--config", "mine.yml"]) == 1
    assert "limit is 5" in capsys.readouterr().err
    assert main(["voices", "--config", "none.yml"]) == 2
    assert "none.yml" in capsys.readouterr().err


MISUSED: list[tuple[list[str], str]] = [
    (["speak", "Hi.", "--file", "story.txt"], "Both a text and --file"),
    (["speak", "--file", "story.txt", "letter.txt", "-o", "a.wav"], "cannot become one"),
    (["speak", "Hi.", "--file", ""], "Both a text"),
    (["speak", "Hi.", "--speed", "9"], "speed should be less"),
    (["transcribe", ""], "A name is empty"),
    (["speak", "--file", "story.txt", "recordings/../story.txt", "--out", "x"], "would both become"),
    (["speak", "Hi.", "-o", "-", "--json"], "cannot both go"),
    (["speak", "Hi.", "-o", "-", "--subtitles", "srt"], "beside a file"),
    (["speak", "Hi.", "-o", "a.wav", "--out", "x"], "Both -o and --out"),
    (["speak", "Hi.", "--describe", "a man", "--style", "slowly"], "Only a speaker"),
    (["speak", "Hi.", "--ref-audio", "me.wav", "--ref-text", "a", "b"], "needs its --ref-text"),
    (["transcribe", "talk.wav", "second.flac", "-o", "a.txt"], "cannot become one file"),
    (["transcribe", "talk.wav", "second.flac", "--format", "srt"], "--out takes a folder"),
    (["clone", "Zoe", "me.wav"], "agreed"),
    (["clone", "Zoe", "--consent", "Zoe"], "No recording is named"),
    (["clone", "Zoe", "me.wav", "laugh.wav", "--consent", "Zoe"], "Several recordings are neutral"),
    (["clone", "Zoe", "a=me.wav", "b=me.wav", "--transcript", "x", "--consent", "Zoe"], "of one recording"),
    (["voices", "list", "Anna"], "takes no names"),
    (["voices", "show"], "No voice is named"),
    (["history", "show"], "No take is named"),
    (["models", "path"], "Name the models"),
    (["speak", "Hi.", "--speed", "99"], "speed should be less"),
    (["jobs", "cancel"], "No job is named"),
    (["chimera"], "--voice NAME"),
    (["voices", "--server", "ftp://x"], "no address of a studio"),
]
"""Wrong arguments, as programs that call us tell them apart: status 2."""

IMPOSSIBLE: list[tuple[list[str], str]] = [
    (["speak", "--file", "gone.txt"], "no file gone.txt"),
    (["speak", "--file", "talk.wav"], "is no"),
    (["speak", "--file", "recordings"], "is a folder"),
    (["speak", "--file", "empty.txt"], "empty.txt holds no text"),
    (["speak", "Hi.", "-o", "recordings", "--format", "wav"], "is a folder"),
    (["speak", "Hi.", "--ref-dir", "data"], "no recording in"),
    (["transcribe", "gone.wav"], "no file gone.wav"),
    (["transcribe", "recordings"], "is a folder"),
    (["transcribe", "story.txt", "--engine", "pocketsphinx"], "could not be read"),
    (["transcribe", "talk.wav", "--out", "story.txt"], "is a file"),
    (["clone", "Zoe", "gone.wav", "--consent", "Zoe"], "no file gone.wav"),
    (["clone", "Zoe", "talk.wav", "--listen", "--consent", "Zoe"], "mishears"),
    (["voices", "show", "nobody"], "There are: Anna"),
    (["voices", "import", "me.wav"], "no zip archive"),
    (["chimera", "--voice", "nobody", "--text", "Hi."], "qwentts voices lists"),
    (["history", "show", "nothing"], "qwentts history lists"),
    (["jobs"], "No studio runs"),
    (["speak", "Hi.", "--language", "klingon"], "language is one of: auto"),
]
"""What the folder, the file or the studio does not allow."""


@pytest.mark.parametrize(
    ("line", "sentence", "statuses"),
    [*((*row, (2,)) for row in MISUSED), *((*row, (1, 5)) for row in IMPOSSIBLE)],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
def test_what_cannot_be_done_is_told_in_a_sentence_and_leaves_nothing(
    line: list[str], sentence: str, statuses: tuple[int, ...], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path for path in here.iterdir() if path.is_file()}
    assert main(line) in statuses
    said = capsys.readouterr()
    assert sentence in said.err
    assert (said.out == "") is ("--json" not in line)
    assert {path for path in here.iterdir() if path.is_file()} == before
    assert [folder.name for folder in (here / "data" / "saved_personalities").iterdir() if "zoe" in folder.name] == []


def test_an_empty_history_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--query", "no such words"]) == 0
    assert main(["history", "--data-dir", "nothing-yet"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "No take has these words." in said.err
    assert "Nothing was spoken yet." in said.err


def test_jobs_are_lines_that_a_person_can_read() -> None:
    """Columns stand under each other, times are those of a clock, and no line is wider than the window."""
    now = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
    plain = {"id": "J" * 22, "kind": "generate", "progress": None, "queue_place": None, "stage": "", "problem": None}
    jobs: list[dict[str, Any]] = [
        {**plain, "status": "queued", "queue_place": 2, "created": "2026-05-03T11:59:00.000Z", "started": None,
         "finished": None, "about": {"text": "Once upon a time. " * 20, "voice": "anna"}},
        {**plain, "status": "running", "progress": 0.489, "created": "2026-05-03T11:58:00.000Z",
         "started": "2026-05-03T11:58:57.000Z", "finished": None, "about": {"text": "Hello.", "voice": "Ryan"}},
        {**plain, "kind": "transcribe", "status": "failed", "created": "2026-05-01T10:00:00.000Z",
         "started": "2026-05-01T10:00:00.000Z", "finished": "2026-05-01T11:02:03.000Z",
         "about": {"text": "", "voice": ""}, "problem": {"detail": "The recording is silent."}},
    ]  # fmt: skip
    first, second, third = lines(jobs, now, 120)
    assert len(first) == 120
    assert first.endswith("…")
    assert first.index("anna") == second.index("Ryan")
    assert first.index("queued, place 2") == second.index("running 49 %") == third.index("failed")
    assert second.index("Hello.") == first.index("Once") == third.index("The recording is silent.")
    assert "  1:03  " in second
    assert "  1:02:03  " in third
    assert "2026-05-01" in third
    assert "today" in second


def test_a_text_of_somebody_else_cannot_command_the_terminal_nor_break_the_line() -> None:
    job = {"id": "A", "kind": "generate", "status": "queued", "queue_place": 1, "stage": "", "progress": None}
    job |= {"problem": None, "created": "2026-07-31T12:00:00+00:00", "started": None, "finished": None}
    hostile = job | {"about": {"voice": "\x9bV", "text": "Hi\x1b]0;owned\x07\x1b[2J\nthere\u202e " + "你好" * 80}}
    now = datetime(2026, 7, 31, 12, 0, 9, tzinfo=UTC)
    first, second = lines([hostile, job | {"about": {"voice": "你好", "text": "Low"}}], now, 120)
    assert first.isprintable() and first.endswith("好…") and "Hi ]0;owned  [2J there  你" in first
    assert 119 <= sum(2 if "一" <= sign <= "龥" else 1 for sign in first) <= 120
    assert first.index("Hi") == second.index("Low") + 2, "the text begins in the same column"


def test_of_several_one_may_fail(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tags.txt").write_text("[angry]")
    line = ["speak", "--file", "tags.txt", "story.txt", "--engine", "fake", "--out", "some", "--json"]
    assert main(line) == 1
    said = capsys.readouterr()
    bad, good = map(json.loads, said.out.splitlines())
    assert bad["input"] == "tags.txt"
    assert bad["problem"]["code"] == "bad-text"
    assert good["files"] == [str(Path("some/story.wav"))]
    assert "tags.txt: The text holds nothing" in said.err
    Path("tags.txt").unlink()


def test_a_recording_speaks_without_becoming_a_voice(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["speak", "By her.", "--engine", "fake", "--ref-dir", "recordings", "-o", "her.wav"]
    assert main(line) == 0
    assert main([*line[:4], "--ref-audio", "me.wav", "laugh.wav", "--ref-text", "One.", "Two.", "-o", "her.wav"]) == 0
    assert Path("her.wav").stat().st_size > 1000
    assert "Reference" not in [folder.name for folder in (here / "data" / "saved_personalities").iterdir()]


def test_a_voice_goes_out_and_comes_in(here: Path) -> None:
    assert main(["clone", "Mia", "happy=laugh.wav", "me.wav", "--consent", "Mia Doe"]) == 0
    assert main(["voices", "export", "mia"]) == 0
    with zipfile.ZipFile("mia.zip") as archive:
        assert "config.json" in [Path(name).name for name in archive.namelist()]
    record = json.loads((here / "data" / "saved_personalities" / "mia" / "config.json").read_text("utf-8"))
    assert record["consent"]["who"] == "Mia Doe"
    assert sorted(record["emotions"]) == ["happy", "neutral"]


@pytest.mark.skipif(os.name == "nt", reason="a program of POSIX stands in for a player")
def test_what_is_only_played_leaves_no_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = here / "bin" / "afplay"
    player.parent.mkdir()
    player.write_text(f'#!/bin/sh\ncp "$1" {here}/heard.wav\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", f"{player.parent}{os.pathsep}{os.environ['PATH']}")
    before = set(here.glob("*.wav"))
    assert main(["speak", "Hi.", "--engine", "fake", "--play"]) == 0
    assert set(here.glob("*.wav")) - before == {here / "heard.wav"}
    monkeypatch.setenv("PATH", "")
    assert main(["speak", "Hi.", "--engine", "fake", "--play"]) == 1


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_what_goes_into_a_file_is_utf_8_whatever_the_console_writes(
    encoding: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(["speak", "Добрый день, 你好 “quoted”.", "--engine", "fake", "--json"]) == 0
    out.flush()
    assert "你好" in json.loads(out.buffer.getvalue().decode("utf-8"))["segments"][0]["text"]  # type: ignore[attr-defined] # BytesIO


def test_names_with_a_star_are_spread(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shells of Windows leave that to the program."""
    assert main(["speak", "--file", "stor*.txt", "lette?.txt", "--engine", "fake", "--out", "starred"]) == 0
    assert sorted(path.name for path in Path("starred").iterdir()) == ["letter.wav", "story.wav"]
    assert main(["speak", "--file", "none*.txt"]) == 1
    assert "no file none*.txt" in capsys.readouterr().err


@pytest.mark.parametrize("line", [["clone", "Zoe", "gone.wav", "--consent", "Zoe"], ["chimera", "me.wav"]])
def test_a_failure_is_data_where_data_is_asked_for(
    line: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*line, "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["problem"]["detail"] in said.err


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_a_reader_that_leaves_is_no_failure_to_tell(here: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR)}
    command = [sys.executable, "-m", "backend.cli", "voices"]
    ended = subprocess.run(command, cwd=here, env=environment, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert ended.returncode == 141
    assert ended.stderr == b""


def test_a_text_beyond_the_limit_becomes_several_files(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The feeling and the voice of a part go on in the next."""
    first, second = "[Serena: sad] " + "It rained and rained. " * 25, "It went on. " * 30
    Path("book.txt").write_text(f"{first}\n\n{second}")
    Path("small.yml").write_text("text_limit: 800\n")
    line = ["speak", "--file", "book.txt", "--engine", "fake", "--json", "--config", "small.yml"]
    assert main([*line, "-o", "book.ogg"]) == 0
    takes = [json.loads(row) for row in capsys.readouterr().out.splitlines()]
    assert [take["output"] for take in takes] == ["book-1.ogg", "book-2.ogg"]
    assert {(row["voice"], row["emotion"]) for row in takes[1]["segments"]} == {("Serena", "sad")}
    assert " ".join(row["text"] for row in takes[1]["segments"]).split() == second.split()
    assert main([*line[:-3], "--config", "small.yml", "-o", "-"]) == 1
    assert "book-1" in capsys.readouterr().err


def test_a_cut_loses_no_word() -> None:
    text = "One two three. Four five six!\nSeven eight nine ten eleven\n\nTwelve " + "x" * 50 + " end"
    for limit in (12, 20, 33, 60):
        parts = list(pieces(text, limit))
        assert max(map(len, parts)) <= limit
        assert "".join("".join(parts).split()) == "".join(text.split())


def test_texts_of_windows_are_read(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        Path("windows.txt").write_bytes("Schöne Grüße.".encode(encoding))
        assert main(["speak", "--file", "windows.txt", "--engine", "fake", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["segments"][0]["text"] == "Schöne Grüße."
    Path("windows.txt").write_bytes("Schöne Grüße.".encode("cp1252"))
    assert main(["speak", "--file", "windows.txt", "--engine", "fake"]) == 1
    assert "not UTF-8" in capsys.readouterr().err
    Path("windows.txt").unlink()


def test_a_bar_tells_share_and_time_left() -> None:
    event = {"stage": "Speaking 2 of 4", "progress": 0.5}
    assert drawn(event, 10.0) == f"{'█' * 12}{'░' * 12}  50 %  10 s left  Speaking 2 of 4"
    assert "1:05 left" in drawn({**event, "eta": 65}, 10.0)
    assert "left" not in drawn(event, 0.5)
    assert drawn({"stage": "Waiting", "queue_place": 2}, 1.0) == "Waiting (2 in the queue)"
    drawn(event, 10.0, ("#", "-")).encode("ascii")


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
@pytest.mark.parametrize(("more", "shown"), [([], True), (["--quiet"], False)])
def test_a_bar_is_drawn_where_somebody_watches(more: list[str], shown: bool, here: Path) -> None:
    ours, theirs = os.openpty()
    line = ["speak", "One. Two. Three.", "--engine", "fake", "--json", *more]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT_DIR), "STUDIO_FAKE_ENGINE": "latency=0.15"}
    out = subprocess.run(
        [sys.executable, "-m", "backend.cli", *line],
        cwd=here, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, check=True,
    ).stdout  # fmt: skip
    os.close(theirs)
    seen = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while piece := os.read(ours, 65536):
            seen += piece
    os.close(ours)
    assert ("█" in seen.decode()) is shown
    assert "fake engine" in seen.decode()
    assert len(out.splitlines()) == 1
