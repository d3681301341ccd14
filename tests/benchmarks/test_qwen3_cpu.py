"""The figures of Qwen3-TTS on the processor, on tiny checkpoints: what is printed, and when nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import make_oracle
import pytest

from benchmarks import codec, qwen3_cpu
from benchmarks.measuring import Load, Spread, too_busy
from benchmarks.turns import Child, ChildFailed
from tests.tiny_checkpoints import tiny_checkpoints

FEW = ("--threads", "1", "--frames", "6", "--rounds", "2", "--firsts", "2", "--force", "--json")
ASKED = {"model", "threads", "official_rtf", "rtf", "ratio", "first_audio_ms", "peak_rss_mb", "busy"}
pytestmark = pytest.mark.timeout(300)


def _printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_ours_is_measured_alone_with_every_figure_that_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert qwen3_cpu.main([*FEW, "--alone", "--models", str(tiny_checkpoints())]) == 0
    (found,) = _printed(capsys)
    assert found.keys() >= ASKED
    assert (found["model"], found["threads"], found["frames"], found["rounds"]) == ("0.6B", 1, 6, 2)
    assert found["official_rtf"] is None and found["ratio"] is None
    assert float(str(found["rtf"])) > 0 and 50 < float(str(found["peak_rss_mb"])) < 5000
    assert found["first_audio_of"] == "a cloned voice, cached"


@pytest.mark.oracle
def test_both_speak_the_same_number_of_frames_by_turns(capsys: pytest.CaptureFixture[str]) -> None:
    if not make_oracle.works():
        pytest.skip("There is no .oracle here: `make oracle` makes it.")
    assert qwen3_cpu.main([*FEW, "--models", str(tiny_checkpoints())]) == 0
    (found,) = _printed(capsys)
    assert found["official_frames"] == found["frames"] == 6
    ratio, low, high = float(str(found["ratio"])), *found["ratio_range"]  # type: ignore[misc]  # a list of two
    assert 0 < low <= ratio <= high


def test_neighbours_and_a_long_script_are_figures_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--alone", "--only-long", "--only-neighbours", "--neighbours", "1", "--long", "100")
    assert qwen3_cpu.main([*FEW, *more, "--models", str(tiny_checkpoints())]) == 0
    beside, long = _printed(capsys)
    assert (beside["figure"], beside["neighbours"]) == ("neighbours", 1) and float(str(beside["slower"])) > 0
    assert (long["figure"], long["characters"]) == ("long script", 100) and float(str(long["grown"])) > 0
    assert float(str(long["audio_s"])) > 5


def test_checkpoints_that_are_missing_are_named_with_how_to_make_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert qwen3_cpu.main(["--models", str(tmp_path), "--force"]) == 1
    assert "make_tiny_checkpoints.py --size 0.6b" in capsys.readouterr().err
    assert codec.main(["--models", str(tmp_path), "--force"]) == 1
    assert "make_tiny_checkpoints.py" in capsys.readouterr().err


def test_an_oracle_that_is_missing_is_named_with_how_to_make_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(make_oracle, "FOLDER", tmp_path)
    monkeypatch.setattr(qwen3_cpu.make_oracle, "FOLDER", tmp_path)
    assert qwen3_cpu.main(["--models", str(tiny_checkpoints()), "--force"]) == 1
    assert "make oracle" in capsys.readouterr().err


def test_a_machine_that_is_too_busy_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(qwen3_cpu, "before_turns", lambda: Load(pressure=35.0, average=3.0, others=0.5))
    assert qwen3_cpu.main(["--models", str(tiny_checkpoints()), "--alone"]) == 1
    said = capsys.readouterr()
    assert "35 %" in said.err and not said.out


def test_others_and_pressure_make_a_run_busy_and_a_single_bad_turn_does_not() -> None:
    quiet = Load(pressure=2.0, average=0.1, others=0.0)
    assert not too_busy([quiet, quiet, Load(2.0, 0.1, 4.0)])
    assert too_busy([Load(21.0, 0.1, 0.0), quiet, quiet])
    assert too_busy([quiet, Load(2.0, 0.1, 4.0), Load(2.0, 0.1, 4.0)])
    # Our own turns raise the pressure before the next one; that is not others.
    assert not too_busy([quiet, Load(80.0, 4.0, 0.0)])


def test_medians_come_with_their_range() -> None:
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0)


def test_a_child_that_fails_leaves_its_last_words() -> None:
    import sys

    with Child(sys.executable, "benchmarks.qwen3_ours", 1) as child, pytest.raises(ChildFailed, match="EngineUnav"):
        child.ask("load", models="nowhere", data="nowhere", size="0.6b", threads=1, cloned=False)


def test_the_codec_is_measured_by_size_of_chunk(capsys: pytest.CaptureFixture[str]) -> None:
    few = ("--threads", "1", "--dtype", "float32", "--chunks", "1", "4", "--frames", "4", "--rounds", "2")
    assert codec.main([*few, "--models", str(tiny_checkpoints()), "--force", "--json"]) == 0
    (found,) = _printed(capsys)
    assert found["ms_a_frame"].keys() == {"1", "4"}  # type: ignore[attr-defined]  # a table
