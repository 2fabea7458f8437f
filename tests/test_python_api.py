"""The Python API gives the numbers of the commands, and runs what they run."""

import json
import math
import shutil
import subprocess
import sys

import pytest
from tiny_study import UNITS

import hf_ablate as ha
from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.rows import METRICS


@pytest.fixture
def study(finished_study) -> ha.Study:
    """A finished study with its recipes."""
    return ha.Study.from_recipes(finished_study / "recipes")


def command(capsys, *words: object) -> dict:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert main([*map(str, words), "--output_format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_study_that_was_run_is_opened_from_its_run_folder(study):
    opened = ha.Study.open(study.run_dir)
    assert opened.units == sorted(UNITS)
    assert len(opened.mixtures) == 7 and all(isinstance(mixture, ha.Mixture) for mixture in opened.mixtures)
    assert sum(candidate.reference for candidate in opened.candidates) == 4


def test_metrics_are_loaded_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sums = {"sum_logprob": [-8 * math.log(2)], "num_tokens": [4], "num_chars": [8], "num_words": [2], "num_bytes": [8]}
    assert ha.load_metric("perplexities").compute(**sums)["bits_per_byte"] == pytest.approx(1)
    assert ha.load_metric("rank_agreement").name == "rank_agreement"
    with pytest.raises(ha.InputError, match="unknown metric 'perplexity'; did you mean 'perplexities'"):
        ha.load_metric("perplexity")


def test_running_again_does_nothing(study, capsys):
    study.run()
    assert capsys.readouterr().out.count(": unchanged\n") == 7


def test_scores_are_those_of_the_score_rows(study):
    rows = read_current_rows(study.run_dir / "scores")
    for metric in METRICS:
        frame = study.scores(metric=metric)
        assert len(frame) == len({row.model for row in rows})
        for row in rows:
            (value,) = frame.xs(row.model, level="model")[f"{row.source}/{row.domain}"]
            assert value == getattr(row, metric)
    assert list(study.scores().xs("component", level="kind").index.get_level_values("name")) == sorted(UNITS)


def test_the_ranking_is_the_commands(study, capsys):
    printed = command(capsys, "rank", "--config", study.recipes / "rank.yaml")
    for target in (row["target"] for row in printed["targets"]):
        for proxy, kind in (("merge", "merged"), ("ensemble", "ensemble")):
            frame = study.ranking(target, proxy)
            entries = [row for row in printed["ranking"] if (row["target"], row["predictor"]) == (target, kind)]
            assert list(frame.index) == [entry["mixture_id"] for entry in entries]
            for name in ("rank", "name", "score"):
                assert list(frame[name]) == [entry[name] for entry in entries]
            references = [math.nan if entry["reference"] is None else entry["reference"] for entry in entries]
            assert list(frame["reference"]) == pytest.approx(references, abs=0, nan_ok=True)
    assert list(study.ranking()[sorted(UNITS)].sum(axis="columns")) == pytest.approx([1] * 7)


def test_the_agreement_is_the_commands(study, capsys):
    printed = command(capsys, "rank", "--config", study.recipes / "rank.yaml")
    frame = study.agreement()
    assert list(frame.index) == [(row["predictor"], row["label"]) for row in printed["predictors"]]
    rows = [row for row in printed["agreement"] if (row["target"], row["group"]) == ("mean", "all")]
    assert len(rows) == len(frame) * len(frame.columns.levels[0])
    for row in rows:
        found = frame.xs(row["predictor"])[row["statistic"]].iloc[0]
        expected = [math.nan if row[name] is None else row[name] for name in found.index]
        assert list(found) == pytest.approx(expected, abs=0, nan_ok=True)
    assert list(study.agreement(group=2).columns) == list(frame.columns)


@pytest.mark.parametrize("proxy", ["merge", "ensemble"])
def test_a_mixture_that_nobody_listed_is_scored_as_the_command_scores_it(study, proxy, tmp_path):
    weights = {"python": 0.7, "english": 0.3}
    words = ["--run_dir", study.run_dir, "--weights", json.dumps(weights), "--proxy", proxy, "--output_dir", tmp_path]
    assert main(["evaluate", *map(str, words)]) == 0
    rows = [row for row in read_current_rows(tmp_path) if row.kind != "component"]
    frame = study.score(ha.Mixture.of(weights), proxy=proxy)
    assert len(frame) == 1 and len(rows) == len(frame.columns)
    for row in rows:
        assert frame[f"{row.source}/{row.domain}"].item() == row.bits_per_byte


def test_mixtures_under_study_score_what_they_scored(study):
    frame = study.score(study.mixtures, proxy="both")
    expected = study.scores().loc[["merged", "ensemble"]]
    assert list(frame.columns) == list(expected.columns)
    for key, row in frame.iterrows():
        assert list(row) == pytest.approx(list(expected.loc[key]), rel=1e-6)


def test_only_some_domains_are_scored(study):
    mixture = ha.Mixture.uniform(["english", "python"])
    whole = study.score(mixture)
    for names in (["in_domain/python", "out_of_domain/latin"], ["python", "latin"]):
        some = study.score(mixture, domains=names)
        assert list(some.columns) == ["in_domain/python", "out_of_domain/latin"]
        assert list(some.iloc[0]) == pytest.approx(list(whole[some.columns].iloc[0]), rel=1e-6)


def test_a_barrier_is_what_scored_merges_are_above_the_line_between_two_components(study):
    frame, means = study.barrier("python", "english"), study.scores().mean(axis="columns")
    ends = [means.xs("component", level="kind").xs(unit, level="name").item() for unit in ("python", "english")]
    (middle,) = means.xs("merged", level="kind").xs("english + python", level="name")
    assert list(frame.index) == [0, 0.5, 1] and frame.index.name == "english"
    assert list(frame.score) == pytest.approx([ends[0], middle, ends[1]])
    assert list(frame.excess) == pytest.approx([0, middle - sum(ends) / 2, 0], abs=1e-12)
    assert (frame.sd == 0).all()
    with pytest.raises(ha.InputError, match="unknown unit 'pyton'; did you mean 'python'"):
        study.barrier("pyton", "english")


def test_figures_are_the_reports(study, tmp_path):
    for figure in (
        study.plot.ranking(),
        study.plot.agreement(),
        study.plot.scatter("ensemble"),
        study.plot.cost(),
        study.plot.training(),
        (plots := study.plot).effects(),
        plots.updates(),
        plots.barriers(),
    ):
        figure.savefig(tmp_path / "figure.png")
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_is_the_commands(study, tmp_path):
    study = ha.Study.open(shutil.copytree(study.run_dir, tmp_path / "run"))
    page = study.report("A title")
    assert page == study.run_dir / "report" / "index.html" and "A title" in page.read_text()
    before = page.stat().st_mtime_ns
    assert study.report("A title") == page and page.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda study: ha.Study.open("nowhere"), "nowhere is not the run folder of a study"),
        (lambda study: ha.Study.open(study.run_dir).run(), "opened without its recipes"),
        (lambda study: ha.Study.from_recipes("nowhere"), "unknown study 'nowhere'.*or a folder"),
        (lambda study: ha.Study.from_recipes(study.recipes, changes=["train.learning_rat=1"]), "did you mean"),
        (lambda study: study.scores("bits_per_bite"), "unknown metric 'bits_per_bite'; did you mean 'bits_per_byte'"),
        (lambda study: study.scores(split="test"), "unknown split 'test'"),
        (lambda study: study.ranking("in_domain/pyton"), "did you mean 'in_domain/python'"),
        (lambda study: study.ranking(predictor="mergd"), "unknown predictor 'mergd'; did you mean 'merged'"),
        (lambda study: study.plot.scatter("mergd"), "unknown predictor 'mergd'; did you mean 'merged'"),
        (lambda study: study.score(ha.Mixture.of({"pyton": 1})), "unknown unit 'pyton'; did you mean 'python'"),
        (lambda study: study.score(study.mixtures[0], "merged"), "unknown proxy 'merged'; did you mean 'merge'"),
        (lambda study: study.score(study.mixtures[0], domains=["pyton"]), "did you mean 'python'"),
        (lambda study: study.agreement(group=9), "unknown group of mixtures '9'"),
    ],
)
def test_mistakes_are_input_errors(study, mistake, message):
    with pytest.raises(ha.InputError, match=message):
        mistake(study)


def test_importing_the_package_imports_nothing_heavy():
    heavy = ("torch", "transformers", "pandas", "numpy")
    code = f"import sys, hf_ablate as ha; ha.Mixture, dir(ha); print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "[]\n"), result.stderr


def test_what_is_exported_exists():
    assert all(getattr(ha, name) for name in ha.__all__)
    assert set(ha.__all__) <= set(dir(ha))
    with pytest.raises(AttributeError, match="no attribute 'Studdy'"):
        _ = ha.Studdy
