"""What a pool will cost, from recipes alone: one model of each kind, and whether the whole pool is known."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..corpus.description import CorpusDescription, TrainingText
from ..mixtures.enumerate import CandidateMixture
from ..mixtures.mixture import Mixture
from ..mixtures.probes import needs_corpus
from ..model_size import ModelSize
from .budgets import Budgets
from .cost import Throughput, cost_rows
from .pool import PlannedModel, plan_component, plan_reference, plan_seed


_UNIT = "<unit>"


def one_of_each(corpus: CorpusDescription, budgets: Budgets) -> dict[str, PlannedModel]:
    """The seed, a component and a reference model of one unit, by kind, without those whose budget is left open.

    Args:
        corpus ([`CorpusDescription`]): planned from a recipe.
        budgets ([`Budgets`]): of the pool.

    Raises:
        `InputError`: for a seed without text, and a budget that does not fill a step.
    """
    models = {}
    if budgets.seed is not None or corpus.seed is None or corpus.seed.blocks is not None:
        models["seed"] = plan_seed(corpus, budgets)
    one_unit = replace(corpus, units={_UNIT: TrainingText(corpus.unit_blocks)})
    budgets = replace(budgets, copies={}, stages=(), probes=None)
    if budgets.component is not None or corpus.unit_blocks is not None:
        models["component"] = plan_component(one_unit, _UNIT, Mixture.uniform([_UNIT]), budgets)
    if budgets.reference is not None or corpus.unit_blocks is not None:
        models["reference"] = plan_reference(one_unit, Mixture.uniform([_UNIT]), budgets)
    return models


def is_pool_known(corpus: CorpusDescription, budgets: Budgets, candidates: Sequence[CandidateMixture] | None) -> bool:
    """Whether recipes decide every model of the pool and its budget.

    Args:
        corpus ([`CorpusDescription`]): planned from a recipe.
        budgets ([`Budgets`]): of the pool.
        candidates (`Sequence[CandidateMixture]`, *optional*): the mixtures; `None` if the corpus will decide them.
    """
    has_units = corpus.units_are_final and candidates is not None and not needs_corpus(budgets.probes)
    return has_units and len(one_of_each(corpus, budgets)) == 3


def costs_of_each(
    corpus: CorpusDescription, budgets: Budgets, sizes: Mapping[str, ModelSize], throughput: Throughput
) -> list[dict[str, Any]]:
    """A row with the cost of each of [`one_of_each`], labelled for a table.

    Args:
        corpus ([`CorpusDescription`]): planned from a recipe.
        budgets ([`Budgets`]): of the pool.
        sizes (`Mapping[str, ModelSize]`): the size of a model of each kind.
        throughput ([`Throughput`]): of one device.
    """
    reference = "each reference model" + (", per unit" if budgets.reference_budget == "union" else "")
    labels = {"seed": "the seed", "component": "each component", "reference": reference}
    models = one_of_each(corpus, budgets)
    rows = cost_rows(models.values(), corpus.block_size, sizes, throughput)
    return [
        {"model": labels[kind], "kind": kind}
        | {key: row[key] for key in row if key not in ("model", "name", "blocks")}
        for kind, row in zip(models, rows, strict=True)
    ]
