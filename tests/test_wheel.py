"""What a user has who installed the wheel: no repository, only what is in it."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest


ROOT = Path(__file__).parent.parent
SOURCES = ("hf_ablate", "recipes", "accelerate_configs", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def run(*words: object, cwd: Path) -> str:
    """What a command prints, without the repository on Python's path."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run([*map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def scripts(tmp_path_factory) -> Path:
    """The folder of commands of a new environment with the wheel, and with the packages of this one."""
    source, environment = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("environment")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source)
    run(sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('dist')", cwd=source)
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=source)
    python = environment / "bin" / "python"
    (wheel,) = (source / "dist").glob("*.whl")
    offline = ["--no-deps", "--no-index"]
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *offline, wheel, cwd=source)
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=source).strip())
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(place).iterdir():
            if "hf_ablate" not in path.name and not (packages / path.name).exists():
                (packages / path.name).symlink_to(path)
    return python.parent


def test_a_study_is_written_checked_and_planned_from_an_empty_folder(scripts, tmp_path):
    hf_ablate = scripts / "hf-ablate"
    where = run(scripts / "python", "-c", "import hf_ablate; print(hf_ablate.__file__)", cwd=tmp_path)
    assert where.startswith(str(scripts.parent))
    assert "runs/mine" in run(hf_ablate, "init", "recipes/mine", cwd=tmp_path)
    assert "7 recipes are valid" in run(hf_ablate, "validate", "recipes/mine", cwd=tmp_path)
    assert "7 recipes are valid" in run(hf_ablate, "validate", "quickstart", cwd=tmp_path)
    assert "6 recipes are valid" in run(hf_ablate, "validate", "paper/pairs/miniature", cwd=tmp_path)
    assert "component:sympy" in run(hf_ablate, "run", "recipes/mine", "--dry_run", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["recipes"]
    code = "from hf_ablate.launch import accelerate_config_path as path; print(path('cpu').is_file())"
    assert run(scripts / "python", "-c", code, cwd=tmp_path) == "True\n"
