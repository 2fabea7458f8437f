"""The `evaluate` modules: loadable from their folders, and in agreement with the package's own numbers."""

import math
import re
from pathlib import Path

import evaluate
import numpy as np
import pytest
import yaml

import hf_ablate.metrics
from hf_ablate.evaluation.rows import METRICS, ScoreRow, add_rows
from hf_ablate.ranking.agreement import STATISTICS, agreements
from hf_ablate.ranking.resamples import resample


FOLDER = Path(hf_ablate.metrics.__file__).parent
NAMES = ("perplexities", "rank_agreement")


@pytest.fixture(scope="module")
def load():
    return {name: evaluate.load(str(FOLDER / name)) for name in NAMES}.__getitem__


def rows():
    random = np.random.default_rng(0)
    for number in range(20):
        counts = [int(count) for count in random.integers(0, 5000, 4)]
        yield ScoreRow("m", "external", None, "s", str(number), "val", 1, *counts, float(-random.uniform(0, 9000)))


def compute(metric, some):
    columns = ("sum_logprob", "num_tokens", "num_chars", "num_words", "num_bytes")
    return metric.compute(**{column: [getattr(row, column) for row in some] for column in columns})


def test_perplexities_are_those_of_score_rows(load):
    some = list(rows())
    whole = add_rows(some, "s")
    found = compute(load("perplexities"), some)
    assert set(found) == set(METRICS)
    for metric in METRICS:
        assert found[metric] == pytest.approx(getattr(whole, metric), rel=1e-12)


def test_perplexities_do_not_depend_on_how_the_text_was_cut(load):
    some = list(rows())
    parts = [add_rows(some[:7], "s"), add_rows(some[7:], "s")]
    assert compute(load("perplexities"), parts) == pytest.approx(compute(load("perplexities"), some), rel=1e-12)


def test_perplexities_of_nothing_and_of_nonsense(load):
    empty = load("perplexities").compute(
        sum_logprob=[0.0], num_tokens=[0], num_chars=[0], num_words=[1], num_bytes=[0]
    )
    assert math.isnan(empty["ppl_token"]) and math.isnan(empty["bits_per_byte"]) and empty["ppl_word"] == 1
    counts = {"num_tokens": [1], "num_chars": [1], "num_words": [1], "num_bytes": [1]}
    assert load("perplexities").compute(sum_logprob=[-1e6], **counts)["ppl_token"] == math.inf
    for value in (0.5, math.nan, -math.inf):
        with pytest.raises(ValueError, match="sum_logprob holds"):
            load("perplexities").compute(sum_logprob=[value], **counts)
    with pytest.raises(ValueError, match="num_bytes holds -1"):
        load("perplexities").compute(sum_logprob=[-1.0], **counts | {"num_bytes": [-1]})


@pytest.mark.parametrize("ties", [False, True])
def test_rank_agreement_is_that_of_the_ranking(load, ties):
    random = np.random.default_rng(1)
    references = random.normal(3, 0.2, 12)
    predictions = references + random.normal(0, 0.1, 12)
    if ties:
        references, predictions = references.round(1), predictions.round(1)
    expected = agreements({"it": predictions}, references, resample(12, 100, 0), 0.95)["it"]
    found = load("rank_agreement").compute(predictions=predictions, references=references)
    assert set(found) == set(STATISTICS)
    for name in STATISTICS:
        assert found[name] == pytest.approx(expected[name]["value"], rel=1e-9), name


def test_rank_agreement_of_constant_and_broken_scores(load):
    found = load("rank_agreement").compute(predictions=[1.0, 1.0, 1.0], references=[1.0, 2.0, 3.0])
    assert math.isnan(found["pearson"]) and math.isnan(found["kendall"])
    assert found["decision_accuracy"] == 0.5 and found["regret"] == 1.0
    with pytest.raises(ValueError, match="2 candidates were given"):
        load("rank_agreement").compute(predictions=[1.0, 2.0], references=[1.0, 2.0])
    with pytest.raises(ValueError, match="NaN or infinite"):
        load("rank_agreement").compute(predictions=[1.0, 2.0, math.nan], references=[1.0, 2.0, 3.0])


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_complete_by_itself(name):
    folder = FOLDER / name
    source = (folder / f"{name}.py").read_text()
    assert "hf_ablate" not in source
    assert not re.search(r"^import .*,", source, re.MULTILINE)  # `evaluate.load` reads one module per line
    header = yaml.safe_load((folder / "README.md").read_text().split("---")[1])
    assert header["sdk"] == "gradio" and header["app_file"] == "app.py" and header["tags"] == ["evaluate", "metric"]
    assert f'evaluate.load("{name}")' in (folder / "app.py").read_text()
    required = {re.split(r"[>=]", line)[0] for line in (folder / "requirements.txt").read_text().split()}
    imported = set(re.findall(r"^(?:import|from) (\w+)", source, re.MULTILINE))
    assert required == imported & {"datasets", "evaluate", "numpy", "scipy"}


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_card_gives_what_the_card_says(load, name):
    card = (FOLDER / name / "README.md").read_text()
    usage, expected = re.findall(r"```python\n(.*?)```", card, re.DOTALL)
    found = eval(usage[usage.index("metric.compute") :], {"metric": load(name)})
    assert {key: round(value, 4) for key, value in found.items()} == eval(expected)
