"""The studio set is installed by a job: from whatever index pip knows, watched, and ended with all that it started."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import psutil
import pytest

from backend.core.errors import Cancelled, EngineFailed, Offline
from backend.core.events import ProgressEvent
from backend.core.settings import Settings
from backend.jobs.runner import JobContext
from backend.rooms.packages import megabytes, packages_installed

PROJECT = Path(__file__).resolve().parents[2]
CONTEXT = JobContext("job", 1)
STUBBORN = """
import signal, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('child', flush=True); time.sleep(60)"
process = subprocess.Popen([sys.executable, "-c", child])
print("pid", process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def wheel(folder: Path, name: str, version: str = "1.0") -> None:
    """A package with one module that holds nothing."""
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{module}.py": b"",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {path: urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=") for path, data in files.items()}
    record = "".join(f"{path},sha256={digests[path].decode()},{len(data)}\n" for path, data in files.items())
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as archive:
        for path, data in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}.items():
            archive.writestr(path, data)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installer in a project that wants three packages, and a folder of wheels instead of an index."""
    import torch_build

    root, wheels = tmp_path / "project", tmp_path / "wheels"
    wheels.mkdir()
    for version in (torch_build.VERSION, f"{torch_build.VERSION}+cpu"):
        wheel(wheels, "torch", version)
    for name in ("small-thing", "openai-whisper"):
        wheel(wheels, name)
    (root / "requirements").mkdir(parents=True)
    (root / "requirements" / "light.txt").write_text("small-thing>=1,<2\n")
    (root / "requirements.txt").write_text("-r requirements/light.txt\ntorch>=2,<3\nopenai-whisper>=1,<2\n")
    shutil.copytree(PROJECT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return root


def test_the_studio_set_is_installed_once_and_the_lane_is_told(settings: Settings, project: Path) -> None:
    called: list[bool] = []
    told = list(packages_installed(settings, CONTEXT, lambda: called.append(True), project))
    packages = [path.name for path in (project / ".venv").rglob("*.dist-info")]
    assert {name.split("-")[0] for name in packages} >= {"torch", "openai_whisper", "small_thing"}
    assert told[-1].done and told[-1].progress == 1 and called == [True]
    assert "Installing torch." in " ".join(event.stage for event in told)
    began = time.monotonic()
    assert list(packages_installed(settings, CONTEXT, lambda: called.append(True), project))[-1].done
    assert time.monotonic() - began < 5, "what is there is not installed anew"


def test_what_pip_could_not_do_is_told_in_its_words(settings: Settings, project: Path) -> None:
    (project / "requirements" / "light.txt").write_text("nowhere-to-be-found>=1,<2\n")
    called: list[bool] = []
    with pytest.raises(EngineFailed, match=r"could not be installed.*install\.log"):
        list(packages_installed(settings, CONTEXT, lambda: called.append(True), project))
    assert "nowhere-to-be-found" in (project / ".venv" / "install.log").read_text()
    assert not called


@pytest.mark.skipif(os.name == "nt", reason="there a process cannot refuse to end")
def test_a_cancel_ends_the_installer_and_what_it_started(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "install.py").write_text(STUBBORN)
    wished: list[bool] = []
    children: list[psutil.Process] = []
    steps = packages_installed(settings, JobContext("job", 1, lambda: bool(wished)), lambda: None, tmp_path)
    with pytest.raises(Cancelled):
        all(note(event, children, wished) for event in steps)
    time.sleep(0.2)  # the system needs a moment to end what was killed
    assert children and (not children[0].is_running() or children[0].status() == psutil.STATUS_ZOMBIE)


def note(event: ProgressEvent, children: list[psutil.Process], wished: list[bool]) -> bool:
    """Cancel as soon as the child says that it is there."""
    if event.stage.startswith("pid ") and not children:
        children.append(psutil.Process(int(event.stage.split()[1])))
    elif event.stage == "child":
        if not children:  # it said so before its parent named it
            children += psutil.Process().children(recursive=True)[-1:]
        wished.append(True)
    return True


def test_offline_nothing_is_installed(tmp_path: Path) -> None:
    with pytest.raises(Offline):
        list(packages_installed(Settings(data_dir=tmp_path, offline=True), CONTEXT, lambda: None))


def test_only_what_is_missing_is_counted() -> None:
    assert megabytes([], with_cuda=True) == 0
    assert megabytes(["pydub"], with_cuda=True) < 5 < megabytes(["torch"], with_cuda=False)
    assert megabytes(["torch"], with_cuda=True) > 3 * megabytes(["torch"], with_cuda=False)
