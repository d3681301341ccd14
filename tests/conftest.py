"""What every test may ask for: a studio in an empty folder, a caller of it, a voice to play with."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from backend.app import create_app
from backend.core.settings import Settings
from backend.studio import Studio
from tests.cli_folder import furnish

ADDRESS = "http://127.0.0.1:8000"


class Caller(FlaskClient):
    """A test client that names the studio as a browser on this machine would."""

    def open(self, *args: Any, **named: Any) -> Any:
        named.setdefault("base_url", ADDRESS)
        named.setdefault("buffered", True)  # read to the end and closed, as a server does
        if named.get("content_type") == "multipart/form-data":  # werkzeug would leave large forms open
            boundary, named["data"] = encode_multipart(_parts(named.get("data") or {}))
            named["content_type"] += f"; boundary={boundary}"
        return super().open(*args, **named)


def _parts(fields: dict[str, Any]) -> MultiDict[str, Any]:
    """Fields of a form; a file is (stream, name), several values are a list."""
    many = [(name, one) for name, value in fields.items() for one in (value if isinstance(value, list) else [value])]
    return MultiDict((name, FileStorage(*one) if isinstance(one, tuple) else one) for name, one in many)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An empty data folder, jobs in a thread, the tone engine instead of a voice."""
    return Settings(data_dir=tmp_path, port=8000, lane_runner="thread", fake_engine="on", open_browser=False)


@pytest.fixture
def studio(settings: Settings) -> Iterator[Studio]:
    """A studio that works."""
    made = Studio(settings)
    made.start()
    yield made
    made.stop(5)
    made.close()


@pytest.fixture
def app(settings: Settings, studio: Studio) -> Flask:
    made = create_app(settings, studio)
    made.test_client_class = Caller
    return made


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A caller on this machine."""
    return app.test_client()


@pytest.fixture(scope="session")
def voice_wav() -> bytes:
    """Three seconds of something like a voice: a gliding buzz in syllables, 24 kHz."""
    rate, seconds = 24_000, 3.0
    phase, samples = 0.0, []
    for n in range(int(rate * seconds)):
        time = n / rate
        phase += (140 + 30 * math.sin(2 * math.pi * 0.7 * time)) / rate
        syllable = max(0.0, math.sin(2 * math.pi * 3.1 * time)) ** 0.5
        buzz = sum(math.sin(2 * math.pi * k * phase) / k for k in range(1, 9))
        samples.append(int(7000 * (0.15 + 0.85 * syllable) * buzz))
    return wav_bytes(samples, rate)


def wav_bytes(samples: list[int], rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return file.getvalue()


@pytest.fixture
def personality(studio: Studio, voice_wav: bytes) -> dict[str, Any]:
    """Anna, recorded neutral and happy."""
    anna = studio.personalities.create("Anna", language="en")
    for emotion in ("neutral", "happy"):
        anna = studio.personalities.put_emotion(anna["id"], emotion, voice_wav, transcript="A line to speak.")
    return anna


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory, voice_wav: bytes) -> Path:
    """A folder with all that examples of the command line name."""
    return furnish(tmp_path_factory.mktemp("examples"), voice_wav)


@pytest.fixture
def here(furnished: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder, and one is in it."""
    monkeypatch.setenv("STUDIO_DATA_DIR", str(furnished / "data"))
    monkeypatch.setenv("STUDIO_FAKE_ENGINE", "on")
    monkeypatch.chdir(furnished)
    return furnished
