"""docs/scale.md holds what benchmarks/scale works out; its training hours are those of the paper's recipes."""

import re
from pathlib import Path

import pytest

from benchmarks.scale import rates
from benchmarks.scale.costs import HOUR, scheduled, training_hours
from benchmarks.scale.page import PAGE, TABLES, with_tables
from benchmarks.scale.steps import steps
from hf_ablate.training.on_cluster import in_turn
from hf_ablate.training.pool import PlannedModel


RECIPES = Path(__file__).parent.parent / "recipes" / "paper"


def test_the_page_holds_the_tables_as_they_are_worked_out_now():
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "run python -m benchmarks.scale --write"
    assert set(re.findall(r"<!-- scale: (\w+) -->", page)) == set(TABLES)


@pytest.mark.parametrize(("experiment", "size"), [("pool", "130m"), ("scale", "1.1b")])
def test_training_takes_the_hours_that_the_recipes_say(experiment, size):
    said = float(re.search(r"([\d.]+) GPU hours", (RECIPES / experiment / "README.md").read_text())[1])
    references, units = rates.REFERENCES[size] if experiment == "scale" else (0, 0)
    components = rates.UNITS.value + references * units  # a reference model has the tokens of all its units
    assert components * training_hours(size, rates.UNIT_TOKENS.value) == pytest.approx(said, abs=0.06)


def test_the_longest_models_are_started_first_as_the_page_counts():
    models = [
        PlannedModel(name, name.partition(":")[0], None, {"a": blocks})
        for name, blocks in (("component:a", 1), ("component:b", 1), ("reference:m", 3), ("seed", 2))
    ]
    assert [[model.id for model in part] for part in in_turn(models)] == [
        ["seed"], ["reference:m", "component:a", "component:b"],
    ]  # fmt: skip


def test_a_model_starts_on_the_gpu_that_is_free_first():
    assert scheduled([3, 1, 1, 2], 2) == 4
    assert scheduled([1] * 139, 64) == 3


def test_more_gpus_never_take_longer_and_never_do_more_than_their_share():
    for step in steps():
        times = [step.seconds(gpus) for gpus in rates.GPUS]
        assert times == sorted(times, reverse=True)
        assert times[0] <= rates.GPUS[-1] * times[-1] * (1 + 1e-9)
    assert sum(step.seconds(1) for step in steps()) > 1000 * HOUR


def test_every_rate_says_where_it_is_from():
    assert len(rates.RATES) > 30 and all(rate.what and rate.source for rate in rates.RATES)
