"""Listening over HTTP: texts in every format, events, cancelling, references, and what is refused."""

from __future__ import annotations

import io
import json
import re
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from backend.app import create_app
from backend.core.settings import Settings
from backend.studio import Studio
from tests.conftest import Caller, wav_bytes
from tests.tone_speech import SAID, ToneListener, tone_wav


@pytest.fixture
def listener(studio: Studio) -> ToneListener:
    """The only one who listens: it hears tone words exactly."""
    one = ToneListener()
    studio.models._listener.listeners = {"tones": one}
    return one


def post(client: FlaskClient, sound: bytes | None = None, path: str = "/api/transcribe", **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    form = {"file": (io.BytesIO(tone_wav() if sound is None else sound), fields.pop("name", "said.wav")), **fields}
    form = {name: value for name, value in form.items() if value is not None}
    return client.post(path, data=form, content_type="multipart/form-data", headers=headers)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


@pytest.mark.usefixtures("listener")
def test_a_recording_becomes_a_text_with_times(client: FlaskClient) -> None:
    told = post(client).json
    assert (told["text"], told["raw_text"]) == (" ".join(SAID), " ".join(SAID))
    assert (told["engine"], told["engine_title"], told["language"]) == ("tones", "Tones", "it")
    assert told["duration"] == pytest.approx(len(SAID) * 0.23, abs=0.01)
    words = [word for row in told["segments"] for word in row["words"]]
    assert [word["word"] for word in words] == SAID
    assert all(word["start"] < word["end"] for word in words)
    assert client.get(f"/api/jobs/{told['job_id']}").json["status"] == "done"


@pytest.mark.usefixtures("listener")
@pytest.mark.parametrize(
    ("wanted", "media_type", "pattern"),
    [
        ("text", "text/plain", rf"^{' '.join(SAID)}\n$"),
        ("srt", "application/x-subrip", rf"^1\n00:00:00,0\d\d --> 00:00:01,\d\d\d\n{' '.join(SAID)}\n$"),
        ("vtt", "text/vtt", rf"^WEBVTT\n\n00:00:00\.0\d\d --> 00:00:01\.\d\d\d\n{' '.join(SAID)}\n$"),
    ],
)
def test_each_format_of_text(client: FlaskClient, wanted: str, media_type: str, pattern: str) -> None:
    answer = post(client, format=wanted)
    assert answer.mimetype == media_type
    assert re.search(pattern, answer.text), answer.text
    assert answer.headers["X-Engine"] == "tones"
    again = client.get(f"/api/transcribe/{answer.headers['X-Job-Id']}?format={wanted}")
    assert again.text == answer.text


@pytest.mark.usefixtures("listener")
def test_verbose_json_has_the_shape_of_openais(client: FlaskClient) -> None:
    told = post(client, format="verbose_json").json
    assert (told["task"], told["language"]) == ("transcribe", "italian")
    assert set(told) == {"task", "language", "duration", "text", "segments", "words"}
    assert set(told["segments"][0]) == {"id", "start", "end", "text"}
    assert [word["word"] for word in told["words"]] == SAID


@pytest.mark.usefixtures("listener")
@pytest.mark.parametrize("path", ["/api/transcribe", "/api/transcribe_stream"])
def test_events_tell_the_stages_and_end_with_the_text(client: FlaskClient, path: str) -> None:
    answer = post(client, path=path, headers={"Accept": "text/event-stream"})
    assert answer.mimetype == "text/event-stream"
    told = events(answer.text)
    stages = list(dict.fromkeys(event["stage_code"] for event in told))
    assert [stage for stage in stages if stage != "loading"] == ["queued", "decoding", "listening", "done"]
    assert told[-1]["text"] == " ".join(SAID)
    shares = [event["progress"] for event in told]
    assert shares == sorted(shares)


@pytest.mark.usefixtures("listener")
def test_both_texts_are_kept_and_the_upload_is_not(client: FlaskClient, settings: Settings) -> None:
    files = post(client).json["files"]
    assert re.fullmatch(r"output/stt_\d{8}-\d{6}(-\d+)?_raw\.txt", files["raw"])
    for name in files.values():
        assert (settings.data_dir / name).read_text("utf-8") == " ".join(SAID) + "\n"
    assert list((settings.state_dir / "uploads").iterdir()) == []
    assert client.get("/api/history").json["total"] == 0


@pytest.mark.parametrize("level", [0.0, 0.003])
def test_silence_gives_an_empty_text(client: FlaskClient, listener: ToneListener, level: float) -> None:
    told = post(client, tone_wav(level=level)).json
    assert (told["text"], told["segments"], told["files"]) == ("", [], {})
    assert [notice["code"] for notice in told["notices"]] == ["silence"]
    assert listener.loads == 0
    assert post(client, tone_wav(level=0.0), format="srt").text == ""


@pytest.mark.usefixtures("listener")
def test_without_a_language_model_the_text_stays_as_it_was_heard(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = post(client, clean="true", context="A list of words.").json
    assert told["text"] == told["raw_text"] == " ".join(SAID)
    assert told["cleaned"] is False
    assert [notice["code"] for notice in told["notices"]] == ["cleanup-failed"]


class Slow(ToneListener):
    def transcribe(self, samples: Any, language: str, cancelled: Any = lambda: False) -> Any:
        for _ in range(200):
            time.sleep(0.02)
            if cancelled():
                break
        yield from super().transcribe(samples, language, cancelled)


def test_cancelling_stops_the_listening_within_a_moment(client: FlaskClient, studio: Studio) -> None:
    studio.models._listener.listeners = {"tones": Slow()}
    job = studio.listening.transcribe(tone_wav(), "said.wav", {})
    while studio.job(job.id)["stage"] != "Listening: Tones":
        time.sleep(0.02)
    began = time.monotonic()
    client.delete(f"/api/jobs/{job.id}")
    while studio.job(job.id)["status"] == "running":
        time.sleep(0.02)
    assert studio.job(job.id)["status"] == "cancelled"
    assert time.monotonic() - began < 3.5  # of the four that a whole transcription takes


def test_a_recording_that_gave_no_text_goes_when_the_next_one_comes(
    client: FlaskClient, settings: Settings, listener: ToneListener
) -> None:
    folder = settings.state_dir / "uploads"
    post(client, HOSTILE["zeros"])
    assert len(list(folder.iterdir())) == 1
    post(client)
    assert list(folder.iterdir()) == []
    assert listener.loads == 1


def test_the_catalog_tells_who_listens(client: FlaskClient) -> None:
    rows = {row["name"]: row for row in client.get("/api/catalog").json["recognisers"]}
    assert rows["pocketsphinx"]["available"]
    assert rows["pocketsphinx"]["languages"] == ["en"]
    assert not rows["whisper_base"]["available"]
    assert rows["whisper_base"]["reason"]
    assert rows["whisper_base"]["hint"]
    assert {"title", "note", "quality"} <= set(rows["whisper_base"])


def test_a_favourite_of_the_settings_that_is_not_here_leaves_the_choice_to_auto(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path, lane_runner="thread", stt_engine="whisper_large_v3")
    studio = Studio(chosen)
    from backend.rooms.listening import choose

    assert choose(studio, "auto", "English")[0].info.name == "pocketsphinx"
    studio.close()


NOT_FINITE = b"RIFF" + struct.pack("<I", 4036) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 16000, 64000, 4, 32)
NOT_FINITE += b"data" + struct.pack("<I", 4000) + np.full(1000, np.nan, "<f4").tobytes()
HOSTILE = {
    "empty": b"",
    "a page": b"<html><script>alert(1)</script></html>",
    "half a header": b"RIFF\xff\xff\xff\x7fWAVEfmt ",
    "no number": NOT_FINITE,
    "a playlist": b"#EXTM3U\nfile:///etc/passwd\n",
    "zeros": bytes(100_000),
    "too short": wav_bytes([1000] * 10, 16_000),
    "absurd": wav_bytes([1], 1)[:22] + b"\xff\xff" + wav_bytes([1], 1)[24:],
}


@pytest.mark.usefixtures("listener")
@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_recording_is_refused_in_words(client: FlaskClient, kind: str) -> None:
    answer = post(client, HOSTILE[kind])
    assert answer.status_code == 422, answer.text
    assert answer.json["code"].startswith("audio-")
    assert answer.json["hint"]


@pytest.mark.usefixtures("listener")
@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"file": None}, 422, "file"),
        ({"format": "docx"}, 422, "format"),
        ({"clean": "maybe"}, 422, "clean"),
        ({"context": "x" * 5000}, 422, "context"),
        ({"speaker": "Ryan"}, 422, "speaker"),
        ({"language": "xx"}, 422, "language"),
        ({"engine": "nobody"}, 404, ""),
        ({"engine": "../../etc"}, 404, ""),
        ({"context": b"\xff\xfe".decode("latin1").encode("latin1").decode("utf-8", "replace")}, 422, "context"),
        ({"file": [(io.BytesIO(b"a"), "a.wav"), (io.BytesIO(b"b"), "b.wav")]}, 422, "file"),
    ],
)
def test_a_wrong_request_is_refused_before_anything_is_kept(
    client: FlaskClient, settings: Settings, fields: dict[str, Any], status: int, field: str
) -> None:
    for path in ("/api/transcribe", "/api/transcribe_stream"):
        answer = post(client, path=path, **fields)
        assert answer.status_code == status, answer.text
        assert answer.mimetype == "application/problem+json"
        assert not field or field in answer.json["fields"]
    assert not list((settings.state_dir / "uploads").glob("*"))
    assert client.get("/api/jobs").json["jobs"] == []


def test_a_body_that_is_no_form_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/transcribe", json={"file": "said.wav"}).status_code == 415
    assert client.post("/api/transcribe", data=b"RIFF", content_type="audio/wav").status_code == 415


def test_an_upload_over_the_limit_is_refused(settings: Settings, studio: Studio) -> None:
    app = create_app(settings.model_copy(update={"recording_limit": 1024}), studio)
    app.test_client_class = Caller
    assert post(app.test_client(), bytes(200_000)).status_code == 413
    assert post(app.test_client(), bytes(200_000), path="/api/transcribe_stream").status_code == 413


@pytest.mark.usefixtures("listener")
@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a\x00b.wav", "ü" * 300 + ".wav", "x.exe", "song.mp3"])
def test_the_name_of_an_upload_decides_nothing(client: FlaskClient, name: str) -> None:
    assert post(client, name=name or "blob").json["text"] == " ".join(SAID)


def test_what_is_no_transcription_has_no_transcript(client: FlaskClient, studio: Studio) -> None:
    assert client.get("/api/transcribe/nothing").status_code == 404
    job = studio.shelf.unload()
    studio.wait(job.id)
    assert client.get(f"/api/transcribe/{job.id}").status_code == 409


def test_an_unknown_format_of_a_finished_text_is_refused(client: FlaskClient, listener: ToneListener) -> None:
    job = post(client).json["job_id"]
    assert client.get(f"/api/transcribe/{job}?format=exe").status_code == 422
