"""Facts with one owner are spelled once: the layout of a run folder, the ids of models, the proxies."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from hf_ablate.commands import COMMANDS
from hf_ablate.manifest import MANIFEST
from hf_ablate.mixtures.proxies import PROXIES
from hf_ablate.run_folder import RunFolder, model_id, split_model_id


PACKAGE = Path(__file__).parent.parent / "hf_ablate"
RUN = RunFolder(Path("run"))
PLACES = [
    RUN.corpus, RUN.unit("u").parent, RUN.seed_text, RUN.eval, RUN.tokenizer, RUN.mixtures, RUN.mixtures_file,
    RUN.proposed_file, RUN.models, RUN.seed, RUN.component("u").parent, RUN.reference("m").parent,
    RUN.merged("m").parent, RUN.scores, RUN.race, RUN.observations, RUN.runs_file, RUN.ranking, RUN.ranking_file,
    RUN.agreement_file, RUN.effects, RUN.effects_file, RUN.updates, RUN.updates_file, RUN.report, RUN.page,
    RUN.figures,
]  # fmt: skip
NAMES = {place.name for place in PLACES} | {MANIFEST}
KINDS = ("seed", "component", "reference", *(proxy.kind for proxy in PROXIES))
LAYOUT, MANIFESTS = {"run_folder.py"}, {"manifest.py"}
# The modules that take a command's whole arguments; all below them take the values that they use. `study/` runs all
# commands.
TAKES_ARGUMENTS = {
    "Adopt": {"adoption/adopt.py", "adoption/corpus.py", "adoption/wanted.py"},
    "Compare": {"comparison/command.py"},
    "Convert": {"modeling/convert.py"},
    "Effects": {"ablation/command.py"},
    "Enumerate": {"mixtures/enumerate.py", "mixtures/from_arguments.py", "search/planned_power.py"},
    "Env": {"environment.py"},
    "Evaluate": {
        "evaluation/evaluate.py", "evaluation/dry_run.py", "evaluation/scored.py", "evaluation/models/chosen.py",
    },
    "Export": {"exports/export.py", "exports/budgets.py"},
    "Import": {
        "observations/import_evidence.py", "observations/import_model.py", "observations/import_runs.py",
    },
    "Merge": {"merging/merge.py"},
    "Partition": {
        "corpus/partition.py", "corpus/dry_run.py", "corpus/from_arguments.py", "corpus/known_partitions.py",
        "corpus/description.py",
    },
    "Predict": {"prediction/predict.py"},
    "Propose": {"search/propose.py", "search/read_constraints.py"},
    "Pull": {"hub/pull.py"},
    "Push": {"hub/push.py"},
    "Rank": {"ranking/rank.py"},
    "Report": {"report/write.py"},
    "Train": {"training/train.py", "training/prepare.py", "training/on_cluster.py", "training/group.py"},
}  # fmt: skip


@cache
def trees() -> list[tuple[str, ast.Module]]:
    """(path in the package, syntax tree) of every module."""
    return [
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def parts(node: ast.expr) -> list[str]:
    """The names of folders and files in the right side of a `/`."""
    texts = [node] if isinstance(node, ast.Constant) else node.values if isinstance(node, ast.JoinedStr) else []
    constants = [text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)]
    return [part for text in constants for part in text.split("/") if part]


def test_no_path_of_a_run_folder_is_put_together_elsewhere():
    spelled = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in trees()
        if path not in LAYOUT | MANIFESTS
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div)
        and NAMES & set(parts(node.right))
        and ast.unparse(node.left) != "work"  # the partition's intermediate files
    ]
    assert spelled == []


def test_ids_of_models_are_made_and_split_in_one_place():
    starts = tuple(f"{kind}:" for kind in KINDS)
    made = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in trees()
        if path not in LAYOUT
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and node.values[0].value.startswith(starts)
        and not node.values[0].value.endswith(" ")
    ]
    assert made == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_is_split_into_what_it_was_made_of(kind):
    for name in ("", "m-123", "unit:with:colons"):
        assert split_model_id(model_id(kind, name)) == (kind, name)


def test_the_words_of_proxies_are_compared_nowhere():
    words = {word for proxy in PROXIES for word in (proxy.kind, proxy.option)}
    compared = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Constant) and side.value in words
    ]
    assert compared == []


def test_whole_arguments_go_no_further_than_the_modules_of_their_command():
    taken = set()
    for path, tree in trees():
        for node in ast.walk(tree):
            annotation = node.annotation if isinstance(node, ast.arg | ast.AnnAssign) else None
            names = re.findall(r"\b([A-Z]\w+)Arguments\b", ast.unparse(annotation)) if annotation else []
            taken |= {(name, path) for name in names if not path.startswith("study/")}
    of_commands = {command.arguments.partition(":")[2].removesuffix("Arguments") for command in COMMANDS}
    allowed = {(name, path) for name, paths in TAKES_ARGUMENTS.items() for path in paths}
    assert {entry for entry in taken if entry[0] in of_commands} == allowed


def test_no_auto_class_is_asked_without_saying_whether_code_is_trusted():
    asked = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("Auto")
        and "**loading_options()" not in ast.unparse(node)
        and not path.startswith("modeling/")
    ]
    assert asked == []
