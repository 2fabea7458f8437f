"""The notebooks of the paper's procedures run from top to bottom; without a kernel, which takes longer to start."""

import ast
from pathlib import Path
from typing import Any

import matplotlib
import nbformat
import pytest


ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "docs" / "notebooks"


def run(name: str) -> tuple[list[Any], dict[str, Any]]:
    """What the last line of each cell shows, and the names that the notebook defines."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    shown, names = [], {}
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        *lines, last = ast.parse(cell.source).body
        exec(compile(ast.Module(lines, []), name, "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), name, "eval"), names))
        else:
            exec(compile(ast.Module([last], []), name, "exec"), names)
    return shown, names


@pytest.fixture
def notebooks(tmp_path, monkeypatch) -> Path:
    """An empty project, at work in its folder of notebooks."""
    folder = tmp_path / "docs" / "notebooks"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    matplotlib.use("Agg")
    return folder


def test_splits_counts_every_token_and_names_what_is_left_out(notebooks, tmp_path):
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    shown, names = run("splits")
    units, every_year = names["table"](names["corpus"]), names["every_year"]
    assert names["tokens"].to_numpy().sum() == every_year["available_tokens"].sum()
    assert set(units["field"]) <= set(every_year["field"]) and (units["epochs"] <= 1.1).all()
    assert names["corpus"]["dropped_units"] and not set(names["corpus"]["dropped_units"]) & set(units.index)
    assert units["available_tokens"].sum() < every_year["available_tokens"].sum()
    assert shown[-1].loc["Physics", "units"] == 20 and names["s2orc"]["units"][-1] == "Sociology_1970-2022"


def test_pandas_alone_gives_the_correlations_of_hf_ablate(notebooks, tmp_path, finished_study):
    study = tmp_path / "runs" / "paper-miniature" / "studies" / "triples"
    study.parent.mkdir(parents=True)
    study.symlink_to(finished_study / "run")
    _, names = run("analysis")
    agreement = names["study"].agreement()
    for predictor in ("merged", "ensemble"):
        for statistic, own in names["correlations"].items():
            (other,) = agreement.loc[predictor][statistic]["value"]
            assert own[predictor] == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize("name", ["splits", "analysis"])
def test_notebooks_are_saved_with_what_they_show(name):
    text = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    code = [cell for cell in nbformat.reads(text, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum(bool(cell.outputs) for cell in code) >= len(code) - 2  # imports and definitions show nothing
    assert str(Path.home()) not in text and "/tmp" not in text
