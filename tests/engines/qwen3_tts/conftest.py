"""What tests of the Qwen3-TTS core may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_checkpoints import tiny_checkpoints


@pytest.fixture(scope="session")
def tiny_models() -> Path:
    """A folder with tiny random checkpoints of every variant; speech goes on to max_new_tokens."""
    return tiny_checkpoints()


@pytest.fixture(scope="session")
def tiny_models_that_stop() -> Path:
    """The same, with an end token that wins after some tens of frames."""
    return tiny_checkpoints(stops=True)
