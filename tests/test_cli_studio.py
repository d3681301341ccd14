"""The command line beside a running studio: it is found and used, says what it says alone, and survives its end."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.cli import main
from benchmarks.soak.own_server import OwnServer
from tests.cli_process import SLOW, Cutter, command

LONG = "One sentence. Another one follows. " * 40


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """With a key, which the command line is never told."""
    folder = tmp_path_factory.mktemp("studio")
    with OwnServer(folder, ("--token", "open sesame now"), fake_engine="on", lane_runner="thread") as running:
        yield running


@pytest.fixture
def both(server: OwnServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, voice_wav: bytes) -> Both:
    monkeypatch.setenv("STUDIO_FAKE_ENGINE", "on")
    monkeypatch.chdir(tmp_path)
    Path("me.wav").write_bytes(voice_wav)
    Path("no.wav").write_text("no sound")
    Path("story.txt").write_bytes("[happy] Was für ein Tag! [sad] Schade.".encode())
    return Both(server.log.parent, tmp_path / "alone", monkeypatch)


class Both:
    """Runs a command beside the studio and alone, each on its own data folder."""

    def __init__(self, studio: Path, alone: Path, patch: pytest.MonkeyPatch) -> None:
        self._folders = (studio, alone)
        self._patch = patch

    def run(self, line: list[str], capture: pytest.CaptureFixture[str]) -> list[tuple[int, str, str]]:
        """Status, standard output and standard error of each; what differs by nature is left out."""
        answers = []
        for folder in self._folders:
            self._patch.setenv("STUDIO_DATA_DIR", str(folder))
            capture.readouterr()
            status = main(line)
            said = capture.readouterr()
            answers.append((status, _plain(said.out, folder), _plain(said.err, folder)))
        return answers


def _plain(text: str, folder: Path) -> str:
    text = re.sub(r"\b[0-9A-HJKMNP-TV-Z]{26}\b", "ID", text.replace(str(folder), "DATA"))
    text = re.sub(r'"(elapsed|rtf|created|updated|when|session)": ("[^"]*"|[\d.e-]+)', r'"\1": 0', text)
    text = re.sub(r"\bzoe-[0-9a-f]{4}\b", "zoe-N", text)
    text = re.sub(r'/(smart|chimera)/[^/"]+', r"/\1/S", text)
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d", "NOW", text)


SPEAK = ("--engine", "fake", "--seed", "3")
ZOE = ("clone", "Zoe", "happy=me.wav", "--consent", "Zoe Doe", "--transcript", "A line.", "--language", "en")
STORIES: dict[str, list[tuple[str, ...]]] = {
    "speaking": [
        ("speak", "[happy] Hello there. [sad] Bye.", *SPEAK, "-o", "a.wav"),
        ("speak", "--file", "story.txt", *SPEAK, "--json", "--subtitles", "srt"),
        ("speak", "Hi.", "--voice", "alloy", *SPEAK, "-o", "a.mp3", "--style", "slowly"),
        ("speak", "Hi.", *SPEAK, "-o", "nowhere/a.wav"),
        ("history", "--query", "Hello"),
        ("history", "save", "latest", "-o", "again.opus"),
        ("history", "save", "latest", "-o", "again.exe"),
        ("history", "delete", "latest"),
    ],
    "refusals": [
        ("speak", "Hi.", "--voice", "nobody-here"),
        ("speak", "Hi.", "--speaker", "Nobody"),
        ("speak", "Hi.", "--engine", "warp"),
        ("speak", "Hi.", "--speed", "99"),
        ("speak", "Hi.", "--temperature", "7"),
        ("speak", "[angry]"),
        ("speak", "Hi.", "--language", "klingon", "--json"),
        ("transcribe", "me.wav", "--engine", "nobody"),
        ("transcribe", "me.wav", "--engine", "whisper_tiny"),
        ("voices", "show", "nobody-here"),
        ("smart", "no.wav", "--engine", "none"),
        ("chimera", "me.wav"),
    ],
    "listening": [
        ("speak", "Hello there.", "--engine", "preview", "--seed", "1", "-o", "hello.wav"),
        ("transcribe", "hello.wav", "--language", "en", "--json"),
        ("transcribe", "no.wav", "gone.wav", "--format", "srt", "--out", "texts"),
    ],
    "voices": [
        ZOE,
        ("clone", "Broken", "me.wav", "happy=no.wav", "--consent", "Zoe Doe"),
        ("clone", "sad=me.wav", "--into", "zoe"),
        ("voices",),
        ("voices", "show", "Zoe"),
        ("voices", "export", "zoe", "-o", "zoe.zip"),
        ("voices", "import", "zoe.zip", "no.wav"),
        ("speak", "With her voice.", "--voice", "zoe", "--emotion", "sad", *SPEAK),
        ("voices", "delete", "zoe"),
        ("voices", "restore", "zoe", "nobody"),
    ],
    "models": [
        ("models",),
        ("models", "validate", "whisper_tiny"),
        ("models", "delete", "whisper_tiny"),
        ("models", "download", "nothing"),
    ],
    "smart and chimera": [
        ("smart", "me.wav", "--engine", "none", "--out", "clips", "--save", "Cut", "--consent", "Zoe Doe"),
        ("chimera", "me.wav", "--text", "No!", "--engine", "fake", "--seed", "1", "--json", "--save", "Mixed"),
    ],
}


@pytest.mark.parametrize("story", STORIES)
def test_the_answer_is_the_same_beside_a_studio_and_alone(
    story: str, both: Both, capsys: pytest.CaptureFixture[str]
) -> None:
    for line in STORIES[story]:
        beside, alone = both.run(list(line), capsys)
        assert beside == alone, line
        assert "Traceback" not in beside[2], line


def test_a_studio_that_runs_does_the_work(
    server: OwnServer, both: Both, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its queue knows the job; with --no-server it does not."""
    monkeypatch.setenv("STUDIO_DATA_DIR", str(server.log.parent))

    def jobs() -> int:
        capsys.readouterr()
        assert main(["jobs", "--json"]) == 0
        return len(capsys.readouterr().out.splitlines())

    before = jobs()
    assert main(["speak", "Hello.", *SPEAK]) == 0
    assert jobs() == before + 1
    assert main(["speak", "Hello.", *SPEAK, "--no-server"]) == 0
    assert jobs() == before + 1
    assert main(["link"]) == 0
    assert f":{server.port}/?token=" in capsys.readouterr().out


def test_a_studio_elsewhere_is_named_with_its_key(
    server: OwnServer, both: Both, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_DATA_DIR", "another")
    there = ["--server", f"127.0.0.1:{server.port}"]
    assert main(["voices", *there]) == 1
    assert "--token" in capsys.readouterr().err
    assert main(["speak", "Hello.", *SPEAK, *there, "--token", "open sesame now", "-o", "a.ogg"]) == 0
    assert Path("a.ogg").read_bytes()[:4] == b"OggS"
    assert not Path("another").exists()


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1:9", 5), ("ftp://x", 2), ("http://a:b:c", 2)])
def test_a_studio_that_is_not_there_is_told(address: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "--server", address]) == status
    assert "studio" in capsys.readouterr().err


def test_what_is_no_studio_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=_answer_once, args=(door, b"HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\nhi"))
        thread.start()
        assert main(["voices", "--server", f"127.0.0.1:{door.getsockname()[1]}"]) == 1
        thread.join()
    assert "is no studio" in capsys.readouterr().err


def _answer_once(door: socket.socket, answer: bytes) -> None:
    line, _ = door.accept()
    with line:
        line.recv(65536)
        line.sendall(answer)


def _until_running(server: OwnServer) -> str:
    """Id of the job that runs now."""
    for _ in range(400):
        running = [job["id"] for job in server.get("/api/jobs")["jobs"] if job["status"] == "running"]
        if running:
            return str(running[0])
        time.sleep(0.05)
    raise AssertionError("no job began")


def _left_in(folder: Path) -> list[str]:
    """Files of the working folder that nobody asked for."""
    return [path.name for path in folder.iterdir() if path.is_file() and path.name != "server.log"]


def test_a_studio_that_dies_in_the_middle_is_told_and_leaves_no_file(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine=SLOW, lane_runner="thread") as server:
        asked = command(tmp_path, "speak", LONG, "--engine", "fake", "-o", "long.wav")
        job = _until_running(server)
        server.end(signal.SIGKILL)
        out, err = asked.communicate(timeout=30)
    assert asked.returncode == 5, err
    assert out == b""
    assert f"job {job} goes on" in err.decode()
    assert _left_in(tmp_path) == []
    assert main(["voices", "--data-dir", str(tmp_path)]) == 0  # what it left behind fools nobody


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"{",
        b"[]",
        b'{"address": 1, "key": null, "pid": "x", "started": 0}',
        b'{"address": "http://127.0.0.1:9", "key": "", "pid": 1, "started": 1.0}',
        b'{"address": "http://127.0.0.1:9", "key": "", "pid": 4000000, "started": 1.0}',
        bytes(range(256)),
    ],
)
def test_a_note_of_no_living_studio_is_not_believed(told: bytes, tmp_path: Path) -> None:
    (tmp_path / ".studio").mkdir()
    (tmp_path / ".studio" / "server.json").write_bytes(told)
    assert main(["voices", "--data-dir", str(tmp_path)]) == 0


def test_a_studio_that_comes_back_goes_on_with_the_job(tmp_path: Path) -> None:
    """On another port and with another key: it is found again."""
    key = ("--token", "open sesame now")
    with OwnServer(tmp_path, key, fake_engine=SLOW, lane_runner="thread") as server:
        asked = command(tmp_path, "speak", "One. Two. Three.", "--engine", "fake", "-o", "a.wav")
        while not (tmp_path / "output").is_dir():
            time.sleep(0.02)
            assert asked.poll() is None
        server.end(signal.SIGKILL)
    with OwnServer(tmp_path, key, fake_engine=SLOW, lane_runner="thread"):
        _, err = asked.communicate(timeout=30)
    assert asked.returncode == 0, err
    assert (tmp_path / "a.wav").stat().st_size > 1000


def test_a_studio_that_leaves_takes_its_address_with_it(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine="on", lane_runner="thread"):
        told = tmp_path / ".studio" / "server.json"
        assert told.is_file()
        assert os.name == "nt" or told.stat().st_mode & 0o077 == 0
    assert not told.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_cancels_the_job_of_the_studio(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine=SLOW, lane_runner="thread") as server:
        asked = command(tmp_path, "speak", LONG, "--engine", "fake", "-o", "long.wav")
        job = _until_running(server)
        asked.send_signal(signal.SIGINT)
        _, err = asked.communicate(timeout=20)
        assert asked.returncode == 130
        assert err.decode() == "Cancelled.\n"
        assert server.get(f"/api/jobs/{job}")["status"] in ("cancelled", "running")
        assert _left_in(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_stops_the_work_of_this_process(tmp_path: Path) -> None:
    asked = command(tmp_path, "speak", LONG, "--engine", "fake", "-o", "long.wav")
    while not (tmp_path / "output").exists() or not list((tmp_path / "output").iterdir()):
        time.sleep(0.05)
        assert asked.poll() is None
    time.sleep(0.5)
    asked.send_signal(signal.SIGINT)
    _, err = asked.communicate(timeout=20)
    assert asked.returncode == 130
    assert err.decode() == "Cancelled.\n"
    assert [path.name for path in (tmp_path / "output").iterdir()] == []
    assert _left_in(tmp_path) == []


def test_a_line_that_is_cut_is_followed_again(tmp_path: Path) -> None:
    with OwnServer(tmp_path, fake_engine=SLOW, lane_runner="thread") as server, Cutter(server.port) as between:
        asked = command(
            tmp_path, "speak", "One. Two. Three. Four.", "--engine", "fake", "-o", "a.wav", "--server", between.address
        )
        assert asked.wait(60) == 0, asked.stderr and asked.stderr.read()
        asked.communicate()
        assert between.cuts == 1
        assert (tmp_path / "a.wav").stat().st_size > 1000
        assert len(server.get("/api/jobs")["jobs"]) == 1
