# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Japanese: {"texts": [...]} in, {"readings": [[[original, hiragana], ...], ...]} out. Knows no sound."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lifeline import answer, requests

PARTICLES = {"は": "わ", "へ": "え"}  # written so, spoken otherwise, when they stand alone


def main() -> None:
    converter: Any = None
    for request in requests():
        if converter is None:
            import pykakasi  # its dictionary takes half a second, so only when there is Japanese

            converter = pykakasi.kakasi()
        answer({"readings": [list(_parts(converter.convert(text))) for text in request["texts"]]})


def _parts(converted: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    for part in converted:
        if part["orig"] == "今日は" and len(converted) > 1:  # the dictionary knows only the greeting
            yield from (("今日", "きょう"), ("は", "わ"))
        else:
            yield part["orig"], PARTICLES.get(part["orig"], part["hira"])


if __name__ == "__main__":
    main()
