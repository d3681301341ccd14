"""What scripts/install.py decides: which torch, which steps, when nothing is to do, how a broken install is mended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import install
import pytest
import torch_build
from pip_progress import news

ROOT = Path(__file__).resolve().parents[1]
NAMED_FOR_THE_PRODUCT = (
    *("flask", "torch", "transformers", "huggingface_hub", "librosa", "soundfile", "pydub", "openai-whisper", "numpy"),
)


def test_an_nvidia_gpu_on_linux_gets_the_cuda_build_of_pypi() -> None:
    build = torch_build.choose("Linux", "x86_64", "NVIDIA GeForce RTX 4070")
    assert build.cuda and not build.index and "+" not in build.requirement
    assert "RTX 4070" in build.reason


def test_linux_without_a_gpu_gets_the_cpu_build_and_a_way_out() -> None:
    build = torch_build.choose("Linux", "x86_64", "")
    assert build.requirement.endswith("+cpu") and build.index.endswith("/cpu")
    assert build.otherwise and build.reason.startswith("CPU: nvidia-smi names no GPU")


def test_an_unreachable_index_costs_seconds() -> None:
    arguments = torch_build.choose("Linux", "x86_64", "").arguments()
    assert arguments[arguments.index("--retries") + 1] == "1"
    assert "--no-deps" in arguments, "dependencies would be asked of the unreachable index too"


def test_a_mac_with_apple_silicon_takes_the_usual_build() -> None:
    build = torch_build.choose("Darwin", "arm64", "")
    assert not build.index and "MPS" in build.reason


def test_a_mac_with_intel_is_told_that_there_is_no_torch() -> None:
    build = torch_build.choose("Darwin", "x86_64", "")
    assert not build.requirement
    steps = install.studio_steps(("torch>=2", "openai-whisper>=1", "librosa>=0.11"), build)
    assert [step.arguments for step in steps] == [("librosa>=0.11",)]


@pytest.mark.parametrize(("gpu", "cuda"), [("", False), ("NVIDIA RTX A2000", True)])
def test_windows_takes_cuda_from_the_index_of_pytorch(gpu: str, cuda: bool) -> None:
    build = torch_build.choose("Windows", "AMD64", gpu)
    assert build.cuda is cuda and bool(build.index) is cuda


def test_whisper_comes_without_triton_where_there_is_no_cuda() -> None:
    steps = install.steps_for(ROOT, "studio", torch_build.choose("Linux", "x86_64", ""))
    whole = [step for step in steps if "--no-deps" not in step.arguments]
    assert not any("whisper" in argument for step in whole for argument in step.arguments)
    assert steps[-1].arguments[0] == "--no-deps" and steps[-1].arguments[1].startswith("openai-whisper")
    assert len(steps[-1].arguments) == 2


def test_with_cuda_whisper_brings_what_it_wants() -> None:
    steps = install.steps_for(ROOT, "studio", torch_build.choose("Linux", "x86_64", "NVIDIA L4"))
    assert any(argument.startswith("openai-whisper") for argument in steps[-1].arguments)
    assert "--no-deps" not in steps[-1].arguments


def test_torch_comes_before_what_stands_on_it() -> None:
    steps = install.steps_for(ROOT, "studio", torch_build.choose("Linux", "x86_64", ""))
    assert steps[0].arguments[-1].startswith("torch==")


def test_requirements_hold_every_package_named_for_the_product() -> None:
    names = {install.distribution(line) for line in install.requirements(ROOT / "requirements.txt")}
    assert set(NAMED_FOR_THE_PRODUCT) <= names


def test_the_light_set_needs_no_model_library() -> None:
    names = {install.distribution(line) for line in install.requirements(ROOT / "requirements/light.txt")}
    assert not names & {"torch", "transformers", "librosa", "openai-whisper", "huggingface_hub"}


@pytest.mark.parametrize(
    "line", ["openai-whisper>=20250625,<20280000", 'audioop-lts>=0.2; python_version >= "3.13"', "torch"]
)
def test_the_name_of_a_requirement_is_read(line: str) -> None:
    assert install.distribution(line) in {"openai-whisper", "audioop-lts", "torch"}


def test_every_fast_moving_package_has_an_upper_bound() -> None:
    unbounded = [
        line
        for name in install.FILES.values()
        for line in install.requirements(ROOT / name)
        if "<" not in line and "==" not in line
    ]
    assert not unbounded


def test_a_stamped_set_is_not_installed_again(tmp_path: Path) -> None:
    root = small_project(tmp_path)
    install.stamp_of(root, "light").parent.mkdir()
    install.stamp_of(root, "light").write_text(install.fingerprint(root, "light"))
    assert install.is_installed(root, "light")
    (root / "requirements/light.txt").write_text("something-else>=1\n")
    assert not install.is_installed(root, "light")


def test_a_project_that_was_moved_is_installed_anew(tmp_path: Path) -> None:
    here, there = small_project(tmp_path / "here"), small_project(tmp_path / "there")
    assert install.fingerprint(here, "light") != install.fingerprint(there, "light")


def test_a_package_that_a_killed_pip_left_half_copied_is_forgotten(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    whole, half = packages / "whole-1.dist-info", packages / "half-1.dist-info"
    for folder in (whole, half):
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text("Name: x\n")
    (whole / "RECORD").write_text("")
    assert install.heal(tmp_path) == ["half-1.dist-info"]
    assert whole.exists() and not half.exists()


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project whose .venv had no pip, as if its making had been interrupted, and was mended."""
    root = small_project(tmp_path_factory.mktemp("project"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / ".venv")], check=True)
    install.make_venv(root / ".venv")
    return root


def test_a_venv_without_pip_is_mended(mended: Path) -> None:
    assert install.ran(str(install.python_of(mended / ".venv")), "-m", "pip", "--version")[0]


def test_a_failing_pip_ends_with_a_sentence_and_no_stamp(mended: Path) -> None:
    (mended / "requirements/light.txt").write_text("./no-such-folder-here\n")
    command = [sys.executable, str(ROOT / "scripts/install.py"), "light", "--root", str(mended)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert answer.returncode == 1
    assert "could not be installed" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not install.stamp_of(mended, "light").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Collecting numpy<3,>=2.2", "numpy"),
        ("  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.9 MB)", "numpy 16.9 MB"),
        ("Installing collected packages: a, b, c", "installing 3 packages"),
        ("WARNING: something", ""),
    ],
)
def test_progress_is_told_by_the_names_of_packages(line: str, told: str) -> None:
    assert news(line) == told


def small_project(root: Path) -> Path:
    (root / "requirements").mkdir(parents=True)
    (root / "requirements/light.txt").write_text("flask>=3\n")
    return root
