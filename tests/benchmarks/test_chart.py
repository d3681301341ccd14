"""The chart of speed on the processor shows what was measured, and the one in the pages is the one of the figures."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from benchmarks.chart import chart, latest, main

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "figures" / "qwen3-cpu.jsonl"


def row(**more: Any) -> dict[str, Any]:
    found = {"model": "0.6B", "threads": 4, "official_rtf": 2.0, "rtf": 0.5, "ratio": 4.0}
    return found | {"official_rtf_range": [1.9, 2.1], "rtf_range": [0.4, 0.6]} | more


def test_bars_are_as_long_as_their_figures_and_the_line_stands_at_real_time() -> None:
    picture = ET.fromstring(chart([row()]))  # noqa: S314 - made here
    bars = [float(one.attrib["width"]) for one in picture.iter() if one.attrib.get("rx") == "3"]
    assert abs(bars[0] - 4 * bars[1]) < 0.5
    assert any("4.0 ×" in (one.text or "") for one in picture.iter())


def test_a_later_line_replaces_an_earlier_one_and_other_figures_are_left_out() -> None:
    lines = [json.dumps(each) for each in (row(), {"figure": "long"}, row(rtf=0.4), row(threads=2))]
    assert [(each["threads"], each["rtf"]) for each in latest(lines)] == [(4, 0.4), (2, 0.5)]


def test_the_picture_in_the_pages_is_made_of_the_figures_beside_it(tmp_path: Path) -> None:
    main([str(FIGURES), str(tmp_path / "made.svg")])
    kept = ROOT / "docs" / "images" / "qwen3-cpu.svg"
    assert (tmp_path / "made.svg").read_text("utf-8") == kept.read_text("utf-8")
