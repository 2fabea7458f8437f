"""The notebook runs from top to bottom, on a study as small as it can be whose units have the quickstart's names."""

from pathlib import Path

import nbformat
import pytest
import tiny_study
from nbclient import NotebookClient

import hf_ablate as ha


NOTEBOOK = Path(__file__).parent.parent / "docs" / "quickstart.ipynb"
TEXTS = {
    "pandas": "python", "scipy": "counting", "sympy": "english", "torch": "hex", "transformers": "latin",
    "seed": "seed", "networkx": "latin", "peft": "hex", "pyarrow": "counting",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with `docs`, `recipes` and the finished study in `runs/quickstart`."""
    monkeypatch.setattr(tiny_study, "WORDS", {part: tiny_study.WORDS[words] for part, words in TEXTS.items()})
    partition = {"units": list(TEXTS)[:5], "eval_partitions": list(TEXTS)[6:], "unit_tokens": 1024}
    monkeypatch.setitem(tiny_study.RECIPES, "partition", {**tiny_study.RECIPES["partition"], **partition})
    recipes = tiny_study.write_study(tmp_path)
    ha.Study.from_recipes(recipes, run_dir=tmp_path / "runs" / "quickstart").run()
    (tmp_path / "docs").mkdir()
    return tmp_path


def test_the_notebook_runs(folder):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder / "docs")}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output for output in shown if output.output_type == "error"] == []
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
    assert (folder / "runs" / "quickstart" / "report" / "index.html").is_file()


def test_the_notebook_is_saved_with_what_it_shows():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert all(cell.outputs for cell in code[1:])  # the first imports the package
    assert str(Path.home()) not in NOTEBOOK.read_text(encoding="utf-8")
