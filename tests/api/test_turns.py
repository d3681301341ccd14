"""Turns between callers, from the door to the lane."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from backend.core.settings import Settings
from backend.safety.callers import asker
from backend.safety.keys import Keys
from backend.studio import Studio

TEXT = {"voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}
CHAPTER = "This chapter is long and nobody waits for it. " * 10


def of(path: str = "/api/generate", credential: str = "", **environ: str) -> str:
    return asker({"REMOTE_ADDR": "127.0.0.1", "PATH_INFO": path, **environ}, credential)


def test_a_caller_is_told_by_what_admitted_it_by_address_and_kind_of_program() -> None:
    page = {"HTTP_SEC_FETCH_SITE": "same-origin"}
    different = [
        of(),
        of("/v1/audio/speech"),
        of("/v1/speak"),
        of(credential="token"),
        of(credential="local"),
        of(REMOTE_ADDR="10.0.0.7"),
        of(**page),
        of(credential="one", **page),
    ]
    assert len(set(different)) == len(different)
    assert of("/api/transcribe") == of("/api/generate")
    assert of("/api/transcribe", **page) == of("/v1/audio/speech", **page)
    assert "secret" not in of(credential="secret")


MADE_UP = [
    {"HTTP_AUTHORIZATION": "Bearer {}"},
    {"HTTP_X_API_KEY": "{}"},
    {"HTTP_XI_API_KEY": "{}"},
    {"HTTP_COOKIE": "studio_8000={}"},
    {"HTTP_UPGRADE": "websocket", "HTTP_SEC_WEBSOCKET_PROTOCOL": "token, {}"},
]


@pytest.mark.parametrize("token", ["", "the-right-key"])
@pytest.mark.parametrize("given", MADE_UP)
def test_a_new_made_up_key_for_each_request_makes_no_new_caller(token: str, given: dict[str, str]) -> None:
    keys = Keys(token, 8000)
    found = {keys.credential({name: value.format(n) for name, value in given.items()}) for n in range(50)}
    assert found == {""}


def test_the_right_key_is_one_caller_whatever_stands_beside_it() -> None:
    keys = Keys("the-right-key", 8000)
    found = {
        keys.credential({"HTTP_AUTHORIZATION": f"Bearer made-up-{n}", "HTTP_X_API_KEY": "the-right-key"})
        for n in range(50)
    }
    assert found == {"token"}
    session = (keys.redeem(keys.new_link()) or "").partition(";")[0]
    assert len({"token", "", keys.credential({"HTTP_COOKIE": session})}) == 3


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
    many = [ask(client, studio, CHAPTER, Authorization=f"Bearer made-up-{n}") for n in range(20)]
    page = {"Sec-Fetch-Site": "same-origin"}
    chapters = [ask(client, studio, CHAPTER, **page) for _ in range(3)]
    sentence = ask(client, studio, "One sentence.", **page)
    order = studio._queues.lane.store.waiting()
    assert order[:4] == [many[0], chapters[0], sentence, many[1]]
    assert studio.job(sentence)["queue_place"] == 3
    assert [job for job in order if job in many] == many
