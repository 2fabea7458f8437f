"""`hf-ablate import` of tables: what is stored of real runs, and that importing again or in parts gives the same."""

import json
import math

import numpy as np
import pytest
from regmix_tables import ALSO_60M, AT_1M, LOSSES_60M, MIXTURES_1M, MIXTURES_60M, rows_of

from hf_ablate.cli import main
from hf_ablate.observations.runs import read_runs
from hf_ablate.prediction.read_evidence import read_evidence


DOMAIN = "metric/the_pile_pile_cc_val_loss"


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regmix")
    assert main(["import", *AT_1M, *ALSO_60M, str(folder)]) == 0
    return folder


def test_units_and_domains_lose_what_their_columns_have_in_common(run_dir):
    imported = read_runs(run_dir)
    assert len(imported.units) == 17 and {"arxiv", "pile_cc", "nih_exporter"} <= set(imported.units)
    assert len(imported.domains) == 13 and set(imported.domains) <= set(imported.units)
    assert imported.mixture_columns == ("train_the_pile_*",)
    assert imported.loss_columns == ("metric/the_pile_*_val_loss",)


def test_every_run_has_the_numbers_of_its_tables(run_dir):
    runs = read_runs(run_dir).runs
    assert [sum(run.scale == scale for run in runs) for scale in ("1m", "60m")] == [96, 40]
    losses = {row["index"]: row for row in rows_of(LOSSES_60M)}
    for run, row in zip([run for run in runs if run.scale == "60m"], rows_of(MIXTURES_60M), strict=True):
        given = {name.removeprefix("train_the_pile_"): float(value) for name, value in row.items() if name != "index"}
        total = math.fsum(given.values())
        assert run.run == row["index"] and run.source == LOSSES_60M.name
        assert run.mixture.weights == pytest.approx({unit: value / total for unit, value in given.items() if value})
        assert run.losses["pile_cc"] == float(losses[run.run][DOMAIN])


def test_rounded_weights_are_normalised_and_the_farthest_sum_is_told(tmp_path, caplog):
    assert main(["import", *AT_1M, str(tmp_path)]) == 0
    sums = [math.fsum(float(value) for name, value in row.items() if name != "index") for row in rows_of(MIXTURES_1M)]
    off = sum(abs(total - 1) > 1e-6 for total in sums)
    assert f"the weights of {off} of 96 rows do not sum to 1" in caplog.text
    assert f"to {max(sums, key=lambda total: abs(total - 1)):.4g})" in caplog.text


def test_importing_again_changes_nothing_and_says_so(run_dir, caplog, capsys):
    before = {path: path.stat().st_mtime_ns for path in (run_dir / "observations").iterdir()}
    assert main(["import", *AT_1M, *ALSO_60M, str(run_dir), "--output_format", "json"]) == 0
    assert {path: path.stat().st_mtime_ns for path in (run_dir / "observations").iterdir()} == before
    assert "unchanged, nothing to do" in caplog.text
    assert [row["new"] for row in json.loads(capsys.readouterr().out)] == [0, 0]


def test_several_calls_make_what_one_makes(run_dir, tmp_path):
    assert main(["import", *AT_1M, str(tmp_path)]) == 0
    words = ["import", "--mixtures", str(MIXTURES_60M), "--losses", str(LOSSES_60M), "--scale", "60m", str(tmp_path)]
    assert main(words) == 0
    assert read_runs(tmp_path) == read_runs(run_dir)


def test_a_dry_run_writes_nothing(tmp_path, capsys):
    assert main(["import", *AT_1M, str(tmp_path / "new"), "--dry_run", "--output_format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"scale": "1m", "runs": 96, "new": 96, "units": 17, "domains": 13}]
    assert not (tmp_path / "new").exists()


def test_one_scale_with_more_tables_is_theirs(tmp_path):
    assert main(["import", *AT_1M[:4], *ALSO_60M, str(tmp_path)]) == 0
    assert list(dict.fromkeys(run.scale for run in read_runs(tmp_path).runs)) == ["", "60m"]
    assert read_evidence(tmp_path).scale == "60m"  # imported last, where a scale has no number
    assert len(read_evidence(tmp_path, scale="base").references) == 96


@pytest.mark.parametrize(
    ("asked", "scale", "references", "others"),
    [
        (None, "60m", 40, {"1m": 96}),
        ("1M", "1m", 96, {"60m": 40}),
        ("0.06B", "60m", 40, {"1m": 96}),
        ("1B", "1B", 0, {"1m": 96, "60m": 40}),
    ],
)
def test_runs_at_the_scale_asked_about_are_the_references(run_dir, asked, scale, references, others):
    evidence = read_evidence(run_dir, scale=asked)
    assert (evidence.scale, len(evidence.references)) == (scale, references)
    assert {name: len(runs) for name, runs in evidence.other_scales.items()} == others
    assert evidence.unit_of_measure == "nats per token"
    assert [evidence.units[unit] for unit in evidence.own_units] == list(evidence.domains)
    for runs in (evidence.references, *evidence.other_scales.values()):
        np.testing.assert_allclose(runs.weights.sum(axis=1), 1)
        assert np.isfinite(runs.losses).all()


@pytest.mark.parametrize(
    ("weights", "losses", "seeds"),
    [
        ("id,a,b\nx,1,1\ny,3,1\n", "id,seed,a,b\nx,1,2.0,3.0\nx,2,2.1,3.1\ny,1,1.9,3.3\n", ["1", "2", "1"]),
        (
            "id,seed,a,b\nx,2,1,1\ny,1,3,1\nx,1,1,1\n",
            "id,seed,a,b\nx,1,2.0,3.0\nx,2,2.1,3.1\ny,1,1.9,3.3\n",
            ["1", "2", "1"],
        ),
        ("id,seed,a,b\nw,1,1,1\nx,2,1,1\ny,1,3,1\n", "id,a,b\nw,2.0,3.0\nx,2.1,3.1\ny,1.9,3.3\n", ["1", "2", "1"]),
    ],
    ids=["of losses", "of both", "of mixtures"],
)
def test_repeats_with_other_seeds_are_runs_on_one_mixture(tmp_path, weights, losses, seeds):
    (tmp_path / "w.csv").write_text(weights)
    (tmp_path / "l.csv").write_text(losses)
    words = ["import", "--mixtures", str(tmp_path / "w.csv"), "--losses", str(tmp_path / "l.csv"), str(tmp_path / "r")]
    assert main(words) == 0
    assert [run.seed for run in read_runs(tmp_path / "r").runs] == seeds
    references = read_evidence(tmp_path / "r").references
    assert len(references) == 3 and references.ids[0] == references.ids[1] != references.ids[2]
    assert references.losses.tolist() == [[2.0, 3.0], [2.1, 3.1], [1.9, 3.3]]


@pytest.mark.parametrize(("with_b", "references"), [(True, 2), (False, 3)])
def test_runs_on_one_unit_are_components_where_every_unit_has_one(tmp_path, with_b, references):
    (tmp_path / "w.csv").write_text(f"id,a,b\n1,1,0\n2,1,1\n3,2,1\n{'4,0,1' if with_b else ''}\n")
    (tmp_path / "l.csv").write_text(f"id,a,c\n1,2.0,3.0\n2,2.1,3.1\n3,1.9,3.3\n{'4,5,6' if with_b else ''}\n")
    words = ["import", "--mixtures", str(tmp_path / "w.csv"), "--losses", str(tmp_path / "l.csv"), str(tmp_path / "r")]
    assert main(words) == 0
    evidence = read_evidence(tmp_path / "r")
    assert len(evidence.references) == references
    assert evidence.own_units == (0, None)
    np.testing.assert_array_equal(evidence.components[0], [2, 3])
    np.testing.assert_array_equal(evidence.components[1], [5, 6] if with_b else [np.nan, np.nan])


def test_mixtures_of_imported_units_are_enumerated(run_dir, capsys):
    capsys.readouterr()
    words = ["enumerate", "--run_dir", str(run_dir), "--methods", "pairs", "--output_format", "json"]
    assert main(words) == 0
    assert len(json.loads(capsys.readouterr().out)) == 17 * 16 / 2
