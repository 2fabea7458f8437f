"""Evaluation during training is the project's own evaluation, and disturbs nothing."""

import json

import pytest
from pool_files import manifests, same_weights, weights
from tiny_corpus import tiny_arguments

from hf_ablate.errors import InputError
from hf_ablate.training.train import run


MODEL = "component:alpha"
DOMAINS = ["in_domain/alpha", "in_domain/beta", "in_domain/gamma", "out_of_domain/other"]


def retrain(run_dir, **changes):
    """Train one component again with evaluation; returns the rows of `metrics.jsonl` that hold one."""
    (run_dir / "models/components/alpha/manifest.json").unlink()
    run(tiny_arguments(run_dir, model=MODEL, eval_strategy="steps", **changes))
    lines = (run_dir / "models/components/alpha/metrics.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if "eval_bits_per_byte" in row]


def test_scores_of_every_source_and_domain_come_at_the_given_steps_and_at_the_end(pool, trained):
    rows = retrain(pool, eval_steps=4)
    assert [row["step"] for row in rows] == [4, 6]
    for metric in ("eval_bits_per_byte", "eval_ppl_token"):
        assert {f"{metric}/{name}" for name in ["in_domain", "out_of_domain", *DOMAINS]} < rows[0].keys()
        average = sum(rows[0][f"{metric}/{domain}"] for domain in DOMAINS) / len(DOMAINS)
        assert rows[0][metric] == pytest.approx(average)
    assert manifests(pool)[MODEL]["evaluation"]["eval_bits_per_byte"] == rows[-1]["eval_bits_per_byte"]
    assert same_weights(weights(pool, MODEL), weights(trained, MODEL))  # looking changes nothing


@pytest.mark.parametrize("peft", [None, "lora"])
def test_the_last_scores_are_those_of_evaluating_the_saved_model(pool, tmp_path, capsys, peft):
    from hf_ablate.evaluation.arguments import EvaluateArguments
    from hf_ablate.evaluation.evaluate import run as evaluate

    last = retrain(pool, eval_steps=100, peft=peft)[-1]
    folder = str(pool / "models/components/alpha")
    evaluate(
        EvaluateArguments(
            model=[folder], data=[pool / "corpus/eval"], output_dir=tmp_path / "scores", output_format="json"
        )
    )
    out = capsys.readouterr().out
    rows = json.loads(out[out.index('{\n"scores"') :])["scores"]
    scores = {row["target"]: row for row in rows if row["level"] == "domain"}
    assert sorted(scores) == DOMAINS
    for domain in DOMAINS:
        assert last[f"eval_bits_per_byte/{domain}"] == pytest.approx(scores[domain]["bits_per_byte"], rel=1e-5)
        assert last[f"eval_ppl_token/{domain}"] == pytest.approx(scores[domain]["ppl_token"], rel=1e-5)


def test_missing_evaluation_text_stops_before_training(run_dir, tmp_path):
    with pytest.raises(InputError, match="no-such-folder"):
        run(tiny_arguments(run_dir, eval_strategy="steps", eval_data=[str(tmp_path / "no-such-folder")]))
    assert not (run_dir / "models").exists()


def test_turned_on_later_it_trains_nothing_again_and_says_so(pool, trained, caplog):
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(pool, eval_strategy="steps"))
    assert (
        "trained without evaluation, so without a curve: " in caplog.text and "/models/seed and 5 more" in caplog.text
    )
    assert "models: unchanged" in caplog.text
    caplog.clear()
    retrain(pool)
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(pool, eval_strategy="steps", model=MODEL))
    assert "without a curve" not in caplog.text


def test_in_mixed_precision_it_computes_in_that_precision_at_full_speed(run_dir, caplog):
    scores = {}
    for bf16 in (False, True):
        with caplog.at_level("INFO", "hf_ablate"):
            run(tiny_arguments(run_dir, model="seed", eval_strategy="steps", bf16=bf16, learning_rate=0.0))
        scores[bf16] = manifests(run_dir)["seed"]["evaluation"]["eval_bits_per_byte"]
    assert "scored with less speed" not in caplog.text
    assert scores[True] == pytest.approx(scores[False], rel=1e-3)
    assert scores[True] != scores[False]
