"""Cards of components that were trained on mixtures, and of merges of them."""

import yaml

from hf_ablate.hub.cards import CardMetadata, DescribedModel, model_card
from hf_ablate.hub.merge_config import hub_merge_yaml
from hf_ablate.hub.repository_ids import RepositoryIds


IDS = RepositoryIds("ada/tiny")
COMMON = {"digest": "0" * 32, "packages": {}, "tokens": 2048, "blocks": {}}
MERGED = COMMON | {
    "kind": "merged", "mixture": {"code": 0.3, "web": 0.7}, "inputs": {"code": "1" * 32, "web": "2" * 32},
    "arguments": {"mixture": {"code": 0.3, "web": 0.7}, "coefficients": {"code": 0.1, "web": 0.9}},
}  # fmt: skip


def test_a_merge_names_its_components_with_their_coefficients():
    config = hub_merge_yaml(MERGED, IDS)
    weights = {entry["model"]: entry["parameters"]["weight"] for entry in yaml.safe_load(config)["models"]}
    assert weights == {
        "ada/tiny-component-code@weights-111111111111": 0.1, "ada/tiny-component-web@weights-222222222222": 0.9
    }  # fmt: skip
    card = model_card(DescribedModel("merged:m-1", MERGED, {}, "ada/tiny-seed", []), IDS, CardMetadata(), config)
    assert "mixture 0.3 code + 0.7 web" in card
    assert "| [code](https://huggingface.co/ada/tiny-component-code) | 0.1 |" in card
    assert "| [web](https://huggingface.co/ada/tiny-component-web) | 0.9 |" in card


def test_a_component_says_which_mixture_it_was_trained_on():
    manifest = COMMON | {"kind": "component", "mixture": {"code": 0.75, "web": 0.25}, "arguments": {}}
    card = model_card(DescribedModel("component:code", manifest, {}, "ada/tiny-seed", []), IDS, CardMetadata())
    assert "trained further on the mixture 0.75 code + 0.25 web." in card and "alone" not in card
    card = model_card(DescribedModel("component:code", manifest, {}, "", []), IDS, CardMetadata())
    assert "random weights of its own, trained on the mixture 0.75" in card and "base_model" not in card
    manifest |= {"kind": "adapter", "mixture": {"web": 0.75, "code": 0.25}}
    card = model_card(DescribedModel("adapter:web", manifest, {}, "ada/tiny-seed", []), IDS, CardMetadata())
    assert 'AutoTokenizer.from_pretrained("ada/tiny-component-web")' in card
