"""Home Assistant, as it is published, speaks and listens by its own Wyoming integration, with a studio's two ports:
`python -m tests.clients.home_assistant TTS_PORT ASR_PORT PYTHON`.

PYTHON is the interpreter of the environment that it is installed in. Its whole server runs, with an agent of ours for
conversations (`reading_agent`), which answers as a language model does, word by word.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import httpx
import websocket

from tests.clients.foreign import TEXT, Foreign, free_port, understood

CONFIGURATION = """
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
onboarding:
tts:
stt:
assist_pipeline:
reading_agent:
"""
AGENT = Path(__file__).with_name("reading_agent")
STARTER = Path(__file__).with_name("start_home_assistant.py")
INSTALLS = 300.0  # seconds that the first use of an integration may take: it fetches what it needs
SPEAKS, LISTENS = "tts.qwentts", "stt.qwentts"


def main(tts: int, asr: int, python: Path) -> None:
    own = free_port()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=own))
        shutil.copytree(AGENT, folder / "custom_components" / "reading_agent")
        command = [python, STARTER, "-c", folder]
        path = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}  # its ffmpeg
        with Foreign(command, f"http://127.0.0.1:{own}/api/onboarding", folder, path):
            house = House(f"127.0.0.1:{own}")
            added(house, tts, asr)
            voices(house)
            sound = spoken(house)
            listened(house, sound)
            conversed(house)


class House:
    """Its owner, who has just set it up; HTTP and WebSocket."""

    def __init__(self, address: str) -> None:
        self.http = httpx.Client(base_url=f"http://{address}", timeout=INSTALLS)
        owner = {"name": "A", "username": "a", "password": "a", "language": "en", "client_id": f"http://{address}/"}
        code = self.http.post("/api/onboarding/users", json=owner).raise_for_status().json()["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": owner["client_id"]}
        token = self.http.post("/auth/token", data=form).raise_for_status().json()["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.socket = websocket.create_connection(f"ws://{address}/api/websocket", timeout=60)
        self.socket.recv()
        self.socket.send(json.dumps({"type": "auth", "access_token": token}))
        assert json.loads(self.socket.recv())["type"] == "auth_ok"
        self._count = 0

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(path, json=body).raise_for_status().json()

    def ask(self, kind: str, **fields: Any) -> Any:
        """The result of one command."""
        self._count += 1
        self.socket.send(json.dumps({"id": self._count, "type": kind, **fields}))
        answer = self.heard()
        assert answer["success"], answer
        return answer["result"]

    def heard(self) -> Any:
        return json.loads(self.socket.recv())


def added(house: House, *ports: int) -> None:
    """Settings → Add integration → Wyoming Protocol, for each port."""
    for port in ports:
        flow = house.post("/api/config/config_entries/flow", handler="wyoming")
        done = house.post(f"/api/config/config_entries/flow/{flow['flow_id']}", host="127.0.0.1", port=port)
        assert done["type"] == "create_entry", done
    names = [row["entity_id"] for row in house.http.get("/api/states").json()]
    assert {SPEAKS, LISTENS} <= set(names), names
    print(f"ok added by its own form: {SPEAKS}, {LISTENS}", flush=True)


def voices(house: House) -> None:
    found = house.ask("tts/engine/voices", engine_id=SPEAKS, language="en")["voices"]
    assert "Ryan" in [row["voice_id"] for row in found], found
    languages = house.ask("tts/engine/get", engine_id=SPEAKS)["provider"]["supported_languages"]
    print(f"ok {len(found)} voices in English, {len(languages)} languages", flush=True)


def spoken(house: House) -> bytes:
    """What `tts.speak` plays: a text, a voice and an emotion, whole and streamed. Returns a WAV of 16 kHz."""
    for emotion in ("neutral", "happy"):
        options = {"voice": "Ryan", "speaker": emotion, "preferred_format": "wav"}
        said = house.post("/api/tts_get_url", engine_id=SPEAKS, message=TEXT, language="en", options=options)
        sound = house.http.get(said["path"]).raise_for_status().content
        assert sound.startswith(b"RIFF") and len(sound) > 3 * 48_000, len(sound)
    print(f"ok speaks with an emotion: {(len(sound) - 44) / 48_000:.1f} s", flush=True)
    return at_16_khz(sound[44:])


def at_16_khz(pcm: bytes) -> bytes:
    """Two of three samples, without care: enough for a recogniser."""
    frames = memoryview(pcm).cast("h")
    kept = b"".join(bytes(frames[at : at + 1]) for at in range(len(frames)) if at % 3 != 2)
    with io.BytesIO() as file:
        with wave.open(file, "wb") as written:
            written.setparams((1, 2, 16_000, 0, "NONE", ""))
            written.writeframes(kept)
        return file.getvalue()


def listened(house: House, sound: bytes) -> None:
    facts = "format=wav; codec=pcm; sample_rate=16000; bit_rate=16; channel=1; language=en"
    answer = house.http.post(f"/api/stt/{LISTENS}", content=sound, headers={"X-Speech-Content": facts})
    told = answer.raise_for_status().json()
    assert told["result"] == "success", told
    understood("listens", told["text"])


def conversed(house: House) -> None:
    """A whole turn of Assist: the answer is spoken while the agent still writes it."""
    plan = {
        "conversation_engine": "conversation.reading_agent",
        "conversation_language": "en",
        "language": "en",
        "name": "A",
        "stt_engine": LISTENS,
        "stt_language": "en",
        "tts_engine": SPEAKS,
        "tts_language": "en",
        "tts_voice": "Ryan",
        "wake_word_entity": None,
        "wake_word_id": None,
    }
    pipeline = house.ask("assist_pipeline/pipeline/create", **plan)["id"]
    began = time.monotonic()
    turn = {"start_stage": "intent", "end_stage": "tts", "input": {"text": "Tell me."}, "pipeline": pipeline}
    house.ask("assist_pipeline/run", **turn)
    event = house.heard()["event"]
    assert event["type"] == "run-start" and event["data"]["tts_output"]["stream_response"], event
    first, size = 0.0, 0
    with house.http.stream("GET", event["data"]["tts_output"]["url"]) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            first = first or time.monotonic() - began
            size += len(piece)
    while (event := house.heard()["event"])["type"] != "run-end":
        assert event["type"] != "error", event
    assert 0 < first < 4 and size > 100_000, (first, size)
    print(
        f"ok a turn of Assist: first sound after {first:.1f} s of the 5 s it writes, {size // 1000} kB of MP3",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
