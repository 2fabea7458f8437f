"""The notebook of the published models runs on its stand-ins, here of three years and hardly trained."""

import json
import sys
from pathlib import Path

import nbformat
import pytest
from matplotlib import figure, pyplot

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.run_folder import RunFolder


NOTEBOOK = Path(__file__).parent.parent / "docs" / "notebooks" / "published_models.ipynb"


def save_nothing(self, target, **options):
    """In place of drawing figures, which takes seconds."""
    if isinstance(target, (str, Path)):
        Path(target).touch()
    else:
        target.write("<svg></svg>")


@pytest.fixture
def in_its_folder(tmp_path, monkeypatch):
    """A copy's working directory, and stand-ins that are made at once."""
    monkeypatch.syspath_prepend(NOTEBOOK.parent)
    import stand_in

    for name, value in (
        ("YEARS", stand_in.YEARS[:3]),
        ("STEPS", 1),
        ("MOST_CHARACTERS", 9000),
        ("OF_A_DOCUMENT", 2000),
    ):
        monkeypatch.setattr(stand_in, name, value)
    monkeypatch.setattr(figure.Figure, "savefig", save_nothing)
    monkeypatch.setattr(pyplot, "show", pyplot.close)
    (tmp_path / "docs" / "notebooks").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "docs" / "notebooks")
    yield tmp_path / "runs" / "published-models"
    del sys.modules["stand_in"]


def test_the_notebook_runs_and_what_it_made_can_be_pushed(in_its_folder, capsys):
    notebook, names = nbformat.read(NOTEBOOK, as_version=4), {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
    assert capsys.readouterr().out.startswith("models: stand-ins\n")
    run = RunFolder(in_its_folder / "published")
    assert names["components"].shape == (3, 3) and names["distance"](names["ours"], names["published"]).relative < 1e-6
    rows = read_current_rows(run.scores)
    assert {row.kind for row in rows} == {"seed", "component", "reference", "merged", "ensemble"}
    assert run.page.is_file()
    assert main(["push", str(run.path), "--repo_prefix", "ada/bio", "--dry_run", "--output_format", "json"]) == 0
    pushed = [row["member"] for row in json.loads(capsys.readouterr().out.splitlines()[-1])["repositories"]]
    assert {"corpus", "eval", "seed", "component:Biology_2018-2018", "scores", "report"} <= set(pushed)


def test_the_notebook_is_saved_with_what_it_shows():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum("image/png" in output.get("data", {}) for cell in code for output in cell.outputs) == 1
    assert str(Path.home()) not in NOTEBOOK.read_text(encoding="utf-8")
