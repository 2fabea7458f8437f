"""`hf-ablate compare`: the numbers of each run as its own files have them, in the order of what differs."""

import csv
import io
import json
import shutil

import pytest
from documented_json import documented
from synthetic_study import UNITS, add_to_manifest, make_study, subsets

from hf_ablate.cli import main
from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import read_ranking
from hf_ablate.ranking.measured import read_agreement


MIXTURES = [mixture for mixture in subsets(UNITS) if len(mixture.units) in (1, 2, 5)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Run folders that are named in another order than that of their slices, each with numbers of its own."""
    folder = tmp_path_factory.mktemp("runs")
    whole = make_study(folder / "whole", MIXTURES, references=3, proxies=("merged", "ensemble"))
    assert main(["rank", "--run_dir", str(whole), "--bootstrap_samples", "100", "--predictor", "merged"]) == 0
    for name, slices in (("halves", 2), ("eighths", 8)):
        shutil.copytree(whole, run := folder / name)
        add_to_manifest(run / "corpus", arguments=read_manifest(run / "corpus")["arguments"] | {"slices": slices})
        for path, table, key in (("agreement", "agreement", "value"), ("ranking", "ranking", "score")):
            content = json.loads((run / "ranking" / f"{path}.json").read_text())
            content[table] = [row | {key: row[key] and row[key] * (1 - slices / 100)} for row in content[table]]
            (run / "ranking" / f"{path}.json").write_text(json.dumps(content))
    return folder


def compared(capsys, runs, *options):
    capsys.readouterr()
    names = [str(runs / name) for name in ("eighths", "halves", "whole")]
    assert main(["compare", *names, *map(str, options)]) == 0
    return capsys.readouterr().out


def test_runs_are_in_the_order_of_their_slices_with_their_own_numbers(runs, capsys):
    content = json.loads(compared(capsys, runs, "--output_format", "json"))
    assert content["by"] == "slices"
    assert [(row["run"], row["slices"]) for row in content["runs"]] == [("whole", 1), ("halves", 2), ("eighths", 8)]
    assert {row["start"] for row in content["runs"]} == {"a seed"}
    for record in content["comparison"]:
        run = runs / record["run"]
        own = read_agreement(run).group()["predictors"][record["predictor"]]
        for statistic in ("pearson", "spearman", "decision_accuracy", "regret"):
            assert record[statistic] == own[statistic]["value"]
            assert record[f"{statistic}_high"] == own[statistic]["high"]
        if record["predictor"] == "merged":
            entries = {entry["mixture_id"]: entry for entry in read_ranking(run).entries("mean", "merged")}
            references = [entry["reference"] for entry in entries.values() if entry["reference"] is not None]
            assert record["best_score"] == min(entry["as_scored"] for entry in entries.values())
            assert record["uniform_score"] == entries[Mixture.uniform(UNITS).id]["as_scored"]
            assert record["mean_reference"] == pytest.approx(sum(references) / 3)


def test_the_figure_stands_beside_its_numbers(runs, tmp_path, capsys):
    printed = compared(capsys, runs, "--output_dir", tmp_path, "--target", "sympy", "--output_format", "csv")
    assert {path.name for path in tmp_path.iterdir()} == {"compare.png", "compare.pdf", "compare.csv"}
    assert (tmp_path / "compare.csv").read_text() == printed
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert {row["target"] for row in rows} == {"in_domain/sympy"}
    assert rows[0].keys() == documented("Runs that are compared")


def test_runs_on_other_text_are_told(runs, capsys, caplog):
    compared(capsys, runs)
    assert "compare their agreement" not in caplog.text
    manifest = read_manifest(runs / "whole" / "scores")
    data = manifest["measurement"]["data"] | {"in_domain": "another"}
    add_to_manifest(runs / "whole" / "scores", measurement=manifest["measurement"] | {"data": data})
    compared(capsys, runs, "--by", "start")
    assert "differs between" in caplog.text and "compare their agreement, not their losses" in caplog.text


def test_what_the_runs_are_ordered_by_can_be_asked_for(runs, capsys):
    add_to_manifest(runs / "halves" / "models" / "components" / "networkx", parameters=303_600_000, tokens=2_000_000)
    text = compared(capsys, runs, "--by", "parameters")
    names = [tuple(line.split()[:2]) for line in text.splitlines() if "proxy: merged" in line]
    assert list(dict.fromkeys(names)) == [("eighths", "1.18m"), ("whole", "1.18m"), ("halves", "300m")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("whole", "compare takes two run folders or more, and got 1"),
        ("whole halves whole", "whole is named twice"),
        ("whole nowhere", "nowhere/ranking is not finished"),
        ("whole halves --target pandaz", "unknown target 'pandaz'"),
        ("whole halves --by taste", "invalid choice: 'taste'"),
        ("whole halves --by seed_tokens", "halves does not record 'seed_tokens'"),
    ],
)
def test_mistakes_are_named(runs, monkeypatch, capsys, words, message):
    monkeypatch.chdir(runs)
    (runs / "halves" / "models" / "seed" / "manifest.json").unlink(missing_ok=True)
    try:
        code = main(["compare", *words.split()])
    except SystemExit as stop:
        code = stop.code
    assert code == 2 and message in capsys.readouterr().err
