"""A run that was stopped goes on from where it was, and ends the same."""

import os
import signal
import subprocess
import sys
import time

import pytest
from corpus_files import all_bytes, byte_tokenizer, partition, rows_of, write_rows

from hf_ablate.corpus.selection import collect, index


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


class Stopped(BaseException):
    pass


def stop_after(monkeypatch, name: str, calls: int) -> list:
    """Let a step of the run work `calls` times, then stop the run in its middle; returns the calls made."""
    module = {"index_task": index, "encode_task": collect}[name]
    original, made = getattr(module, name), []

    def counted(task, **more):
        if len(made) == calls:
            raise Stopped
        made.append(task)
        original(task, **more)

    monkeypatch.setattr(module, name, counted)
    return made


@pytest.mark.parametrize("trained", [True, False], ids=["trained", "given"])
@pytest.mark.parametrize("step", ["index_task", "encode_task"])
def test_finished_tasks_are_not_done_again(tmp_path, tokenizer, monkeypatch, step, trained):
    monkeypatch.setattr("hf_ablate.corpus.selection.index_task._TASK_FILES", 1)
    rows = rows_of(["art", "law"], 30)
    for number in range(4):
        write_rows(tmp_path / "data" / f"{number}.jsonl", rows[number::4])
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": None if trained else tokenizer}
    partition(tmp_path / "whole", **arguments)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_after(patch, step, 2)
        partition(tmp_path / "run", **arguments)
    corpus = tmp_path / "run" / "corpus"
    assert not (corpus / "manifest.json").exists() and not (corpus / "units").exists()
    folder = {"index_task": "index", "encode_task": "tokens"}[step]
    finished = {path: path.stat().st_mtime_ns for path in corpus.glob(f".work/*/{folder}/*.json")}
    assert len(finished) == 2
    seen = {}
    with monkeypatch.context() as patch:
        from hf_ablate.corpus.output import write

        def look(*given, original=write.write_units):
            seen.update({path: path.stat().st_mtime_ns for path in finished})
            return original(*given)

        patch.setattr(write, "write_units", look)
        partition(tmp_path / "run", **arguments)
    assert seen == finished
    assert all_bytes(corpus) == all_bytes(tmp_path / "whole" / "corpus")
    assert not (corpus / ".work").exists()


def test_other_arguments_start_again(tmp_path, tokenizer, monkeypatch):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 30))
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_after(patch, "encode_task", 0)
        partition(tmp_path / "run", **arguments)
    before = list((tmp_path / "run" / "corpus" / ".work").iterdir())
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        stop_after(patch, "encode_task", 0)
        partition(tmp_path / "run", **arguments, random_seed=1)
    after = list((tmp_path / "run" / "corpus" / ".work").iterdir())
    assert len(before) == len(after) == 1 and before != after


def test_a_killed_process(tmp_path, tokenizer):
    """SIGKILL as soon as the first task is indexed; the command then ends as if nothing had been."""
    rows = rows_of(["art", "law"], 3000)
    for number in range(8):
        write_rows(tmp_path / "data" / f"{number}.jsonl", rows[number::8])
    command = [
        sys.executable, "-c",
        "import sys; from hf_ablate.corpus.selection import index_task as task; task._TASK_FILES = 1; "
        "from hf_ablate.cli import main; sys.exit(main(sys.argv[1:]))",
        "partition", f"--run_dir={tmp_path / 'run'}", "--source=jsonl", f"--roots={tmp_path / 'data'}",
        "--partition_by=area", f"--tokenizer={tokenizer}", "--block_size=16", "--unit_tokens=64000",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    corpus = tmp_path / "run" / "corpus"
    deadline = time.monotonic() + 120
    while not list(corpus.glob(".work/*/index/*.json")) and process.poll() is None and time.monotonic() < deadline:
        os.sched_yield()
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (corpus / "manifest.json").exists() and list(corpus.glob(".work/*/index/*.json"))
    arguments = {
        "roots": [str(tmp_path / "data")],
        "tokenizer": tokenizer,
        "val_fraction": 0.01,
        "test_fraction": 0.01,
    }
    partition(tmp_path / "run", **arguments, unit_tokens=64000)
    partition(tmp_path / "whole", **arguments, unit_tokens=64000)
    assert all_bytes(corpus).keys() - {".lock", ".lock.owner"} == all_bytes(tmp_path / "whole" / "corpus").keys()
    assert all_bytes(corpus) == all_bytes(tmp_path / "whole" / "corpus")


@pytest.mark.parametrize("step", ["index_task", "encode_task"])
def test_a_task_that_two_processes_do_at_once(tmp_path, tokenizer, monkeypatch, step):
    """As Ray does where it takes a node for dead: that one goes on writing when another has finished the task."""
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 30))
    arguments = {"roots": [str(tmp_path / "data")], "tokenizer": tokenizer}
    partition(tmp_path / "whole", **arguments)
    module, begin, read = {
        "index_task": (index, "_Recorder", "read_documents"),
        "encode_task": (collect, "_entries", "read_selected"),
    }[step]
    task, task_module = getattr(module, step), sys.modules[getattr(module, step).__module__]
    originals = {name: getattr(task_module, name) for name in (begin, read)}
    finished, looked = {}, []

    def twice(given, **more):
        folder = more["folder"] if step == "index_task" else more["settings"].folder

        def let_another_finish(*words):
            if not finished:
                finished[folder] = None
                task(given, **more)
                finished[folder] = all_bytes(folder)
            return originals[begin](*words)

        def look(*words):
            for document in originals[read](*words):
                if finished.get(folder):
                    assert all_bytes(folder).items() >= finished[folder].items()
                    looked.append(document)
                yield document

        monkeypatch.setattr(task_module, begin, let_another_finish)
        monkeypatch.setattr(task_module, read, look)
        task(given, **more)

    monkeypatch.setattr(module, step, twice)
    partition(tmp_path / "run", **arguments)
    assert looked
    assert all_bytes(tmp_path / "run" / "corpus") == all_bytes(tmp_path / "whole" / "corpus")
