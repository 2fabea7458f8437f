"""The JSON of `evaluate`, `rank`, `effects` and `propose` is what docs/json.md says, and all of it."""

import json

from documented_json import check_keys, documented
from synthetic_study import make_study

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_blocks
from hf_ablate.evaluation.rows import METRICS
from hf_ablate.evaluation.tables import levels


# Those of races, predictions and tasks, which have tests of their own beside these.
OF_RACES = {"round", "windows", "compared", "dropped"}
OF_PREDICTIONS = {"id"}
OF_TASKS = {"task", "metric", "stderr", "num_fewshot", "version", "lm_eval"}


def test_every_key_is_documented_and_every_documented_key_is_there(tmp_path, capsys):
    run_dir = make_study(tmp_path / "study", proxies=("merged", "ensemble"))
    capsys.readouterr()
    assert main(["rank", "--run_dir", str(run_dir), "--bootstrap_samples", "100", "--output_format", "json"]) == 0
    ranked = json.loads(capsys.readouterr().out)
    scores = levels(read_current_blocks(run_dir / "scores"))
    found = check_keys(ranked) | check_keys({"scores": scores})
    few = make_study(tmp_path / "few", references=3, proxies=("ensemble",))  # to be fitted fast
    for options in (["--mixture", "uniform"], ["--compare", "uniform", "sympy"]):
        capsys.readouterr()
        assert main(["effects", str(few), *options, "--output_format", "json"]) == 0
        found |= check_keys(json.loads(capsys.readouterr().out))
    asked = (
        ["--min", '{"pandas": 0.9}', "--total_tokens", "9"],
        ["--for", "unit", "--max", '{"pandas": 0.1}'],
        ["--for", "reference"],
    )
    for options in asked:
        capsys.readouterr()
        assert main(["propose", str(few), "--starts", "2", *options, "--output_format", "json"]) == 0
        found |= check_keys(json.loads(capsys.readouterr().out))
    assert documented("Keys of records") - found == OF_RACES | OF_PREDICTIONS | OF_TASKS

    score = {
        (row["target"], row["kind"], row["mixture_id"]): row for row in scores if row["level"] in ("domain", "mean")
    }
    for row in ranked["ranking"]:
        own = score.get((row["target"], row["predictor"], row["mixture_id"]))
        if own is not None:
            assert (own["name"], own["source"], own["domain"]) == (row["name"], row["source"], row["domain"])
            assert abs(own[ranked["metric"]] - row["score"]) < 1e-9
    assert set(METRICS) <= set(scores[0])
