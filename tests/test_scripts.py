"""The commands people type: start.sh and its neighbours, with stand-ins for Python where the machine matters."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ["start.sh", "setup.sh", "test.sh", ".ci/run", "scripts/find-python.sh"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="these are the scripts of Linux and macOS")


@pytest.mark.parametrize("script", SCRIPTS)
def test_bash_can_read_it(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)


@pytest.mark.parametrize("script", ["start.sh", "setup.sh", "test.sh", ".ci/run"])
def test_it_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    assert (ROOT / script).read_text().startswith("#!/usr/bin/env bash\n")


@pytest.mark.parametrize("script", SCRIPTS)
def test_it_keeps_to_what_the_bash_of_macos_knows(script: str) -> None:
    text = (ROOT / script).read_text()
    newer = ["declare -A", "mapfile", "readarray", "${1,,}", "${1^^}", "|&", "&>>", "local -n", "coproc", "readlink -f"]
    assert not [word for word in newer if word in text]


@pytest.mark.parametrize("script", ["start.bat", "setup.bat", "download_models.bat", "scripts/find-python.bat"])
def test_files_for_windows_end_their_lines_as_windows_does(script: str) -> None:
    lines = (ROOT / script).read_bytes().split(b"\n")
    assert all(line.endswith(b"\r") for line in lines[:-1])


class Project:
    """A copy of start.sh in a folder with spaces, a PATH of its own, and a Python that writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "my studio"
        self.path = folder / "bin"
        (self.root / "scripts").mkdir(parents=True)
        self.path.mkdir()
        for name in ("start.sh", "scripts/find-python.sh"):
            shutil.copy(ROOT / name, self.root / name)
        for tool in ("bash", "dirname", "readlink", "env"):
            (self.path / tool).symlink_to(shutil.which(tool) or tool)

    def python(self, name: str, version: str, lacks: str = "") -> Path:
        """A stand-in: answers the probe with its version, and to anything else writes its arguments to `asked`."""
        fit = version.startswith(("3.11.", "3.12.", "3.13.")) and not lacks
        return self.program(
            name,
            f'if [ "$1" = -c ]; then echo {version}; exit {0 if fit else 1}; fi\n'
            f'for word in "$0" "$PWD" "$@"; do printf "%s\\n" "$word" >> "{self.root}/asked"; done\n'
            f'if [ "${{1##*/}}" = install.py ]; then\n  {self.path}/mkvenv\nfi\n',
        )

    def program(self, name: str, body: str) -> Path:
        file = self.path / name if "/" not in name else self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!{self.path}/bash\n{body}")
        file.chmod(0o755)
        return file

    def installer(self) -> None:
        """What install.py would leave behind: a Python in .venv."""
        stand_in = self.python(".venv/bin/python", "3.12.1")
        kept = self.path / "venv-python"
        stand_in.rename(kept)
        (self.root / ".venv/bin").rmdir()
        (self.root / ".venv").rmdir()
        cp, mkdir = shutil.which("cp"), shutil.which("mkdir")
        self.program("mkvenv", f'{mkdir} -p "{self.root}/.venv/bin"\n{cp} "{kept}" "{self.root}/.venv/bin/python"\n')

    def start(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(self.root / "start.sh"), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env={"PATH": str(self.path)}, cwd=folder or self.root, check=False
        )

    @property
    def asked(self) -> list[str]:
        file = self.root / "asked"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_machine_without_python_gets_a_sentence(project: Project) -> None:
    answer = project.start()
    assert answer.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13. Found: no Python at all on the PATH." in answer.stderr
    assert "brew install" in answer.stderr and "apt install" in answer.stderr


@pytest.mark.parametrize("version", ["3.9.2", "3.10.13", "3.14.0", "2.7.18"])
def test_a_wrong_python_is_named(project: Project, version: str) -> None:
    project.python("python3", version)
    answer = project.start()
    assert answer.returncode == 1
    assert f"python3 is {version}." in answer.stderr


def test_a_python_without_venv_is_told_apart_from_a_wrong_one(project: Project) -> None:
    project.python("python3", "3.11.2", lacks="venv")
    answer = project.start()
    assert "python3 is 3.11.2 but lacks a standard part (venv" in answer.stderr


def test_a_name_that_does_not_run_is_passed_over(project: Project) -> None:
    project.program("python3.13", "echo 'no such version' >&2; exit 127\n")
    project.installer()
    project.python("python3", "3.11.7")
    assert project.start("--no-browser").returncode == 0
    assert project.asked[0].endswith("/python3")


def test_the_newest_suitable_python_is_taken(project: Project) -> None:
    project.installer()
    for name, version in [("python3", "3.11.7"), ("python3.12", "3.12.1"), ("python3.13", "3.13.0")]:
        project.python(name, version)
    project.start()
    assert project.asked[0].endswith("/python3.13")


def test_the_python_of_venv_comes_first(project: Project) -> None:
    project.program("mkvenv", "true\n")
    project.python("python3", "3.13.0")
    project.python(".venv/bin/python", "3.12.1")
    project.start()
    assert {word for word in project.asked if word.endswith("python")} == {str(project.root / ".venv/bin/python")}


def test_arguments_reach_the_studio_as_they_were_written(project: Project) -> None:
    project.installer()
    project.python("python3", "3.12.1")
    answer = project.start("--port", "8100", "--no-browser", "--token", "a key with spaces", "--host=0.0.0.0")
    assert answer.returncode == 0, answer.stderr
    start = project.asked.index("-m")
    expected = ["-m", "backend.app", "--port", "8100", "--no-browser", "--token", "a key with spaces", "--host=0.0.0.0"]
    assert project.asked[start:] == expected
    assert project.asked[start - 1] == str(project.root)


def test_a_relative_data_folder_is_meant_from_where_the_command_was_typed(project: Project, tmp_path: Path) -> None:
    project.installer()
    project.python("python3", "3.12.1")
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    project.start("--data-dir", "my data", folder=elsewhere)
    assert project.asked[-2:] == ["--data-dir", str(elsewhere / "my data")]
    project.start("--data-dir=/srv/data", folder=elsewhere)
    assert project.asked[-1] == "/srv/data"


def test_it_may_be_called_by_a_link(project: Project, tmp_path: Path) -> None:
    project.installer()
    project.python("python3", "3.12.1")
    link = tmp_path / "studio"
    link.symlink_to("my studio/start.sh")
    answer = subprocess.run([str(link)], env={"PATH": str(project.path)}, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert project.asked[-2:] == ["-m", "backend.app"]


@pytest.mark.parametrize(
    ("words", "sentence"), [(["--prot", "1"], "does not know --prot"), (["--port"], "--port needs")]
)
def test_a_wrong_argument_is_named_before_anything_is_installed(
    project: Project, words: list[str], sentence: str
) -> None:
    project.python("python3", "3.12.1")
    answer = project.start(*words)
    assert answer.returncode == 2
    assert sentence in answer.stderr
    assert not project.asked


def test_help_installs_nothing(project: Project) -> None:
    answer = project.start("--help")
    assert answer.returncode == 0
    assert "--data-dir" in answer.stdout


def test_a_taken_port_gets_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "backend.app", "--port", port, "--no-browser", "--data-dir", str(tmp_path)]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode != 0
    assert port in answer.stderr and "--port" in answer.stderr
    assert "Traceback" not in answer.stderr
