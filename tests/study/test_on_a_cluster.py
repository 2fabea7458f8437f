"""A Ray cluster of two nodes makes what one process makes, also when one of them dies."""

import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from hf_ablate.corpus.selection.workers import run_tasks, start_workers
from hf_ablate.errors import InputError
from hf_ablate.executor_arguments import ExecutorArguments


ray = pytest.importorskip("ray")
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the nodes do not have it


@pytest.fixture(scope="module")
def cluster():
    """Its head, with one processor core."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield cluster
    cluster.shutdown()


@pytest.fixture
def second_node(cluster):
    node = cluster.add_node(num_cpus=1)
    yield node
    if node in cluster.worker_nodes:
        cluster.remove_node(node)


def kill_when(happened, cluster, node) -> threading.Thread:
    """Kill a node as soon as something has happened."""

    def wait_and_kill():
        deadline = time.monotonic() + 60
        while not happened() and time.monotonic() < deadline:
            time.sleep(0.02)
        if happened():
            cluster.remove_node(node, allow_graceful=False)

    thread = threading.Thread(target=wait_and_kill)
    thread.start()
    return thread


def hang_on(doomed: str, folder: Path, task: str) -> None:
    """A task that never ends on one node; where it was begun and ended is in files."""
    node = ray.get_runtime_context().get_node_id()
    (folder / f"{task}-{'doomed' if node == doomed else 'other'}").touch()
    if node == doomed:
        time.sleep(300)
    if task == "bad":
        raise InputError("data/bad.jsonl, line 1: is not valid JSON")


def test_tasks_of_a_dead_node_are_done_again(cluster, second_node, tmp_path):
    killing = kill_when(lambda: list(tmp_path.glob("*-doomed")), cluster, second_node)
    with start_workers(ExecutorArguments("ray", cluster.address), num_proc=7) as workers:
        assert workers.count == 2
        run_tasks(partial(hang_on, second_node.node_id, tmp_path), ["a", "b", "c"], workers, "reading")
        killing.join()
        assert list(tmp_path.glob("*-doomed"))
        assert {path.name for path in tmp_path.glob("*-other")} == {"a-other", "b-other", "c-other"}
        with pytest.raises(InputError, match="data/bad.jsonl, line 1"):
            run_tasks(partial(hang_on, "none", tmp_path), ["bad", "d", "e"], workers, "reading")
