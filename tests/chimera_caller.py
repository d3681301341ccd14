"""Asks for chimeras as a caller over HTTP does; for tests."""

from __future__ import annotations

import io
from typing import Any

from flask.testing import FlaskClient

from backend.studio import Studio

BASE = "/api/chimera"
SPOKEN = {
    "text": "I am so glad to see you again.",
    "emotion": "happy",
    "engine": "fake",
    "ai_speaker": "Ryan",
    "tries": 2,
}


def post(client: FlaskClient, files: dict[str, bytes] | None = None, **fields: Any) -> Any:
    """A form where files are sent, JSON where not."""
    if files is None:
        return client.post(BASE, json=fields)
    form = {name: str(value) for name, value in fields.items()}
    sent = {name: (io.BytesIO(data), f"{name}.wav") for name, data in files.items()}
    return client.post(BASE, data={**form, **sent}, content_type="multipart/form-data")


def made(client: FlaskClient, studio: Studio, files: dict[str, bytes] | None = None, **fields: Any) -> dict[str, Any]:
    answer = post(client, files, **fields)
    assert answer.status_code == 202, answer.json
    return studio.wait(answer.json["job_id"])


def sessions(studio: Studio) -> list[str]:
    folder = studio.settings.state_dir / "chimera"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
