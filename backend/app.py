"""`create_app`: settings → studio → blueprints, behind the gate. Knows no room but `api`, `safety` and the studio.

`python backend/app.py` and `python -m backend.app` start the server (see `commands/serving.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

if __package__ in (None, ""):  # run as a file: Python put backend/ on the path, not the folder that holds it
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from flask import Flask, request
from werkzeug.wrappers import Response

from backend.api import page, problems, session, sockets
from backend.api.context import KEY, Context
from backend.api.sse import StreamSlots
from backend.api.uploads import StudioRequest
from backend.core.settings import PROJECT_DIR, Settings
from backend.jobs.turns import ask_as
from backend.safety.callers import asker, callers_of
from backend.safety.gate import Gate
from backend.safety.keys import Keys
from backend.studio import Studio

FRONTEND = PROJECT_DIR / "frontend"

ROOMS = (
    "catalog chimera connect errors_page examining generate health history jobs models openapi output page personality "
    "session smart transcribe"
).split()
"""Files of `api` that have addresses."""
DIALECTS = (
    "console console_socket deepgram deepgram_listening elevenlabs kokoro openai_listening openai_models openai_speech "
    "openai_voices progress_socket qwen3_models qwen3_speech qwen3_voices qwen_tts vllm voice_cloning"
).split()
"""Files of `api/dialects` that have addresses."""
SMALL_BODY = 256 * 1024  # bytes: names, tags, consents
FRAME = 64 * 1024  # bytes that multipart puts around a file
LONG_UPLOADS = frozenset(
    {
        "/api/smart",
        "/api/transcribe",
        "/api/transcribe_stream",
        "/stt",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/listen",
    }
)
"""Addresses that take a long recording."""
BROUGHT = frozenset({"/v1/audio/voices", "/v1/audio/voice_consents", "/api/tts/qwen3/voices/upload"})
"""Addresses that take a short recording."""
WITH_RECORDINGS = (
    *("/v1/audio/speech", "/dev/captioned_speech", "/tts", "/api/tts/generate", "/api/tts/preview"),
    *("/api/qwen-tts/", "/api/v1/"),
)
"""Beginnings of addresses that take a text, and with it a recording, in base64 or as a file."""
TEXTS_ALONE = ("/api/generate", "/api/script/", "/dev/dialogue", "/v1/speak", "/elevenlabs/v1/text-to-speech/")
"""Beginnings of addresses that take a text."""
BYTES_PER_CHARACTER = 12  # a character outside the basic plane, written as two JSON escapes


def create_app(settings: Settings, studio: Studio | None = None) -> Flask:
    """The studio as a WSGI app. `settings.port` must be the port that is really open: the gate compares it."""
    app = Flask("qwentts", static_folder=None, template_folder=None)
    app.request_class = StudioRequest
    app.url_map.merge_slashes = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.config["TEMP_DIR"] = settings.state_dir / "tmp"
    app.extensions[KEY] = Context(studio or Studio(settings), StreamSlots(settings.stream_limit))
    app.extensions[sockets.OPEN] = sockets.OpenSockets()
    app.extensions[page.SHELF] = page.Shelf(FRONTEND)
    for name in (*ROOMS, *(f"dialects.{dialect}" for dialect in DIALECTS)):
        app.register_blueprint(import_module(f"backend.api.{name}").bp)
    problems.install(app)
    app.after_request(_keep_nothing)
    gate = Gate(
        app.wsgi_app,
        callers_of(settings),
        Keys(settings.token, settings.port, settings.open_lists),
        body_limits(settings),
        problems.shaped,
    )
    app.wsgi_app = gate  # type: ignore[method-assign]  # Flask's own way to wrap an app
    app.extensions[session.GATE] = gate
    app.before_request(partial(_take_turns, gate.keys))
    return app


def body_limits(settings: Settings) -> Callable[[str, str], int]:
    """Method and path → bytes that a body may hold there."""
    text = settings.text_limit * BYTES_PER_CHARACTER + FRAME

    def limit(method: str, path: str) -> int:
        if path.startswith(TEXTS_ALONE):
            return text
        if method == "POST" and path.startswith(WITH_RECORDINGS):
            return text + settings.upload_limit * 4 // 3
        if method == "POST" and path in BROUGHT:
            return settings.upload_limit + FRAME
        if method == "POST" and path == "/api/personality/import":
            return settings.archive_limit + FRAME
        if path in LONG_UPLOADS:
            return settings.recording_limit + FRAME
        if method == "POST" and path == "/api/chimera":
            return 2 * (settings.upload_limit + FRAME)
        if method == "PUT" and path.startswith("/api/personality/"):
            return settings.upload_limit + FRAME
        return SMALL_BODY

    return limit


def _take_turns(keys: Keys) -> None:
    """What is asked for by this request takes its turns as the caller's."""
    ask_as(asker(request.environ, keys.credential(request.environ)))


def _keep_nothing(response: Response) -> Response:
    """What the studio says about now is not for caches; files set their own rule."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


if __name__ == "__main__":
    from backend.cli import main

    sys.exit(main(["serve", *sys.argv[1:]]))
