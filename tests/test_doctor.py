"""The doctor tells facts in sentences, says what to do, and breaks on no machine."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from backend import doctor

ROOT = Path(__file__).resolve().parents[1]


def test_the_lists_of_the_doctor_are_those_of_the_requirements() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    import install

    light = {install.distribution(line) for line in install.requirements(ROOT / "requirements/light.txt")}
    assert light == set(doctor.LIGHT)
    whole = {install.distribution(line).replace("_", "-") for line in install.requirements(ROOT / "requirements.txt")}
    assert set(doctor.STUDIO) <= whole


def test_this_machine_can_run_the_studio(tmp_path: Path) -> None:
    checks = {check.name: check for check in doctor.report(tmp_path)}
    assert {"python", "light", "device", "voice", "data", "disk", "models", "port", "ffmpeg"} <= checks.keys()
    assert not [check.text for check in checks.values() if check.status == "failure"]
    assert checks["device"].text.startswith("Device: ")


def test_what_is_not_well_comes_with_something_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "STUDIO", {"no-such-package": "does nothing"})
    monkeypatch.setattr(doctor, "LIGHT", {"nor-this-one": "does nothing either"})
    light, studio = list(doctor._packages())
    assert (light.status, studio.status) == ("failure", "warning")
    assert "nor-this-one (does nothing either)" in light.text
    assert "start.sh" in light.hint
    assert "setup.sh" in studio.hint


def test_a_taken_port_is_a_warning() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert doctor._port("127.0.0.1", port).status == "warning"
    assert doctor._port("127.0.0.1", 0).status == "ok"


def test_a_folder_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert doctor._data_dir(file / "studio").status == "failure"
    assert doctor._data_dir(tmp_path / "not" / "yet").status == "ok"


def test_wrong_settings_are_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_PORT", "many")
    check = doctor._settings(None)
    assert check.status == "failure"
    assert "port" in check.text


def test_it_answers_json_without_importing_torch_here() -> None:
    command = (
        "import sys; from backend import doctor; assert 'torch' not in sys.modules; sys.exit(doctor.main(['--json']))"
    )
    answer = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert json.loads(answer.stdout)["checks"][0]["name"] == "python"
