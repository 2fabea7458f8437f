"""What a pool costs before its corpus exists: known from recipes, and the same as once the corpus is made."""

import json
from dataclasses import replace

import pytest
from tiny_corpus import BLOCK, UNITS, VOCABULARY, tiny_arguments

from hf_ablate.corpus.description import CorpusDescription, TrainingText
from hf_ablate.errors import InputError
from hf_ablate.mixtures.enumerate import CandidateMixture, read_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.study.plan.change import Change
from hf_ablate.study.plan.corpus import CorpusPlan, MixturesPlan
from hf_ablate.study.plan.models import plan_models
from hf_ablate.training.budgets import Budgets
from hf_ablate.training.forecast import is_pool_known, one_of_each
from hf_ablate.training.train import run


def planned(**changes) -> CorpusDescription:
    """The corpus of `make_corpus`, as a recipe would describe it."""
    units = {unit: TrainingText(blocks) for unit, blocks in UNITS.items()}
    corpus = CorpusDescription(units, TrainingText(16), BLOCK, VOCABULARY, unit_blocks=24)
    return replace(corpus, **changes)


def plan(arguments, corpus: CorpusDescription, candidates: list[CandidateMixture] | None):
    """The plan of training before the corpus is made."""
    mixtures = MixturesPlan(Change.MAYBE, candidates, None)
    return plan_models(arguments, CorpusPlan(Change.YES, corpus, None), mixtures, None).stage


CANDIDATES = [CandidateMixture(Mixture.uniform(["alpha", "beta"]), True)]


def test_the_forecast_of_a_known_pool_is_its_cost_once_the_corpus_is_made(run_dir, tmp_path, capsys):
    run(tiny_arguments(run_dir, dry_run=True, gpu="h100", output_format="json"))
    after = json.loads(capsys.readouterr().out)
    arguments = tiny_arguments(tmp_path / "other", dry_run=True, gpu="h100", output_format="json")
    facts = plan(arguments, planned(), read_mixtures(run_dir)).facts
    assert json.loads(json.dumps(facts)) == after | {"possible": []}
    assert not (tmp_path / "other").exists()


def test_one_of_each_has_the_budgets_of_the_recipe():
    open_units = planned(units={}, units_are_final=False)
    budgets = Budgets(blocks_per_step=4, copies={"alpha": 2}, stages=("alpha", "beta", "gamma"))
    assert {kind: model.blocks for kind, model in one_of_each(open_units, budgets).items()} == {
        "seed": 16, "component": 24, "reference": 24,
    }  # fmt: skip
    budgets = replace(budgets, seed=10 * BLOCK, component=9 * BLOCK, reference=40 * BLOCK)
    assert [model.blocks for model in one_of_each(open_units, budgets).values()] == [8, 8, 40]


def test_what_a_recipe_leaves_open_is_not_in_the_forecast():
    open_corpus = planned(units={}, seed=TrainingText(None), unit_blocks=None, units_are_final=False)
    assert one_of_each(open_corpus, Budgets(4)) == {}
    assert list(one_of_each(open_corpus, Budgets(4, seed=0, component=64))) == ["seed", "component"]
    with pytest.raises(InputError, match="no text for the seed"):
        one_of_each(planned(seed=None), Budgets(4))


def test_a_pool_is_known_when_its_units_their_budgets_and_the_mixtures_are():
    assert is_pool_known(planned(), Budgets(4), CANDIDATES)
    assert not is_pool_known(planned(), Budgets(4), None)
    assert not is_pool_known(planned(units_are_final=False), Budgets(4), CANDIDATES)
    assert not is_pool_known(planned(unit_blocks=None), Budgets(4), CANDIDATES)


@pytest.mark.parametrize(
    ("budget", "label"), [("fixed", "each reference model "), ("union", "each reference model, per unit")]
)
def test_an_open_pool_shows_the_cost_of_one_model_of_each_kind(tmp_path, budget, label):
    arguments = tiny_arguments(tmp_path, dry_run=True, gpu="h100", reference_budget=budget)
    lines = plan(arguments, planned(units={}, units_are_final=False), None).details.splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == ["the seed", "each component", label.strip()]
    assert all("tokens" in line and "FLOPs" in line and "GPU hours" in line for line in lines[:3])
    assert f"{24 * BLOCK} tokens" in lines[1]
    assert "The corpus decides how many models there are" in lines[3]


def test_a_forecast_checks_that_blocks_fit_the_model(tmp_path):
    with pytest.raises(InputError, match="blocks of 64 tokens, the seed's context is 32"):
        plan(tiny_arguments(tmp_path), planned(block_size=64), CANDIDATES)
