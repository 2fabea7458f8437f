"""A pool trained on a Ray cluster is the one that one process trains, whatever dies on the way."""

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import pytest
from pool_files import COMPONENTS, manifests, same_weights, stamps, weights
from tiny_corpus import TINY, tiny_arguments

from hf_ablate.errors import InputError, ReportedError
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.training import on_cluster
from hf_ablate.training.pool import PlannedModel
from hf_ablate.training.train import run


ray = pytest.importorskip("ray")
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the nodes do not have it
MODEL = PlannedModel("component:alpha", "component", Mixture.uniform(["alpha"]), {"alpha": 24})
NODES = {"include_dashboard": False, "num_cpus": 1}


@pytest.fixture(scope="module")
def cluster():
    """A cluster whose first node has a processor core; this process is connected to it."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODES)
    ray.init(cluster.address, logging_level="error", log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@dataclass(frozen=True)
class Faulty(on_cluster._Training):
    """Training with a fault in some models: what to do, by the model's id."""

    fault = None  # a function of the model and, where it is called within training, of the step

    def __call__(self, model):
        type(self).fault(model, None)
        from hf_ablate.training import callbacks

        original = callbacks.ProgressCallback.on_step_end

        def on_step_end(callback, args, state, control, **kwargs):
            original(callback, args, state, control, **kwargs)
            type(self).fault(model, state.global_step)

        callbacks.ProgressCallback.on_step_end = on_step_end
        try:
            return super().__call__(model)
        finally:
            callbacks.ProgressCallback.on_step_end = original


def with_fault(monkeypatch, fault):
    faulty = type("FaultyHere", (Faulty,), {"fault": staticmethod(fault)})
    monkeypatch.setattr(on_cluster, "_Training", faulty)


def untrain(run_dir, models):
    for path in run_dir.glob("models/**/manifest.json"):
        if json.loads(path.read_text())["model"] in models:
            path.unlink()


def rows(run_dir, model):
    """What training has logged, without what depends on the clock, and the last row, on the steps since a resume."""
    kind, _, name = model.partition(":")
    path = run_dir / "models" / (f"{kind}s/{name}" if name else kind) / "metrics.jsonl"
    return [
        {key: value for key, value in json.loads(line).items() if "second" not in key and "runtime" not in key}
        for line in path.read_text().splitlines()[:-1]
    ]


def recorded(run_dir):
    """The manifests without what depends on the clock."""
    return {
        model: {key: value for key, value in manifest.items() if key not in ("seconds", "created")}
        for model, manifest in manifests(run_dir).items()
    }


def wait_for(happened):
    deadline = time.monotonic() + 60
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened()


def test_a_pool_is_the_one_of_one_process_though_the_driver_and_then_a_node_are_killed(
    cluster, run_dir, trained, monkeypatch, caplog, capsys
):
    words = [
        "train", "--run_dir", str(run_dir), "--use_cpu", "true", "--config_overrides", TINY, "--learning_rate", "1e-2",
        "--per_device_train_batch_size", "4", "--logging_steps", "2", "--save_steps", "2", "--executor", "ray",
        "--ray_address", cluster.address,
    ]  # fmt: skip
    with subprocess.Popen([sys.executable, "-m", "hf_ablate", *words], stderr=subprocess.DEVNULL) as driver:
        assert wait_for(lambda: "component:alpha" in manifests(run_dir))
        driver.kill()
    kept = stamps(run_dir)
    assert set(kept) < set(manifests(trained))

    second, begun = cluster.add_node(**NODES), run_dir / "begun"
    doomed = second.node_id

    def hang(model, step):
        if step == 3 and ray.get_runtime_context().get_node_id() == doomed:
            begun.write_text(model.id)
            time.sleep(300)

    def kill():
        wait_for(begun.exists)
        cluster.remove_node(second, allow_graceful=False)

    with_fault(monkeypatch, hang)
    killing = threading.Thread(target=kill)
    killing.start()
    with caplog.at_level("INFO", "hf_ablate"):
        run(tiny_arguments(run_dir, executor="ray", save_steps=2, output_format="json"))
    killing.join()
    assert f"{begun.read_text()}: resuming from checkpoint-2" in caplog.text
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {row["model"] for row in printed} == set(manifests(trained)) - set(kept)
    assert {model: stamp for model, stamp in stamps(run_dir).items() if model in kept} == kept
    assert recorded(run_dir) == recorded(trained)
    for model in manifests(trained):
        assert same_weights(weights(run_dir, model), weights(trained, model))
        assert rows(run_dir, model) == rows(trained, model)
    assert not list(run_dir.rglob(".*.lease"))


def test_what_fails_is_listed_and_all_else_is_trained(cluster, pool, trained, monkeypatch, caplog, capsys):
    def fault(model, step):
        if model.id == "component:alpha":
            raise KeyError("a defect")
        if model.id == "component:beta" and step == 3:
            raise MemoryError("cannot allocate 8 GB")
        if model.id == "component:gamma" and step == 3:
            raise InputError("component:gamma: the loss is not a finite number at step 3")

    untrain(pool, set(manifests(pool)) - {"seed"})
    with_fault(monkeypatch, fault)
    with pytest.raises(ReportedError) as end:
        run(tiny_arguments(pool, executor="ray", save_steps=2))
    assert end.value.code == 1
    assert capsys.readouterr().out.count("reference: ") == 2
    assert "3 of 5 models are missing" in caplog.text and "The same command trains these alone" in caplog.text
    assert "  component:alpha: KeyError: 'a defect'" in caplog.text
    assert "Traceback (most recent call last)" in caplog.text and "in fault" in caplog.text
    assert "component:beta: out of memory on node" in caplog.text and "cannot allocate 8 GB" in caplog.text
    assert "  component:gamma: the loss is not a finite number" in caplog.text
    assert set(manifests(pool)) == set(manifests(trained)) - COMPONENTS


def test_without_the_seed_nothing_that_starts_from_it_is_started(cluster, run_dir, monkeypatch, caplog):
    def fault(model, step):
        raise InputError(f"{model.id} failed")

    with_fault(monkeypatch, fault)
    with pytest.raises(ReportedError):
        run(tiny_arguments(run_dir, executor="ray"))
    assert "6 of 6 models are missing" in caplog.text
    assert "component:beta: not started: it starts from the seed" in caplog.text
    assert caplog.text.count("component:beta") == 1


def test_what_is_wrong_is_found_on_a_node_before_anything_is_trained(cluster, run_dir):
    with pytest.raises(InputError, match="Invalid learning rate: -1.0"):
        run(tiny_arguments(run_dir, executor="ray", learning_rate=-1.0))
    assert not (run_dir / "models").exists()


def test_a_node_that_sees_another_corpus_is_named(cluster, run_dir, monkeypatch):
    original = on_cluster._Training.check

    def check(self, kinds):
        path = self.inputs.run.corpus / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"block_size": 17}))
        original(self, kinds)

    monkeypatch.setattr(on_cluster, "_Training", type("Elsewhere", (on_cluster._Training,), {"check": check}))
    with pytest.raises(InputError, match="node .* sees another corpus in .*same path"):
        run(tiny_arguments(run_dir, executor="ray"))


def test_what_ray_says_of_a_death_is_one_line_with_what_to_do():
    killed = ray.exceptions.OutOfMemoryError("1 worker(s) were killed, 4 GB used / 5 GB limit\nOOM kill reason:\n ...")
    why = on_cluster._why(MODEL, killed)
    assert "1 worker(s) were killed, 4 GB used / 5 GB limit. Give each model more of a node" in why
    assert "its process has died" in on_cluster._why(MODEL, ray.exceptions.WorkerCrashedError())
