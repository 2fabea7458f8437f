"""`hf-ablate run`: a whole study from its folder of recipes, stage by stage, all checked before the first starts."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..arguments import StageArguments
from ..commands import find_command
from ..errors import InputError
from ..executor_arguments import ExecutorArguments
from ..launch import process_count
from ..lock import run_folder_lock
from ..recipe import stage_recipes
from ..run_folder import RunFolder
from ..text_table import paragraph
from .changes import changes_by_stage
from .checks import check_groups, check_pool, check_settings, check_tasks
from .cluster import connection_of, with_executor
from .dry_run import print_plan
from .rounds import RoundSettings, check_rounds, run_rounds
from .stage_output import no_output
from .summary import answer_of, answer_text, line_of, state_of


logger = logging.getLogger(__name__)


@dataclass
class RunArguments(ExecutorArguments, StageArguments):
    """A study and what to change in its recipes."""

    study: Path = field(
        default=Path("quickstart"),
        metadata={"positional": True, "help": "Folder of recipes, or the name of a study that comes with hf_ablate."},
    )
    run_dir: Path | None = field(
        default=None, metadata={"help": "The run folder of all stages. Default: the one that the recipes name."}
    )
    executor: Literal["local", "ray"] | None = field(
        default=None,
        metadata={
            "help": "Where partition, train and evaluate work: on this machine, or on the nodes of a Ray cluster, "
            "which all need the run folder at the same path. Results are the same. Default: as the recipes have it."
        },
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
    rounds: int = field(
        default=0,
        metadata={
            "help": "After the stages, the most rounds of training the reference models that would improve the choice "
            "of the best mixture most; rounds of earlier runs count."
        },
    )
    references_per_round: int = field(default=4, metadata={"help": "rounds: the most reference models of each."})
    target: str | None = field(
        default=None,
        metadata={
            "help": "rounds: what mixtures are judged on: a domain, a source, a downstream task, `mean` (the mean of "
            "all domains), or weights of these as JSON. Default: the study's target, as rank.yaml has it."
        },
    )
    until_regret: float | None = field(
        default=None,
        metadata={
            "help": "rounds: end when the expected regret is below this. Default: the standard deviation "
            "between trainings on one mixture."
        },
    )
    max_flops: float | None = field(
        default=None, metadata={"help": "rounds: the most floating-point operations of their reference models."}
    )
    max_gpu_hours: float | None = field(
        default=None, metadata={"help": "rounds: the most hours of training their reference models."}
    )

    def __post_init__(self) -> None:
        self.check_executor()
        if self.rounds < 0:
            raise InputError(f"rounds is {self.rounds}; expected 0 or more")
        if self.references_per_round < 1:
            raise InputError(f"references_per_round is {self.references_per_round}; expected at least 1")
        for name in ("until_regret", "max_flops", "max_gpu_hours"):
            if (value := getattr(self, name)) is not None and not value >= 0:
                raise InputError(f"{name} is {value}; expected 0 or more")

    @property
    def round_settings(self) -> RoundSettings:
        """How many rounds there are, and when they end early."""
        return RoundSettings(
            self.rounds, self.references_per_round, self.target, self.until_regret, self.max_flops, self.max_gpu_hours
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
        check_rounds(arguments.round_settings, stages)
        print_plan(arguments.study, stages, run_folder_of(stages), arguments.output_format)
        if arguments.rounds and arguments.output_format == "table":
            print(
                f"rounds: at most {arguments.rounds}, each of at most {arguments.references_per_round} more references"
            )
        return
    tokens = stage_tokens(arguments)
    stages = parse_stages(arguments)
    check_rounds(arguments.round_settings, stages)
    with run_folder_lock(run_folder_of(stages)), connection_of(stages):
        _run(arguments, stages, tokens)


def _run(arguments: RunArguments, stages: Mapping[str, Any], tokens: Mapping[str, list[str]]) -> None:
    as_json = arguments.output_format == "json"
    lines: dict[str, str] = {}
    for stage, line in _run_stages(stages, tokens, arguments.verbose):
        lines[stage] = line
        if not (arguments.verbose or as_json):
            print(paragraph(f"{stage}: {line}"), flush=True)
    rounds = {}
    if arguments.rounds:

        def rerun() -> None:
            for _ in _run_stages(stages, tokens, arguments.verbose):
                pass

        def say(line: str) -> None:
            if not as_json:
                print(paragraph(line), flush=True)

        rounds = run_rounds(arguments.round_settings, stages, rerun, say)
    if not arguments.verbose:
        _print_end(arguments.study, lines, run_folder_of(stages), as_json, rounds)


def _run_stages(
    stages: Mapping[str, Any], tokens: Mapping[str, list[str]], verbose: bool
) -> Iterator[tuple[str, str]]:
    """Run the stages in order; of each, its name and a line on what it did."""
    for number, (stage, arguments) in enumerate(stages.items(), start=1):
        logger.info("[%d/%d] %s", number, len(stages), stage)
        if stage == "train":
            check_groups(stages)
        before = state_of(stage, arguments)
        with nullcontext() if verbose else no_output():
            find_command(stage).start(arguments, tokens[stage])
        yield stage, line_of(stage, arguments, before)


def _print_end(study: Path, lines: Mapping[str, str], run_dir: Path, as_json: bool, rounds: Mapping[str, Any]) -> None:
    """Print the answer; as JSON, what the stages and rounds did too."""
    answer = answer_of(run_dir) if "rank" in lines else None
    if as_json:
        done = [{"stage": stage, "did": line} for stage, line in lines.items()]
        content = {"study": str(study), "run_dir": str(run_dir), "stages": done, **rounds, "answer": answer}
        print(json.dumps(content))
    elif answer:
        print(f"\n{answer_text(answer)}")
        tables = "Tables: --verbose, or the commands `hf-ablate rank` and `hf-ablate evaluate` with the recipes."
        print(paragraph(tables))


def run_folder_of(stages: Mapping[str, Any]) -> Path:
    """The run folder of a study; `partition` may work in the one around it, with the corpus."""
    return next(reversed(stages.values())).run_dir


def parse_stages(arguments: RunArguments) -> dict[str, Any]:
    """The arguments of every stage of a study, checked together.

    Raises:
        `InputError`: for any mistake in any recipe, and for what two of them contradict each other in.
    """
    stages = _parse(arguments)
    check_settings(stages)
    check_pool(stages)
    check_tasks(stages)
    return stages


def _parse(arguments: RunArguments) -> dict[str, Any]:
    stages = {stage: find_command(stage).parse(tokens) for stage, tokens in stage_tokens(arguments).items()}
    folders = {stage: stage_arguments.run_dir for stage, stage_arguments in stages.items()}
    if "partition" in stages and _has_corpus_of(folders["partition"], run_folder_of(stages)):
        del folders["partition"]
    if len(named := sorted(set(map(str, folders.values())))) > 1:
        raise InputError(f"the recipes in {arguments.study} name different run folders: {', '.join(named)}")
    return stages


def _has_corpus_of(folder: Path, study: Path) -> bool:
    """Whether the corpus of a study, whose run folder may lie in another, is the one in this folder."""
    return RunFolder(folder).corpus.absolute() == RunFolder(study).corpus.absolute()


def stage_tokens(arguments: RunArguments) -> dict[str, list[str]]:
    """The words that each stage's command would be given by hand.

    Raises:
        `InputError`: for a missing folder of recipes, and for a change that names no stage.
    """
    recipes = stage_recipes(arguments.study)
    changes = changes_by_stage(arguments.set, list(recipes), lambda stage: find_command(stage).parser())
    if arguments.executor:
        changes = with_executor(changes, {stage: find_command(stage).arguments_class for stage in recipes}, arguments)
    common = [f"--output_format={arguments.output_format}"]
    if arguments.dry_run:
        common.append("--dry_run")
    tokens = {stage: ["--config", str(path), *changes.get(stage, []), *common] for stage, path in recipes.items()}
    for stage in recipes if arguments.run_dir else ():
        corpus = RunFolder(arguments.run_dir).corpus.parent
        tokens[stage].append(f"--run_dir={corpus if stage == 'partition' else arguments.run_dir}")
    return tokens
