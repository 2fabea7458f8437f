"""`hf-ablate run`: a whole study from its folder of recipes, stage by stage, all checked before the first starts."""

import json
import logging
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..arguments import StageArguments
from ..commands import find_command
from ..errors import InputError
from ..launch import process_count
from ..recipe import stage_recipes
from .changes import changes_by_stage
from .checks import check_pool, check_settings
from .dry_run import print_plan
from .stage_output import no_output
from .summary import answer_of, answer_text, line_of, state_of


logger = logging.getLogger(__name__)


@dataclass
class RunArguments(StageArguments):
    """A study and what to change in its recipes."""

    study: Path = field(
        default=Path("quickstart"),
        metadata={"positional": True, "help": "Folder of recipes, or the name of a study that comes with hf_ablate."},
    )
    run_dir: Path | None = field(
        default=None, metadata={"help": "The run folder of all stages. Default: the one that the recipes name."}
    )
    set: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Changes to recipes, as STAGE.KEY=VALUE with a value as in the recipe: train.learning_rate=1e-3, "
            "partition.units='[code, man]', train.seed_model=null.",
            "repeatable": True,
        },
    )
    verbose: bool = field(
        default=False, metadata={"help": "Print every stage's tables too, as the stage's own command does."}
    )


def run(arguments: RunArguments) -> None:
    """Run the stages of a study in the order of the flow; each skips what is finished and unchanged.

    Raises:
        `InputError`: for any mistake in any recipe, before the first stage starts, and for several processes.
    """
    if process_count() > 1:
        raise InputError(
            "`run` was started as one of several processes; start it once: stages whose recipes name an "
            "accelerate_config start their own"
        )
    if arguments.dry_run:
        stages = _parse(arguments)
        check_settings(stages)
        print_plan(arguments.study, stages, run_folder_of(stages), arguments.output_format)
        return
    tokens = stage_tokens(arguments)
    stages = parse_stages(arguments)
    as_json = arguments.output_format == "json"
    lines: dict[str, str] = {}
    for number, (stage, stage_arguments) in enumerate(stages.items(), start=1):
        logger.info("[%d/%d] %s", number, len(stages), stage)
        before = state_of(stage, stage_arguments)
        with nullcontext() if arguments.verbose else no_output():
            find_command(stage).start(stage_arguments, tokens[stage])
        lines[stage] = line_of(stage, stage_arguments, before)
        if not (arguments.verbose or as_json):
            print(f"{stage}: {lines[stage]}", flush=True)
    if not arguments.verbose:
        _print_end(arguments.study, lines, run_folder_of(stages), as_json)


def _print_end(study: Path, lines: Mapping[str, str], run_dir: Path, as_json: bool) -> None:
    """Print the answer; as JSON, what the stages did too."""
    answer = answer_of(run_dir) if "rank" in lines else None
    if as_json:
        done = [{"stage": stage, "did": line} for stage, line in lines.items()]
        print(json.dumps({"study": str(study), "run_dir": str(run_dir), "stages": done, "answer": answer}))
    elif answer:
        print(f"\n{answer_text(answer)}")
        print("Tables: --verbose, or the commands `hf-ablate rank` and `hf-ablate evaluate` with the recipes.")


def run_folder_of(stages: Mapping[str, Any]) -> Path:
    """The run folder of a study, which all stages share."""
    return next(iter(stages.values())).run_dir


def parse_stages(arguments: RunArguments) -> dict[str, Any]:
    """The arguments of every stage of a study, checked together.

    Raises:
        `InputError`: for any mistake in any recipe, and for what two of them contradict each other in.
    """
    stages = _parse(arguments)
    check_settings(stages)
    check_pool(stages)
    return stages


def _parse(arguments: RunArguments) -> dict[str, Any]:
    stages = {stage: find_command(stage).parse(tokens) for stage, tokens in stage_tokens(arguments).items()}
    folders = {str(stage_arguments.run_dir) for stage_arguments in stages.values()}
    if len(folders) > 1:
        raise InputError(f"the recipes in {arguments.study} name different run folders: {', '.join(sorted(folders))}")
    return stages


def stage_tokens(arguments: RunArguments) -> dict[str, list[str]]:
    """The words that each stage's command would be given by hand.

    Raises:
        `InputError`: for a missing folder of recipes, and for a change that names no stage.
    """
    recipes = stage_recipes(arguments.study)
    changes = changes_by_stage(arguments.set, list(recipes), lambda stage: find_command(stage).parser())
    common = [f"--output_format={arguments.output_format}"]
    if arguments.run_dir:
        common.append(f"--run_dir={arguments.run_dir}")
    if arguments.dry_run:
        common.append("--dry_run")
    return {stage: ["--config", str(path), *changes.get(stage, []), *common] for stage, path in recipes.items()}
