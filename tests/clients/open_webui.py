"""Open WebUI, as it is published, speaks and listens with a studio: `python -m tests.clients.open_webui PORT PYTHON`.

PYTHON is the interpreter of the environment that it is installed in. Its whole server runs and is asked what its page
asks.
"""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from tests.clients.foreign import TEXT, Foreign, free_port, understood

MP3 = (b"ID3", b"\xff\xfb", b"\xff\xf3")


def main(port: int, python: Path) -> None:
    own = free_port()
    command = [python.with_name("open-webui"), "serve", "--host", "127.0.0.1", "--port", str(own)]
    with tempfile.TemporaryDirectory() as folder:
        said = settings(Path(folder), f"http://127.0.0.1:{port}")
        with Foreign(command, f"http://127.0.0.1:{own}/health", Path(folder), said):
            page = signed_in(own)
            listings(page)
            spoken(page)
            listened(page)
            elevenlabs(page)


def settings(folder: Path, studio: str) -> dict[str, str]:
    """What an administrator types in; everything else stays as it comes."""
    return {
        "DATA_DIR": str(folder),
        "WEBUI_AUTH": "False",
        "OFFLINE_MODE": "true",
        "RAG_EMBEDDING_ENGINE": "openai",
        "AUDIO_TTS_ENGINE": "openai",
        "AUDIO_TTS_OPENAI_API_BASE_URL": f"{studio}/v1",
        "AUDIO_TTS_OPENAI_API_KEY": "none",
        "AUDIO_STT_ENGINE": "openai",
        "AUDIO_STT_OPENAI_API_BASE_URL": f"{studio}/v1",
        "AUDIO_STT_OPENAI_API_KEY": "none",
        "ELEVENLABS_API_BASE_URL": f"{studio}/elevenlabs",
    }


def signed_in(own: int) -> httpx.Client:
    page = httpx.Client(base_url=f"http://127.0.0.1:{own}/api/v1", timeout=60)
    answer = page.post("/auths/signin", json={"email": "", "password": ""}).raise_for_status().json()
    page.headers["Authorization"] = f"Bearer {answer['token']}"
    return page


def listings(page: httpx.Client) -> None:
    models = page.get("/audio/models").raise_for_status().json()["models"]
    voices = page.get("/audio/voices").raise_for_status().json()["voices"]
    assert "tts-1" in [row["id"] for row in models]
    assert {"id": "Uncle_Fu", "name": "Uncle Fu"} in voices
    print(f"ok lists {len(models)} models and {len(voices)} voices", flush=True)


def spoken(page: httpx.Client) -> None:
    """Its page sends a message sentence by sentence, all at once."""
    sentences = [f"This is sentence number {number} of an answer." for number in range(1, 9)]
    asked = [{"input": text, "voice": "Ryan"} for text in sentences] + [{"input": "And a voice of its own."}]
    with ThreadPoolExecutor(9) as threads:
        sounds = list(threads.map(lambda body: page.post("/audio/speech", json=body).raise_for_status().content, asked))
    assert all(sound.startswith(MP3) and len(sound) > 10_000 for sound in sounds)
    print(f"ok speech: {len(sounds)} sentences at once, {sum(map(len, sounds)) // 1000} kB of MP3", flush=True)
    wrong = page.post("/audio/speech", json={"input": "Hello.", "voice": "Nobody"})
    assert wrong.status_code == 404


def listened(page: httpx.Client) -> None:
    sound = page.post("/audio/speech", json={"input": TEXT, "voice": "Ryan"}).raise_for_status().content
    form = {"file": ("speech.mp3", sound, "audio/mpeg")}
    understood("transcription", page.post("/audio/transcriptions", files=form).raise_for_status().json()["text"])
    found = page.post("/audio/transcriptions", files=form, data={"language": "en"}).raise_for_status().json()
    understood("transcription with a language", found["text"])
    change(page, "stt", OPENAI_API_REQUEST_FORMAT="json")
    found = page.post("/audio/transcriptions", files=form).raise_for_status().json()
    understood("transcription, its request format JSON", found["text"])


def elevenlabs(page: httpx.Client) -> None:
    """Its ElevenLabs engine, pointed at ours."""
    change(page, "tts", ENGINE="elevenlabs", API_KEY="none", MODEL="auto")
    assert page.get("/audio/models").raise_for_status().json()["models"][0]["id"] == "auto"
    sound = page.post("/audio/speech", json={"input": TEXT, "voice": "Ryan"}).raise_for_status().content
    assert sound.startswith(MP3)
    print(f"ok its engine ElevenLabs: {len(sound) // 1000} kB of MP3", flush=True)


def change(page: httpx.Client, part: str, **fields: str) -> None:
    """As its settings page saves: everything, with these fields changed."""
    now: dict[str, Any] = page.get("/audio/config").raise_for_status().json()
    now[part] |= fields
    page.post("/audio/config/update", json=now).raise_for_status()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
