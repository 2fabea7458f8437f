"""Components that are trained on mixtures: planned and trained as reference models are, others as before."""

import pytest
from tiny_corpus import UNITS, tiny_arguments

from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.errors import InputError
from hf_ablate.manifest import fingerprint, read_manifest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.training.budgets import Budgets
from hf_ablate.training.identity import identity, missing_models
from hf_ablate.training.pool import plan_pool, plan_reference, probes_of
from hf_ablate.training.train import pool_inputs, run


HALF = {"own": 0.5, "rest": "uniform"}


def components(run_dir, **budgets):
    corpus = CorpusDescription.read(run_dir)
    return {model.id: model for model in plan_pool(corpus, [], Budgets(4, **budgets)) if model.kind == "component"}


def test_components_of_single_units_are_those_that_were_trained_without_probes(trained):
    arguments = tiny_arguments(trained, probes={"own": 1, "rest": "uniform"})
    corpus = CorpusDescription.read(trained)
    inputs = pool_inputs(arguments, corpus)
    pool = plan_pool(corpus, [], arguments.budgets)
    assert pool == plan_pool(corpus, [], tiny_arguments(trained).budgets)
    assert missing_models(pool, inputs) == []
    manifest = read_manifest(trained / "models/components/alpha")
    values = {**arguments.weight_settings("component"), "model": "component:alpha", "shares": {"alpha": 24}}
    assert fingerprint("train", values, manifest["inputs"]) == manifest["fingerprint"]


def test_a_probe_has_the_tokens_of_a_unit_shared_out_among_its_units(run_dir):
    planned = components(run_dir, probes=HALF)
    assert planned["component:beta"].shares == {"alpha": 4, "beta": 16, "gamma": 4}
    assert {model.blocks for model in planned.values()} == {24} and len(planned) == 3
    assert components(run_dir, probes=HALF, component=16 * 12)["component:beta"].shares == {
        "alpha": 2, "beta": 8, "gamma": 2
    }  # fmt: skip
    copied = components(run_dir, probes=HALF, copies={"beta": 4})
    assert copied["component:beta"].blocks == 72 and copied["component:alpha"].blocks == 36  # 24 and 96, by weight
    staged = components(run_dir, probes=HALF, stages=("gamma", "beta", "alpha"))["component:beta"]
    assert staged.in_stages and list(staged.shares.items()) == [("gamma", 4), ("beta", 16), ("alpha", 4)]


def test_identity_says_on_what_mixture_a_component_is_trained(run_dir):
    corpus = CorpusDescription.read(run_dir)
    near = {name: {"x": {"alpha": weight, "beta": 1 - weight}} for name, weight in (("one", 0.5), ("other", 0.5001))}
    one, other = (components(run_dir, probes=probes)["component:x"] for probes in near.values())
    inputs = pool_inputs(tiny_arguments(run_dir), corpus)
    assert one.shares == other.shares and identity(one, inputs) != identity(other, inputs)
    _, digests = identity(one, inputs)
    assert {"unit alpha", "unit beta"} < digests.keys() and "unit gamma" not in digests


def test_a_component_of_a_mixture_is_the_model_that_its_reference_model_is(run_dir):
    mixture = Mixture.uniform(["alpha", "beta"])
    arguments = {"probes": {"both": mixture.weights, "gamma": {"gamma": 1}}}
    for model in ("seed", "component:both", f"reference:{mixture.id}"):
        run(tiny_arguments(run_dir, model=model, **arguments))
    component, reference = (
        read_manifest(run_dir / "models" / folder) for folder in ("components/both", f"references/{mixture.id}")
    )
    assert component["digest"] == reference["digest"] and component["mixture"] == reference["mixture"]
    assert component["blocks"] == reference["blocks"] and component["kind"] == "component"


def test_probes_may_be_fewer_or_more_than_units(run_dir):
    corpus = CorpusDescription.read(run_dir)
    named = {"two": {"alpha": 1, "beta": 1}, "all": {"*": 1}, "alpha": {"alpha": 1}, "tail": {"?eta": 3, "gamma": 1}}
    pool = plan_pool(corpus, [], Budgets(4, probes=named))
    assert [model.id for model in pool[1:]] == [f"component:{name}" for name in named]
    assert probes_of(pool)["tail"] == Mixture.of({"beta": 3, "gamma": 1})
    reference = plan_reference(corpus, Mixture.uniform(list(UNITS)), Budgets(4))
    assert pool[2].shares == reference.shares


@pytest.mark.parametrize(
    ("probes", "message"),
    [
        ({"x": {"alfa": 1}}, "unknown unit 'alfa'; did you mean 'alpha'"),
        ({"own": 0.5, "rest": "available_tokens"}, "does not record the available tokens of unit 'alpha'"),
        ({"own": 0.5, "rest": {"field=x": 1}}, "the corpus records none"),
        ({"two": {"alpha": 1, "beta": 1}}, "no component was trained on any of it: unknown unit 'gamma'"),
        ({"own": 2, "rest": "uniform"}, "`own` in `probes` is 2"),
    ],
    ids=str,
)
def test_probes_that_the_corpus_does_not_allow_are_refused(run_dir, probes, message):
    with pytest.raises(InputError, match=message):
        run(tiny_arguments(run_dir, probes=probes))
    assert not (run_dir / "models").exists()
