"""A ranked study with token blocks and without models' weights, in a moment."""

import json

import numpy as np
import pytest
import synthetic_study
from exported import MIXTURE

from hf_ablate import Study
from hf_ablate.corpus.blocks import write_blocks
from hf_ablate.manifest import write_manifest
from hf_ablate.mixtures.ranked import FORM


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """A run folder; the token blocks of each unit hold its position among the units. Only to be read."""
    run_dir = tmp_path_factory.mktemp("exports") / "study"
    synthetic_study.make_study(run_dir, references=3)
    for position, unit in enumerate(synthetic_study.UNITS):
        tokens = iter([np.full(8 * 200, position, dtype="<u2")])
        write_blocks(run_dir / "corpus" / "units" / unit, "train", tokens, 200, 8, np.dtype("<u2"))
    rank(run_dir, ["pandas", "sympy"])
    return run_dir


def rank(run_dir, units):
    """Write a ranking on a target whose first mixture is that of the units in equal shares."""
    rows = [json.loads(line) for line in (run_dir / "mixtures" / "mixtures.jsonl").read_text().splitlines()]
    (first,) = [row for row in rows if sorted(row["weights"]) == units]
    entry = {"mixture_id": first["id"], "target": "in_domain/pandas", "predictor": "merged", "rank": 1}
    (run_dir / "ranking").mkdir()
    (run_dir / "ranking" / "ranking.json").write_text(
        json.dumps({"answered_by": "merged", "target": entry["target"], "ranking": [entry], "mixtures": []})
    )
    write_manifest(run_dir / "ranking", "rank", {}, {"form": FORM})


@pytest.fixture
def exported(study, tmp_path, monkeypatch):
    """Writes a mixture in a format, with the folder of the study as working directory; the file."""
    monkeypatch.chdir(study.parent)

    def export(to, mixture=MIXTURE, **options):
        output = tmp_path / ("mixture.py" if to in ("datasets", "torchtitan", "litgpt") else "mixture.yaml")
        assert Study.open("study").export(to, mixture, output, **options) == output.read_text(encoding="utf-8")
        return output

    return export
