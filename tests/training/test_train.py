"""A whole pool of tiny models: what is trained, on what, what is recorded, and what is redone."""

import json

import pytest
import torch
from pool_files import ALL, ALPHA_BETA, ALPHA_GAMMA, COMPONENTS, changed, manifests, same_weights, stamps, weights
from tiny_corpus import BLOCK, TINY, make_mixtures, make_run_dir, random_blocks, replace_unit, tiny_arguments
from transformers import AutoModelForCausalLM

from hf_ablate.errors import InputError
from hf_ablate.training.train import run


def test_the_pool_is_a_seed_a_component_per_unit_and_the_reference_models(trained):
    assert set(manifests(trained)) == ALL


def test_a_saved_model_is_one_complete_folder_without_traces_of_training(trained):
    folder = trained / "models/components/alpha"
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "metrics.jsonl", "manifest.json"} <= names
    assert not {
        name for name in names if name.startswith("checkpoint") or name in ("unfinished.json", "training_args.bin")
    }
    model, loading = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    assert model.config.use_cache and model.dtype == torch.float32


def test_components_start_from_the_seed_and_learn_their_unit(trained):
    seed = weights(trained, "seed")
    for component in COMPONENTS:
        own = weights(trained, component)
        assert own.keys() == seed.keys() and not same_weights(own, seed)
    rows = [json.loads(line) for line in (trained / "models/components/alpha/metrics.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows if "loss" in row]
    assert len(losses) == 3 and losses[-1] < losses[0]


def test_the_manifest_records_exactly_what_a_model_saw(trained):
    reference = manifests(trained)[ALPHA_GAMMA]
    assert {name: (use["blocks"], use["epochs"]) for name, use in reference["blocks"].items()} == {
        "alpha": (18, 0.75), "gamma": (6, 0.25),
    }  # fmt: skip
    assert reference["tokens"] == 24 * BLOCK and reference["mixture"] == {"alpha": 0.75, "gamma": 0.25}
    assert reference["seed_digest"] == manifests(trained)["seed"]["digest"]
    assert reference["reference_budget"] == "fixed" and reference["flops"] > 0
    assert {manifest["block_size"] for manifest in manifests(trained).values()} == {BLOCK}


def test_the_same_command_again_does_nothing(pool):
    before = stamps(pool)
    run(tiny_arguments(pool))
    assert changed(pool, before) == set()


def test_a_second_run_elsewhere_gives_the_same_bits(trained, run_dir):
    for model in ("seed", "component:beta"):
        run(tiny_arguments(run_dir, model=model))
        assert same_weights(weights(run_dir, model), weights(trained, model))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"logging_steps": 3, "save_steps": 2, "report_to": "none", "dataloader_num_workers": 0}, set()),
        ({"learning_rate": 2e-2}, ALL),
        ({"seed_learning_rate": 1e-2}, set()),  # what the seed was trained with anyway
        ({"seed_weight_decay": 0.1}, ALL),
        ({"reference_tokens": 16 * BLOCK}, {ALPHA_BETA, ALPHA_GAMMA}),
        ({"component_tokens": 48 * BLOCK}, COMPONENTS),
        ({"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}, set()),  # the same 4 blocks a step
        ({"global_batch_size": 8}, ALL),
        ({"reference_budget": "union"}, {ALPHA_BETA, ALPHA_GAMMA}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_changed_argument_redoes_exactly_what_depends_on_it(pool, changes, expected):
    before = stamps(pool)
    run(tiny_arguments(pool, **changes))
    assert changed(pool, before) == expected


def test_a_changed_unit_redoes_its_component_and_the_references_with_it(pool):
    before = stamps(pool)
    replace_unit(pool, "gamma", random_blocks("other text", 24))
    run(tiny_arguments(pool))
    assert changed(pool, before) == {"component:gamma", ALPHA_GAMMA}


def test_a_new_unit_costs_one_component(pool):
    before = stamps(pool)
    manifest = pool / "corpus/manifest.json"
    facts = json.loads(manifest.read_text())
    facts["units"]["delta"] = {"blocks": 0, "tokens": 0, "digest": ""}
    manifest.write_text(json.dumps(facts))
    (pool / "corpus/units/delta").mkdir()
    replace_unit(pool, "delta", random_blocks("delta", 24))
    run(tiny_arguments(pool))
    assert changed(pool, before) == {"component:delta"}


def test_a_mixture_without_a_reference_gets_one_on_demand(pool):
    before = stamps(pool)
    run(tiny_arguments(pool, model="reference:beta + gamma"))
    (model,) = changed(pool, before)
    assert manifests(pool)[model]["mixture"] == {"beta": 0.5, "gamma": 0.5}


def test_union_gives_k_units_k_times_the_tokens(run_dir):
    make_mixtures(run_dir, [{"alpha": 1, "beta": 1}])
    run(tiny_arguments(run_dir, reference_budget="union"))
    assert manifests(run_dir)[ALPHA_BETA]["blocks"] == {
        unit: {"blocks": 24, "rows": 24, "epochs": 1.0} for unit in ("alpha", "beta")
    }


def test_budget_beyond_the_unit_goes_through_it_in_whole_epochs(run_dir):
    make_mixtures(run_dir, [])
    run(tiny_arguments(run_dir, component_tokens=60 * BLOCK))
    assert manifests(run_dir)["component:alpha"]["blocks"] == {"alpha": {"blocks": 60, "rows": 24, "epochs": 2.5}}


def test_copies_upsample_a_unit_by_whole_budgets(run_dir):
    make_mixtures(run_dir, [{"alpha": 2, "beta": 1}])
    run(tiny_arguments(run_dir, copies=["alpha=2"], reference_budget="union"))
    found = manifests(run_dir)
    assert found["component:alpha"]["blocks"]["alpha"] == {"blocks": 48, "rows": 24, "epochs": 2.0}
    assert found["component:beta"]["blocks"]["beta"]["epochs"] == 1.0
    (reference,) = (manifest for manifest in found.values() if manifest["kind"] == "reference")
    assert {unit: use["epochs"] for unit, use in reference["blocks"].items()} == {"alpha": 2.0, "beta": 1.0}


def test_stages_redo_the_references_of_several_units_and_are_recorded(pool):
    before, shuffled = stamps(pool), weights(pool, ALPHA_GAMMA)
    run(tiny_arguments(pool, stages=["gamma", "beta", "alpha"]))
    assert changed(pool, before) == {ALPHA_BETA, ALPHA_GAMMA}
    manifest = manifests(pool)[ALPHA_GAMMA]
    assert list(manifest["blocks"]) == ["gamma", "alpha"] and manifest["in_stages"]
    assert not same_weights(weights(pool, ALPHA_GAMMA), shuffled)


def test_no_seed_control_starts_all_components_from_the_same_random_weights(run_dir):
    make_mixtures(run_dir, [])
    run(tiny_arguments(run_dir, seed_tokens=0))
    found = manifests(run_dir)
    assert found["seed"]["tokens"] == 0 and found["seed"]["flops"] == 0
    assert {found[component]["seed_digest"] for component in COMPONENTS} == {found["seed"]["digest"]}


def test_a_given_seed_is_taken_as_it_is(trained, tmp_path):
    run_dir = make_run_dir(tmp_path / "other")
    make_mixtures(run_dir, [])
    run(tiny_arguments(run_dir, seed_model=str(trained / "models/seed"), config_overrides=None))
    assert same_weights(weights(run_dir, "seed"), weights(trained, "seed"))
    assert same_weights(weights(run_dir, "component:beta"), weights(trained, "component:beta"))
    assert str(trained) not in (run_dir / "models/seed/manifest.json").read_text()


def test_a_component_of_an_older_seed_is_not_mixed_in(pool):
    with pytest.raises(InputError, match="component:alpha starts from the seed.*made with other arguments"):
        run(tiny_arguments(pool, learning_rate=2e-2, model="component:alpha"))


def test_dry_run_prints_what_is_missing_and_writes_nothing(pool, capsys):
    before = stamps(pool)
    run(tiny_arguments(pool, reference_tokens=16 * BLOCK, dry_run=True))
    printed = capsys.readouterr().out
    assert "alpha + beta" in printed and "component" not in printed and "2 models" in printed
    assert changed(pool, before) == set()


def test_what_does_not_fill_a_step_is_said_and_recorded(run_dir, caplog):
    make_mixtures(run_dir, [])
    replace_unit(run_dir, "gamma", random_blocks("gamma", 27))
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(run_dir))
    assert "component:gamma: 3 blocks (48 tokens) of the budget do not fill a step" in caplog.text
    assert manifests(run_dir)["component:gamma"]["dropped_blocks"] == 3


def test_why_finished_models_are_trained_again_is_logged(pool, caplog):
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(pool, per_device_train_batch_size=2, dry_run=True))
    assert "seed and 5 more: to be trained again, changed: blocks_per_step 4 -> 2" in caplog.text
    caplog.clear()
    replace_unit(pool, "alpha", random_blocks("other", 24))
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(pool, dry_run=True))
    assert "component:alpha and 2 more: to be trained again, changed: unit alpha" in caplog.text
    assert "beta" not in caplog.text


def test_weights_have_the_mode_of_other_files(trained):
    modes = {path.name: path.stat().st_mode for path in (trained / "models/seed").iterdir()}
    assert modes["model.safetensors"] == modes["config.json"]


def test_nothing_trained_is_an_empty_list_in_json(pool, capsys):
    run(tiny_arguments(pool, output_format="json"))
    assert capsys.readouterr().out == "[]\n"


def test_the_corpus_tokenizer_is_loaded_from_models_whose_architecture_has_its_own(run_dir):
    from transformers import AutoTokenizer

    overrides = f"{TINY},num_key_value_heads=2"
    run(tiny_arguments(run_dir, model_type="qwen2", config_overrides=overrides, model="seed"))
    loaded = AutoTokenizer.from_pretrained(run_dir / "models/seed")
    assert loaded("w1 w2 w63")["input_ids"] == [1, 2, 63]
