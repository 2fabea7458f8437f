"""Whoever scores a study's models, the scores are the same."""

import builtins
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from tiny_pool import count_rows, read_candidates

from hf_ablate.errors import InputError
from hf_ablate.evaluation.arguments import EvaluateArguments
from hf_ablate.evaluation.evaluate import run
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring.processes import Processes, launched_processes


@pytest.fixture(scope="module")
def alone(study, tmp_path_factory):
    """The scores of the study as one process gives them."""
    folder = tmp_path_factory.mktemp("alone")
    run(EvaluateArguments(run_dir=study, output_dir=folder, output_format="json"))
    return read_current_rows(folder)


def evaluate(*words: str) -> subprocess.CompletedProcess:
    words = [sys.executable, "-m", "hf_ablate", "evaluate", *words]
    return subprocess.run(words, capture_output=True, text=True)


def test_every_item_is_in_one_share():
    items = list(range(11))
    shares = [Processes(index, 4).share(items) for index in range(4)]
    assert sorted(item for share in shares for item in share) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_two_processes_give_the_rows_of_one(study, alone, tmp_path):
    words = ["--run_dir", str(study), "--output_dir", str(tmp_path), "--output_format", "json"]
    result = evaluate(*words, "--accelerate_config", "cpu", "--num_processes", "2", "--main_process_port", "0")
    assert result.returncode == 0, result.stderr
    assert read_current_rows(tmp_path) == alone
    printed = [row for row in json.loads(result.stdout)["scores"] if row["level"] == "domain"]
    assert len(printed) == len(alone)  # one process prints
    files = sorted(tmp_path.glob("rows*.jsonl"))
    assert [path.name for path in files] == ["rows-00001.jsonl", "rows.jsonl"]
    counts = list(map(count_rows, files))
    assert sum(counts) == len(alone)  # nothing is scored twice
    assert min(counts) > len(alone) / 4


def test_ray_gives_the_rows_of_one_process(study, alone, tmp_path):
    ray = pytest.importorskip("ray")
    run(EvaluateArguments(run_dir=study, output_dir=tmp_path, output_format="json", executor="ray", num_workers=1))
    assert not ray.is_initialized()
    assert read_current_rows(tmp_path) == alone
    assert count_rows(tmp_path / "rows.jsonl") == len(alone)  # nothing is scored twice


def test_without_ray_the_message_says_how_to_get_it(study, tmp_path, monkeypatch):
    found = builtins.__import__

    def without_ray(name, *rest):
        if name == "ray":
            raise ImportError("No module named 'ray'")
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    with pytest.raises(InputError, match=r"pip install 'hf_ablate\[ray\]'"):
        run(EvaluateArguments(run_dir=study, output_dir=tmp_path, executor="ray"))


def test_processes_that_cannot_find_each_other_are_stopped(monkeypatch):
    for name in ("LOCAL_RANK", "RANK", "LOCAL_WORLD_SIZE", "MASTER_PORT", "MASTER_ADDR"):
        monkeypatch.setenv(name, "")  # so that what accelerate sets on its way is taken back after the test
        monkeypatch.delenv(name)
    monkeypatch.setattr("accelerate.PartialState._shared_state", {})  # as in a process in which nothing was trained
    monkeypatch.setenv("WORLD_SIZE", "2")  # and nothing else that accelerate goes by
    with pytest.raises(InputError, match="2 processes were started that cannot find each other.*accelerate launch"):
        launched_processes()


def test_processes_that_each_believe_to_be_alone_are_stopped(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("accelerate.PartialState", lambda **options: SimpleNamespace(num_processes=1))
    with pytest.raises(InputError, match="2 processes were started, and each believes that it is alone"):
        launched_processes()


def test_interrupted_shares_go_on_with_another_number_of_processes(study, alone, tmp_path):
    mixture = read_candidates(study)[-1]["id"]
    words = {"run_dir": study, "output_dir": tmp_path, "output_format": "json"}
    run(EvaluateArguments(**words, mixture=[mixture]))
    (tmp_path / "rows.jsonl").rename(tmp_path / "rows-00003.jsonl")
    run(EvaluateArguments(**words))
    assert read_current_rows(tmp_path) == alone
    assert sum(map(count_rows, tmp_path.glob("rows*.jsonl"))) == len(alone)
