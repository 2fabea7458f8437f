"""What is measured of a training run."""

import json

import pytest
from pool_files import manifests
from tiny_corpus import BLOCK, tiny_arguments

from hf_ablate.training import speed
from hf_ablate.training.speed import Meter, loss_spikes
from hf_ablate.training.train import run


@pytest.fixture
def clock(monkeypatch):
    """A clock that tests set."""
    now = [100.0]
    monkeypatch.setattr(speed.time, "perf_counter", lambda: now[0])
    return now


def test_speed_and_utilisation_are_of_the_steps_since_the_last_line(clock):
    meter = Meter(tokens_per_step=1000, flops_per_token=6_000, peak=12e6)
    meter.start(step=10, spent_before=50)
    clock[0] += 4
    assert meter.measure(14) == {"seconds": 54.0, "tokens": 14_000, "tokens_per_second": 1000.0, "mfu": 0.5}
    clock[0] += 1
    assert meter.measure(15)["tokens_per_second"] == 1000.0


def test_evaluation_counts_as_time_but_not_as_slow_training(clock):
    meter = Meter(tokens_per_step=100, flops_per_token=1, peak=None)
    meter.start(step=0, spent_before=0)
    clock[0] += 8
    meter.pause(6)
    assert meter.measure(2) == {"seconds": 8.0, "tokens": 200, "tokens_per_second": 100.0}


def test_falling_and_noisy_losses_are_no_spikes():
    falling = [(step, 8 - 0.05 * step) for step in range(80)]
    noisy = [(step, 3 + 0.1 * ((step * 7919) % 13) / 13) for step in range(80)]
    assert loss_spikes(falling) == [] and loss_spikes(noisy) == []
    assert loss_spikes([*noisy, (80, 3.9)]) == [80]


def test_metrics_and_manifest_tell_speed_and_utilisation(run_dir):
    run(tiny_arguments(run_dir, model="seed", peak_tflops=1e-6))
    rows = [json.loads(line) for line in (run_dir / "models/seed/metrics.jsonl").read_text().splitlines()]
    logged = [row for row in rows if "loss" in row]
    assert [row["tokens"] for row in logged] == [2 * 4 * BLOCK, 4 * 4 * BLOCK]
    manifest = manifests(run_dir)["seed"]
    flops_per_token = manifest["flops"] / manifest["tokens"]
    for row in logged:
        assert row["mfu"] == pytest.approx(row["tokens_per_second"] * flops_per_token / 1e6)
    assert manifest["seconds"] >= logged[-1]["seconds"] > 0 and manifest["loss_spikes"] == []
