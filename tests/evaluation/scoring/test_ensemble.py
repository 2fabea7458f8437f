"""Proxies by averaging probabilities: from cached log-probabilities, they are what two real models give together."""

import gzip
import json

import numpy as np
import pytest
import torch
from tiny_pool import byte_tokenizer, tiny_model

from hf_ablate.evaluation.arguments import EvaluateArguments
from hf_ablate.evaluation.evaluate import run
from hf_ablate.evaluation.models.loading import load_model
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring.ensemble import TokenCache, ensemble_logprobs
from hf_ablate.evaluation.scoring.log_likelihood import Scorer
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.mixtures.mixture import Mixture


@torch.inference_mode()
def averaged_logprob(models: list, weights: list[float], text: str) -> float:
    """The text's log-probability under the averaged next-token probabilities, window by window, in float64."""
    tokens = [0, *byte_tokenizer()(text, add_special_tokens=False)["input_ids"]]
    total, done, length = 0.0, 1, 64
    while done < len(tokens):
        end = min(done + length, len(tokens))
        start = max(0, end - 1 - length) if done > 1 else 0
        inputs = torch.tensor([tokens[start : end - 1]])
        probabilities = sum(
            weight * model(inputs).logits[0].double().softmax(-1)
            for model, weight in zip(models, weights, strict=True)
        )
        positions = range(done - start - 1, end - start - 1)
        total += sum(float(probabilities[at, tokens[start + at + 1]].log()) for at in positions)
        done = end
    return total


def test_study_scores_equal_averaged_probabilities_of_the_models(study, tmp_path):
    mixture = Mixture.of({"alpha": 0.25, "gamma": 0.75})
    words = {"run_dir": study, "weights": mixture.weights, "proxy": "ensemble", "output_format": "json"}
    run(EvaluateArguments(**words, output_dir=tmp_path))
    rows = {row.domain: row for row in read_current_rows(tmp_path) if row.kind == "ensemble"}
    models = [load_model(study / "models" / "components" / unit, "float32", "cpu") for unit in mixture.units]
    source = study / "corpus" / "eval" / "in_domain" / "val"
    texts = [json.loads(line) for path in source.iterdir() for line in gzip.open(path, "rt", encoding="utf-8")]
    for domain in ("alpha", "beta", "gamma"):
        wanted = sum(
            averaged_logprob(models, list(mixture.weights.values()), row["text"])
            for row in texts
            if row["subdomain"] == domain
        )
        assert rows[domain].sum_logprob == pytest.approx(wanted, rel=1e-6)


def test_cache_is_mapped_and_exact_to_float32(tmp_path):
    stream = TokenStream.of([np.arange(1, 200)], prefix=0)
    with Scorer(tiny_model(1), 64) as scorer:
        values = scorer.token_logprobs(stream)
    cache = TokenCache(tmp_path, {"max_length": 64})
    cache.write("model", "data", values)
    found = cache.read("model", "data")
    assert isinstance(found, np.memmap)
    assert np.array_equal(found, values)
    assert cache.path("model", "data").stat().st_size < 4 * len(values) + 200
    # Why not half of it: float16 is off by more than what scores are held to.
    assert abs(values.astype(np.float16).sum(dtype=float) / values.sum(dtype=float) - 1) > 1e-6


def test_average_of_one_model_and_of_equal_models_is_the_model():
    values = np.log(np.random.default_rng(0).uniform(1e-30, 1, 100_000))
    assert np.allclose(ensemble_logprobs([values], [1.0]), values, rtol=1e-12, atol=0)
    assert np.allclose(ensemble_logprobs([values, values], [0.3, 0.7]), values, rtol=1e-12, atol=1e-12)


def test_average_lies_above_the_average_of_logarithms():
    generator = np.random.default_rng(1)
    parts = [np.log(generator.uniform(1e-9, 1, 1000)) for _ in range(3)]
    average = ensemble_logprobs(parts, [0.2, 0.3, 0.5])
    assert (average >= 0.2 * parts[0] + 0.3 * parts[1] + 0.5 * parts[2] - 1e-12).all()
    assert (average <= np.max(parts, axis=0) + 1e-12).all()
