"""Which models are scored, and what is said of those that cannot be."""

import json
import shutil

import pytest
from safetensors.torch import load_file, save_file
from tiny_pool import UNITS, byte_tokenizer, component_folders, read_candidates, save_model, tiny_model
from transformers import BertConfig, BertForMaskedLM, MambaConfig, T5Config, T5ForConditionalGeneration

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.models.external import external_models
from hf_ablate.evaluation.models.loading import (
    causal_config,
    load_model,
    load_tokenizer,
    window_length,
)
from hf_ablate.evaluation.models.study import study_models
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest, write_json, write_manifest
from hf_ablate.merging.config import merge_yaml
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.saved_model import open_tensors, weights_digest


def change_manifest(folder, **facts):
    manifest = read_manifest(folder)
    write_json(folder / "manifest.json", manifest | facts)


def copied(study, tmp_path):
    return shutil.copytree(study, tmp_path / "study")


def test_a_study_has_its_seed_components_references_and_proxies(study):
    models = study_models(study, "both")
    mixtures = [row["id"] for row in read_candidates(study)]
    reference = next(row["id"] for row in read_candidates(study) if row["reference"])
    expected = ["seed", *(f"component:{unit}" for unit in UNITS), f"reference:{reference}"]
    expected += [f"{kind}:{mixture}" for kind in ("merged", "ensemble") for mixture in mixtures]
    assert [model.id for model in models] == expected
    assert [model.kind for model in study_models(study, "merge") if not model.folder] == ["merged"] * len(mixtures)


def test_chosen_mixtures_need_only_their_own_components(study):
    mixture = Mixture.of({"alpha": 1, "gamma": 3})
    assert [model.id for model in study_models(study, "merge", [mixture])] == [f"merged:{mixture.id}"]
    ids = [model.id for model in study_models(study, "ensemble", [mixture])]
    assert ids == ["component:alpha", "component:gamma", f"ensemble:{mixture.id}"]


def test_a_mixture_given_by_its_weights_needs_no_list_of_mixtures(study, tmp_path):
    other = copied(study, tmp_path)
    shutil.rmtree(other / "mixtures")
    mixture = Mixture.of({"alpha": 1, "gamma": 3})
    assert [model.id for model in study_models(other, "merge", [mixture])] == [f"merged:{mixture.id}"]
    with pytest.raises(InputError, match="mixtures is not finished"):
        study_models(other, "merge")


def test_the_digest_of_a_proxy_is_that_of_its_components_and_weights(study, tmp_path):
    mixture = Mixture.uniform(["alpha", "beta"])
    (proxy,) = study_models(study, "merge", [mixture])
    other = copied(study, tmp_path)
    assert study_models(other, "merge", [mixture])[0].digest == proxy.digest
    change_manifest(other / "models" / "components" / "beta", digest="trained again")
    assert study_models(other, "merge", [mixture])[0].digest != proxy.digest
    assert study_models(study, "merge", [Mixture.of({"alpha": 1, "beta": 2})])[0].digest != proxy.digest


def test_a_component_that_is_not_trained_is_named(study, tmp_path):
    other = copied(study, tmp_path)
    (other / "models" / "components" / "beta" / "manifest.json").unlink()
    with pytest.raises(InputError, match="no component model of beta"):
        study_models(other, "both")


@pytest.mark.parametrize("fact", ["tokenizer_digest", "seed_digest"])
def test_components_of_another_tokenizer_or_seed_are_named(study, tmp_path, fact):
    other = copied(study, tmp_path)
    change_manifest(other / "models" / "components" / "beta", **{fact: "another"})
    with pytest.raises(InputError, match=f"alpha.*beta cannot be averaged: origin differ in '{fact}'"):
        study_models(other, "both")


def test_a_folder_of_reference_models_needs_no_components_for_no_proxy(study, tmp_path):
    run_dir = copied(study, tmp_path)
    shutil.rmtree(run_dir / "models" / "components")
    assert [model.kind for model in study_models(run_dir, "none")] == ["seed", "reference"]
    assert main(["evaluate", "--run_dir", str(run_dir), "--proxy", "none", "--limit", "1"]) == 0
    assert {row.kind for row in read_current_rows(run_dir / "scores")} == {"seed", "reference"}
    shutil.rmtree(run_dir / "models")
    with pytest.raises(InputError, match="holds no finished model; run `hf-ablate train` first"):
        study_models(run_dir, "none")


def test_a_reference_model_of_another_size_is_named(study, tmp_path):
    run_dir = copied(study, tmp_path)
    (folder,) = (run_dir / "models" / "references").iterdir()
    change_manifest(folder, parameters=1_110_000_000)
    change_manifest(run_dir / "models" / "seed", parameters=102_500_000)
    with pytest.raises(InputError, match=f"{folder.name} has 1.1b parameters and .*seed 130m: models of several"):
        study_models(run_dir, "both")


def test_a_reference_model_of_another_tokenizer_is_named(study, tmp_path):
    other = copied(study, tmp_path)
    (folder,) = (other / "models" / "references").iterdir()
    change_manifest(folder, tokenizer_digest="another")
    with pytest.raises(InputError, match=f"{folder.name} have different tokenizers"):
        study_models(other, "both")


def test_a_reference_model_that_was_not_planned_is_scored_if_it_was_trained_as_the_others(study, tmp_path, caplog):
    other = copied(study, tmp_path)
    rows = read_candidates(other)
    planned = next(row["id"] for row in rows if row["reference"])
    (unplanned, *_) = [row for row in rows if len(row["weights"]) > 1 and not row["reference"]]
    model = f"reference:{unplanned['id']}"
    (seed, corpus) = (read_manifest(other / place) for place in ("models/seed", "corpus"))
    inputs = {"seed": seed["digest"]} | {f"unit {unit}": text["digest"] for unit, text in corpus["units"].items()}

    def train(name: str, **changes) -> None:
        arguments, digests = changes.get("arguments", {"learning_rate": 1}), inputs | changes.get("inputs", {})
        facts = {"model": f"reference:{name}", "kind": "reference", "mixture": {}, "tokenizer_digest": "bytes"}
        folder = other / "models" / "references" / name
        folder.mkdir(exist_ok=True)
        write_manifest(folder, "train", arguments | {"model": name}, digests, digest=name, **facts)

    train(planned)
    for changes, reason in (
        ({}, ""),
        ({"arguments": {"learning_rate": 2}}, "it was trained with other arguments (learning_rate). Train it again"),
        ({"inputs": {"seed": "another"}}, "it was trained from another seed. Train it again: hf-ablate train --model"),
        ({"inputs": {"unit beta": "another"}}, "it was trained on other text of unit beta"),
    ):
        caplog.clear()
        train(unplanned["id"], **changes)
        ids = [each.id for each in study_models(other, "merge", merged_share=0.01)]
        assert f"reference:{planned}" in ids
        assert (model in ids) == (not reason) and reason in caplog.text
        # and the merge that stands for it is one of those that are scored
        assert (f"merged:{unplanned['id']}" in ids) == (not reason)


def test_folders_pools_and_run_folders_are_external_models(study):
    components = study / "models" / "components"
    (model,) = external_models([str(components / "alpha")])
    assert (model.id, model.kind, model.folder) == ("alpha", "external", components / "alpha")
    assert [model.id for model in external_models([str(components)])] == list(UNITS)
    ids = [model.id for model in external_models([str(study)])]
    assert ids[0] == "seed" and ids[1:4] == [f"component:{unit}" for unit in UNITS] and len(ids) == 5


def test_a_mergekit_file_is_a_merge_in_memory(study, tmp_path):
    mixture = Mixture.of({"alpha": 0.25, "beta": 0.75})
    inside = study / "models" / "merged" / "some" / "mergekit_config.yml"
    inside.parent.mkdir(parents=True, exist_ok=True)
    inside.write_text(merge_yaml(mixture, component_folders(study)))
    outside = tmp_path / "mine.yaml"
    outside.write_text(merge_yaml(mixture, component_folders(study)))
    models = external_models([str(inside), str(outside)])
    assert [model.id for model in models] == ["some", "mine"]
    for model in models:
        assert (model.kind, model.mixture, model.folder) == ("merged", mixture, None)
        assert {unit: folder.name for unit, folder in model.pool.folders.items()} == {"alpha": "alpha", "beta": "beta"}
    assert models[0].digest == models[1].digest


def yaml_of(tmp_path, **models):
    entries = "".join(f"- model: {path}\n  parameters: {{weight: 1}}\n" for path in models.values())
    path = tmp_path / "merge.yaml"
    path.write_text(f"merge_method: linear\nmodels:\n{entries}")
    return str(path)


def test_a_merge_of_models_with_different_tokenizers_is_refused(tmp_path):
    folders = {name: tmp_path / name for name in ("one", "two")}
    for seed, folder in enumerate(folders.values()):
        tiny_model(seed).save_pretrained(folder)
        tokenizer = byte_tokenizer()
        tokenizer.add_tokens(["more"] if seed else [])
        tokenizer.save_pretrained(folder)
    with pytest.raises(InputError, match="one and .*two have different tokenizers"):
        external_models([yaml_of(tmp_path, **folders)])


def test_a_merge_of_models_of_different_shapes_is_refused(tmp_path):
    for name, size in (("one", 32), ("two", 16)):
        save_model(tmp_path / name, tiny_model(0, hidden_size=size), model=name)
    with pytest.raises(InputError, match="one and .*two cannot be averaged: configuration differ"):
        external_models([yaml_of(tmp_path, one=tmp_path / "one", two=tmp_path / "two")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("merge_method: slerp\nmodels: [{model: a, parameters: {weight: 1}}]", "only linear merges"),
        ("models: [{model: a}]", "not a mergekit configuration"),
        ("merge_method: linear\nmodels: [{model: a, parameters: {weight: [0, 1]}}]", "not a mergekit configuration"),
        ("merge_method: linear\nmodels: [{model: a, parameters: {weight: 0}}]", "are zero"),
        (
            "merge_method: linear\nmodels: [{model: a, parameters: {weight: 2}}]\nparameters: {normalize: false}",
            "its weights sum to 2",
        ),
        (
            "merge_method: linear\nmodels: [{model: nowhere/at_all, parameters: {weight: 1}}]",
            "nowhere/at_all is neither",
        ),
    ],
)
def test_a_mergekit_file_that_is_no_average_of_models_is_refused(tmp_path, text, message):
    path = tmp_path / "merge.yml"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        external_models([str(path)])


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected a model's folder, a mergekit YAML file or a Hub id"):
        external_models([str(tmp_path / "notes.txt")])
    with pytest.raises(InputError, match="is not a saved model .*, and neither is any of its folders"):
        external_models([str(tmp_path / "empty")])
    with pytest.raises(InputError, match="org/missing is neither a folder .* nor a model on the Hub") as raised:
        external_models(["org/missing"])
    assert len(str(raised.value).splitlines()) == 1


SMALL = {"vocab_size": 32, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}


@pytest.mark.parametrize(
    "model",
    [
        lambda: BertForMaskedLM(BertConfig(**SMALL)),
        lambda: T5ForConditionalGeneration(
            T5Config(vocab_size=32, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=1)
        ),
    ],
)
def test_a_model_that_is_not_causal_is_refused_before_its_weights_are_read(tmp_path, model):
    model().config.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["architectures"] = [type(model()).__name__]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="which is not a causal language model"):
        external_models([str(tmp_path)])


@pytest.mark.parametrize("text", ['{"model_type": "unheard-of"}', "{}", "{not json"])
def test_a_configuration_that_describes_no_model_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match="config.json does not describe a model that can be loaded"):
        causal_config(tmp_path)


def test_a_folder_without_weights_or_with_broken_ones_is_refused(tmp_path):
    save_model(tmp_path, tiny_model(0), model="m")
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="cannot be loaded as a causal language model"):
        load_model(tmp_path, "float32", "cpu")
    weights.unlink()
    with pytest.raises(InputError, match="has neither model.safetensors"):
        external_models([str(tmp_path)])


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_files_that_cannot_be_read_are_called_that(tmp_path, monkeypatch, name):
    folder = save_model(tmp_path / "model", tiny_model(0))

    def refuse(path, *arguments, **options):
        if path == folder / name:
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, *arguments, **options)

    monkeypatch.setattr("hf_ablate.saved_model.open", refuse, raising=False)
    monkeypatch.setattr("hf_ablate.manifest.open", refuse, raising=False)
    for read in (weights_digest, open_tensors):
        with pytest.raises(InputError, match=f"model/{name} cannot be read: Permission denied; check its permissions"):
            read(folder)


def test_weights_that_lack_a_tensor_are_refused(tmp_path):
    """transformers would fill it with random numbers."""
    save_model(tmp_path, tiny_model(0), model="m")
    tensors = load_file(tmp_path / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match="lack 1 tensors of the model, among them model.layers.1.mlp.up_proj.weight"):
        load_model(tmp_path, "float32", "cpu")


def test_a_missing_or_broken_tokenizer_is_told(tmp_path):
    tiny_model(0).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="holds no tokenizer"):
        load_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="the tokenizer in .* cannot be loaded"):
        load_tokenizer(tmp_path)


def test_windows_are_as_long_as_the_model_can_read_or_shorter(tmp_path, caplog):
    write_manifest(tmp_path, "train", {}, {})
    tiny_model(0).save_pretrained(tmp_path)
    assert window_length(tmp_path, None) == 64
    assert window_length(tmp_path, 10) == 10
    assert window_length(tmp_path, 64) == 64 and not caplog.messages
    assert window_length(tmp_path, 1000) == 64
    assert "reads no more than 64" in caplog.messages[0]


def test_windows_are_as_long_as_what_the_model_was_trained_on_and_longer_ones_are_warned_of(tmp_path, caplog):
    write_manifest(tmp_path, "train", {}, {}, block_size=16)
    tiny_model(0).save_pretrained(tmp_path)
    assert (window_length(tmp_path, None), window_length(tmp_path, 10)) == (16, 10) and not caplog.messages
    assert window_length(tmp_path, 32) == 32
    assert "windows of 32 tokens are longer than those that the model" in caplog.messages[0]


def test_a_model_without_a_limit_is_scored_on_what_it_was_trained_on(tmp_path):
    MambaConfig(architectures=["MambaForCausalLM"]).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="sets no limit to the model's input; give `max_length`"):
        window_length(tmp_path, None)
    write_manifest(tmp_path, "train", {}, {}, block_size=16)
    assert window_length(tmp_path, None) == 16
