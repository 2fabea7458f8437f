"""Cards say what the manifests say, in the metadata that the Hub reads."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard
from to_and_fro import files_below, pull, push, snippet

from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.hub.cards import CardMetadata, DescribedModel, cell_text, model_card
from hf_ablate.hub.repository_ids import RepositoryIds
from hf_ablate.manifest import digest_files
from hf_ablate.mixtures.mixture import Mixture


def card_of(hub, repo_id, kind="model"):
    text = hub.repos[kind, repo_id].files["README.md"].decode()
    return (ModelCard if kind == "model" else DatasetCard)(text)


def facts_of(run_dir, folder):
    return json.loads((run_dir / "models" / folder / "manifest.json").read_text())


def test_a_component(pushed, finished):
    card = card_of(pushed, "ada/tiny-component-english")
    facts = facts_of(finished, "components/english")
    data = card.data.to_dict()
    assert (data["base_model"], data["base_model_relation"]) == ("ada/tiny-seed", "finetune")
    assert data["datasets"] == ["ada/tiny-corpus"] and data["library_name"] == "transformers"
    assert set(data["tags"]) == {"generated_from_trainer", "hf-ablate"} and "license" not in data
    epochs = facts["blocks"]["english"]["epochs"]
    assert f"| english | 1 | {facts['tokens']:,} | {epochs:.4g} |" in card.content
    assert f"| learning_rate | {facts['arguments']['learning_rate']} |" in card.content
    assert facts["digest"] in card.content and facts["seed_digest"] in card.content


def test_the_evaluation_is_a_table_and_a_model_index_of_the_study_s_scores(pushed, finished):
    card = card_of(pushed, "ada/tiny-component-english")
    rows = [row for row in read_current_rows(finished / "scores") if row.model == "component:english"]
    assert len(rows) == 5
    reported = {
        (result.dataset_config, result.dataset_split, result.metric_type, result.metric_name): result.metric_value
        for result in card.data.eval_results
    }
    for row in rows:
        assert reported[row.source, "val", "bits_per_byte", f"bits per byte, {row.domain}"] == row.bits_per_byte
        assert reported[row.source, "val", "ppl_token", f"perplexity per token, {row.domain}"] == row.ppl_token
        assert f"| {row.source} | {row.domain} | {row.bits_per_byte:.4g} | {row.ppl_token:.4g} |" in card.content
    assert len(reported) == 10


def test_a_reference_model(pushed, finished):
    (folder, *_) = sorted((finished / "models/references").iterdir())
    card = card_of(pushed, f"ada/tiny-reference-{folder.name}")
    mixture = Mixture.of(facts_of(finished, f"references/{folder.name}")["mixture"])
    assert card.data.base_model == "ada/tiny-seed" and card.data.to_dict()["base_model_relation"] == "finetune"
    assert f"the mixture {mixture.name}" in card.content and "reference budget: fixed" in card.content


def test_a_merge_has_the_yaml_with_ids_of_the_hub(hub, study):
    from hf_ablate.merging.merge import save_merged

    mixture = Mixture.of({"english": 3, "python": 1})
    save_merged(study, mixture, "bfloat16")
    assert push(study) == 0
    card = card_of(hub, f"ada/tiny-merged-{mixture.id}")
    data = card.data.to_dict()
    components = ["ada/tiny-component-english", "ada/tiny-component-python"]
    assert (data["base_model"], data["base_model_relation"]) == (components, "merge")
    assert data["tags"] == ["mergekit", "merge", "hf-ablate"]
    config = hub.model(f"ada/tiny-merged-{mixture.id}")["mergekit_config.yml"].decode()
    assert f"```yaml\n{config}```" in card.content
    models = {model["model"]: model["parameters"]["weight"] for model in yaml.safe_load(config)["models"]}
    tags = {repo_id: next(iter(hub.repos["model", repo_id].tags)) for repo_id in components}
    assert models == {f"{components[0]}@{tags[components[0]]}": 0.75, f"{components[1]}@{tags[components[1]]}": 0.25}
    assert yaml.safe_load(config)["out_dtype"] == "bfloat16"
    assert "This model has not been scored" in card.content
    assert "makes the model again with `mergekit-yaml" in card.content


def test_a_merge_that_mergekit_cannot_write_says_so(hub, study, monkeypatch):
    from hf_ablate.merging import merge, written

    def fail(*arguments):
        raise IndexError("no such architecture")

    monkeypatch.setattr(written, "run_mergekit", fail)
    mixture = Mixture.of({"english": 3, "python": 1})
    merge.save_merged(study, mixture)
    assert push(study) == 0
    card = card_of(hub, f"ada/tiny-merged-{mixture.id}")
    assert "`hf_ablate` has written the average" in card.content and "makes the model again" not in card.content


def test_a_merge_of_a_scored_mixture_has_the_scores_of_its_proxy(pushed, finished):
    (folder,) = (finished / "models/merged").iterdir()
    card = card_of(pushed, f"ada/tiny-merged-{folder.name}")
    rows = [row for row in read_current_rows(finished / "scores") if row.model == f"merged:{folder.name}"]
    values = {result.metric_value for result in card.data.eval_results}
    assert rows and {row.bits_per_byte for row in rows} <= values


@pytest.fixture
def with_adapter(study):
    """The study with one component that was trained as an adapter of the seed."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    seed = AutoModelForCausalLM.from_pretrained(study / "models/seed")
    model = get_peft_model(seed, LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]))
    model.save_pretrained(study / "models/components/english/adapter")
    (study / "models/components/english/adapter/README.md").unlink()
    return study


def test_an_adapter_is_a_repository_of_its_own(hub, with_adapter, tmp_path):
    assert str(with_adapter) in (with_adapter / "models/components/english/adapter/adapter_config.json").read_text()
    assert push(with_adapter, "--what", "seed", "components") == 0
    card = card_of(hub, "ada/tiny-adapter-english")
    data = card.data.to_dict()
    assert (data["base_model"], data["base_model_relation"]) == ("ada/tiny-seed", "adapter")
    assert data["library_name"] == "peft" and "AutoPeftModelForCausalLM" in card.content
    config = json.loads(hub.model("ada/tiny-adapter-english")["adapter_config.json"])
    assert config["base_model_name_or_path"] == "ada/tiny-seed"
    assert pull("ada/tiny-pool", tmp_path / "pulled") == 0
    used = {}
    exec(snippet(hub.model("ada/tiny-adapter-english")), used)
    assert type(used["model"]).__name__ == "PeftModelForCausalLM"
    found = files_below(tmp_path / "pulled/models/components/english")
    assert set(found) == set(files_below(with_adapter / "models/components/english"))
    hub.requests.clear()
    assert push(tmp_path / "pulled", "--what", "seed", "components") == 0
    assert hub.uploads() == []


def test_the_snippet_for_the_architecture_of_the_released_seeds(hub, study, capsys):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    fixture = Path(__file__).parent.parent / "fixtures/seed_architecture_tiny/hf_olmo_safetensors"
    folder = study / "models/seed"
    facts = json.loads((folder / "manifest.json").read_text())
    shutil.rmtree(folder)
    AutoModelForCausalLM.from_pretrained(fixture).save_pretrained(folder)
    AutoTokenizer.from_pretrained(fixture).save_pretrained(folder)
    facts["digest"] = digest_files([folder / "config.json", folder / "model.safetensors"])
    (folder / "manifest.json").write_text(json.dumps(facts))
    assert push(study, "--what", "seed") == 0
    code = snippet(hub.model("ada/tiny-seed"))
    assert "import hf_ablate" in code
    used = {}
    exec(code, used)
    assert type(used["model"]).__name__ == "HfOlmoForCausalLM"


def test_a_released_seed_is_what_its_components_name(hub, study):
    path = study / "models/seed/manifest.json"
    facts = json.loads(path.read_text())
    arguments = {"model": "seed", "seed_model": "claran/seed-pretrain-130m", "seed_revision": None}
    path.write_text(json.dumps({**facts, "arguments": arguments}))
    assert push(study, "--what", "seed", "components") == 0
    assert card_of(hub, "ada/tiny-component-english").data.base_model == "claran/seed-pretrain-130m"
    assert card_of(hub, "ada/tiny-seed").data.base_model == "claran/seed-pretrain-130m"


def test_a_seed_from_a_folder_does_not_name_it(hub, study):
    path = study / "models/seed/manifest.json"
    facts = json.loads(path.read_text())
    arguments = {"model": "seed", "seed_model": "my-seed", "seed_revision": None}
    path.write_text(json.dumps({**facts, "arguments": arguments, "inputs": {"seed_model": "d1"}}))
    assert push(study, "--what", "seed", "components") == 0
    assert card_of(hub, "ada/tiny-component-english").data.base_model == "ada/tiny-seed"
    assert card_of(hub, "ada/tiny-seed").data.base_model is None


def test_licences_and_languages_are_those_given(hub, study):
    words = ["--license", "apache-2.0", "--corpus_license", "odc-by", "--language", "en", "de"]
    assert push(study, *words) == 0
    assert card_of(hub, "ada/tiny-seed").data.license == "apache-2.0"
    corpus = card_of(hub, "ada/tiny-corpus", "dataset")
    assert (corpus.data.license, corpus.data.language) == ("odc-by", ["en", "de"])
    assert "## Licence\n\nodc-by" in corpus.content
    assert card_of(hub, "ada/tiny-eval", "dataset").data.license == "odc-by"


def test_the_corpus_tells_its_source_and_what_was_removed(hub, study):
    path = study / "corpus/manifest.json"
    facts = json.loads(path.read_text())
    facts["removed"] = {"duplicates": {"english/train": 3}, "overlap with the evaluation": 2}
    facts["leftovers"]["documents"] = {"is empty": {"documents": 7, "bytes": 0, "examples": []}}
    facts["dropped_units"] = ["tiny|unit"]
    path.write_text(json.dumps(facts))
    assert push(study, "--what", "corpus") == 0
    content = card_of(hub, "ada/tiny-corpus", "dataset").content
    for line in (
        "| duplicates | english/train | 3 | - |",
        "| overlap with the evaluation |  | 2 | - |",
        "| left out | is empty | 7 | 0 |",
        "| unit dropped | tiny\\|unit | - | - |",
        "- Files: `*.jsonl`",
        "- Partitioned by: `part`",
    ):
        assert line in content


def test_the_corpus_has_a_configuration_per_unit(pushed):
    configs = {config["config_name"]: config["data_files"] for config in corpus_configs(pushed)}
    assert set(configs) == {"counting", "english", "python", "seed"}
    assert [file["split"] for file in configs["english"]] == ["train", "validation", "test"]


def corpus_configs(hub):
    return card_of(hub, "ada/tiny-corpus", "dataset").data.to_dict()["configs"]


def test_a_model_without_training_facts_has_a_card_too(finished):
    manifest = {
        "model": "component:x", "kind": "component", "mixture": {"x": 1.0}, "digest": "d", "arguments": {},
        "packages": {"torch": "2"}, "inputs": {},
    }  # fmt: skip
    model = DescribedModel("component:x", manifest, {"model_type": "hf_olmo"}, "org/seed", [])
    content = model_card(model, RepositoryIds("ada/tiny"), CardMetadata())
    assert "import hf_ablate" in content and "This model has not been scored" in content


def test_names_that_the_hub_does_not_take_stay_apart():
    ids = RepositoryIds("ada/tiny")
    found = [ids.of(f"component:{unit}") for unit in ("c++", "c--", "c", "数学", "x" * 120, "x" * 119)]
    assert len(set(found)) == len(found)
    from huggingface_hub.utils import validate_repo_id

    for repo_id in found:
        validate_repo_id(repo_id)


def test_cells_do_not_end_where_their_text_has_a_bar():
    assert cell_text("a|b\nc") == "a\\|b c"


def test_the_card_of_a_study_without_scores(hub, study):
    for folder in ("scores", "ranking", "report"):
        shutil.rmtree(study / folder)
    assert push(study) == 0
    assert "This model has not been scored" in card_of(hub, "ada/tiny-seed").content
    assert ("dataset", "ada/tiny-scores") not in hub.repos
