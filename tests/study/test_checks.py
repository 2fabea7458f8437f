"""What two recipes contradict each other in is found by `validate` and by the dry run, before anything is made."""

import json

import pytest
from tiny_study import RECIPES, write_study

from hf_ablate.cli import main


@pytest.fixture
def study(tmp_path):
    return write_study(tmp_path)


@pytest.mark.parametrize("command", [["validate"], ["run", "--dry_run"]], ids=" ".join)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["evaluate.split=test", "rank.split=val"], "evaluate.split is 'test' and rank.split is 'val'"),
        (["evaluate.split=train"], "evaluate.split is 'train', and the corpus"),
        (["partition.val_fraction=0"], "evaluate.split is 'val', and partition.val_fraction is 0"),
        (["train.eval_strategy=steps", "train.eval_steps=2", "train.eval_split=test", "partition.test_fraction=0"],
         "train.eval_split is 'test', and partition.test_fraction is 0"),
        (["partition.seed_partitions=[]"], "the corpus has no text for the seed"),
        (["partition.block_size=64"], "partition.block_size is 64, and the seed reads 32 tokens at most"),
        (["train.config_overrides=vocab_size=300"], "partition.vocab_size is 320, and the seed knows 300 tokens"),
        (["train.seed_model=ORG/SEED", "train.config_overrides=null"], "set partition.tokenizer to ORG/SEED"),
        (["train.load_optimizer_state=true", "train.accelerate_config=zero2"], "configuration asks for DeepSpeed"),
        (["train.stages=[english, python]"], "`stages` lacks unit 'counting'"),
        (["train.copies=[pyton=2]"], "unknown unit 'pyton'; did you mean 'python'"),
        (["train.per_device_train_batch_size=100"], "does not fill one step of 100 blocks"),
        (["train.model=seed"], "train.model is 'seed', so no component"),
        (["evaluate.top=2"], "evaluate.top writes no scores for the study's ranking"),
        (["rank.target=hellaswag"], "rank.target names 'hellaswag', and evaluate.tasks is not given; add it there"),
        (["rank.target={tasks/rte: 1}", "evaluate.tasks=[piqa]"], "names 'tasks/rte', and evaluate.tasks runs piqa;"),
        (["evaluate.output_dir=elsewhere"], "evaluate.output_dir writes no scores for the study's ranking"),
        (["evaluate.merge_by=[units, trained_prat]"], "unknown field in evaluate.merge_by 'prat'"),
        (["merge.merge_by=prat"], "unknown field in merge.merge_by 'prat'; did you mean 'part'"),
        (["merge.mixture=[pyton]"], "merge.mixture names 'pyton'"),
        (["merge.weights={pyton: 1}"], "unknown unit 'pyton'"),
        (["enumerate.num_references=5"], "num_references is 5"),
        (["enumerate.units=[english, pyton]"], "unknown unit 'pyton'"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_contradiction_is_refused(study, capsys, command, changes, message):
    assert main([*command, str(study), "--set", *changes]) == 2
    shown = capsys.readouterr()
    assert message in shown.err and len(shown.err.splitlines()) == 1
    assert shown.out == "" and not (study.parent / "run").exists()


@pytest.mark.parametrize(
    "changes",
    [
        ["evaluate.split=test"],
        ["evaluate.split=test", "rank.split=test"],
        ["partition.val_fraction=0", "evaluate.split=test"],
        ["partition.seed_partitions=[]", "train.seed_tokens=0"],
        ["merge.mixture=[best, english]"],
        ["merge.mixture=[english + python]"],
    ],
    ids=lambda changes: " ".join(changes),
)
def test_what_fits_together_is_valid(study, changes):
    assert main(["validate", str(study), "--set", *changes]) == 0


def test_the_best_mixture_needs_a_ranking(study, capsys):
    (study / "rank.yaml").unlink()
    assert main(["validate", str(study)]) == 2
    assert "the study has no recipe for rank" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["validate"], ["run", "--dry_run"]], ids=" ".join)
@pytest.mark.parametrize("source", ["files", "jsonl"])
def test_a_misspelled_partition_is_refused_where_paths_name_partitions(tmp_path, capsys, command, source):
    for part in ("art", "law", "seed"):
        path = tmp_path / "data" / part / "x.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"text": "a text"}) + "\n")
    recipe = RECIPES["partition"] | {
        "source": source, "roots": [str(tmp_path / "data")], "path_regex": "data/(?P<part>[a-z]+)/",
        "globs": ["**/*.jsonl"], "units": ["art"], "eval_partitions": ["lav"], "run_dir": str(tmp_path / "run"),
    }  # fmt: skip
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "partition.yaml").write_text(json.dumps(recipe))
    assert main([*command, str(tmp_path / "recipes")]) == 2
    assert "unknown partition 'lav'; did you mean 'law'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rules", "known"),
    [
        ({"slices": 2, "partition_by": ["slice"]}, "slice-1-of-2, slice-2-of-2"),
        ({"bins": {"part": [2000, 2010]}}, "from-2010, until-1999, 2000-2009"),
        ({"bins": {"part": ["1990-1999", "2000-2004"]}}, "1990-1999, 2000-2004"),
        ({"value_regex": {"part": {"^a": "art", "^l": "law"}}}, "art, law"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_misspelled_partition_is_refused_where_rules_name_partitions(study, capsys, rules, known):
    recipe = json.loads((study / "partition.yaml").read_text()) | rules
    (study / "partition.yaml").write_text(json.dumps(recipe | {"units": None, "seed_partitions": ["lav"]}))
    assert main(["validate", str(study)]) == 2
    shown = capsys.readouterr().err
    assert "unknown partition 'lav'" in shown and all(name in shown for name in known.split(", "))


def test_what_only_documents_decide_is_not_refused(study):
    assert main(["validate", str(study), "--set", "partition.eval_partitions=[Latin, hex]"]) == 0
