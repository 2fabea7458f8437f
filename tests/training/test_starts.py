"""What components and reference models start from: one set of weights or their own, fresh or the seed's optimizer."""

import json
import shutil

import pytest
import torch
from pool_files import ALL, ALPHA_BETA, COMPONENTS, manifests, same_weights, weights
from safetensors.torch import load_file, save_file
from tiny_corpus import BLOCK, make_mixtures, make_run_dir, random_blocks, replace_unit, tiny_arguments, write_blocks

from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.errors import InputError
from hf_ablate.merging.components import check_components
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.run_folder import RunFolder
from hf_ablate.study.plan.change import Change
from hf_ablate.study.plan.models import expected_changes
from hf_ablate.training import callbacks
from hf_ablate.training.devices import check_whole_optimizer
from hf_ablate.training.identity import missing_models
from hf_ablate.training.optimizer_state import STATE, find_state, load_state, save_state
from hf_ablate.training.order import block_order
from hf_ablate.training.pool import plan_pool
from hf_ablate.training.train import pool_inputs, run


ONE_STEP = 4 * BLOCK
BRANCHES = ALL - {"seed"}


def to_be_trained(run_dir, **changes):
    """The ids of the models of the trained pool that other arguments have trained again."""
    return {model.id for model in missing_models(*pool_and_inputs(run_dir, **changes))}


def pool_and_inputs(run_dir, **changes):
    arguments, corpus = tiny_arguments(run_dir, **changes), CorpusDescription.read(run_dir)
    return plan_pool(corpus, read_mixtures(run_dir), arguments.budgets), pool_inputs(arguments, corpus)


def first_loss(run_dir, component):
    lines = (run_dir / "models/components" / component / "metrics.jsonl").read_text().splitlines()
    return next(json.loads(line)["loss"] for line in lines if "loss" in json.loads(line))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"component_seed": 42}, set()),  # the seed's, which is transformers' default
        ({"component_seed": 314159265}, BRANCHES),
        ({"decay_all": True}, set()),  # weight_decay is 0
        ({"decay_all": True, "seed_weight_decay": 0.1}, ALL),
        ({"component_init": "shared"}, set()),
        ({"load_optimizer_state": True}, ALL),  # the seed was trained without keeping it
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_changed_start_redoes_exactly_what_depends_on_it(trained, changes, expected):
    assert to_be_trained(trained, **changes) == expected


def test_a_dry_run_knows_that_a_seed_without_its_optimizers_state_is_trained_again(trained):
    pool, inputs = pool_and_inputs(trained, load_optimizer_state=True)
    changes = expected_changes(pool, pool[0], inputs, is_corpus_made=True)
    assert {change.trained for change in changes.values()} == {Change.YES}
    assert changes["seed"].weights is Change.MAYBE  # the same training once more


def test_without_a_seed_models_start_from_the_same_random_weights_or_each_from_its_own(run_dir):
    make_mixtures(run_dir, [{"alpha": 1, "beta": 1}])
    replace_unit(run_dir, "alpha", random_blocks("the same text", 4))
    replace_unit(run_dir, "beta", random_blocks("the same text", 4))
    arguments = {"seed_tokens": 0, "component_tokens": ONE_STEP, "reference_tokens": ONE_STEP, "logging_steps": 1}
    run(tiny_arguments(run_dir, **arguments))
    assert first_loss(run_dir, "alpha") == pytest.approx(first_loss(run_dir, "beta"), rel=1e-6)
    seed, models = weights(run_dir, "seed"), manifests(run_dir).keys()
    own = arguments | {"component_init": "own"}
    assert to_be_trained(run_dir, **own) == models - {"seed"}
    run(tiny_arguments(run_dir, **own))
    assert abs(first_loss(run_dir, "alpha") - first_loss(run_dir, "beta")) > 1e-3
    made = manifests(run_dir)
    seeds = {made[model]["arguments"]["init_seed"] for model in models - {"seed"}}
    assert len(seeds) == len(models) - 1 == 4 and made[ALPHA_BETA]["seed_digest"] == made["seed"]["digest"]
    assert same_weights(weights(run_dir, "seed"), seed) and to_be_trained(run_dir, **own) == set()
    check_components({unit: RunFolder(run_dir).component(unit) for unit in ("alpha", "beta", "gamma")})
    assert to_be_trained(run_dir, **own, seed=7) == models  # other random weights everywhere


def test_weight_decay_on_all_parameters_shrinks_norms_by_what_it_shrinks_others(pool):
    seed, after = weights(pool, "seed"), {}
    for decays in (False, True):
        changes = {"weight_decay": 0.1, "seed_weight_decay": 0.0, "decay_all": decays, "component_tokens": ONE_STEP}
        run(tiny_arguments(pool, model="component:alpha", **changes))
        after[decays] = weights(pool, "component:alpha")
    for name, before in seed.items():
        decay = 1e-2 * 0.1 * before if "norm" in name else torch.zeros(())
        torch.testing.assert_close(after[False][name] - after[True][name], decay.expand_as(before), atol=1e-7, rtol=0)
    assert sum("norm" in name for name in seed) == 3


CONSTANT = {"lr_scheduler_type": "constant", "weight_decay": 0.1}


def two_steps_of_the_seed():
    """The blocks that a seed of two steps sees in each of them."""
    blocks = random_blocks("seed", 8)
    rows = block_order({"seed": 8}, {"seed": 8}, 42)[:, 1]
    return blocks, blocks[rows[:4]], blocks[rows[4:]]


def replace_seed_text(run_dir, blocks):
    shutil.rmtree(run_dir / "corpus/seed")
    manifest = run_dir / "corpus/manifest.json"
    facts = json.loads(manifest.read_text())
    facts["seed"] = write_blocks(run_dir / "corpus/seed", blocks)
    manifest.write_text(json.dumps(facts))


@pytest.fixture(scope="module")
def continued(tmp_path_factory):
    """Two run folders: a seed of two steps, and one of its first step whose component is the second."""
    whole = make_run_dir(tmp_path_factory.mktemp("whole") / "run")
    both, first, second = two_steps_of_the_seed()
    replace_seed_text(whole, both)
    run(tiny_arguments(whole, model="seed", **CONSTANT))
    parts = make_run_dir(tmp_path_factory.mktemp("parts") / "run")
    make_mixtures(parts, [])
    replace_seed_text(parts, first)
    replace_unit(parts, "alpha", second)
    for model in ("seed", "component:alpha", "component:beta"):
        run(tiny_arguments(parts, model=model, load_optimizer_state=True, **CONSTANT))
    return whole, parts


def test_a_component_with_the_seeds_optimizer_state_is_the_seed_trained_on(continued):
    whole, parts = continued
    seed, component = weights(whole, "seed"), weights(parts, "component:alpha")
    for name in seed:
        torch.testing.assert_close(component[name], seed[name], atol=2e-6, rtol=0)
    made = manifests(parts)
    assert made["component:alpha"]["inputs"]["seed_optimizer"] == made["seed"]["optimizer_digest"]
    assert {float(value) for name, value in load_file(parts / "models/seed" / STATE).items() if "/step" in name} == {1}


def test_a_fresh_optimizer_takes_another_step(continued, tmp_path):
    parts = shutil.copytree(continued[1], tmp_path / "run")
    before = weights(parts, "component:alpha")
    assert to_be_trained(parts, load_optimizer_state=True, **CONSTANT) == {"component:gamma"}
    assert to_be_trained(parts, **CONSTANT) == COMPONENTS  # and the seed stays
    run(tiny_arguments(parts, model="component:alpha", **CONSTANT))
    after = weights(parts, "component:alpha")
    assert max((after[name] - before[name]).abs().max() for name in before) > 1e-3


def test_interrupted_with_the_seeds_optimizer_state_it_ends_with_the_same_bits(continued, tmp_path, monkeypatch):
    parts = shutil.copytree(continued[1], tmp_path / "run")
    (parts / "models/components/beta/manifest.json").unlink()
    arguments = {"model": "component:beta", "save_steps": 2, "load_optimizer_state": True, **CONSTANT}
    original = callbacks.ProgressCallback.on_step_end

    def stop(self, args, state, control, **kwargs):
        original(self, args, state, control, **kwargs)
        if state.global_step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(callbacks.ProgressCallback, "on_step_end", stop)
        run(tiny_arguments(parts, **arguments))
    run(tiny_arguments(parts, **arguments))
    assert same_weights(weights(parts, "component:beta"), weights(continued[1], "component:beta"))


def test_a_given_seed_brings_its_optimizer_state_or_is_refused_before_work(continued, trained, run_dir, monkeypatch):
    def given(folder, **changes):
        changes |= {"seed_model": str(folder), "config_overrides": None, "load_optimizer_state": True}
        return tiny_arguments(run_dir, **changes, **CONSTANT)

    for dry_run in (True, False):
        with pytest.raises(InputError, match="needs optimizer/state.safetensors of seed_model .*leave it out"):
            run(given(trained / "models/seed", dry_run=dry_run))
    assert not (run_dir / "models").exists()
    seed = continued[1] / "models/seed"
    run(given(seed, model="seed"))
    assert manifests(run_dir)["seed"]["optimizer_digest"] == manifests(continued[1])["seed"]["optimizer_digest"]
    assert (run_dir / "models/seed" / STATE).read_bytes() == (seed / STATE).read_bytes()


def test_a_seed_on_the_hub_without_the_state_is_refused_in_a_line():
    with pytest.raises(InputError, match="needs optimizer/state.safetensors of seed_model org/seed.*HF_HUB_OFFLINE"):
        find_state("org/seed", None)


def test_the_state_of_another_model_is_refused(tmp_path):
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    state = {"weight/exp_avg": torch.zeros(3, 2), "bias/exp_avg": torch.zeros(2)}
    save_file(state, tmp_path / "state.safetensors")
    with pytest.raises(InputError, match="of another model: they differ in 'weight'"):
        load_state(optimizer, model, tmp_path / "state.safetensors")


def test_a_parameter_without_a_state_starts_fresh(tmp_path):
    model = torch.nn.Linear(2, 2)
    model.bias.requires_grad = False
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(2)).sum().backward()
    optimizer.step()
    save_state(optimizer, model, tmp_path)
    again = torch.optim.AdamW(model.parameters(), lr=0.5)
    load_state(again, model, tmp_path / STATE)
    assert again.param_groups[0]["lr"] == 0.5 and list(again.state) == [model.weight]
    for key, value in optimizer.state[model.weight].items():
        assert torch.equal(again.state[model.weight][key], value)


@pytest.mark.parametrize("name", ["FSDP", "DeepSpeed"])
def test_a_sharded_optimizer_cannot_go_on_from_a_state(monkeypatch, name):
    check_whole_optimizer()
    monkeypatch.setenv(f"ACCELERATE_USE_{name.upper()}", "true")
    with pytest.raises(InputError, match=f"`load_optimizer_state` .* asks for {name}; use multi_gpu"):
        check_whole_optimizer()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"component_init": "own"}, "`component_init: own` .*set `seed_tokens: 0` and no `seed_model`"),
        ({"component_init": "own", "seed_tokens": 0, "peft": "lora"}, "`component_init: own` is for models .* whole"),
        ({"component_seed": -1}, "`component_seed` is -1; expected 0 to 4294967295"),
        ({"load_optimizer_state": True, "seed_tokens": 0}, "`seed_tokens: 0` trains no seed"),
        (
            {"load_optimizer_state": True, "peft": "lora"},
            "`load_optimizer_state` is for models that are trained whole",
        ),
        ({"load_optimizer_state": True, "optim": "adafactor"}, "is for optim adamw_torch and .*, and optim is adafac"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_starts_that_contradict_each_other(run_dir, changes, message):
    with pytest.raises(InputError, match=message):
        tiny_arguments(run_dir, **changes)
