"""Turns between callers, from the door to the lane."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.core.settings import Settings
from backend.safety.callers import asker
from backend.studio import Studio

TEXT = {"voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}
CHAPTER = "This chapter is long and nobody waits for it. " * 10


def of(path: str = "/api/generate", **environ: str) -> str:
    return asker({"REMOTE_ADDR": "127.0.0.1", "PATH_INFO": path, **environ})


def test_a_caller_is_told_by_key_address_and_kind_of_program() -> None:
    page = {"HTTP_SEC_FETCH_SITE": "same-origin"}
    different = [
        of(),
        of("/v1/audio/speech"),
        of("/v1/speak"),
        of(HTTP_AUTHORIZATION="Bearer a"),
        of(HTTP_X_API_KEY="a"),
        of(REMOTE_ADDR="10.0.0.7"),
        of(**page),
        of(HTTP_COOKIE="studio_8000=one", **page),
    ]
    assert len(set(different)) == len(different)
    assert of("/api/transcribe") == of("/api/generate")
    assert of("/api/transcribe", **page) == of("/v1/audio/speech", **page)
    assert of(HTTP_COOKIE="studio_8000=one; theme=dark", **page) == of(HTTP_COOKIE="x=1; studio_8000=one", **page)
    assert "secret" not in of(HTTP_AUTHORIZATION="Bearer secret")


@pytest.fixture
def studio(settings: Settings) -> Any:
    """One whose lane does not work yet."""
    made = Studio(settings)
    yield made
    made.stop(5)
    made.close()


def ask(client: FlaskClient, studio: Studio, text: str, **headers: str) -> str:
    before = {job["id"] for job in studio.list_jobs(500)}
    answer = client.post("/api/generate_stream", json={"text": text, **TEXT}, headers=headers, buffered=False)
    answer.close()
    (made,) = {job["id"] for job in studio.list_jobs(500)} - before
    return made


def test_a_second_caller_is_served_after_one_job_of_the_first_and_its_sentence_before_its_chapters(
    client: FlaskClient, studio: Studio
) -> None:
    many = [ask(client, studio, CHAPTER, Authorization="Bearer many") for _ in range(20)]
    page = {"Sec-Fetch-Site": "same-origin"}
    chapters = [ask(client, studio, CHAPTER, **page) for _ in range(3)]
    sentence = ask(client, studio, "One sentence.", **page)
    order = studio._queues.lane.store.waiting()
    assert order[:4] == [many[0], chapters[0], sentence, many[1]]
    assert studio.job(sentence)["queue_place"] == 3
    assert [job for job in order if job in many] == many
