"""What trackers get to see: one run per model, with all measurements."""

import sys
import types

import pytest
from pool_files import manifests
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_corpus import tiny_arguments

from hf_ablate.cli import main
from hf_ablate.training.trackers import own_run
from hf_ablate.training.train import run
from hf_ablate.training.trainer import PoolTrainer


def test_tensorboard_gets_losses_speed_and_scores_of_every_model(run_dir):
    run(tiny_arguments(run_dir, report_to=["tensorboard"], eval_strategy="steps", eval_steps=3))
    folders = [path.parent for path in run_dir.glob("models/**/manifest.json")]
    assert len(folders) == len(manifests(run_dir)) == 6
    for folder in folders:
        (log,) = folder.glob("runs/*")
        events = EventAccumulator(str(log)).Reload()
        steps = {tag: [event.step for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
        last = 4 if folder.name == "seed" else 6
        assert steps["train/loss"] == steps["train/tokens_per_second"] == list(range(2, last + 1, 2))
        assert steps["eval/bits_per_byte"] == sorted({3, last})
        assert steps["eval/ppl_token/in_domain/gamma"] == steps["eval/bits_per_byte"]


def test_a_models_run_is_called_after_its_study_and_what_it_is_made_from(run_dir, monkeypatch):
    names, original = [], PoolTrainer.train

    def train(self, *args, **kwargs):
        names.append(self.args.run_name)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(PoolTrainer, "train", train)
    run(tiny_arguments(run_dir, model="seed"))
    run(tiny_arguments(run_dir, model="seed"))
    run(tiny_arguments(run_dir, model="seed", learning_rate=1e-3))
    first, second = names
    assert first.startswith("run/seed-") and second.startswith("run/seed-") and first != second


@pytest.fixture
def wandb(monkeypatch):
    """Stands for wandb: the run that is open, and how runs were ended."""
    module = types.ModuleType("wandb")
    module.run, module.ended = None, []
    module.finish = lambda exit_code: module.ended.append(exit_code)
    monkeypatch.setitem(sys.modules, "wandb", module)
    return module


def test_a_run_that_a_model_opens_at_wandb_ends_with_it(wandb):
    with own_run(["wandb"]):
        wandb.run = "ours"
    wandb.run = None
    with pytest.raises(RuntimeError), own_run(["wandb"]):
        wandb.run = "ours"
        raise RuntimeError
    wandb.run = None
    with pytest.raises(RuntimeError), own_run(["wandb"]):
        raise RuntimeError  # before a run was opened
    assert wandb.ended == [0, 1]


def test_a_run_that_was_open_before_stays_open(wandb):
    wandb.run = "the user's"
    with own_run(["wandb"]):
        pass
    assert wandb.ended == []


def test_what_trackers_print_does_not_mix_with_results(run_dir, monkeypatch, capsys):
    original = PoolTrainer.train

    def train(self, *args, **kwargs):
        print("* View the dashboard")
        return original(self, *args, **kwargs)

    monkeypatch.setattr(PoolTrainer, "train", train)
    words = ["train", "--run_dir", str(run_dir), "--use_cpu", "true", "--model", "seed", "--output_format", "json"]
    main([*words, "--per_device_train_batch_size", "4", "--config_overrides", "hidden_size=16,num_hidden_layers=1,"
          "intermediate_size=32,num_attention_heads=2,num_key_value_heads=2"])  # fmt: skip
    printed = capsys.readouterr()
    assert "View the dashboard" in printed.err and printed.out.startswith("[")
