"""What schemathesis loads beside itself: addresses of things that are there, and what no answer of a studio may be.

The names come as JSON in STUDIO_THINGS: part of an address → values.
"""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path
from typing import Any

import schemathesis

SOUND = Path(os.environ["STUDIO_SOUND"]).read_bytes() if "STUDIO_SOUND" in os.environ else b""
"""A recording that can be used."""

THINGS: dict[str, list[str]] = json.loads(os.environ.get("STUDIO_THINGS", "{}"))
HONEST = frozenset({"engine-unavailable", "offline", "storage-failed"})
"""Codes of a 5xx that tell truly what this machine lacks."""


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Two calls of three name something that is there, one of four sends a recording where it sends a file; what
    deletes meets made-up names only."""
    _give_sound(case.body)
    for name, values in THINGS.items():
        if name not in (case.path_parameters or {}) or case.method == "DELETE":
            continue
        number = zlib.crc32(str(case.path_parameters[name]).encode())
        if number % 3:
            case.path_parameters[name] = values[number % len(values)]


def _give_sound(body: Any) -> None:
    for name, value in body.items() if isinstance(body, dict) and SOUND else ():
        if isinstance(value, bytes) and zlib.crc32(value) % 4 == 0:
            body[name] = SOUND


@schemathesis.check
def studio_never_breaks(context: Any, response: Any, case: Any) -> None:
    """No 5xx, but for what the machine truly lacks, said in words."""
    if response.status_code < 500:
        return
    said = json.dumps(response.json())
    assert any(f'"{code}"' in said for code in HONEST), f"{response.status_code}: {said[:500]}"
