"""The documents' two WebSockets on the real server: streaming synthesis by messages, and progress by scope."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import soundfile
import websocket

from backend.core.wishes import Sample
from backend.jobs.model import Job
from backend.rooms import progress
from tests.running_studio import RunningStudio

ROOT = Path(__file__).resolve().parents[2]
TTS = "/tts/speak-streaming"
LONG = "A sentence that is long enough to take a while. " * 200


class Place(RunningStudio):
    """The studio, and the sockets that were opened to it."""

    callers: list[websocket.WebSocket]

    def connect(self, path: str) -> websocket.WebSocket:
        caller = websocket.WebSocket()
        self.callers.append(caller)
        caller.settimeout(20)
        caller.connect(f"ws://127.0.0.1:{self.port}{path}")  # type: ignore[no-untyped-call]  # the library has no stubs
        return caller

    def hang_up(self) -> None:
        for caller in self.callers:
            if caller.sock is not None:
                caller.sock.close()


@pytest.fixture(scope="module")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("studio"), tts_engine="fake", fake_engine="latency=0.1", offline=True)
    yield place
    place.stop()


@pytest.fixture
def place(_place: Place) -> Iterator[Place]:
    _place.callers = []
    yield _place
    _place.hang_up()


def say(ws: websocket.WebSocket, kind: str, **members: Any) -> None:
    ws.send(json.dumps({"type": kind, **members}))


def hear(ws: websocket.WebSocket) -> dict[str, Any] | bytes:
    message = ws.recv()
    if isinstance(message, bytes):
        return message
    body: dict[str, Any] = json.loads(message)
    return body


def until(ws: websocket.WebSocket, kind: str) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Frames and messages up to the first of that kind, which is the last of the messages."""
    frames: list[bytes] = []
    bodies: list[dict[str, Any]] = []
    while not bodies or bodies[-1]["type"] != kind:
        heard = hear(ws)
        frames.append(heard) if isinstance(heard, bytes) else bodies.append(heard)
    return frames, bodies


def opened(place: Place, query: str = "") -> tuple[websocket.WebSocket, dict[str, Any]]:
    ws = place.connect(TTS + query)
    metadata = hear(ws)
    assert isinstance(metadata, dict) and metadata["type"] == "Metadata"
    return ws, metadata


def test_text_in_pieces_is_spoken_at_the_flush_as_one_wav(place: Place) -> None:
    ws, metadata = opened(place, "?sample_rate=16000&seed=5")
    for piece in ("Привет, ", "ребята. ", "Это тест."):
        say(ws, "Speak", text=piece)
    say(ws, "Flush")
    frames, bodies = until(ws, "Flushed")
    sound, told = b"".join(frames), bodies[-1]
    assert (metadata["sample_rate"], told["sequence_id"], told["sample_rate"]) == (16_000, 1, 16_000)
    assert told["bytes"] == len(sound) and 0 < told["elapsed_s"] < 20 and told["cleared"] is False
    assert sound[:4] == b"RIFF" and int.from_bytes(sound[24:28], "little") == 16_000
    assert len(sound) > 0.06 * 20 * 32_000 * 0.5 and any(sound[44:])
    say(ws, "Speak", text="More.")
    say(ws, "Flush")
    frames, bodies = until(ws, "Flushed")
    assert bodies[-1]["sequence_id"] == 2 and frames[0][:4] == b"RIFF"


def test_clear_silences_at_once_and_forgets_what_was_gathered(place: Place) -> None:
    ws, _ = opened(place)
    say(ws, "Speak", text=LONG)
    say(ws, "Flush")
    assert isinstance(hear(ws), bytes)
    say(ws, "Speak", text="Never said.")
    say(ws, "Clear")
    _, bodies = until(ws, "Flushed")
    assert bodies[-1]["cleared"] is True
    whole = 0.06 * len(LONG) * 48_000
    assert bodies[-1]["bytes"] < whole / 4
    say(ws, "Flush")
    assert until(ws, "Warning")[1][-1]["code"] == "nothing-to-flush"
    say(ws, "Speak", text="Again.")
    say(ws, "Flush")
    assert until(ws, "Flushed")[1][-1]["cleared"] is False
    newest = place.studio.list_jobs(2)[-1]
    assert newest["status"] == "cancelled"


def test_close_lets_what_was_flushed_end_and_drops_the_rest(place: Place) -> None:
    ws, _ = opened(place)
    say(ws, "Speak", text="Flushed text.")
    say(ws, "Flush")
    say(ws, "Speak", text="Text without a flush.")
    say(ws, "Close")
    frames, bodies = until(ws, "Flushed")
    assert frames and bodies[-1]["cleared"] is False
    assert [body["code"] for body in bodies if body["type"] == "Warning"] == ["text-dropped"]
    opcode, data = ws.recv_data()
    assert (opcode, int.from_bytes(data[:2])) == (websocket.ABNF.OPCODE_CLOSE, 1000)


@pytest.mark.parametrize(
    "message",
    ["no json", "[]", "{}", '{"type": "Sing"}', '{"type": "Speak"}', '{"type": "Speak", "text": 3}', b"\x00\x01"],
)
def test_what_is_no_message_is_warned_of_and_nothing_is_closed(place: Place, message: str | bytes) -> None:
    ws, _ = opened(place)
    ws.send(message, websocket.ABNF.OPCODE_BINARY if isinstance(message, bytes) else websocket.ABNF.OPCODE_TEXT)
    warning = hear(ws)
    assert isinstance(warning, dict) and (warning["type"], warning["code"]) == ("Warning", "invalid-message")
    say(ws, "Speak", text="Still here.")
    say(ws, "Flush")
    assert until(ws, "Flushed")[0]


def test_text_that_cannot_be_spoken_is_warned_of(place: Place) -> None:
    ws, _ = opened(place)
    say(ws, "Speak", text="[happy]")
    say(ws, "Flush")
    _, bodies = until(ws, "Flushed")
    assert [body.get("code") for body in bodies] == ["bad-text", None]
    assert bodies[-1]["bytes"] == 0


def test_a_folder_that_takes_no_sound_is_warned_of_and_the_next_flush_is_spoken(place: Place) -> None:
    folder = place.studio.settings.state_dir / "tmp"
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder.rename(folder.with_name("aside"))
    folder.write_text("a file where a folder should be")
    ws, _ = opened(place)
    try:
        say(ws, "Speak", text="Hello.")
        say(ws, "Flush")
        _, bodies = until(ws, "Flushed")
        assert bodies[0]["code"] == "storage-failed"
    finally:
        folder.unlink()
        aside.rename(folder)
    say(ws, "Speak", text="Hello again.")
    say(ws, "Flush")
    assert until(ws, "Flushed")[1][-1]["bytes"] > 1000


@pytest.mark.parametrize(("query", "status"), [("?voice=Nobody", 404), ("?speed=9", 422), ("?engine=tape", 404)])
def test_a_wrong_query_is_refused_before_the_socket_opens(place: Place, query: str, status: int) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        place.connect(TTS + query)
    assert refused.value.status_code == status


def test_a_client_that_leaves_cancels_its_job(place: Place) -> None:
    ws, _ = opened(place)
    say(ws, "Speak", text=LONG)
    say(ws, "Flush")
    assert isinstance(hear(ws), bytes)
    ws.sock.close()
    assert last_status(place) == "cancelled"


def test_a_caller_that_hangs_up_while_its_wav_is_spoken_cancels_the_job(place: Place) -> None:
    body = json.dumps({"text": LONG}).encode()
    before = place.studio.list_jobs(1)[:1]
    with socket.create_connection(("127.0.0.1", place.port)) as caller:
        head = f"POST /tts/wav HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\nContent-Type: application/json\r\n"
        caller.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert place.waits_until(lambda: place.studio.list_jobs(1)[:1] != before)
    assert last_status(place) == "cancelled"


def last_status(place: Place) -> str:
    """Of the newest job, when it has ended."""
    ended = ("done", "failed", "cancelled")
    assert place.waits_until(lambda: place.studio.list_jobs(1)[0]["status"] in ended)
    return str(place.studio.list_jobs(1)[0]["status"])


def test_the_protocol_names_every_message(place: Place) -> None:
    with urlopen(f"http://127.0.0.1:{place.port}{TTS}/protocol") as answer:
        page = json.load(answer)
    assert {"Speak", "Flush", "Clear", "Close"} == page["incoming"].keys()
    assert {"Metadata", "Flushed", "Warning", "binary"} == page["outgoing"].keys()


def voice_of(place: Place, voice_wav: bytes) -> str:
    record, _ = place.studio.cloning.create({"name": "Anna"}, [Sample(voice_wav, "a.wav", "Words.")])
    return str(record["id"])


def test_a_preparation_is_told_by_its_scope_from_beginning_to_end(place: Place, voice_wav: bytes) -> None:
    voice = voice_of(place, voice_wav)
    ws = place.connect("/ws?scope=qwen3_tts_voice_clone")
    assert json.loads(ws.recv()) == {"type": "subscribed", "scopes": ["qwen3_tts_voice_clone"]}
    ws.send("ping")
    job: Job = place.studio.cloning.prepare(voice)
    told: list[dict[str, Any]] = []
    pongs = 0
    while not told or told[-1]["status"] not in ("completed", "failed"):
        body = json.loads(ws.recv())
        pongs += body["type"] == "pong"
        told += [body] if body["type"] == "progress" else []
    assert {(one["scope"], one["voice_id"], one["task_id"]) for one in told} == {
        ("qwen3_tts_voice_clone", voice, job.id)
    }
    assert (told[-1]["status"], told[-1]["progress"], pongs) == ("completed", 1.0, 1)
    assert "normalising" in [one.get("stage_code") for one in told]
    assert [one["progress"] for one in told] == sorted(one["progress"] for one in told)


def test_a_download_is_told_by_its_scope_and_other_scopes_hear_nothing(place: Place) -> None:
    models, clones = place.connect("/ws?scope=qwen3_tts_models"), place.connect("/ws?scope=qwen3_tts_voice_clone")
    assert json.loads(clones.recv())["type"] == json.loads(models.recv())["type"] == "subscribed"
    job = place.studio.shelf.download("tokenizer_12hz")
    body = json.loads(models.recv())
    assert (body["scope"], body["key"], body["task_id"]) == ("qwen3_tts_models", "tokenizer_12hz", job.id)
    while body["status"] not in ("cancelled", "failed", "completed"):
        body = json.loads(models.recv())
    assert (body["status"], body["error"]["code"]) == ("failed", "offline")
    clones.settimeout(1)
    with pytest.raises(websocket.WebSocketTimeoutException):
        clones.recv()


def test_who_watches_and_reads_nothing_fills_no_memory_and_misses_no_end(
    place: Place, voice_wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "MOST_UNTOLD", 1)
    record, _ = place.studio.cloning.create({"name": "Watched"}, [Sample(voice_wav, "w.wav", "Words.")])
    watch = place.studio.progress.watch(("qwen3_tts_voice_clone",))
    job = place.studio.cloning.prepare(record["id"])
    place.studio.wait(job.id)
    assert place.waits_until(lambda: watch._news.qsize() == 1)
    assert not place.waits_until(lambda: watch._news.qsize() > 1, 1)
    told: list[progress.Told] = []
    while not told or told[-1].body["phase"] != "done":
        found = watch.next(10)
        assert found is not None
        told.append(found)
    watch.close()
    assert {one.job.id for one in told} == {job.id}


def test_a_scope_that_is_none_is_refused(place: Place) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        place.connect("/ws?scope=everything")
    assert refused.value.status_code == 422


def test_the_documents_own_client_writes_the_sound_to_a_file(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "outputs" / "ws_stream_test.wav"
    words = ["--url", f"ws://127.0.0.1:{place.port}{TTS}", "--text", "Привет, ребята. Это тест потокового синтеза."]
    words += ["--speak-split", "32", "--out", str(out)]
    client = [sys.executable, str(ROOT / "scripts" / "test_tts_stream_ws.py"), *words]
    done = subprocess.run(client, capture_output=True, text=True, check=True, encoding="utf-8")
    assert "Metadata" in done.stdout and "Flushed" in done.stdout
    samples, rate = soundfile.read(out)
    assert rate == 24_000 and len(samples) > rate and abs(samples).max() > 0.05
