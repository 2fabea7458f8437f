"""The line of a stage says what it did."""

from hf_ablate.evaluation.arguments import EvaluateArguments
from hf_ablate.study.summary import line_of, state_of


def test_results_of_tasks_count_as_what_evaluate_did(tmp_path):
    arguments = EvaluateArguments(run_dir=tmp_path, tasks=["piqa"])
    before = state_of("evaluate", arguments)
    assert line_of("evaluate", arguments, before) == "unchanged"
    results = arguments.scores_dir / "tasks.jsonl"
    results.parent.mkdir()
    results.write_text("{}\n")
    assert line_of("evaluate", arguments, before) == f"results of tasks in {results}"
