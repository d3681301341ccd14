"""What the Connect page asks: how programs reach the studio, its key for those who may have it, Wyoming by trial."""

from __future__ import annotations

import errno
import io
import socket
import struct
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core.errors import DiskFull
from backend.core.settings import Settings
from backend.studio import Studio
from backend.wyoming_ports.conversation import LISTENS, SPEAKS
from backend.wyoming_ports.listening import Format, Recording
from backend.wyoming_ports.ports import Port
from tests.conftest import Caller
from tests.tone_speech import SAID, ToneListener, tone_wav

KEY = "a key that nobody guesses"
TRIAL = {"text": "Hello there.", "voice": "ryan"}


@pytest.fixture
def ports(studio: Studio) -> Iterator[list[Port]]:
    """Both of Wyoming's, before the studio."""
    studio.models.engines = {"fake": studio.models.engines["fake"]}
    studio.models._listener.listeners = {"tones": ToneListener()}
    made = [Port("127.0.0.1", 0, duty) for duty in (SPEAKS, LISTENS)]
    for port in made:
        port.bind()
        port.start(studio)
    numbers = {"wyoming_tts_port": made[0].number, "wyoming_asr_port": made[1].number}
    studio.settings = studio.settings.model_copy(update=numbers)
    yield made
    for port in made:
        port.close()


def heard(client: FlaskClient, sound: bytes) -> Any:
    form = {"file": (io.BytesIO(sound), "said.wav")}
    return client.post("/api/connect/wyoming/listen", data=form, content_type="multipart/form-data")


def test_the_page_learns_how_programs_reach_the_studio(client: FlaskClient) -> None:
    told = client.get("/api/connect").json
    assert told == {
        "key_needed": False,
        "host": "127.0.0.1",
        "port": 8000,
        "wyoming": {"host": "127.0.0.1", "tts_port": 0, "asr_port": 0},
    }


def test_a_studio_without_a_key_has_none_to_show(client: FlaskClient) -> None:
    answer: Any = client.post("/api/connect/key")
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")


def test_the_key_is_shown_to_who_may_enter_and_to_nobody_else(settings: Settings, studio: Studio) -> None:
    app = create_app(settings.model_copy(update={"token": KEY}), studio)
    studio.settings = settings.model_copy(update={"token": KEY})
    app.test_client_class = Caller
    client = app.test_client()
    assert client.post("/api/connect/key").status_code == 401
    answer = client.post("/api/connect/key", headers={"X-API-Key": KEY})
    assert answer.json == {"key": KEY}
    assert answer.headers["Cache-Control"] == "no-store"
    assert KEY not in client.get("/api/connect", headers={"X-API-Key": KEY}).text


def test_wyoming_is_asked_to_speak_and_what_it_says_is_a_sound(client: FlaskClient, ports: list[Port]) -> None:
    answer = client.post("/api/connect/wyoming/speak", json=TRIAL)
    assert (answer.status_code, answer.mimetype) == (200, "audio/wav")
    with wave.open(io.BytesIO(answer.data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
    assert len(answer.data) > 24_000 and any(answer.data[44:])


def test_wyoming_is_asked_to_listen(client: FlaskClient, ports: list[Port]) -> None:
    assert heard(client, tone_wav()).json == {"text": " ".join(SAID), "language": "it", "engine": "tones"}


def test_what_wyoming_refuses_is_told_as_its_problem(client: FlaskClient, ports: list[Port]) -> None:
    answer: Any = client.post("/api/connect/wyoming/speak", json={**TRIAL, "voice": "Nobody"})
    assert answer.json["code"] == "voice-not-found" and "Ryan" in answer.json["detail"]
    assert heard(client, b"no sound").json["code"] == "audio-unreadable"
    ports[0].close()
    answer = client.post("/api/connect/wyoming/speak", json=TRIAL)
    assert answer.json["code"] == "engine-failed"


def test_wyoming_switched_off_is_told_with_what_to_do(client: FlaskClient) -> None:
    answers: list[Any] = [client.post("/api/connect/wyoming/speak", json=TRIAL), heard(client, tone_wav())]
    for answer in answers:
        assert answer.status_code == 409
        assert "serve --wyoming" in answer.json["hint"]


def test_a_port_that_breaks_the_connection_off_is_told_as_a_problem(client: FlaskClient, studio: Studio) -> None:
    def reset_everybody() -> None:
        sock, _ = door.accept()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.recv(1)
        sock.close()  # unread bytes and no lingering: a reset

    with socket.create_server(("127.0.0.1", 0)) as door:
        studio.settings = studio.settings.model_copy(update={"wyoming_tts_port": door.getsockname()[1]})
        thread = threading.Thread(target=reset_everybody)
        thread.start()
        answer: Any = client.post("/api/connect/wyoming/speak", json=TRIAL)
        thread.join()
    assert answer.json["code"] == "engine-failed" and "broke the connection off" in answer.json["detail"]


def test_a_disk_that_is_full_while_sound_arrives_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Any, _pcm: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    heard = Recording(tmp_path, Format(rate=16_000, width=2, channels=1), 1000)
    monkeypatch.setattr(wave.Wave_write, "writeframesraw", full)
    with pytest.raises(DiskFull):
        heard.add(b"12")
    heard.close()
