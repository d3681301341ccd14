"""ElevenLabs' own client and websocket-client, pointed at a running studio; the preview voice speaks."""

from __future__ import annotations

import base64
import io
import itertools
import json
import wave
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import websocket
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError

from backend.core.tables.eleven_voices import ELEVEN_VOICES
from backend.core.tables.speakers import SPEAKERS
from tests.running_studio import RunningStudio

RACHEL = "21m00Tcm4TlvDq8ikWAM"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    running = RunningStudio(tmp_path_factory.mktemp("elevenlabs"))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def sdk(place: RunningStudio) -> Iterator[ElevenLabs]:
    import httpx

    with httpx.Client(timeout=60) as http:
        yield ElevenLabs(base_url=f"{place.address}/elevenlabs", api_key="unused", httpx_client=http)


def test_the_client_gets_speech_in_the_format_it_asks_for(sdk: ElevenLabs, place: RunningStudio) -> None:
    pcm = b"".join(sdk.text_to_speech.convert("Ryan", text="Good morning to you.", output_format="pcm_16000", seed=4))
    assert 0.5 < len(pcm) / 32_000 < 5
    assert np.abs(np.frombuffer(pcm, "<i2").astype(float)).max() > 1000
    mp3 = b"".join(sdk.text_to_speech.convert(RACHEL, text='[happy] Hello! <break time="0.7s" /> [sad] Bye.'))
    assert mp3.startswith((b"ID3", b"\xff"))
    take = place.studio.takes.get(place.studio.takes.search(limit=1)[0][0]["id"])
    assert SPEAKERS[take["request"]["voice"]["speaker"]].sex == "female"
    first, second = take["segments"]
    assert [first["emotion"], second["emotion"]] == ["happy", "sad"]
    assert second["start"] - first["end"] == pytest.approx(0.7, abs=0.02)


def test_a_stream_is_the_same_sound_and_settings_count(sdk: ElevenLabs) -> None:
    def seconds(**named: Any) -> float:
        parts = list(sdk.text_to_speech.stream("Ryan", text="One two three four.", output_format="pcm_24000", **named))
        return len(b"".join(parts)) / 48_000

    assert seconds(seed=1, voice_settings={"speed": 0.5}) > 1.5 * seconds(seed=1)
    wav = b"".join(sdk.text_to_speech.convert("Ryan", text="One.", output_format="wav_24000"))
    with wave.open(io.BytesIO(wav)) as sound:
        assert sound.getnframes() == (len(wav) - 44) / 2


def test_letters_have_their_times(sdk: ElevenLabs) -> None:
    text = "Hello my world. Good bye."
    told = sdk.text_to_speech.convert_with_timestamps("Ryan", text=text, output_format="pcm_24000", model_id="preview")
    times = told.alignment
    assert times is not None
    assert "".join(times.characters) == text
    pairs = list(zip(times.character_start_times_seconds, times.character_end_times_seconds, strict=True))
    assert all(start <= end for start, end in pairs)
    assert all(a[1] <= b[0] + 0.002 for a, b in itertools.pairwise(pairs))
    length = len(base64.b64decode(told.audio_base_64)) / 48_000
    assert 0 <= pairs[0][0] < pairs[-1][1] <= length + 0.01
    parts = list(sdk.text_to_speech.stream_with_timestamps("Ryan", text=text, output_format="pcm_24000"))
    assert sum(len(base64.b64decode(part.audio_base_64)) for part in parts) > 48_000
    assert parts[-1].alignment is not None
    assert "".join(parts[-1].alignment.characters) == text


def test_voices_and_models_are_listed(sdk: ElevenLabs) -> None:
    listed = sdk.voices.get_all().voices
    assert {"Ryan", "Vivian"} <= {voice.voice_id for voice in listed}
    assert {voice.category for voice in listed} == {"premade"}
    found = sdk.voices.search(search="viv")
    assert [voice.name for voice in found.voices] == ["Vivian"]
    assert (found.has_more, found.total_count) == (False, 1)
    assert sdk.voices.get("ryan").name == "Ryan"
    models = sdk.models.list()
    assert {"auto", "preview"} <= {model.model_id for model in models}
    assert all(model.can_do_text_to_speech for model in models)


def test_their_own_voices_are_ours_of_the_same_sex() -> None:
    assert set(ELEVEN_VOICES.values()) <= SPEAKERS.keys()
    assert SPEAKERS[ELEVEN_VOICES[RACHEL.casefold()]].sex == "female"
    assert SPEAKERS[ELEVEN_VOICES["pninz6obpgdqgcfmajgb"]].sex == "male"


@pytest.mark.parametrize(
    ("voice", "named", "status", "said"),
    [
        ("nobody-at-all", {}, 404, "voice"),
        ("Ryan", {"text": "  "}, 422, "text"),
        ("Ryan", {"output_format": "mp9_1"}, 422, "format"),
        ("Ryan", {"output_format": "mp3_7777"}, 422, "rate"),
        ("Ryan", {"voice_settings": {"speed": 9}}, 422, "speed"),
    ],
)
def test_what_is_wrong_is_told_in_their_words(
    sdk: ElevenLabs, voice: str, named: dict[str, Any], status: int, said: str
) -> None:
    with pytest.raises(ApiError) as refused:
        b"".join(sdk.text_to_speech.convert(voice, **{"text": "Hello.", **named}))
    assert refused.value.status_code == status
    assert said in refused.value.body["detail"]["message"]


def connect(place: RunningStudio, voice: str = "Ryan", query: str = "output_format=pcm_24000") -> websocket.WebSocket:
    address = f"ws://127.0.0.1:{place.port}/elevenlabs/v1/text-to-speech/{voice}/stream-input?{query}"
    return websocket.create_connection(address, timeout=30)


def say(ws: websocket.WebSocket, text: Any, **more: Any) -> None:
    ws.send(json.dumps({"text": text, **more}))


def answers(ws: websocket.WebSocket) -> list[dict[str, Any]]:
    found = []
    while message := ws.recv():
        found.append(json.loads(message))
    ws.shutdown()
    return found


def test_text_in_pieces_is_spoken_to_its_end(place: RunningStudio) -> None:
    before = place.studio.takes.search()[1]
    ws = connect(place)
    say(ws, " ", voice_settings={"speed": 1.0, "stability": 0.5}, generation_config={"chunk_length_schedule": [50]})
    for piece in ("[sad] This is ", "one sentence. And ", "another one. ", ""):
        say(ws, piece, try_trigger_generation=True)
    *sound, last = answers(ws)
    assert last == {"audio": None, "isFinal": True}
    assert len(b"".join(base64.b64decode(one["audio"]) for one in sound)) > 48_000
    rows, total = place.studio.takes.search()
    takes = [place.studio.takes.get(row["id"]) for row in rows[: total - before]]
    assert {segment["emotion"] for take in takes for segment in take["segments"]} == {"sad"}


def test_a_flush_speaks_what_there_is(place: RunningStudio) -> None:
    ws = connect(place)
    say(ws, " ")
    say(ws, "No end of a sentence", flush=True)
    assert json.loads(ws.recv())["audio"]
    say(ws, "")
    assert answers(ws)[-1]["isFinal"] is True


@pytest.mark.parametrize(
    ("message", "query", "said"),
    [
        ("no json", "", "JSON"),
        ('{"txt": 1}', "", "text"),
        ('{"text": "a", "voice_settings": {"speed": 99}}', "", "speed"),
        ('{"text": "a"}', "output_format=mp9_1", "format"),
        (None, "inactivity_timeout=0.2", "in time"),
    ],
)
def test_a_wrong_message_is_told_and_ends_the_talk(
    place: RunningStudio, message: str | None, query: str, said: str
) -> None:
    ws = connect(place, query=query)
    if message is not None:
        ws.send(message)
    told = ws.recv_data()
    words = told[1].decode(errors="replace")
    assert said in words
    ws.shutdown()
    assert place.waits_until(lambda: len(place.sockets) == 0)


@pytest.mark.parametrize(
    ("voice", "query", "code"), [("Nobody", "", "voice-not-found"), ("Ryan", "output_format=mp3_1000", "bad-request")]
)
def test_what_cannot_begin_is_told_as_what_is_wrong_later(
    place: RunningStudio, voice: str, query: str, code: str
) -> None:
    ws = connect(place, voice, query)
    told = json.loads(ws.recv())
    assert (told["error"], told["code"]) == (code, 1008)
    opcode, farewell = ws.recv_data(control_frame=True)
    assert (opcode, int.from_bytes(farewell[:2], "big")) == (8, 1008)
    ws.shutdown()


def test_hanging_up_cancels(place: RunningStudio) -> None:
    ws = connect(place, query="output_format=pcm_24000&model_id=fake")
    say(ws, "One more sentence that takes its time. " * 3000)
    say(ws, "")
    ws.recv()
    (job,) = place.studio.list_jobs(1)
    ws.shutdown()
    assert place.waits_until(lambda: place.studio.job(job["id"])["status"] == "cancelled", 10)
    assert place.waits_until(lambda: len(place.sockets) == 0)
