"""The box of what to do next, and the sentences on merging, made from numbers that are known."""

import shlex
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hf_ablate.ablation.estimates import Estimate
from hf_ablate.commands import find_command
from hf_ablate.merging.updates import Updates
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.barriers import Barrier
from hf_ablate.report import what_next as module
from hf_ablate.report.merge_health import MergeHealth
from hf_ablate.report.next_steps import NextSteps
from hf_ablate.report.what_next import what_next
from hf_ablate.search.costs import Cost
from hf_ablate.search.references import ProposedReference, ReferenceProposal


MIXTURE = Mixture.uniform(["a", "b"])
REFERENCE = ProposedReference(MIXTURE, False, 1.0, 0.01, 0.002, 0.001, Cost(2e6, 1e9, 1.0))
PROPOSAL = ReferenceProposal("mean", "bits per byte", 0.004, 0.002, (REFERENCE, REFERENCE))
STUDY = SimpleNamespace(
    units=["a", "b", "c"],
    ranking=SimpleNamespace(unit_of_measure="bits per byte", best_id=MIXTURE.id),
)


@pytest.fixture(autouse=True)
def the_answer(monkeypatch):
    monkeypatch.setattr(module, "answer", lambda study: {"mixture": "a + b", "score": "0.9000", "reach": "0.0100"})


def effect(change, part, value, told_apart=True):
    return {
        "change": change, "part": part, "other": None, "target": "mean", "effect": value, "low": value - 0.002,
        "high": value + 0.002, "told_apart": told_apart,
    }  # fmt: skip


def lines(effects=(), best=None, gain=None, proposal=PROPOSAL, mixture=MIXTURE):
    found = {"target": "mean", "mixtures": [{"mixture_id": mixture.id}], "effects": list(effects)}
    steps = NextSteps(proposal, best, found, gain)
    return what_next(STUDY, SimpleNamespace(run_dir=Path("runs/small"), steps=steps))


def test_three_lines_each_with_numbers_and_a_command_that_parses(tmp_path, monkeypatch):
    (tmp_path / "runs" / "small").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    gain = Estimate(-0.03, 0.003, -0.035, -0.025, True)
    found = lines([effect("drop", "a", 0.02), effect("drop", "b", 0.01), effect("upweight", "a", 0.1)], gain=gain)
    assert [line.text for line in found] == [
        "Train on a + b: 0.9000 ± 0.0100 bits per byte are predicted, 0.030 ± 0.005 below equal shares of all 3 "
        "units.",
        "To be surer, train 2 reference models for 4.0 M tokens: what this choice is expected to lose against the "
        "best candidate falls from 0.0040 to 0.0010 bits per byte (the luck of one training is ± 0.0033).",
        "Keep a, the unit that matters most: dropping it is expected to cost 0.020 ± 0.002 bits per byte.",
    ]
    for line in found:
        program, name, *tokens = shlex.split(line.command)
        assert program == "hf-ablate" and find_command(name).parse(tokens)


def test_what_would_improve_comes_before_what_is_to_be_kept():
    scored = {"role": "scored", "told_apart": True, "difference": -0.02, "low": -0.03, "high": -0.01}
    best = {"comparisons": [scored], "proposed": [{"name": "0.7 a + 0.3 b"}]}
    effects = [effect("drop", "a", 0.02), effect("add", "c", -0.01), effect("upweight", "a", -0.03, told_apart=False)]
    assert lines(effects, best)[2].text == (
        "Try 0.7 a + 0.3 b, which is not a candidate yet: it is expected 0.020 ± 0.010 bits per byte below the best "
        "that was scored."
    )
    no_better = best | {"comparisons": [scored | {"told_apart": False}]}
    assert lines(effects, no_better)[2].text == "Try adding c: that is expected to save 0.010 ± 0.002 bits per byte."


def test_what_cannot_be_told_is_not_said_to_be_there():
    gain = Estimate(-0.001, 0.003, -0.006, 0.004, False)
    found = lines([effect("drop", "a", 0.001, told_apart=False)], gain=gain, proposal=replace(PROPOSAL, references=()))
    assert "not clearly different from equal shares of all 3 units (−0.001 ± 0.005)" in found[0].text
    assert found[1].text.startswith("No other reference model of a candidate is expected to change this choice")
    assert found[2].text == (
        "No single unit clearly matters: dropping a, which costs most, makes +0.001 ± 0.002 bits per byte."
    )
    assert len(lines([effect("drop", "a", 0.02)], mixture=Mixture.uniform(["c"]))) == 2  # of another mixture
    assert "runs" not in what_next(STUDY, SimpleNamespace(run_dir=Path("/somewhere/runs/small"), steps=NextSteps(
        PROPOSAL, None, None)))[0].command  # fmt: skip


@pytest.mark.parametrize(
    ("middle", "sd", "floor", "said"),
    [
        (0.9, 0.0, None, "stay 0.1000 bits per byte or more below the straight line between the two"),
        (1.1, 0.0, 0.09, "have a loss barrier: at 50% of b the merge is 0.1000 bits per byte above the straight line"),
        (1.1, 0.05, None, "have a loss barrier: at 50% of b the merge is 0.10 ± 0.08 bits per byte above"),
        (
            1.1,
            0.1,
            0.09,
            "rise 0.10 ± 0.16 bits per byte above the straight line between the two, which is within its error",
        ),
        (1.1, 0.0, 0.11, "rise 0.1000 bits per byte above the straight line between the two, which is no more than"),
        (1.004, 0.0, None, "rise 0.0040 bits per byte above the straight line between the two, which is little"),
    ],
)
def test_merging_is_healthy_unless_a_barrier_is_clear(middle, sd, floor, said):
    points = [np.array(values) for values in ([0, 0.5, 1], [1.2, middle, 0.8], [0, sd, 0])]
    barrier = Barrier(("a", "b"), *points, is_scored=sd == 0)
    products = np.array([[4.0, -1.0], [-1.0, 1.0]])
    health = MergeHealth(Updates(("a", "b"), products, 20.0, 100), (barrier,), "bits per byte", floor)
    of_updates, of_barrier = health.sentences
    assert said in of_barrier and ("healthy" in of_barrier) == ("loss barrier: at" not in of_barrier)
    assert "by 5.0% to 10.0% of the length" in of_updates and "some work against each other" in of_updates
    assert "keeps 58% of the length of one" in of_updates
