"""What a task on a cluster starts where accelerate trains a model."""

import subprocess
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pool_files import manifests
from tiny_corpus import tiny_arguments

from hf_ablate.commands import find_command
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.errors import InputError
from hf_ablate.training.group import Group, group_of, train_in_group
from hf_ablate.training.identity import identity
from hf_ablate.training.pool import plan_pool
from hf_ablate.training.train import pool_inputs, run


CHANGES = {
    "executor": "ray", "num_cpus": 2.0, "per_device_train_batch_size": 2, "global_batch_size": 4, "weight_decay": 0.1,
    "lr_scheduler_kwargs": {"num_cycles": 2}, "report_to": ["none"], "copies": ["alpha=1"], "seed_learning_rate": 1e-3,
}  # fmt: skip


@pytest.fixture
def planned(run_dir):
    """Arguments, inputs, and the component `beta`."""
    arguments = tiny_arguments(run_dir, **CHANGES)
    corpus = CorpusDescription.read(run_dir)
    models = {model.id: model for model in plan_pool(corpus, [], arguments.budgets)}
    return arguments, pool_inputs(arguments, corpus), models["component:beta"]


def ends(monkeypatch, code, text=""):
    """The command that is started ends like this; the words that it was started with."""
    started = []

    def end(words, stderr, env, **options):
        stderr.write(text)
        started.append((words, env))
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr(subprocess, "run", end)
    return started


def test_the_command_means_the_same_model_and_may_write_where_the_driver_works(planned, monkeypatch):
    arguments, inputs, model = planned
    started = ends(monkeypatch, 0)
    assert train_in_group(arguments, inputs, model, Group("cpu", 2))
    (words, environment), = started  # fmt: skip
    again = find_command("train").parse(words[4:])
    assert (again.model, again.accelerate_config, again.executor) == ("component:beta", "cpu", "local")
    assert words[-4:] == ["--num_processes", "2", "--main_process_port", "0"]
    assert identity(model, pool_inputs(again, inputs.corpus)) == identity(model, inputs)
    assert again.budgets == arguments.budgets
    assert environment["HF_ABLATE_LOCKED_RUN_FOLDER"] == f"elsewhere {arguments.run_dir.resolve()}"


def test_what_the_command_reports_is_the_failure(planned, monkeypatch):
    ends(monkeypatch, 2, "[1/1] …\nhf-ablate: error: component:beta: the loss is not a finite number\n")
    with pytest.raises(InputError, match="^component:beta: the loss is not a finite number$"):
        train_in_group(*planned, Group("cpu", 2))
    ends(monkeypatch, -9, "Signal 9 (SIGKILL) received\n")
    with pytest.raises(RuntimeError, match="ended with exit code -9: Signal 9"):
        train_in_group(*planned, Group("cpu", 2))


@pytest.mark.parametrize(
    ("changes", "gpus", "expected"),
    [
        ({}, 0, None),
        ({}, 1, None),
        ({}, 0.5, None),
        ({}, 2, Group("multi_gpu", 2)),
        ({"accelerate_config": "zero2"}, 2, Group("zero2", 2)),
        ({"accelerate_config": "cpu"}, 0, Group("cpu", 1)),
        ({}, 3, "`global_batch_size` 4 is not a multiple of the 6 blocks that 3 processes take at once"),
        ({"global_batch_size": None}, 2, "each model is trained by 2 processes; give a global_batch_size .*of 4"),
        ({"accelerate_config": "multi_gpu"}, 0, "starts a process for each of its GPUs, and a model has 0"),
        ({"accelerate_config": "multi_node"}, 2, "multi_node is for several machines"),
        ({"accelerate_config": "zero9"}, 2, "'zero9'; did you mean 'zero"),
    ],
)
def test_how_many_processes_train_a_model(planned, changes, gpus, expected):
    arguments = replace(planned[0], **changes)
    if isinstance(expected, str):
        with pytest.raises(InputError, match=expected):
            group_of(arguments, gpus)
    else:
        assert group_of(arguments, gpus) == expected


def test_processes_that_accelerate_started_start_no_cluster(run_dir, monkeypatch):
    arguments = tiny_arguments(run_dir)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="itself started by accelerate or torchrun"):
        replace(arguments, executor="ray")


def test_the_cluster_is_no_part_of_what_weights_depend_on(trained):
    before = manifests(trained)
    run(tiny_arguments(trained, executor="ray", num_cpus=3.0))  # nothing to do, so no cluster is asked for
    assert manifests(trained) == before
