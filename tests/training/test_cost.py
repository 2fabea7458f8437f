"""What training costs, against a count by hand."""

import json

import pytest
from tiny_corpus import BLOCK, VOCABULARY, tiny_arguments
from transformers import AutoModelForCausalLM, LlamaConfig

from hf_ablate.manifest import read_manifest
from hf_ablate.model_size import size_of
from hf_ablate.run_folder import RunFolder
from hf_ablate.training.adapter import Adapter
from hf_ablate.training.cost import Throughput
from hf_ablate.training.seed import empty_model
from hf_ablate.training.train import run


LINEAR = 4 * 16 * 16 + 3 * 16 * 32  # attention and feed-forward of the tiny model, one layer
CONFIG = {
    "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
    "vocab_size": VOCABULARY,
}  # fmt: skip


@pytest.mark.parametrize("tied", [True, False])
def test_the_embedding_counts_only_as_output_projection(tied):
    model = AutoModelForCausalLM.from_config(LlamaConfig(**CONFIG, tie_word_embeddings=tied))
    size = size_of(model)
    norms, embedding = 3 * 16, VOCABULARY * 16
    assert size.parameters == LINEAR + norms + embedding * (1 if tied else 2)
    assert size.matmul_parameters == LINEAR + norms + embedding
    assert size.flops(10, BLOCK) == 10 * (6 * size.matmul_parameters + 12 * 16 * BLOCK)


def test_plan_and_model_agree_also_with_adapters():
    config = LlamaConfig(**CONFIG)
    assert size_of(empty_model(config)) == size_of(AutoModelForCausalLM.from_config(config))
    adapted = size_of(empty_model(config, Adapter(2, 32, 0.0, None).config()))
    assert adapted.matmul_parameters == 2 * (4 * (16 + 16) + 3 * (16 + 32))  # the factors
    assert adapted.frozen_parameters == LINEAR + 3 * 16 + VOCABULARY * 16


def test_hours_follow_from_the_peak_and_the_expected_utilisation(run_dir):
    assert tiny_arguments(run_dir).throughput.device_hours(1e18) == {}
    given = tiny_arguments(run_dir, peak_tflops=1.0, expected_mfu=0.5).throughput
    assert given == Throughput(1e12, 0.5) and given.device_hours(3.6e18) == {"device_hours": 2000.0}
    hours = tiny_arguments(run_dir, gpu="h100", expected_mfu=1.0).throughput.device_hours(989.4e12 * 3600)
    assert hours["device_hours"] == pytest.approx(1)


def test_the_plan_has_a_row_per_missing_model_and_sets_them_against_training_every_mixture(run_dir, capsys):
    run(tiny_arguments(run_dir, dry_run=True, gpu="h200", output_format="json"))
    plan = json.loads(capsys.readouterr().out)
    assert [row["model"].partition(":")[0] for row in plan["missing"]] == ["seed"] + 3 * ["component"] + 2 * [
        "reference"
    ]
    assert all(row["device_hours"] > 0 for row in plan["missing"])
    assert plan["every_mixture"]["models"] == 3
    assert plan["every_mixture"]["tokens"] == 3 * 24 * BLOCK
    run(tiny_arguments(run_dir, dry_run=True, gpu="h200"))
    table = capsys.readouterr().out
    assert "GPU hours" in table and "a model for every mixture instead" in table


def test_a_model_without_attention_heads_is_planned_and_trained(run_dir, capsys):
    shape = {"model_type": "mamba", "config_overrides": "hidden_size=16,state_size=4,num_hidden_layers=1"}
    run(tiny_arguments(run_dir, model="seed", dry_run=True, **shape))
    assert "FLOPs:" not in capsys.readouterr().out
    run(tiny_arguments(run_dir, model="seed", **shape))
    manifest = read_manifest(RunFolder(run_dir).seed)
    assert manifest["flops"] == 6 * manifest["tokens"] * manifest["parameters"]


def test_a_model_of_unknown_shape_is_planned_at_six_operations_per_parameter_and_token(run_dir, capsys):
    shape = {"model_type": "rwkv", "config_overrides": "hidden_size=16,num_hidden_layers=1"}
    run(tiny_arguments(run_dir, model="seed", dry_run=True, **shape))
    assert "\nFLOPs: 6 N D without attention" in capsys.readouterr().out
