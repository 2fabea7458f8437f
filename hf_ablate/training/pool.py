"""The pool of a study: which models it consists of, and what each is trained on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..corpus.description import CorpusDescription
from ..errors import InputError, unknown_name
from ..mixtures.enumerate import CandidateMixture
from ..mixtures.mixture import Mixture
from ..mixtures.probes import make_probes
from ..mixtures.units import CorpusUnits
from ..run_folder import model_id, reference_id, split_model_id
from .budgets import Budgets
from .order import apportion


@dataclass(frozen=True)
class PlannedModel:
    """One model of the pool.

    Args:
        id (`str`): its id within the study, from [`model_id`].
        kind (`str`): `seed`, `component` or `reference`.
        mixture (`Mixture | None`): what it is trained on; `None` for the seed.
        shares (`Mapping[str, int]`): blocks of each unit (of `seed` for the seed); a whole number of steps in all.
        dropped (`int`): blocks of the budget that do not fill a step.
        in_stages (`bool`): units are seen one after the other, as `shares` lists them.
        reference_budget (`str | None`): of a reference model: `fixed` or `union`.
        repeat (`int`): of a reference model: 0, or the number of a repeat with other seeds.
    """

    id: str
    kind: str
    mixture: Mixture | None
    shares: Mapping[str, int]
    dropped: int = 0
    in_stages: bool = False
    reference_budget: str | None = None
    repeat: int = 0

    @property
    def blocks(self) -> int:
        return sum(self.shares.values())

    @property
    def name(self) -> str:
        """What people read of its mixture; empty for the seed."""
        return f"{self.mixture.name if self.mixture else ''}{f' (repeat {self.repeat})' if self.repeat else ''}"

    def own_seeds(self, options: Mapping[str, Any]) -> dict[str, int]:
        """The seeds of its training, where those of the study are set.

        Args:
            options (`Mapping[str, Any]`): of transformers; `seed`, and perhaps `data_seed`.
        """
        names = [name for name in ("seed", "data_seed") if options[name] is not None]
        return {name: options[name] + self.repeat for name in names}


def plan_pool(corpus: CorpusDescription, candidates: list[CandidateMixture], budgets: Budgets) -> list[PlannedModel]:
    """All models of a study in the order of training: the seed, the components, the reference models.

    Args:
        corpus ([`CorpusDescription`]): finished, or planned from a recipe; no file of it is read.
        candidates (`list[CandidateMixture]`): the mixtures, and which of them get a reference model.
        budgets ([`Budgets`]): of the pool.

    Raises:
        `InputError`: for a unit too small for one step, and a mixture or probe of unknown units.
    """
    for unit in [*budgets.copies, *budgets.stages]:
        Mixture.uniform([unit]).check_units(list(corpus.units))
    seed = plan_seed(corpus, budgets)
    probes = make_probes(budgets.probes, CorpusUnits.of(corpus))
    components = [plan_component(corpus, name, probe, budgets) for name, probe in probes.items()]
    references = [
        replace(plan_reference(corpus, each.mixture, budgets), id=model, repeat=repeat)
        for each in candidates
        for repeat, model in enumerate(each.reference_models)
    ]
    return [seed, *components, *references]


def probes_of(pool: list[PlannedModel]) -> dict[str, Mixture]:
    """What the components of a pool are trained on, by their names."""
    return {split_model_id(model.id)[1]: model.mixture for model in pool if model.kind == "component"}


def plan_seed(corpus: CorpusDescription, budgets: Budgets) -> PlannedModel:
    """The seed; without blocks if it is not trained.

    Raises:
        `InputError`: for a corpus without text for the seed, and a budget that does not fill a step.
    """
    if budgets.seed == 0:
        return PlannedModel(model_id("seed"), "seed", None, {})
    if corpus.seed is None:
        raise InputError(
            "the corpus has no text for the seed. Give the seed's text in the partition recipe, name a `seed_model`, "
            "or set `seed_tokens: 0` (components from random weights: the no-seed control)"
        )
    return _plan(model_id("seed"), None, _blocks(budgets.seed, corpus.seed.blocks, corpus), budgets.blocks_per_step)


def plan_component(corpus: CorpusDescription, name: str, probe: Mixture, budgets: Budgets) -> PlannedModel:
    """A component model.

    Args:
        corpus ([`CorpusDescription`]): has the units.
        name (`str`): of the component; the unit's where it is trained on one.
        probe ([`Mixture`]): what it is trained on; under a budget as the `fixed` one of reference models.
        budgets ([`Budgets`]): of the pool.

    Raises:
        `InputError`: for an empty unit, units that `stages` lacks, and a budget that does not fill a step.
    """
    for unit in probe.units:
        if corpus.units[unit].blocks == 0:
            raise InputError(f"unit {unit!r} is empty: its corpus folder holds no token block")
    budget = _fixed_budget(corpus, probe, budgets.component, budgets)
    return _in_stages(_plan(model_id("component", name), probe, budget, budgets.blocks_per_step), budgets.stages)


def plan_reference(corpus: CorpusDescription, mixture: Mixture, budgets: Budgets) -> PlannedModel:
    """The reference model of a mixture, under the study's reference budget.

    Args:
        corpus ([`CorpusDescription`]): has the units of the mixture.
        mixture ([`Mixture`]): what the model is trained on.
        budgets ([`Budgets`]): of the pool.

    Raises:
        `InputError`: for unknown units, units that `stages` lacks, and a budget that does not fill a step.
    """
    mixture.check_units(list(corpus.units))
    if budgets.reference_budget == "union":
        budget = sum(_unit_budget(corpus, unit, budgets.reference, budgets) for unit in mixture.units)
    else:
        budget = _fixed_budget(corpus, mixture, budgets.reference, budgets)
    planned = _plan(reference_id(mixture.id), mixture, budget, budgets.blocks_per_step)
    return _in_stages(replace(planned, reference_budget=budgets.reference_budget), budgets.stages)


def _in_stages(planned: PlannedModel, stages: tuple[str, ...]) -> PlannedModel:
    """The same blocks, unit after unit, where there are stages and several units."""
    if not stages or len(planned.shares) == 1:
        return planned
    for unit in planned.shares:
        if unit not in stages:
            raise InputError(f"`stages` lacks unit {unit!r}; name every unit of the mixtures, in order")
    return replace(
        planned, shares={unit: planned.shares[unit] for unit in stages if unit in planned.shares}, in_stages=True
    )


def _fixed_budget(corpus: CorpusDescription, mixture: Mixture, tokens: int | None, budgets: Budgets) -> int:
    """Blocks for a mixture, as many as for one unit: the average of its units' budgets where these differ."""
    of_units = {unit: _unit_budget(corpus, unit, tokens, budgets) for unit in mixture.units}
    return round(sum(weight * of_units[unit] for unit, weight in mixture.weights.items()))


def _unit_budget(corpus: CorpusDescription, unit: str, tokens: int | None, budgets: Budgets) -> int:
    """Blocks for one unit: the given tokens or the unit's own budget, times its copies."""
    return _blocks(tokens, corpus.units[unit].blocks, corpus) * budgets.copies.get(unit, 1)


def _blocks(tokens: int | None, default: int, corpus: CorpusDescription) -> int:
    return default if tokens is None else tokens // corpus.block_size


def _plan(model: str, mixture: Mixture | None, budget: int, step: int) -> PlannedModel:
    total = budget // step * step
    if total == 0:
        raise InputError(
            f"{model}: a budget of {budget} blocks does not fill one step of {step} blocks; give it more tokens or "
            "make the batch smaller"
        )
    shares = apportion(mixture.weights if mixture else {"seed": 1.0}, total)
    kind, _ = split_model_id(model)
    return PlannedModel(model, kind, mixture, shares, budget - total)


def select(
    model: str,
    pool: list[PlannedModel],
    candidates: list[CandidateMixture],
    corpus: CorpusDescription,
    budgets: Budgets,
) -> list[PlannedModel]:
    """The models that `--model` asks for, in order; a reference model may be of any candidate mixture.

    Args:
        model (`str`): `all`, or the id of a model; a reference's mixture may be given by its name.
        pool (`list[PlannedModel]`): the models of the study.
        candidates (`list[CandidateMixture]`): all its mixtures.
        corpus ([`CorpusDescription`]): what models are trained on.
        budgets ([`Budgets`]): of the pool.

    Raises:
        `InputError`: for a model that the study does not have, with the nearest that it has.
    """
    if model == "all":
        return pool
    for planned in pool:
        if planned.id == model:
            return [planned]
    kind, name = split_model_id(model)
    if kind == "reference":
        for mixture in (candidate.mixture for candidate in candidates):
            if name in (mixture.id, mixture.name):
                return [plan_reference(corpus, mixture, budgets)]
        raise unknown_name("mixture", name, [candidate.mixture.name for candidate in candidates])
    raise unknown_name("model", model, ["all", *(planned.id for planned in pool), model_id("reference", "<mixture>")])
