"""`qwentts serve --wyoming`: the ports begin and end with the studio, and are off unless somebody asks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.tts import Synthesize

from backend.core.settings import Settings
from backend.wyoming_ports.conversation import SPEAKS
from backend.wyoming_ports.ports import Port, WyomingPorts
from tests.wyoming_ports.conftest import ask, events_until, kinds

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A studio in a process of its own, and what it said until it spoke."""
    command = [sys.executable, "-m", "backend.cli", "serve", "--port", "0", "--no-browser", "--data-dir", str(folder)]
    variables = {**os.environ, "STUDIO_FAKE_ENGINE": "on", **settings}
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = ""
    while "speaks at http" not in said or ("STUDIO_WYOMING_ASR_PORT" in settings and "listens at" not in said):
        line = process.stdout.readline()
        assert line, f"it ended: {said}"
        said += line
    try:
        yield process, said
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def test_both_ports_serve_beside_the_page_and_end_with_it(tmp_path: Path) -> None:
    tts, asr = free_port(), free_port()
    ports = {"STUDIO_WYOMING_TTS_PORT": str(tts), "STUDIO_WYOMING_ASR_PORT": str(asr)}
    with served(tmp_path, **ports) as (process, said):
        assert f"Wyoming speaks at tcp://127.0.0.1:{tts}\n" in said
        assert f"Wyoming listens at tcp://127.0.0.1:{asr}\n" in said

        async def conversation(client: AsyncTcpClient) -> list[Event]:
            await client.write_event(Synthesize("Hello.").event())
            return await events_until(client, "audio-stop")

        assert kinds(ask(Port("127.0.0.1", tts, SPEAKS), conversation)) == ["audio-start", "audio-chunk", "audio-stop"]
        with socket.create_connection(("127.0.0.1", tts)) as idle:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            assert idle.recv(1) == b""
    for number in (tts, asr):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", number))


def test_a_port_that_is_taken_stops_the_start_in_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = str(taken.getsockname()[1])
        command = [
            sys.executable,
            "-m",
            "backend.cli",
            "serve",
            "--port",
            "0",
            "--no-browser",
            "--data-dir",
            str(tmp_path),
        ]
        variables = {**os.environ, "STUDIO_WYOMING_TTS_PORT": number}
        ended = subprocess.run(
            command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=20, check=False
        )
    assert ended.returncode == 4
    assert number in ended.stderr


def test_nothing_is_opened_unless_it_is_asked_for_and_then_on_loopback() -> None:
    assert WyomingPorts(Settings()).ports == []
    (port,) = WyomingPorts(Settings(host="0.0.0.0", wyoming_tts_port=10200)).ports
    assert (port.address, port.warning) == ("127.0.0.1:10200", "")
    opened = WyomingPorts(Settings(wyoming_host="0.0.0.0", wyoming_tts_port=10200))
    assert "no keys" in opened.sentences()[0]
