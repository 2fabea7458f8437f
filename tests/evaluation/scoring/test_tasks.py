"""Downstream tasks through lm-eval, on a small task of our own: no data can be fetched."""

import builtins
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from documented_json import check_keys
from tiny_pool import byte_tokenizer, read_candidates, save_model, tiny_model, write_jsonl

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.arguments import EvaluateArguments
from hf_ablate.evaluation.evaluate import run
from hf_ablate.evaluation.scoring.downstream import default_tasks
from hf_ablate.evaluation.scoring.harness import TaskHarness
from hf_ablate.evaluation.scoring.log_likelihood import Scorer
from hf_ablate.evaluation.scoring.measurement import Measurement
from hf_ablate.evaluation.scoring.task_results import PAPER_TASKS
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import read_ranking
from hf_ablate.ranking import rank
from hf_ablate.ranking.arguments import RankArguments
from hf_ablate.study.checks import check_tasks


QUESTIONS = [
    {"question": f"{first} and {second} make", "choices": [f" {first + second}", f" {first * second}"], "answer": 0}
    for first in range(2, 6)
    for second in range(3, 6)
]


@pytest.fixture(scope="module")
def tasks_dir(tmp_path_factory):
    """A multiple-choice task, and one whose data is missing."""
    folder = tmp_path_factory.mktemp("tasks")
    write_jsonl(folder / "sums.jsonl", QUESTIONS)
    for name, data in (("sums", "sums.jsonl"), ("lost", "nowhere.jsonl")):
        (folder / f"{name}.yaml").write_text(
            f"task: {name}\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {folder / data}\n"
            "test_split: test\noutput_type: multiple_choice\ndoc_to_text: '{{question}}'\n"
            "doc_to_choice: '{{choices}}'\ntarget_delimiter: ''\ndoc_to_target: answer\n"
            "metric_list:\n  - metric: acc\n  - metric: acc_norm\n"
        )
    return folder


def logprobs(model) -> np.ndarray:
    """The log-probability of every answer after its question, computed directly: [questions, answers]."""
    tokenizer = byte_tokenizer()

    def logprob(question: str, answer: str) -> float:
        first, *tokens = tokenizer(question + answer, add_special_tokens=False)["input_ids"]
        with Scorer(model, 64) as scorer:
            return float(scorer.token_logprobs(TokenStream.of([np.array(tokens)], first))[-len(answer) :].sum())

    return np.array([[logprob(row["question"], answer) for answer in row["choices"]] for row in QUESTIONS])


def accuracy(model) -> float:
    """The share of questions whose right answer, the first, is the likelier one."""
    return float(np.mean(logprobs(model).argmax(axis=1) == 0))


def bits_of_right_answers(model) -> np.ndarray:
    """Bits per byte of the right answer to every question."""
    sizes = np.array([len(row["choices"][0].encode()) for row in QUESTIONS])
    return -logprobs(model)[:, 0] / np.log(2) / sizes


def results(folder) -> list[dict]:
    return [json.loads(line) for path in sorted(folder.glob("tasks*.jsonl")) for line in path.open()]


def test_saved_model_gets_the_accuracy_of_a_direct_computation(tasks_dir, tmp_path, capsys):
    model = tiny_model(3)
    save_model(tmp_path / "model", model, model="m", kind="external", mixture=None)
    words = {"model": [str(tmp_path / "model")], "tasks": ["sums"], "tasks_dir": tasks_dir}
    run(EvaluateArguments(**words, output_dir=tmp_path / "out"))
    row = next(row for row in results(tmp_path / "out") if row["metric"] == "acc")
    assert row["value"] == pytest.approx(accuracy(model))
    assert 0 < row["value"] < 1
    bits = next(row for row in results(tmp_path / "out") if row["metric"] == "bits_per_byte")
    directly = bits_of_right_answers(model)
    assert bits["value"] == pytest.approx(directly.mean(), rel=1e-5)
    assert bits["stderr"] == pytest.approx(directly.std(ddof=1) / len(QUESTIONS) ** 0.5, rel=1e-4)
    assert (row["task"], row["num_docs"], row["num_fewshot"]) == ("sums", len(QUESTIONS), 0)
    assert f"{row['value']:.4f}" in capsys.readouterr().out


def test_proxies_of_a_study_are_merged_in_memory_and_run_once(study, tasks_dir, tmp_path, capsys):
    chosen = [row for row in read_candidates(study) if len(row["weights"]) > 1][:2]
    words = {"run_dir": study, "mixture": [row["id"] for row in chosen], "tasks": ["sums"], "tasks_dir": tasks_dir}
    run(EvaluateArguments(**words, proxy="both", output_dir=tmp_path, output_format="json"))
    rows = [row for row in results(tmp_path) if row["metric"] == "acc"]
    folders = {unit: study / "models" / "components" / unit for unit in ("alpha", "beta", "gamma")}
    pool = ResidentPool(folders)
    for candidate in chosen:
        found = [row["value"] for row in rows if row["model"] == f"merged:{candidate['id']}"]
        assert found == [pytest.approx(accuracy(pool.merge(Mixture.of(candidate["weights"]))))]
    assert not [row for row in rows if row["kind"] == "ensemble"]
    assert not list(tmp_path.glob("rows*.jsonl"))  # accuracies are not score rows
    before = (tmp_path / "tasks.jsonl").read_bytes()
    capsys.readouterr()
    run(EvaluateArguments(**words, proxy="both", output_dir=tmp_path, output_format="json"))
    assert (tmp_path / "tasks.jsonl").read_bytes() == before
    assert {"task", "metric", "value", "stderr", "num_docs", "name"} <= check_keys(json.loads(capsys.readouterr().out))


def test_the_dry_run_of_a_study_names_the_models_without_results_of_tasks(study, tasks_dir, tmp_path, capsys):
    chosen = read_candidates(study)[-1]["id"]
    values = {"run_dir": str(study), "mixture": [chosen], "tasks": ["sums"], "tasks_dir": str(tasks_dir)}
    (tmp_path / "recipes").mkdir()
    recipe = tmp_path / "recipes" / "evaluate.yaml"
    recipe.write_text(json.dumps(values | {"output_dir": str(tmp_path / "out")}))

    def plan() -> str:
        assert main(["run", str(recipe.parent), "--dry_run"]) == 0
        return capsys.readouterr().out

    before = "evaluate: 3 components, 1 proxy by merged weights, on tasks sums\n"
    assert plan() == before
    assert main(["evaluate", "--config", str(recipe), "--dry_run"]) == 0
    assert capsys.readouterr().out == before
    assert main(["evaluate", "--config", str(recipe)]) == 0
    capsys.readouterr()
    assert plan() == "evaluate: unchanged, nothing to do\n"
    path = tmp_path / "out" / "tasks.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "merged:" not in line) + '{"torn')
    assert plan() == "evaluate: 1 proxy by merged weights, on tasks sums\n"
    assert path.read_text().endswith('{"torn')  # a dry run repairs nothing


def test_a_studys_tasks_are_run_after_its_text_and_ranked(study, tasks_dir, tmp_path, capsys, caplog):
    shutil.copytree(study, tmp_path / "run")
    words = {"run_dir": tmp_path / "run", "tasks": ["sums"], "tasks_dir": tasks_dir}
    (tmp_path / "recipes").mkdir()
    for stage, own in (("evaluate", {name: str(value) for name, value in words.items()} | {"tasks": ["sums"]}),
                       ("rank", {"run_dir": str(tmp_path / "run"), "target": "sums"})):  # fmt: skip
        (tmp_path / "recipes" / f"{stage}.yaml").write_text(json.dumps(own))

    def plan() -> str:
        assert main(["run", str(tmp_path / "recipes"), "--dry_run"]) == 0
        return " ".join(capsys.readouterr().out.split())  # however long lines are

    before = plan()
    assert re.search(
        r"evaluate: .* 3 components, .* on split val; then .* 3 components, .* on tasks sums rank: ", before
    )
    assert "rank: the mixtures by bits_per_byte, on split val, for the target sums" in before
    capsys.readouterr()
    run(EvaluateArguments(**words, output_format="json"))
    shown = json.loads(capsys.readouterr().out)
    assert check_keys(shown) and {row["model"] for row in shown["tasks"]} < {row["model"] for row in shown["scores"]}
    assert plan().startswith("evaluate: unchanged, nothing to do ")
    rank.run(RankArguments(run_dir=tmp_path / "run", target="sums"))
    ranking = read_ranking(tmp_path / "run")
    assert ranking.study_target == "tasks/sums" and "left out" not in caplog.text
    merged = {row["name"]: row["value"] for row in shown["tasks"] if row["kind"] == "merged"}
    bits = {row["name"]: row["value"] for row in shown["tasks"] if row["metric"] == "bits_per_byte"}
    assert {entry["name"] for entry in ranking.entries(predictor="merged")} >= set(merged)
    scored_as = {entry["name"]: entry["as_scored"] for entry in ranking.entries(predictor="merged")}
    assert {name: scored_as[name] for name in merged} == pytest.approx({name: bits[name] for name in merged})


def test_models_that_share_a_harness_get_what_lm_eval_gives_each_alone(tasks_dir, tmp_path):
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    text = (tasks_dir / "sums.yaml").read_text().replace("sums", "shown")
    few_shot = text.replace("shown.jsonl", "sums.jsonl") + "fewshot_split: test\nnum_fewshot: 2\n"
    (tmp_path / "shown.yaml").write_text(few_shot)
    managers = dict.fromkeys(["shown"], TaskManager(include_path=str(tmp_path), include_defaults=False))
    measurement = Measurement(
        split="test", tokenizer_digest="bytes", max_length=64, prefix="bos", limit=8, dtype="float32", batch_tokens=512
    )
    harness = TaskHarness(managers, byte_tokenizer(), measurement)
    for seed in (3, 4, 3):
        model = tiny_model(seed)
        ours = {row["metric"]: row for row in harness.run(model, ["shown"])["shown"]}
        alone = HFLM(pretrained=model, tokenizer=byte_tokenizer(), batch_size=8, max_length=64)
        lm_evals = simple_evaluate(alone, tasks=["shown"], task_manager=managers["shown"], limit=8, log_samples=False)[
            "results"
        ]["shown"]
        assert 0 < ours.pop("bits_per_byte")["value"] < 30
        for name, row in ours.items():
            assert (row["value"], row["stderr"]) == (lm_evals[f"{name},none"], lm_evals[f"{name}_stderr,none"])
        assert (ours["acc"]["num_docs"], ours["acc"]["num_fewshot"]) == (8, 2)


def test_a_task_is_loaded_and_tokenised_once_for_all_models_without_asking_git(
    study, tasks_dir, tmp_path, monkeypatch, capfd
):
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    loads, encoded = [], []
    load, encode = TaskManager.load, HFLM.tok_encode
    monkeypatch.setattr(TaskManager, "load", lambda self, tasks: loads.append(tasks) or load(self, tasks))
    monkeypatch.setattr(
        HFLM, "tok_encode", lambda self, text, *rest, **more: encoded.append(text) or encode(self, text, *rest, **more)
    )
    monkeypatch.chdir(tmp_path)  # no repository
    chosen = [row["id"] for row in read_candidates(study)][-3:]
    words = {"run_dir": study, "mixture": chosen, "tasks": ["sums"], "tasks_dir": tasks_dir, "proxy": "merge"}
    run(EvaluateArguments(**words, output_dir=tmp_path))
    assert len({row["model"] for row in results(tmp_path)}) == 3
    assert loads == [["sums"]]
    assert len(encoded) == len(set(encoded)) > len(QUESTIONS)
    assert "git" not in capfd.readouterr().err


def test_the_papers_tasks_are_known_to_lm_eval():
    assert len(PAPER_TASKS) == 13
    assert set(PAPER_TASKS) <= set(default_tasks().all_subtasks)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tasks": ["hellaswagg"]}, "unknown task 'hellaswagg'; did you mean 'hellaswag'"),
        ({"tasks": ["lost"]}, "the data of lost cannot be read or fetched"),
        ({"tasks": ["sums"], "tasks_dir": "nowhere"}, "tasks_dir nowhere is not a folder"),
        ({"tasks": ["sums"], "executor": "ray"}, "shared by accelerate"),
        ({"tasks": []}, "name those to run in `tasks`"),
    ],
)
def test_wrong_input_is_told(study, tasks_dir, tmp_path, changes, message):
    words = {"run_dir": study, "mixture": [read_candidates(study)[-1]["id"]], "proxy": "merge", "output_dir": tmp_path}
    words |= {"tasks_dir": tasks_dir} | changes
    with pytest.raises(InputError, match=message):
        run(EvaluateArguments(**words | {"tasks_dir": Path(words["tasks_dir"])}))


def test_a_run_finds_an_unknown_task_before_it_trains(tasks_dir, monkeypatch):
    known = SimpleNamespace(all_subtasks=["piqa"])
    monkeypatch.setattr("hf_ablate.evaluation.scoring.downstream.default_tasks", lambda: known)
    check_tasks({"evaluate": EvaluateArguments(tasks=["sums", "piqa"], tasks_dir=tasks_dir)})
    with pytest.raises(InputError, match="unknown task 'piqq'; did you mean 'piqa'"):
        check_tasks({"evaluate": EvaluateArguments(tasks=["sums", "piqq"], tasks_dir=tasks_dir)})


def test_without_lm_eval_the_message_says_how_to_get_it(study, tmp_path, monkeypatch):
    found = builtins.__import__

    def without_lm_eval(name, *rest):
        if name.startswith("lm_eval"):
            raise ImportError("No module named 'lm_eval'")
        return found(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_lm_eval)
    with pytest.raises(InputError, match=r"pip install 'hf_ablate\[tasks\]'"):
        run(EvaluateArguments(run_dir=study, tasks=["hellaswag"], output_dir=tmp_path))
