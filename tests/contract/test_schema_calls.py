"""The studio keeps what /openapi.json says of it, whatever it is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak.own_server import OwnServer
from benchmarks.soak.schema_calls import call

pytest.importorskip("schemathesis", reason="the package schemathesis is not installed: ./test.sh does")


@pytest.fixture
def server(tmp_path: Path):
    with OwnServer(tmp_path, fake_engine="on", offline="true") as started:
        yield started


@pytest.mark.timeout(300)
def test_two_thousand_made_up_calls_get_declared_answers(server: OwnServer, tmp_path: Path) -> None:
    done = call(server, tmp_path, 2000)
    assert done.made >= 2000, done.report[-3000:]
    assert not done.failures, done.report[-20_000:]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_thousand_made_up_calls_get_declared_answers(server: OwnServer, tmp_path: Path) -> None:
    done = call(server, tmp_path, 20_000, borders=True)
    assert done.made >= 20_000, done.report[-3000:]
    assert not done.failures, done.report[-20_000:]
