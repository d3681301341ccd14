"""What a view may reach: the studio and the slots for long requests. Set once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from backend.api.sse import StreamSlots
from backend.studio import Studio

KEY = "qwentts"


@dataclass(frozen=True)
class Context:
    studio: Studio
    slots: StreamSlots


def here() -> Context:
    """The context of the app that answers this request."""
    return cast(Context, current_app.extensions[KEY])


def studio() -> Studio:
    return here().studio
