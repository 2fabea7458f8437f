"""What a `train` command has to do: which of the requested models are missing."""

from dataclasses import dataclass

from ..corpus.description import CorpusDescription
from ..mixtures.enumerate import CandidateMixture
from ..mixtures.mixture import Mixture
from .budgets import Budgets
from .identity import PoolInputs, missing_models
from .pool import PlannedModel, plan_pool, plan_reference, select


@dataclass(frozen=True)
class Plan:
    """What was requested, checked against the corpus.

    Args:
        corpus (`CorpusDescription`): what models are trained on.
        budgets (`Budgets`): of the pool.
        mixtures (`list[Mixture]`): all candidates of the study.
        seed (`PlannedModel`): what all others start from.
        made (`list[PlannedModel]`): the requested models that are finished.
        missing (`list[PlannedModel]`): those to be trained, in order.
    """

    corpus: CorpusDescription
    budgets: Budgets
    mixtures: list[Mixture]
    seed: PlannedModel
    made: list[PlannedModel]
    missing: list[PlannedModel]

    @property
    def every_mixture(self) -> list[PlannedModel]:
        """A reference model of every candidate, for comparison."""
        return [plan_reference(self.corpus, mixture, self.budgets) for mixture in self.mixtures]


def plan(model: str, candidates: list[CandidateMixture], budgets: Budgets, inputs: PoolInputs) -> Plan:
    """The plan of a command.

    Args:
        model (`str`): what is requested: `all`, or the id of a model.
        candidates (`list[CandidateMixture]`): the mixtures of the study.
        budgets ([`Budgets`]): of the pool.
        inputs ([`PoolInputs`]): what models are made from.

    Raises:
        `InputError`: for what does not fit the corpus.
    """
    corpus = inputs.corpus
    pool = plan_pool(corpus, candidates, budgets)
    wanted = select(model, pool, candidates, corpus, budgets)
    missing = missing_models(wanted, inputs)
    made = [planned for planned in wanted if planned not in missing]
    return Plan(corpus, budgets, [candidate.mixture for candidate in candidates], pool[0], made, missing)
