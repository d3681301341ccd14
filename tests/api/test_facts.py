"""Catalog, health and jobs: what the page builds itself from."""

from __future__ import annotations

from flask.testing import FlaskClient

from backend import __version__

SPEAK = {"text": "Hi there.", "voice": {"kind": "preset", "speaker": "Ryan"}, "engine": "fake"}


def test_the_catalog_holds_all_that_can_be_chosen(client: FlaskClient) -> None:
    catalog = client.get("/api/catalog").json
    assert {speaker["id"] for speaker in catalog["speakers"]} >= {"Ryan", "Vivian", "Uncle_Fu", "Ono_Anna"}
    assert len(catalog["speakers"]) == 9
    assert len(catalog["languages"]) == 10
    assert len(catalog["emotions"]) == 14
    assert catalog["formats"] == ["wav", "mp3", "ogg", "opus", "flac"]
    assert catalog["subtitles"] == ["srt", "vtt", "json"]
    assert catalog["limits"].keys() == {"text", "upload", "archive"}
    assert catalog["version"] == __version__
    engine = next(row for row in catalog["engines"] if row["name"] == "fake")
    assert {
        "name",
        "title",
        "available",
        "reason",
        "hint",
        "kinds",
        "languages",
        "emotions",
        "note",
        "quality",
    } <= engine.keys()
    speaker = catalog["speakers"][0]
    assert {"id", "name", "sex", "age", "engine", "language", "description", "note"} <= speaker.keys()
    assert catalog["engine_auto"] == speaker["engine"]
    emotion = catalog["emotions"][0]
    assert emotion.keys() == {"name", "emoji", "colour", "aliases"}
    assert "it" in emotion["aliases"]


def test_health_says_how_the_studio_is(client: FlaskClient) -> None:
    health = client.get("/health").json
    assert health.keys() == {"status", "version", "uptime", "queue", "lane", "device", "models", "streams"}
    assert (health["status"], health["lane"], health["queue"]) == ("ok", "idle", 0)
    assert client.get("/health/live").json == {"status": "ok"}
    assert client.get("/health/ready").status_code == 200
    assert client.head("/health").status_code == 200


def test_jobs_are_listed_newest_first_with_their_records(client: FlaskClient) -> None:
    ids = [client.post("/api/generate", json=SPEAK).headers["X-Job-Id"] for _ in range(3)]
    jobs = client.get("/api/jobs").json["jobs"]
    assert [job["id"] for job in jobs] == ids[::-1]
    job = client.get(f"/api/jobs/{ids[0]}").json
    assert job.keys() == {
        "id", "kind", "status", "phase", "stage", "progress", "eta", "queue_place", "created", "started", "finished",
        "attempts", "result", "problem", "last_event", "about",
    }  # fmt: skip
    assert (job["status"], job["phase"], job["attempts"], job["problem"]) == ("done", "done", 1, None)
    assert job["result"]["url"].startswith("/output/")
    assert job["about"] == {"text": SPEAK["text"], "voice": SPEAK["voice"]["speaker"]}
    assert len(client.get("/api/jobs?limit=1").json["jobs"]) == 1
    assert len(client.get("/api/jobs?kind=redo,%20generate&limit=2").json["jobs"]) == 2
    assert client.get("/api/jobs?kind=download-model").json["jobs"] == []


def test_a_job_that_is_over_stays_what_it_is(client: FlaskClient) -> None:
    job_id = client.post("/api/generate", json=SPEAK).headers["X-Job-Id"]
    assert client.delete(f"/api/jobs/{job_id}").json["status"] == "done"


def test_unknown_jobs_are_404_in_every_form(client: FlaskClient) -> None:
    for path in ("/api/jobs/nothing", "/api/jobs/nothing/events", "/api/jobs/..", "/api/jobs/%00"):
        assert client.get(path).status_code == 404
    assert client.delete("/api/jobs/nothing").json["code"] == "job-not-found"
    assert client.get("/api/jobs/nothing/events?after=x").status_code in (404, 422)
