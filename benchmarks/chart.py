"""A chart of what `qwen3_cpu --json` printed: seconds of computing for a second of sound, official package and ours.

`python -m benchmarks.chart docs/figures/qwen3-cpu.jsonl docs/images/qwen3-cpu.svg`; later lines replace earlier ones of
the same model and threads. The picture stands on white, so that it is read on any page.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

WIDTH, LEFT, RIGHT, TOP = 720, 148, 90, 64
BAR, GAP, GROUP = 18, 4, 22
"""Pixels: a bar, between the two of a pair, between pairs."""
OFFICIAL, OURS, INK, LINE = "#8a97a6", "#0b7f79", "#1c2733", "#b3412e"
Row = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    source, target = map(Path, sys.argv[1:] if arguments is None else arguments)
    rows = latest(source.read_text("utf-8").splitlines())
    target.write_text(chart(rows), "utf-8")
    return 0


def latest(lines: Sequence[str]) -> list[Row]:
    """One row for each model and number of threads, the smallest model and the most threads first."""
    found = [json.loads(line) for line in lines if line.strip()]
    rows = {(row["model"], row["threads"]): row for row in found if "official_rtf" in row and "figure" not in row}
    return sorted(rows.values(), key=lambda row: (row["model"], -row["threads"]))


def chart(rows: Sequence[Row]) -> str:
    """An SVG of pairs of bars, with the ranges as thin lines and a mark where speech is as quick as its sound."""
    most = max(row[f"{name}_range"][1] for row in rows for name in ("official_rtf", "rtf")) * 1.05
    scale = (WIDTH - LEFT - RIGHT) / most
    height = TOP + len(rows) * (2 * BAR + GAP + GROUP) + 34
    body = "\n".join(part for number, row in enumerate(rows) for part in _pair(row, _top(number), scale))
    said = "; ".join(
        f"{row['model']} with {row['threads']} threads: official {row['official_rtf']}, ours {row['rtf']}"
        for row in rows
    )
    parts = (
        f"<title>Seconds of computing for a second of sound. {escape(said)}.</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#fff"/>',
        _text(20, 26, "Seconds of computing for a second of sound (less is better)", weight=600, size=15),
        *_legend(LEFT, OFFICIAL, "official package, bfloat16"),
        *_legend(LEFT + 220, OURS, "this studio, int8"),
        f'<path d="M{LEFT + scale:.1f} {TOP}V{height - 28}" stroke="{LINE}" stroke-dasharray="4 3"/>',
        _text(LEFT + scale, height - 12, "as quick as the sound", colour=LINE, anchor="middle"),
        body,
    )
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="system-ui, sans-serif"'
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {box}>', *parts, "</svg>", ""])


def _legend(left: int, colour: str, words: str) -> tuple[str, str]:
    return f'<rect x="{left}" y="38" width="12" height="12" rx="2" fill="{colour}"/>', _text(left + 18, 49, words)


def _top(number: int) -> int:
    return TOP + 8 + number * (2 * BAR + GAP + GROUP)


def _pair(row: Row, top: int, scale: float) -> Iterator[str]:
    yield _text(20, top + BAR + 6, f"{row['model']}, {row['threads']} threads", weight=600)
    for place, (name, colour) in enumerate((("official_rtf", OFFICIAL), ("rtf", OURS))):
        y = top + place * (BAR + GAP)
        low, high = (LEFT + value * scale for value in row[f"{name}_range"])
        yield f'<rect x="{LEFT}" y="{y}" width="{row[name] * scale:.1f}" height="{BAR}" rx="3" fill="{colour}"/>'
        yield f'<path d="M{low:.1f} {y + BAR / 2}H{high:.1f}" stroke="{INK}" stroke-width="1.5"/>'
        words = f"{row[name]:.2f}" + (f", {row['ratio']:.1f} ×" if name == "rtf" else "")
        yield _text(high + 8, y + BAR - 4, words)


def _text(
    x: float, y: float, words: str, weight: int = 400, size: int = 13, colour: str = INK, anchor: str = "start"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y}" fill="{colour}" font-weight="{weight}" font-size="{size}" '
        f'text-anchor="{anchor}" '
        f'stroke="#fff" stroke-width="3" paint-order="stroke">{escape(words)}</text>'
    )


if __name__ == "__main__":
    sys.exit(main())
