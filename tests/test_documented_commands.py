"""Every recipe parses, and so does every command that a README shows."""

import os
import re
import shlex
from pathlib import Path

import pytest

from hf_ablate.commands import COMMANDS, find_command
from hf_ablate.recipe import STAGES, stage_recipes
from hf_ablate.shipped import shipped_studies
from hf_ablate.study.run import RunArguments, parse_stages


ROOT = Path(__file__).parent.parent
STUDIES = [ROOT / "recipes" / name for name in shipped_studies()]
PAPER = ROOT / "recipes" / "paper"  # its studies share run folders
READMES = [
    ROOT / "README.md", *sorted((ROOT / "recipes").glob("**/README.md")), ROOT / "benchmarks" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]  # fmt: skip


def shell_commands(text: str) -> list[str]:
    """The lines of the ```sh blocks of a Markdown text, continued lines joined, comments and pipes cut off."""
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [line.split(" #")[0].split(" | ")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


DOCUMENTED = [(path, line) for path in READMES if path.is_file() for line in shell_commands(path.read_text())]


@pytest.fixture(autouse=True)
def in_the_repository(monkeypatch, tmp_path):
    """As in a checkout in which the quickstart has run, wherever the tests run."""
    for folder in ("recipes", "accelerate_configs", "benchmarks"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "runs" / "quickstart").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.relative_to(ROOT / "recipes").as_posix())
def test_every_recipe_parses(study):
    assert list(parse_stages(RunArguments(study=study))) == list(stage_recipes(study))


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.relative_to(ROOT / "recipes").as_posix())
def test_every_recipe_says_what_it_is_and_is_flat(study):
    for path in stage_recipes(study).values():
        text = path.read_text()
        assert text.startswith("# "), f"{path} starts with no comment"
        run_dir = re.search("^run_dir: runs/(.*)$", text, flags=re.MULTILINE)[1]
        if PAPER in study.parents:
            assert run_dir.split("/")[0] == ("paper-miniature" if "miniature" in study.parts else "paper")
        else:
            assert run_dir == study.name


@pytest.mark.parametrize(("path", "line"), DOCUMENTED, ids=lambda value: value if isinstance(value, str) else "")
def test_every_documented_command_parses(path, line):
    words = [word for word in shlex.split(line) if not re.fullmatch(r"[A-Z_]+=\S*", word)]
    program = words[0]
    if program == "hf-ablate":
        check_command(words[1], words[2:])
    elif program == "accelerate":
        module = words.index("-m") + 1
        assert words[module] == "hf_ablate"
        check_command(words[module + 1], words[module + 2 :])
        check_config(words[words.index("--config_file") + 1])
    elif program == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
        assert set(words[1:]) <= set(targets)
    elif program == "python" and words[1].endswith(".py"):
        assert (ROOT / words[1]).is_file()
    elif words[:2] == ["python", "-m"] and words[2].startswith("benchmarks."):
        module = ROOT / words[2].replace(".", "/")
        assert module.with_suffix(".py").is_file() or (module / "__main__.py").is_file()
    elif program.startswith("benchmarks/"):
        assert os.access(ROOT / program, os.X_OK)
    else:
        assert program in {"pip", "python", "source", "cd", "git", "hf", "mergekit-yaml", "export"}, line


def check_command(name: str, tokens: list[str]) -> None:
    command = find_command(name)
    if "--help" not in tokens:
        command.parse(tokens)


def check_config(path: str) -> None:
    assert (ROOT / path).is_file(), path


def test_the_readme_shows_every_command():
    shown = {line.split()[1] for _, line in DOCUMENTED if line.startswith("hf-ablate ")}
    assert {command.name for command in COMMANDS} <= shown


def test_stages_are_commands():
    assert set(STAGES) <= {command.name for command in COMMANDS}
