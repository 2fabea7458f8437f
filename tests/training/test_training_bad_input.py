"""Every mistake that can be known before training is reported before training, in words."""

import json
import os

import pytest
import torch
from pool_files import stamps
from tiny_corpus import TINY, make_mixtures, tiny_arguments
from transformers import PreTrainedTokenizerFast

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.training.devices import check_device, check_sharding
from hf_ablate.training.train import run
from hf_ablate.training.trainer_arguments import PoolTrainingArguments, trainer_arguments


def change_corpus(run_dir, **facts):
    manifest = run_dir / "corpus/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | facts))


def given_seed(run_dir, **changes):
    """Arguments with the trained seed of the same corpus as the given one."""
    return tiny_arguments(run_dir, seed_model=str(run_dir / "given"), config_overrides=None, **changes)


@pytest.fixture
def with_seed(pool):
    """A run folder with a saved seed next to the models, and none of the models."""
    (pool / "models/seed").rename(pool / "given")
    (pool / "models").rename(pool / "old")
    return pool


def stops(arguments, message):
    with pytest.raises(InputError, match=message):
        run(arguments)
    assert not (arguments.run_dir / "models").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config_overrides": TINY + ",max_position_embeddings=8"}, "blocks of 16 tokens, the seed's context is 8"),
        ({"config_overrides": TINY + ",vocab_size=32"}, "tokenizer has 64 entries, the seed's embedding 32"),
        ({"config_overrides": "hidden_sise=8"}, "unknown key .*'hidden_sise'; did you mean 'hidden_size'"),
        ({"config_overrides": "hidden_size=many"}, "hidden_size=many, expected a int"),
        ({"config_overrides": "hidden_size"}, "'hidden_size' is not key=value"),
        ({"model_type": "lama"}, "unknown model_type 'lama'; did you mean 'llama'"),
        ({"component_tokens": 63}, "component:alpha: a budget of 3 blocks does not fill one step of 4 blocks"),
        ({"model": "component:alpa"}, "unknown model 'component:alpa'; did you mean 'component:alpha'"),
        ({"model": "reference:alpha"}, "unknown mixture 'alpha'.*alpha . beta"),
        ({"copies": ["alpa=2"]}, "unknown unit 'alpa'; did you mean 'alpha'"),
        ({"stages": ["alpha", "gamma"]}, "`stages` lacks unit 'beta'"),
        ({"stages": ["alpha", "gama"]}, "unknown unit 'gama'; did you mean 'gamma'"),
        ({"bf16": True, "use_cpu": False}, "`bf16` is set, but there is no GPU here; set use_cpu: true"),
        ({"tf32": True}, "`tf32` is set, but there is no GPU here"),
        ({"peft": "lora", "lora_target_modules": ["q_prj"]}, "the adapters cannot be made .*: .*q_prj"),
        ({"use_liger_kernel": True}, "`use_liger_kernel` is set, but .*pip install liger-kernel"),
        ({"report_to": ["clearml"]}, "clearml, which is not installed: pip install clearml"),
        ({"seed_model": "no/such/folder", "config_overrides": None}, "no/such/folder is neither the folder"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_before_the_first_weight_is_made(run_dir, changes, message):
    stops(tiny_arguments(run_dir, **changes), message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"output_dir": "x"}, "`output_dir` cannot be set for a pool of models: every model has its place"),
        ({"max_steps": 5}, "`max_steps` cannot be set.*the token budgets decide"),
        ({"global_batch_size": 6}, "`global_batch_size` 6 is not a multiple of the 4 blocks"),
        ({"global_batch_size": 8, "gradient_accumulation_steps": 2}, "not both"),
        ({"seed_model": "x"}, "`config_overrides` describe a seed trained from scratch"),
        ({"seed_tokens": -1}, "`seed_tokens` is -1; expected 0 or more"),
        ({"per_device_train_batch_size": 0}, "`per_device_train_batch_size` is 0; expected 1 or more"),
        ({"copies": ["alpha"]}, "`copies` has 'alpha'; expected UNIT=NUMBER"),
        ({"copies": ["alpha=0"]}, "`copies` has 'alpha=0'; expected UNIT=NUMBER"),
        ({"lora_r": 0}, "`lora_r` is 0; expected a positive number"),
        ({"reference_tokens": 0}, "`reference_tokens` is 0"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_when_the_arguments_are_made(run_dir, changes, message):
    with pytest.raises(InputError, match=message):
        tiny_arguments(run_dir, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"optim": "adamw_bnb_8bit"}, "optim adamw_bnb_8bit: You need to install `bitsandbytes`"),
        (
            {"attn_implementation": "flash_attention_2", "learning_rate": 1e-3},
            "the seed cannot be made: FlashAttention2 .*doesn't seem to be installed",
        ),
        (
            {"attn_implementation": "flashy", "learning_rate": 1e-3},
            'the seed cannot be made: Specified `attn_implementation="flashy"` is not supported',
        ),
        ({"learning_rate": -1.0}, "optim .*: Invalid learning rate: -1.0"),
        ({"lr_scheduler_kwargs": {"nope": 1}, "lr_scheduler_type": "cosine"}, "lr_scheduler_type cosine: .*nope"),
        (
            {"lr_scheduler_type": "cosine_with_min_lr"},
            "lr_scheduler_type cosine_with_min_lr: One of min_lr or min_lr_rate should be set",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_libraries_refuse_is_reported_before_a_finished_model_is_removed(pool, changes, message):
    before = stamps(pool)
    with pytest.raises(InputError, match=message):
        run(tiny_arguments(pool, **changes))
    assert stamps(pool) == before


def test_an_empty_unit_is_named(run_dir):
    units = json.loads((run_dir / "corpus/manifest.json").read_text())["units"]
    change_corpus(run_dir, units=units | {"empty": {"blocks": 0, "tokens": 0, "digest": ""}})
    stops(tiny_arguments(run_dir), "unit 'empty' is empty")


def test_a_mixture_of_unknown_units_is_named(run_dir):
    make_mixtures(run_dir, [{"alpha": 1, "bta": 1}])
    stops(tiny_arguments(run_dir), "unknown unit 'bta'; did you mean 'beta'")


def test_a_corpus_without_text_for_the_seed_says_what_else_there_is(run_dir):
    change_corpus(run_dir, seed=None)
    stops(tiny_arguments(run_dir), "no text for the seed.*seed_model.*seed_tokens: 0")


def test_an_unfinished_corpus_says_which_command_makes_it(run_dir):
    (run_dir / "corpus/manifest.json").unlink()
    stops(tiny_arguments(run_dir), "corpus is not finished")
    stops(tiny_arguments(run_dir, dry_run=True), "no finished corpus yet; `hf-ablate run .* --dry_run` plans")


def test_a_component_before_its_seed(run_dir):
    stops(tiny_arguments(run_dir, model="component:alpha"), "starts from the seed, which is missing.*--model seed")


def test_an_incomplete_seed_folder_is_named_with_what_it_lacks(with_seed):
    (with_seed / "given/model.safetensors").unlink()
    stops(given_seed(with_seed), "given has neither model.safetensors nor")
    (with_seed / "given/config.json").unlink()
    stops(given_seed(with_seed), "given is not a saved model: it has no config.json")


def test_a_truncated_seed_is_named(with_seed):
    weights = with_seed / "given/model.safetensors"
    os.truncate(weights, weights.stat().st_size // 2)
    stops(given_seed(with_seed), "model.safetensors is corrupt")


def test_a_seed_with_another_tokenizer_is_refused(with_seed):
    tokenizer = PreTrainedTokenizerFast.from_pretrained(with_seed / "given")
    tokenizer.add_tokens(["new"])
    tokenizer.save_pretrained(with_seed / "given")
    stops(given_seed(with_seed), "is not the one that the units were tokenised with .digests .*partition with")


def test_a_device_without_a_precision(run_dir, monkeypatch):
    arguments = tiny_arguments(run_dir, bf16=True)
    assert arguments.weight_settings("seed")["mixed_precision"] == "bf16"
    args = trainer_arguments(arguments.trainer_options, {})
    assert args.mixed_precision == "bf16"
    monkeypatch.setattr("hf_ablate.training.devices.lacking_precisions", lambda *_: ["bf16"])
    monkeypatch.setattr(PoolTrainingArguments, "device", torch.device("cuda"))
    with pytest.raises(InputError, match="`bf16` is set, but the GPU here lacks it; set bf16: false"):
        check_device(args)


@pytest.mark.parametrize("version", ["1", None])  # accelerate's default is 1
def test_shards_that_cannot_be_put_together_are_refused(run_dir, monkeypatch, version):
    arguments = tiny_arguments(run_dir)
    monkeypatch.setenv("ACCELERATE_USE_FSDP", "true")
    monkeypatch.delenv("FSDP_VERSION", raising=False)
    if version:
        monkeypatch.setenv("FSDP_VERSION", version)
    stops(arguments, "asks for FSDP 1, whose shards cannot be gathered.*set fsdp_version: 2")


@pytest.mark.parametrize("name", ["FSDP", "DeepSpeed"])
def test_a_model_that_was_to_be_sharded_is_not_trained_whole(run_dir, monkeypatch, name):
    class Trainer:
        is_fsdp_enabled = is_deepspeed_enabled = False

    check_sharding(Trainer)
    monkeypatch.setenv(f"ACCELERATE_USE_{name.upper()}", "true")
    with pytest.raises(InputError, match=f"asks for {name}, which accelerate ignores on a CPU"):
        check_sharding(Trainer)


def test_the_seeds_own_schedule_is_used_and_checked(run_dir):
    with pytest.raises(InputError, match="unknown seed_lr_scheduler_type 'cosin'; did you mean 'cosine'"):
        tiny_arguments(run_dir, seed_lr_scheduler_type="cosin")
    run(tiny_arguments(run_dir, model="seed", seed_lr_scheduler_type="constant_with_warmup"))
    made = json.loads((run_dir / "models/seed/manifest.json").read_text())
    assert made["arguments"]["lr_scheduler_type"] == "constant_with_warmup"


def test_a_mistake_on_the_command_line_ends_with_2_and_one_line(run_dir, capsys):
    words = ["train", "--run_dir", str(run_dir), "--use_cpu", "--learning_rat", "1"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "unknown option 'learning_rat'; did you mean 'learning_rate'" in error and "Traceback" not in error


def test_bf16_on_the_cpu_trains_in_bf16(pool):
    from pool_files import same_weights, weights

    before = weights(pool, "component:alpha")
    run(tiny_arguments(pool, bf16=True))
    after = weights(pool, "component:alpha")
    assert not same_weights(before, after)
    assert {tensor.dtype for tensor in after.values()} == {torch.float32}  # only the arithmetic is bf16
