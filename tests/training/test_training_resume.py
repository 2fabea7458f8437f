"""Interrupted training resumes as if nothing had happened; damaged checkpoints are not used."""

import os
import signal
import subprocess
import sys

import pytest
import torch
from pool_files import manifests, same_weights, weights
from tiny_corpus import TINY, tiny_arguments

from hf_ablate.errors import InputError, exit_code
from hf_ablate.training import callbacks
from hf_ablate.training.checkpoints import checkpoints
from hf_ablate.training.train import run


MODEL = "component:beta"
FOLDER = "models/components/beta"
SAVING = {"save_steps": 2, "model": MODEL}


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def unfinished(pool, monkeypatch):
    """A maker of a pool whose component `beta` was interrupted after a step (of 6), saving every second one."""

    def make(step, **changes):
        (pool / FOLDER / "manifest.json").unlink()
        original = callbacks.ProgressCallback.on_step_end

        def on_step_end(self, args, state, control, **kwargs):
            original(self, args, state, control, **kwargs)
            if state.global_step == step:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(callbacks.ProgressCallback, "on_step_end", on_step_end)
            run(tiny_arguments(pool, **SAVING | changes))
        return pool

    return make


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6])
def test_an_interrupted_model_ends_with_the_same_bits(unfinished, trained, step):
    run_dir = unfinished(step)
    run(tiny_arguments(run_dir, **SAVING))
    assert same_weights(weights(run_dir, MODEL), weights(trained, MODEL))
    assert manifests(run_dir)[MODEL]["digest"] == manifests(trained)[MODEL]["digest"]
    assert not checkpoints(run_dir / FOLDER)


def test_sigkill_at_any_moment_loses_nothing(pool, trained):
    (pool / FOLDER / "manifest.json").unlink()
    code = (
        "import os, signal\nfrom hf_ablate.training import callbacks\n"
        "class Kill(callbacks.ProgressCallback):\n"
        "    def on_step_end(self, args, state, control, **kwargs):\n"
        "        state.global_step == 5 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "from hf_ablate.training import fit\nfit.ProgressCallback = Kill\n"
        "from hf_ablate.cli import main\nmain()\n"
    )
    words = [
        "train", "--run_dir", str(pool), "--use_cpu", "true", "--config_overrides", TINY, "--learning_rate", "1e-2",
        "--per_device_train_batch_size", "4", "--logging_steps", "2", "--save_steps", "2", "--model", MODEL,
    ]  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [path.name for path in checkpoints(pool / FOLDER)] == ["checkpoint-4", "checkpoint-2"]
    run(tiny_arguments(pool, **SAVING))
    assert same_weights(weights(pool, MODEL), weights(trained, MODEL))


def test_metrics_hold_each_step_once_after_a_resume(unfinished):
    import json

    run_dir = unfinished(5)
    run(tiny_arguments(run_dir, **SAVING))
    rows = [json.loads(line) for line in (run_dir / FOLDER / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "loss" in row] == [2, 4, 6]


def truncate(checkpoint):
    path = checkpoint / "model.safetensors"
    os.truncate(path, path.stat().st_size // 2)


def flip_a_byte(checkpoint):
    path = checkpoint / "optimizer.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lose_a_file(checkpoint):
    (checkpoint / "scheduler.pt").unlink()


def stop_in_the_middle_of_saving(checkpoint):
    (checkpoint / "whole.json").unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (truncate, "model.safetensors is damaged"),
        (flip_a_byte, "optimizer.pt is damaged"),
        (lose_a_file, "scheduler.pt is missing"),
        (stop_in_the_middle_of_saving, "its writing was interrupted"),
    ],
)
def test_a_broken_last_checkpoint_is_named_and_the_one_before_is_used(unfinished, trained, damage, message, caplog):
    run_dir = unfinished(5)
    damage(run_dir / FOLDER / "checkpoint-4")
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(run_dir, **SAVING))
    assert "checkpoint-4 is not complete" in caplog.text and message in caplog.text
    assert f"{MODEL}: resuming from checkpoint-2" in caplog.text
    assert same_weights(weights(run_dir, MODEL), weights(trained, MODEL))


def test_checkpoints_of_other_arguments_are_not_gone_on_from(unfinished, caplog):
    run_dir = unfinished(5)
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(run_dir, **SAVING | {"component_tokens": 20 * 16}))
    assert "resuming from" not in caplog.text
    assert manifests(run_dir)[MODEL]["tokens"] == 20 * 16


def test_time_spent_before_an_interruption_counts(unfinished, monkeypatch):
    run_dir = unfinished(5, logging_steps=1)
    metrics = run_dir / FOLDER / "metrics.jsonl"
    lines = metrics.read_text().splitlines()
    assert '"seconds"' in lines[-1]
    metrics.write_text("\n".join(lines[:-1]) + "\n" + lines[-1].replace('"seconds": ', '"seconds": 1000') + "\n")
    run(tiny_arguments(run_dir, **SAVING | {"logging_steps": 1}))
    assert manifests(run_dir)[MODEL]["seconds"] > 1000


def test_a_loss_that_is_no_number_stops_with_its_step_and_keeps_the_last_good_checkpoint(pool, monkeypatch):
    from hf_ablate.training.trainer import PoolTrainer

    original = PoolTrainer.compute_loss

    def compute_loss(self, model, inputs, *args, **kwargs):
        loss = original(self, model, inputs, *args, **kwargs)
        return loss * float("nan") if self.state.global_step == 4 else loss  # the fifth step

    (pool / FOLDER / "manifest.json").unlink()
    monkeypatch.setattr(PoolTrainer, "compute_loss", compute_loss)
    with pytest.raises(InputError, match=f"{MODEL}: the loss is not a finite number at step 5 .checkpoint-4 "):
        run(tiny_arguments(pool, **SAVING))
    assert [path.name for path in checkpoints(pool / FOLDER)] == ["checkpoint-4", "checkpoint-2"]
    assert not (pool / FOLDER / "manifest.json").exists()
    state = torch.load(pool / FOLDER / "checkpoint-4/optimizer.pt", weights_only=True)["state"]
    assert all(torch.isfinite(value).all() for values in state.values() for value in values.values())


def test_a_last_update_that_breaks_the_weights_is_noticed(pool, monkeypatch):
    def on_step_end(self, args, state, control, model, **kwargs):
        if state.global_step == 6:
            next(model.parameters()).data.fill_(float("inf"))

    (pool / FOLDER / "manifest.json").unlink()
    monkeypatch.setattr(callbacks.ProgressCallback, "on_step_end", on_step_end)
    with pytest.raises(
        InputError, match=f"{MODEL}: a weight is not a finite number after the last step .checkpoint-4 "
    ):
        run(tiny_arguments(pool, **SAVING))
    assert not (pool / FOLDER / "manifest.json").exists()


@pytest.mark.parametrize("library", ["torch", "safetensors"])
def test_a_full_disk_is_reported_in_a_line_and_the_checkpoint_before_is_kept(
    pool, trained, monkeypatch, capsys, library
):
    """At the second checkpoint: torch writes to a device that is always full, safetensors' error is an imitation."""
    import safetensors.torch
    import transformers.trainer

    (pool / FOLDER / "manifest.json").unlink()
    save = torch.save

    def full(*args, **kwargs):
        if library == "torch":
            return save(args[0], "/dev/full")
        raise safetensors.SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    with monkeypatch.context() as patch:

        def break_when_saving(self, args, state, control, **kwargs):
            if state.global_step == 3:
                if library == "torch":
                    patch.setattr(transformers.trainer.torch, "save", full)
                else:
                    patch.setattr("transformers.modeling_utils.safe_save_file", full)

        patch.setattr(callbacks.ProgressCallback, "on_step_end", break_when_saving)
        assert exit_code(lambda: run(tiny_arguments(pool, **SAVING))) == 1
    printed = capsys.readouterr().err
    assert "space" in printed and "disk" in printed and "Traceback" not in printed
    run(tiny_arguments(pool, **SAVING))
    assert same_weights(weights(pool, MODEL), weights(trained, MODEL))
