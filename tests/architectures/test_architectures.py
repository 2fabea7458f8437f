"""The architectures that most studies are of; `make architectures` tries all that transformers has."""

import pytest
from checks import check_adapter, check_merge, check_score, make_study, train_components


FREQUENT = (
    "bloom", "deepseek_v3", "falcon_h1", "gemma", "gemma2", "gemma3_text", "gpt2", "gpt_neox", "llama", "mamba",
    "mamba2", "mistral", "mixtral", "olmo", "olmo2", "olmo3", "olmoe", "opt", "phi", "phi3", "qwen2", "qwen3",
    "qwen3_moe", "smollm3", "stablelm",
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study") / "run")


@pytest.mark.parametrize("model_type", FREQUENT)
def test_architecture(model_type, study, tmp_path):
    run_dir = train_components(model_type, study, tmp_path)
    check_merge(run_dir)
    check_score(run_dir)
    check_adapter(model_type, run_dir)
