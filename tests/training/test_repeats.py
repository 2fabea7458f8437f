"""Repeats: reference models trained again with another seed."""

import json

from pool_files import ALPHA_BETA, changed, manifests, same_weights, stamps, weights
from tiny_corpus import tiny_arguments

from hf_ablate.evaluation.models.study import study_models
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.enumerate import run as enumerate_mixtures
from hf_ablate.run_folder import RunFolder
from hf_ablate.training.pool import PlannedModel
from hf_ablate.training.train import run


def write_mixtures(run_dir, seeds):
    enumerate_mixtures(
        EnumerateArguments(
            run_dir=run_dir,
            methods=["given"],
            mixtures=[{"alpha": 1, "beta": 1}],
            num_references=1,
            reference_seeds=seeds,
        )
    )


def test_a_repeat_differs_in_its_seed_alone_and_leaves_the_first_training_as_it_is(pool):
    write_mixtures(pool, seeds=2)
    before = stamps(pool)
    repeat = f"{ALPHA_BETA}-repeat1"
    run(tiny_arguments(pool, model=repeat))
    assert changed(pool, before) == {repeat}
    made = manifests(pool)
    assert made[repeat]["mixture"] == made[ALPHA_BETA]["mixture"]
    assert made[repeat]["blocks"] == made[ALPHA_BETA]["blocks"]
    assert not same_weights(weights(pool, repeat), weights(pool, ALPHA_BETA))
    first, second = made[ALPHA_BETA]["arguments"], made[repeat]["arguments"]
    assert {name for name in second if second[name] != first[name]} == {"seed", "model"}
    assert second["seed"] == first["seed"] + 1


def test_the_seed_of_the_data_is_another_too():
    repeat = PlannedModel(f"{ALPHA_BETA}-repeat2", "reference", None, {}, repeat=2)
    assert repeat.own_seeds({"seed": 42, "data_seed": 7}) == {"seed": 44, "data_seed": 9}
    assert repeat.own_seeds({"seed": 42, "data_seed": None}) == {"seed": 44}


def test_repeats_are_planned_trained_once_and_scored(pool):
    write_mixtures(pool, seeds=3)
    repeats = {f"{ALPHA_BETA}-repeat{number}" for number in (1, 2)}
    before = stamps(pool)
    run(tiny_arguments(pool))
    assert changed(pool, before) == repeats
    scored = {model.id for model in study_models(pool, "ensemble") if model.kind == "reference"}
    assert scored == {ALPHA_BETA, *repeats}
    before = stamps(pool)
    run(tiny_arguments(pool))
    write_mixtures(pool, seeds=1)
    run(tiny_arguments(pool))
    assert changed(pool, before) == set()


def test_one_seed_writes_what_was_written_before(pool, capsys):
    write_mixtures(pool, seeds=1)
    rows = [json.loads(line) for line in RunFolder(pool).mixtures_file.read_text().splitlines()]
    assert set(rows[0]) == {"id", "name", "weights", "reference", "methods"}
    assert "seeds" not in capsys.readouterr().out
    write_mixtures(pool, seeds=2)
    assert "Each reference is trained with 2 seeds: 2 reference models." in capsys.readouterr().out
