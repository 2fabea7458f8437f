"""Bits per byte of the right answers, from log-likelihoods that are known."""

import math

import pytest
from tiny_pool import write_jsonl

from hf_ablate.evaluation.scoring.right_answers import right_answer_rows


CHOICE = "doc_to_text: '{{question}}'\ndoc_to_choice: '{{choices}}'\ndoc_to_target: answer\n"
METRIC = "metric_list:\n  - metric: acc\n"


def asked(folder, documents, output_type, config, answers):
    """A task whose requests were answered with these logarithms to base 2."""
    from lm_eval.tasks import TaskManager

    write_jsonl(folder / "made_up.jsonl", documents)
    (folder / "made_up.yaml").write_text(
        f"task: made_up\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {folder / 'made_up.jsonl'}\n"
        f"test_split: test\noutput_type: {output_type}\n{config}"
    )
    task = TaskManager(include_path=str(folder), include_defaults=False).load(["made_up"])["tasks"]["made_up"]
    task.build_all_requests()
    for request, bits in zip(task.instances, answers, strict=True):
        request.resps = [(bits * math.log(2), False)]
    return task


def question(answer, *choices):
    return {"question": "What?", "choices": list(choices), "answer": answer}


def test_the_answer_that_counts_is_the_right_one_with_the_space_before_it(tmp_path):
    documents = [question(1, "a", "bcd"), question(0, "é", "f"), question(-1, "g", "h")]
    task = asked(tmp_path, documents, "multiple_choice", CHOICE + METRIC, [-9, -8, -6, -7, -5, -4])
    (row,) = right_answer_rows(task)
    # " bcd" has 4 bytes, " é" 3; the third has no right answer
    assert row == {
        "metric": "bits_per_byte",
        "value": pytest.approx((8 / 4 + 6 / 3) / 2),
        "stderr": pytest.approx(0, abs=1e-9),
        "num_docs": 2,
    }


def test_of_several_right_answers_the_likeliest_counts(tmp_path):
    documents = [question([0, 2], "ab", "c", "d")]
    task = asked(tmp_path, documents, "multiple_choice", CHOICE + METRIC, [-6, -1, -3])
    (row,) = right_answer_rows(task)
    assert (row["value"], row["stderr"], row["num_docs"]) == (pytest.approx(3 / 2), None, 1)


def test_of_one_answer_in_several_contexts_the_right_context_counts(tmp_path):
    documents = [{"answer": 1, "contexts": ["He saw", "She saw"], "rest": "it."}]
    config = "doc_to_text: answer\ndoc_to_choice: contexts\ndoc_to_target: rest\n" + METRIC
    task = asked(tmp_path, documents, "multiple_choice", config, [-2, -8])
    assert right_answer_rows(task)[0]["value"] == pytest.approx(8 / 4)


def test_a_task_of_one_continuation_is_its_own_right_answer(tmp_path):
    config = "doc_to_text: '{{question}}'\ndoc_to_target: ' {{answer}}'\n" + METRIC
    task = asked(tmp_path, [{"question": "To be or not to", "answer": "be"}], "loglikelihood", config, [-6])
    assert right_answer_rows(task)[0]["value"] == pytest.approx(2)


def test_a_task_that_generates_text_has_none(tmp_path):
    config = "doc_to_text: '{{question}}'\ndoc_to_target: '{{answer}}'\nmetric_list:\n  - metric: exact_match\n"
    task = asked(tmp_path, [{"question": "1 + 1 =", "answer": "2"}], "generate_until", config, [0])
    assert right_answer_rows(task) == []
