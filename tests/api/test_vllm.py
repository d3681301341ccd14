"""vLLM-Omni's batch, and its WebSocket by websocket-client, against a running studio; the preview voice speaks."""

from __future__ import annotations

import base64
import io
import json
import urllib.error
import urllib.request
import wave
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import websocket

from backend.api.dialects import vllm_session
from backend.engines.fake import FakeEngine
from tests.running_studio import RunningStudio

RATE = 24_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    running = RunningStudio(tmp_path_factory.mktemp("vllm"))
    yield running
    running.stop()


def batch(place: RunningStudio, body: dict[str, Any]) -> Any:
    address, head = f"http://127.0.0.1:{place.port}/v1/audio/speech/batch", {"Content-Type": "application/json"}
    asked = urllib.request.Request(address, json.dumps(body).encode(), head)
    with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310 (our own http address)
        return json.load(answer)


def newest(place: RunningStudio, count: int) -> list[dict[str, Any]]:
    return [place.studio.takes.get(row["id"]) for row in place.studio.takes.search(limit=count)[0]]


def seconds_of(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as file:
        assert file.getframerate() == RATE
        return file.getnframes() / RATE


def test_a_batch_speaks_every_text_and_what_fails_fails_alone(place: RunningStudio) -> None:
    items = [
        {"input": "One short sentence."},
        {"input": "Nobody has this voice.", "voice": "nobody-at-all"},
        {"input": "A sentence in another format, and slower.", "response_format": "mp3", "speed": 0.5},
        {"input": "  "},
        {"input": "Wrong.", "speed": 9},
        {"input": "Its own name for a voice.", "speaker": "Vivian"},
    ]
    told = batch(place, {"items": items, "voice": "Ryan", "language": "English", "model": None})
    rows = told["results"]
    assert told["id"].startswith("speech-batch-")
    assert [row["index"] for row in rows] == list(range(6))
    assert [row["status"] for row in rows] == ["success", "error", "success", "error", "error", "success"]
    assert (told["total"], told["succeeded"], told["failed"]) == (6, 3, 3)
    assert [rows[n]["media_type"] for n in (0, 2)] == ["audio/wav", "audio/mpeg"]
    assert 0.5 < seconds_of(base64.b64decode(rows[0]["audio_data"])) < 5
    assert base64.b64decode(rows[2]["audio_data"]).startswith((b"ID3", b"\xff"))
    assert rows[0]["usage"]["total_tokens"] > 5
    assert "nobody-at-all" in rows[1]["error"] or "voice" in rows[1]["error"]
    assert "speed" in rows[4]["error"]
    spoken = [take["request"]["voice"]["speaker"] for take in newest(place, 3)]
    assert {"Vivian", "Ryan"} == set(spoken)


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": "x"}, {"items": [{"input": "a"}] * 33}, {"items": [1]}])
def test_a_wrong_batch_is_a_400_of_openais_shape(place: RunningStudio, body: dict[str, Any]) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        batch(place, body)
    with refused.value as answer:
        assert answer.code == 400
        assert json.load(answer)["error"]["param"].startswith("items")


class Client:
    """A connection that collects what comes until an utterance is done."""

    def __init__(self, place: RunningStudio, **config: Any) -> None:
        self.ws = websocket.create_connection(f"ws://127.0.0.1:{place.port}/v1/audio/speech/stream", timeout=30)
        self.say("session.config", voice="Ryan", language="English", **config)

    def say(self, kind: str, **body: Any) -> None:
        self.ws.send(json.dumps({"type": kind, **body}))

    def take(self) -> dict[str, Any]:
        """The next message; sound stands under `sound`."""
        message = self.ws.recv()
        return {"type": "sound", "sound": message} if isinstance(message, bytes) else json.loads(message)

    def until(self, *kinds: str) -> list[dict[str, Any]]:
        found = [self.take()]
        while found[-1]["type"] not in kinds:
            found.append(self.take())
        return found

    def speak(self, *pieces: str) -> list[dict[str, Any]]:
        for piece in pieces:
            self.say("input.text", text=piece)
        self.say("input.done")
        return self.until("session.done")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self.ws.shutdown()


def kinds(messages: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def of(messages: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [message for message in messages if message["type"] == kind]


def test_text_in_pieces_is_one_wav_and_the_connection_serves_another_utterance(place: RunningStudio) -> None:
    with Client(place) as client:
        first = client.speak("Hello there. ", "How are", " you?")
        second = client.speak("And once more.")
        client.say("session.close")
        assert client.ws.recv() in ("", b"")
    assert kinds(first) == ["audio.start", "sound", "audio.done", "session.done"]
    start, sound, done, end = first
    assert start["sentence_text"] == "Hello there. How are you?"
    assert (start["format"], start["sample_rate"], start["channels"]) == ("wav", RATE, 1)
    assert seconds_of(sound["sound"]) > 1
    assert (done["total_bytes"], done["error"]) == (len(sound["sound"]), False)
    assert (end["utterance_index"], end["total_sentences"]) == (0, 1)
    assert (second[0]["utterance_index"], second[-1]["utterance_index"]) == (1, 1)


def test_sentences_are_spoken_as_they_become_whole_and_a_tag_holds_over_them(place: RunningStudio) -> None:
    with Client(place, split_granularity="sentence", stream_audio=True, response_format="pcm", seed=3) as client:
        client.say("input.text", text="[angry] Go away. I ")
        early = client.until("audio.done")  # nobody has said that the text is whole
        rest = client.speak("do not want that! [neutral] Thank you.")
    messages = early + rest
    assert [one["sentence_text"] for one in of(messages, "audio.start")] == [
        "[angry] Go away.", "I do not want that!", "[neutral] Thank you."
    ]  # fmt: skip
    assert [one["sentence_index"] for one in of(messages, "audio.done")] == [0, 1, 2]
    assert messages[-1]["total_sentences"] == 3
    takes = newest(place, 3)
    assert [take["segments"][0]["emotion"] for take in takes] == ["neutral", "angry", "angry"]  # newest first
    sent = [sum(len(one["sound"]) for one in of(part, "sound")) for part in (early,)]
    assert sent == [of(early, "audio.done")[0]["total_bytes"]]
    second = b"".join(one["sound"] for one in of(rest, "sound"))
    assert not np.frombuffer(second, "<i2")[: int(0.3 * RATE)].any(), "the pause between two sentences"


def test_clauses_and_words_without_sound(place: RunningStudio) -> None:
    with Client(place, split_granularity="clause", stream_audio=True, response_format="pcm") as client:
        messages = client.speak("[happy] ", "First this, then that.", " ...")
    assert [one["sentence_text"] for one in of(messages, "audio.start")] == ["[happy] First this,", "then that."]


def test_words_have_their_times_in_the_sound(place: RunningStudio) -> None:
    config = {"word_timestamps": True, "stream_audio": True, "response_format": "pcm", "model": "preview"}
    with Client(place, split_granularity="sentence", **config) as client:
        messages = client.speak("Hello my world. Good bye.")
    assert not of(messages, "sound")
    for index, words in ((0, ["Hello", "my", "world."]), (1, ["Good", "bye."])):
        chunks = [one for one in of(messages, "audio.chunk") if one["sentence_index"] == index]
        assert [one["chunk_id"] for one in chunks] == list(range(len(chunks)))
        *sounding, last = chunks
        pcm = b"".join(base64.b64decode(one["audio_b64"]) for one in sounding)
        assert all(one["timestamps"] is None for one in sounding)
        assert (last["audio_b64"], last["chunk_end_ms"]) == ("", round(len(pcm) / 48))
        assert [row["word"] for row in last["timestamps"]] == words
        loud = np.abs(np.frombuffer(pcm, "<i2").astype(float))
        for row in last["timestamps"]:
            assert 0 <= row["start_ms"] < row["end_ms"] <= last["chunk_end_ms"]
            assert loud[int(row["start_ms"] * 24) : int(row["end_ms"] * 24)].max() > 500


@pytest.mark.parametrize("format_name", ["mp3", "opus", "flac", "aac"])
def test_other_formats_come_whole(place: RunningStudio, format_name: str) -> None:
    magic = {"mp3": (b"ID3", b"\xff"), "opus": (b"OggS",), "flac": (b"fLaC",), "aac": (b"\xff",)}[format_name]
    with Client(place, response_format=format_name) as client:
        start, sound, done, _end = client.speak("Hello.")
    assert start["format"] == format_name
    assert sound["sound"].startswith(magic)
    assert done["total_bytes"] == len(sound["sound"])


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ('{"type": "input.text", "text": "x"}', "session.config"),
        ("no json", "JSON"),
        ("[]", "object"),
        ('{"type": "session.config", "speed": 99}', "speed"),
        ('{"type": "session.config", "voice": "nobody-at-all"}', "voice"),
        ('{"type": "session.config", "split_granularity": "word"}', "split_granularity"),
        ('{"type": "session.config", "sample_rate": 1}', "rate"),
    ],
)
def test_a_session_that_begins_wrong_is_told_why_and_ends(place: RunningStudio, first: str, said: str) -> None:
    ws = websocket.create_connection(f"ws://127.0.0.1:{place.port}/v1/audio/speech/stream", timeout=10)
    ws.send(first)
    told = json.loads(ws.recv())
    assert told["type"] == "error"
    assert said in told["message"]
    assert ws.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE
    ws.shutdown()


def test_what_is_wrong_later_is_told_and_the_session_goes_on(place: RunningStudio) -> None:
    with Client(place, model="fake") as client:
        for message in ('{"type": "input.text", "text": 7}', '{"type": "what"}', "{", '{"no": "type"}', '"x"'):
            client.ws.send(message)
            assert client.take()["type"] == "error"
        client.ws.send_binary(b"\x00")
        assert client.take()["type"] == "error"
        client.say("input.text", text="x" * 140_000)
        assert "128 kB" in client.take()["message"]
        client.say("session.config", voice="Vivian", model="fake")  # between utterances
        client.say("input.text", text="Hello. ")
        client.say("session.config", voice="Ryan")
        assert "must wait" in client.take()["message"]
        assert kinds(client.speak("World."))[-1] == "session.done"
    (take,) = newest(place, 1)
    assert take["request"]["voice"]["speaker"] == "Vivian"


def test_a_part_that_cannot_be_spoken_is_an_error_between_its_two_messages(
    place: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.studio.models, "engines", {"fake": FakeEngine("raise@2")})
    with Client(place, split_granularity="sentence", stream_audio=True, response_format="pcm") as client:
        messages = client.speak("One is fine. Two is not. Three is fine again.")
    assert [one["error"] for one in of(messages, "audio.done")] == [False, True, False]
    (error,) = of(messages, "error")
    assert error["code"] == "engine-failed"
    assert kinds(messages).index("error") < len(messages) - 1
    assert messages[-1]["total_sentences"] == 3


def test_a_quiet_client_is_told_so_and_let_go(place: RunningStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_session, "CONFIG_SECONDS", 0.1)
    ws = websocket.create_connection(f"ws://127.0.0.1:{place.port}/v1/audio/speech/stream", timeout=10)
    assert "No message" in json.loads(ws.recv())["message"]
    ws.shutdown()
    monkeypatch.setattr(vllm_session, "CONFIG_SECONDS", 10.0)
    monkeypatch.setattr(vllm_session, "IDLE_SECONDS", 0.1)
    with Client(place) as client:
        assert "No message" in client.take()["message"]


def test_hanging_up_cancels_what_is_spoken(place: RunningStudio) -> None:
    with Client(place, model="fake", stream_audio=True, response_format="pcm") as client:
        client.say("input.text", text="One more sentence that takes its time. " * 3000)
        client.say("input.done")
        client.until("sound")
        (job,) = place.studio.list_jobs(1)
        assert job["status"] == "running"
    assert place.waits_until(lambda: place.studio.job(job["id"])["status"] == "cancelled", 10)
    assert place.waits_until(lambda: len(place.sockets) == 0)


def test_without_an_upgrade_the_address_says_so(place: RunningStudio) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{place.port}/v1/audio/speech/stream")
    with refused.value as answer:
        assert answer.code == 426
        assert json.load(answer)["error"]["message"]
