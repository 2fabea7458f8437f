"""The pool of a study: which models it consists of, and what each is trained on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..corpus.description import CorpusDescription
from ..errors import InputError, unknown_name
from ..mixtures.mixture import Mixture
from .arguments import TrainArguments
from .order import apportion


@dataclass(frozen=True)
class PlannedModel:
    """One model of the pool.

    Args:
        id (`str`): `seed`, `component:<unit>` or `reference:<mixture id>`.
        kind (`str`): `seed`, `component` or `reference`.
        mixture (`Mixture | None`): what it is trained on; `None` for the seed.
        shares (`Mapping[str, int]`): blocks of each unit (of `seed` for the seed); a whole number of steps in all.
        dropped (`int`): blocks of the budget that do not fill a step.
        in_stages (`bool`): units are seen one after the other, as `shares` lists them.
    """

    id: str
    kind: str
    mixture: Mixture | None
    shares: Mapping[str, int]
    dropped: int = 0
    in_stages: bool = False

    @property
    def blocks(self) -> int:
        return sum(self.shares.values())

    def folder(self, run_dir: Path) -> Path:
        """The model's folder in a run folder."""
        _, _, name = self.id.partition(":")
        return run_dir / "models" / (f"{self.kind}s/{name}" if name else "seed")


def plan_pool(
    arguments: TrainArguments, corpus: CorpusDescription, candidates: list[tuple[Mixture, bool]]
) -> list[PlannedModel]:
    """All models of a study in the order of training: the seed, the components, the reference models.

    Args:
        arguments ([`TrainArguments`]): budgets and batch size.
        corpus ([`CorpusDescription`]): the units.
        candidates (`list[tuple[Mixture, bool]]`): the mixtures, and whether each gets a reference model.

    Raises:
        `InputError`: for a source too small for one step, and a mixture of unknown units.
    """
    for unit in [*arguments.copies_of, *(arguments.stages or [])]:
        Mixture.uniform([unit]).check_units(list(corpus.units))
    models = [_plan_seed(arguments, corpus)]
    for unit, text in corpus.units.items():
        if text.blocks == 0:
            raise InputError(f"unit {unit!r} is empty: its corpus folder holds no token block")
        budget = _budget(arguments, corpus, unit, arguments.component_tokens)
        models.append(_plan(arguments, f"component:{unit}", Mixture.uniform([unit]), budget))
    return models + [plan_reference(arguments, corpus, mixture) for mixture, reference in candidates if reference]


def plan_reference(arguments: TrainArguments, corpus: CorpusDescription, mixture: Mixture) -> PlannedModel:
    """The reference model of a mixture, under the study's reference budget."""
    mixture.check_units(list(corpus.units))
    budgets = {unit: _budget(arguments, corpus, unit, arguments.reference_tokens) for unit in mixture.units}
    if arguments.reference_budget == "union":
        budget = sum(budgets.values())
    else:
        budget = round(sum(weight * budgets[unit] for unit, weight in mixture.weights.items()))
    planned = _plan(arguments, f"reference:{mixture.id}", mixture, budget)
    return _in_stages(planned, arguments.stages) if arguments.stages and len(mixture.units) > 1 else planned


def _in_stages(planned: PlannedModel, stages: list[str]) -> PlannedModel:
    """The same blocks, unit after unit."""
    for unit in planned.shares:
        if unit not in stages:
            raise InputError(f"`stages` does not say when unit {unit!r} has its turn; name every unit of the mixtures")
    return replace(
        planned, shares={unit: planned.shares[unit] for unit in stages if unit in planned.shares}, in_stages=True
    )


def _plan_seed(arguments: TrainArguments, corpus: CorpusDescription) -> PlannedModel:
    if arguments.seed_model or arguments.seed_tokens == 0:
        return PlannedModel("seed", "seed", None, {})
    if corpus.seed is None:
        raise InputError(
            "the corpus has no text for the seed. Give the seed's text in the partition recipe, name a `seed_model`, "
            "or set `seed_tokens: 0` (components from random weights: the no-seed control)"
        )
    return _plan(arguments, "seed", None, _blocks(arguments.seed_tokens, corpus.seed.blocks, corpus))


def _budget(arguments: TrainArguments, corpus: CorpusDescription, unit: str, tokens: int | None) -> int:
    """Blocks for one unit: the given tokens or the unit's own budget, times its copies."""
    return _blocks(tokens, corpus.units[unit].blocks, corpus) * arguments.copies_of.get(unit, 1)


def _blocks(tokens: int | None, default: int, corpus: CorpusDescription) -> int:
    return default if tokens is None else tokens // corpus.block_size


def _plan(arguments: TrainArguments, model: str, mixture: Mixture | None, budget: int) -> PlannedModel:
    step = arguments.blocks_per_step
    total = budget // step * step
    if total == 0:
        raise InputError(
            f"{model}: a budget of {budget} blocks does not fill one step of {step} blocks; give it more tokens or "
            "make the batch smaller"
        )
    shares = apportion(mixture.weights if mixture else {"seed": 1.0}, total)
    return PlannedModel(model, model.partition(":")[0], mixture, shares, budget - total)


def select(
    arguments: TrainArguments,
    corpus: CorpusDescription,
    pool: list[PlannedModel],
    candidates: list[tuple[Mixture, bool]],
) -> list[PlannedModel]:
    """The models that `--model` asks for, in order; a reference model may be of any candidate mixture.

    Raises:
        `InputError`: for a model that the study does not have, with the nearest that it has.
    """
    if arguments.model == "all":
        return pool
    for model in pool:
        if model.id == arguments.model:
            return [model]
    kind, _, wanted = arguments.model.partition(":")
    if kind == "reference":
        for mixture, _ in candidates:
            if wanted in (mixture.id, mixture.name):
                return [plan_reference(arguments, corpus, mixture)]
        raise unknown_name("mixture", wanted, [mixture.name for mixture, _ in candidates])
    raise unknown_name("model", arguments.model, ["all", *(model.id for model in pool), "reference:<mixture>"])
