"""The engine of docs/adding-an-engine.md runs as it stands there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from backend.engines.base import SpeechEngine
from tests.speech.desk import Desk

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-an-engine.md"


def test_the_engine_of_the_tutorial_speaks(tmp_path: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    (tmp_path / "hum.py").write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("hum", tmp_path / "hum.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    engine = module.HumEngine()
    assert isinstance(engine, SpeechEngine)
    result = Desk(tmp_path, engine=engine).speak("Hello there. [sad] Goodbye.")
    assert (result["engine"], len(result["segments"])) == ("hum", 2)
    failed = {check["code"] for row in result["segments"] for check in row["checks"] if not check["ok"]}
    assert failed and failed <= {"stuck", "repetition", "clipped", "cut-end"}, "a hum is no speech, and is told so"
