"""Seeds that bring their own code, and models of images and text: from training to the saved merge."""

import json
import shutil

import pytest
import torch
from own_code import write_own_model
from tiny_corpus import VOCABULARY
from transformers import AutoModelForCausalLM, Gemma3Config, Gemma3ForConditionalGeneration, LlavaConfig

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.run_folder import RunFolder, model_id


TRAIN = ["--use_cpu", "--per_device_train_batch_size", 4, "--learning_rate", "1e-2", "--logging_steps", 2]
MERGE = ["--weights", '{"alpha": 1, "beta": 1}']


def command(name, run_dir, *words) -> int:
    return main([name, "--run_dir", str(run_dir), *map(str, words)])


def study(run_dir, seed, *words) -> None:
    """Train, score and merge a whole study."""
    assert command("train", run_dir, "--seed_model", seed, *TRAIN, *words) == 0
    own = [word for word in words if word == "--trust_remote_code"]
    assert command("evaluate", run_dir, *own) == 0
    assert command("merge", run_dir, *MERGE, *own) == 0


@pytest.fixture
def own_model(tmp_path):
    return write_own_model(tmp_path / "own")


@pytest.mark.parametrize("words", [[], ["--peft", "lora", "--lora_r", 2]], ids=["whole", "lora"])
def test_a_seed_with_its_own_code_is_trained_scored_and_merged_where_it_is_trusted(run_dir, own_model, words):
    study(run_dir, own_model, "--trust_remote_code", *words)
    run = RunFolder(run_dir)
    for folder in (run.component("alpha"), run.merged(Mixture.uniform(["alpha", "beta"]).id)):
        assert {"configuration_own.py", "modeling_own.py"} <= {path.name for path in folder.iterdir()}
        model = AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)
        assert type(model).__name__ == "OwnForCausalLM"
    assert {row.kind for row in read_current_rows(run.scores)} == {
        "seed", "component", "reference", "merged", "ensemble",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["train", "evaluate", "merge"])
def test_code_that_is_not_trusted_does_not_run_and_the_option_is_named(run_dir, own_model, name, capsys):
    (own_model / "configuration_own.py").write_text("raise SystemExit('this code has run')")
    words = {
        "train": ["--seed_model", own_model, *TRAIN],
        "evaluate": ["--model", own_model, "--data", run_dir / "corpus", "--output_dir", run_dir / "o"],
        "merge": MERGE,
    }
    if name == "merge":
        for unit in ("alpha", "beta"):
            folder = shutil.copytree(own_model, RunFolder(run_dir).component(unit))
            manifest = {
                "digest": unit,
                "mixture": {unit: 1},
                "model": model_id("component", unit),
                "kind": "component",
            }
            (folder / "manifest.json").write_text(json.dumps(manifest))
    assert command(name, run_dir, *words[name]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "`auto_map`" in line and "`trust_remote_code: true`" in line


def test_of_a_model_of_images_and_text_the_model_of_text_is_trained_and_saved(run_dir, tmp_path):
    text = {
        "vocab_size": VOCABULARY, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "max_position_embeddings": 64,
        "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 0,
    }  # fmt: skip
    images = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    torch.manual_seed(0)
    whole = Gemma3ForConditionalGeneration(
        Gemma3Config(text_config=text, vision_config=images, mm_tokens_per_image=4, image_token_index=3)
    ).eval()
    whole.save_pretrained(tmp_path / "whole")
    shutil.copytree(RunFolder(run_dir).tokenizer, tmp_path / "whole", dirs_exist_ok=True)
    study(run_dir, tmp_path / "whole")
    run = RunFolder(run_dir)
    ids = torch.arange(4, 20)[None]
    seed = AutoModelForCausalLM.from_pretrained(run.seed)
    assert type(seed).__name__ == "Gemma3ForCausalLM"
    with torch.no_grad():
        assert torch.allclose(seed(input_ids=ids).logits, whole(input_ids=ids).logits, atol=1e-6)
    assert read_manifest(run.seed)["parameters"] == seed.num_parameters() < whole.num_parameters()
    words = ["--model", tmp_path / "whole", "--data", run.corpus, "--output_dir", run_dir / "o"]
    assert command("evaluate", run_dir, *words, "--max_length", 16) == 0
    as_seed = [row.sum_logprob for row in read_current_rows(run.scores) if row.model == "seed"]
    assert [row.sum_logprob for row in read_current_rows(run_dir / "o")] == pytest.approx(as_seed, rel=1e-5)


def test_a_model_that_transformers_does_not_load_as_one_of_text_is_refused(run_dir, tmp_path, capsys):
    LlavaConfig(architectures=["LlavaForConditionalGeneration"]).save_pretrained(tmp_path / "llava")
    words = ["--model", tmp_path / "llava", "--data", run_dir / "corpus", "--output_dir", run_dir / "o"]
    assert command("evaluate", run_dir, *words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "LlavaForConditionalGeneration, which is not a causal language model" in line
