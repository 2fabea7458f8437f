"""The architecture of a pool's models is measured once for what it depends on, and remembered."""

import json
import shutil
from dataclasses import replace

import pytest
from tiny_corpus import BLOCK, TINY, VOCABULARY, write_tokenizer

from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.errors import InputError
from hf_ablate.model_config import context_of
from hf_ablate.training import architecture as module
from hf_ablate.training.adapter import Adapter
from hf_ablate.training.architecture import architecture
from hf_ablate.training.seed import SeedOrigin, seed_config


TINY_SEED = SeedOrigin(config_overrides=TINY)
LORA = Adapter(2, 32, 0.0, None)
CORPUS = CorpusDescription(units={}, seed=None, block_size=BLOCK, vocab_size=VOCABULARY)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """An empty cache, and a list that grows with every measurement."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "cache"))
    calls, measure = [], module._measure

    def counted(config, adapter):
        calls.append(config)
        return measure(config, adapter)

    monkeypatch.setattr(module, "_measure", counted)
    return calls


def test_it_is_measured_again_only_for_another_configuration_adapter_or_vocabulary(measured, tmp_path):
    first = architecture(TINY_SEED, None, CORPUS, tmp_path / "tokenizer")
    assert architecture(TINY_SEED, None, CORPUS, tmp_path / "tokenizer") == first and len(measured) == 1
    assert (first.context, first.vocab_size, first.adapted) == (32, VOCABULARY, None)
    assert first.sizes == dict.fromkeys(("seed", "component", "reference"), first.whole)

    larger = replace(TINY_SEED, config_overrides=TINY.replace("num_hidden_layers=1", "num_hidden_layers=2"))
    assert architecture(larger, None, CORPUS, tmp_path / "tokenizer").whole.parameters > first.whole.parameters
    assert (
        architecture(TINY_SEED, None, replace(CORPUS, vocab_size=2 * VOCABULARY), tmp_path / "tokenizer").vocab_size
        == 2 * VOCABULARY
    )
    adapted = architecture(TINY_SEED, LORA, CORPUS, tmp_path / "tokenizer")
    assert adapted == architecture(TINY_SEED, LORA, CORPUS, tmp_path / "tokenizer")
    assert adapted.sizes["component"].frozen_parameters > 0 and adapted.sizes["seed"] == first.whole
    assert len(measured) == 4


def test_a_seed_in_a_folder_is_known_by_its_configuration(measured, trained, tmp_path):
    seed = tmp_path / "given"
    shutil.copytree(trained / "models/seed", seed)
    origin = SeedOrigin(model=str(seed))
    first = architecture(origin, None, CORPUS, tmp_path / "tokenizer")
    assert architecture(origin, None, CORPUS, tmp_path / "tokenizer") == first and len(measured) == 1
    config = json.loads((seed / "config.json").read_text())
    (seed / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    assert architecture(origin, None, CORPUS, tmp_path / "tokenizer").whole.parameters > first.whole.parameters
    (seed / "model.safetensors").unlink()
    with pytest.raises(InputError, match="given has neither model.safetensors nor"):
        architecture(origin, None, CORPUS, tmp_path / "tokenizer")


def test_a_seed_on_the_hub_may_change_and_is_measured_every_time(measured, tmp_path, monkeypatch):
    from transformers import LlamaConfig

    monkeypatch.setattr(module, "seed_config", lambda *_: LlamaConfig(hidden_size=16, num_attention_heads=2))
    for times in (1, 2):
        architecture(SeedOrigin(model="org/seed"), None, CORPUS, tmp_path / "tokenizer")
        assert len(measured) == times


def test_mistakes_are_reported_every_time(measured, tmp_path):
    for _ in range(2):
        with pytest.raises(InputError, match="unknown model_type 'lama'; did you mean 'llama'"):
            architecture(replace(TINY_SEED, model_type="lama"), None, CORPUS, tmp_path / "tokenizer")


@pytest.mark.parametrize(
    ("model_type", "name"),
    [("llama", "max_position_embeddings"), ("gpt2", "n_positions"), ("mpt", "max_seq_len"), ("dbrx", "max_seq_len")],
)
def test_random_weights_read_as_many_tokens_as_a_block_has(model_type, name, tmp_path):
    config = seed_config(SeedOrigin(model_type=model_type), CORPUS, tmp_path / "tokenizer")
    assert getattr(config, name) == context_of(config) == BLOCK
    given = SeedOrigin(model_type=model_type, config_overrides=f"{name}=99")
    assert context_of(seed_config(given, CORPUS, tmp_path / "tokenizer")) == 99


def test_architectures_without_a_limit_and_the_released_seeds_keep_theirs(tmp_path):
    assert context_of(seed_config(SeedOrigin(model_type="mamba"), CORPUS, tmp_path / "tokenizer")) is None
    assert context_of(seed_config(SeedOrigin(model_type="hf_olmo"), CORPUS, tmp_path / "tokenizer")) == 2048


def test_another_block_size_is_another_seed(measured, tmp_path):
    gpt2 = SeedOrigin(model_type="gpt2", config_overrides="n_embd=16,n_layer=1,n_head=2")
    first = architecture(gpt2, None, CORPUS, tmp_path / "tokenizer")
    longer = architecture(gpt2, None, replace(CORPUS, block_size=2 * BLOCK), tmp_path / "tokenizer")
    assert longer.whole.parameters - first.whole.parameters == 16 * BLOCK, "a learned vector for each position"


def test_of_an_architecture_of_images_and_text_the_model_of_text_is_made(tmp_path):
    config = seed_config(SeedOrigin(model_type="gemma3"), CORPUS, tmp_path / "tokenizer")
    assert (config.model_type, config.vocab_size, context_of(config)) == ("gemma3_text", VOCABULARY, BLOCK)


@pytest.mark.parametrize("model_type", ["cwm", "modernbert-decoder", "xlnet"])
def test_special_tokens_that_an_architecture_insists_on_are_tokens_of_the_corpus(model_type, tmp_path):
    write_tokenizer(tmp_path / "tokenizer")  # it has an end of text alone
    config = seed_config(SeedOrigin(model_type=model_type), CORPUS, tmp_path / "tokenizer")
    assert {config.bos_token_id, config.eos_token_id, config.pad_token_id} <= {0, None}
