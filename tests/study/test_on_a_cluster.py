"""A Ray cluster of two nodes makes what one process makes, also when one of them dies."""

import shutil
import sys
import threading
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytest

from hf_ablate.cli import main
from hf_ablate.corpus.selection.workers import run_tasks, start_workers
from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring import sweep
from hf_ablate.executor_arguments import ExecutorArguments
from hf_ablate.manifest import digest_files
from hf_ablate.study.cluster import connection_of
from hf_ablate.study.run import RunArguments, parse_stages


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


def wait_for(happened) -> bool:
    """Whether something happens within two minutes."""
    deadline = time.monotonic() + 120
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)
    return happened()


def kill_when(happened, cluster, node) -> threading.Thread:
    """Kill a node as soon as something has happened."""
    thread = threading.Thread(target=lambda: wait_for(happened) and cluster.remove_node(node, allow_graceful=False))
    thread.start()
    return thread


def here() -> str | None:
    """The node that this process works on, if it is one of the cluster's."""
    return ray.get_runtime_context().get_node_id() if ray.is_initialized() else None


def work(doomed: str | None, folder: Path, task: str) -> None:
    """A task that never ends on one node, and elsewhere only once it is begun there; what ended is in files."""
    if task == "bad":
        raise InputError("data/bad.jsonl, line 1: is not valid JSON")
    if here() == doomed:
        (folder / "hangs").touch()
        time.sleep(300)
    wait_for((folder / "hangs").exists)
    (folder / task).touch()


def test_tasks_of_a_dead_node_are_done_again(cluster, second_node, tmp_path):
    killing = kill_when((tmp_path / "hangs").exists, cluster, second_node)
    with start_workers(ExecutorArguments("ray", cluster.address), num_proc=7) as workers:
        assert workers.count == 2
        run_tasks(partial(work, second_node.node_id, tmp_path), ["a", "b", "c"], workers, "reading")
        killing.join()
        assert {path.name for path in tmp_path.iterdir()} == {"hangs", "a", "b", "c"}
        with pytest.raises(InputError, match="data/bad.jsonl, line 1"):
            run_tasks(partial(work, None, tmp_path), ["bad", "d", "e"], workers, "reading")


def hanging_sweeps(make, doomed: str, mark: Path, *given) -> list:
    """The sweeps of a process; on one node, the first model is never scored, and elsewhere only once it is begun."""
    sweeps = make(*given)
    score = sweeps[0].score
    if here() == doomed:
        sweeps[0].score = lambda model, sources: mark.write_text(model.id) and time.sleep(300)
    else:
        sweeps[0].score = lambda model, sources: wait_for(mark.exists) and score(model, sources)
    return sweeps


def digests(folder: Path, *patterns: str) -> dict[str, str]:
    """Of files in a folder, by their paths there."""
    files = [path for pattern in patterns for path in sorted(folder.rglob(pattern)) if path.is_file()]
    return {str(path.relative_to(folder)): digest_files([path]) for path in files if path.name != "manifest.json"}


def test_a_whole_study_of_two_nodes_of_which_one_dies(cluster, second_node, finished_study, tmp_path, monkeypatch):
    recipes = shutil.copytree(finished_study / "recipes", tmp_path / "recipes")
    for stage in ("merge", "report"):
        (recipes / f"{stage}.yaml").unlink()
    mark = tmp_path / "hangs"
    monkeypatch.setattr(sweep, "make_sweeps", partial(hanging_sweeps, sweep.make_sweeps, second_node.node_id, mark))
    killing = kill_when(mark.exists, cluster, second_node)
    one, many = finished_study / "run", tmp_path / "run"
    words = ["run", str(recipes), f"--run_dir={many}", "--executor=ray", f"--ray_address={cluster.address}"]
    assert main(words) == 0
    killing.join()
    assert mark.exists() and not ray.is_initialized()
    patterns = {"corpus": ["*"], "models": ["components/*/*.safetensors", "references/*/*.safetensors"]}
    for part, names in (patterns | {"ranking": ["*"]}).items():
        assert digests(many / part, *names) == digests(one / part, *names) != {}
    assert read_current_rows(many / "scores") == read_current_rows(one / "scores")
    lines = [len((folder / "scores" / "rows.jsonl").read_text().splitlines()) for folder in (one, many)]
    assert lines[0] == lines[1]  # nothing is scored twice


LOCAL, HEAD, OTHER, UNNAMED = ("local", None), ("ray", "head:1"), ("ray", "other:2"), ("ray", None)


@pytest.mark.parametrize(
    ("asked", "partition", "evaluate", "connected"),
    [
        ({}, LOCAL, HEAD, ["head:1"]),
        ({"executor": "ray", "ray_address": "other:2"}, OTHER, OTHER, ["other:2"]),
        ({"executor": "ray"}, UNNAMED, HEAD, []),
        ({"executor": "ray", "set": ["evaluate.executor=local", "evaluate.ray_address=null"]}, UNNAMED, LOCAL, [None]),
        ({"executor": "local"}, LOCAL, LOCAL, []),
    ],
    ids=["recipe", "study", "two", "stage", "local"],
)
def test_where_stages_work(finished_study, tmp_path, monkeypatch, asked, partition, evaluate, connected):
    """As a recipe, an option of the whole study or one of a stage says; one cluster is connected for all stages."""
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    shutil.copy(finished_study / "recipes" / "partition.yaml", recipes)
    (recipes / "evaluate.yaml").write_text(f"run_dir: {finished_study}/run\nexecutor: ray\nray_address: head:1\n")
    stages = parse_stages(RunArguments(study=recipes, **asked))
    assert [(each.executor, each.ray_address) for each in stages.values()] == [partition, evaluate]
    seen = []
    monkeypatch.setattr("hf_ablate.study.cluster.ray_cluster", lambda address: nullcontext(seen.append(address)))
    with connection_of(stages):
        assert seen == connected
