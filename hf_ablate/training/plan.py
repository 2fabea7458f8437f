"""What a `train` command has to do: which of the requested models are missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..mixtures.enumerate import CandidateMixture
from ..mixtures.mixture import Mixture
from ..mixtures.probes import read_probes
from .budgets import Budgets
from .identity import PoolInputs, missing_models
from .pool import PlannedModel, plan_pool, plan_reference, probes_of, select
from .reasons import check_shared


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
        probes (`Mapping[str, Mixture]`): what components are trained on, by their names.
    """

    corpus: CorpusDescription
    budgets: Budgets
    mixtures: list[Mixture]
    seed: PlannedModel
    made: list[PlannedModel]
    missing: list[PlannedModel]
    probes: Mapping[str, Mixture]

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
        `InputError`: for what does not fit the corpus, components in the run folder that `probes` lacks, and models of
            a shared pool that were trained with other arguments.
    """
    corpus = inputs.corpus
    pool = plan_pool(corpus, candidates, budgets)
    if budgets.probes is not None:
        _check_no_other_components(inputs, probes_of(pool))
    wanted = select(model, pool, candidates, corpus, budgets)
    missing = missing_models(wanted, inputs)
    check_shared(missing, inputs)
    made = [planned for planned in wanted if planned not in missing]
    mixtures = [candidate.mixture for candidate in candidates]
    return Plan(corpus, budgets, mixtures, pool[0], made, missing, probes_of(pool))


def _check_no_other_components(inputs: PoolInputs, probes: Mapping[str, Mixture]) -> None:
    """Refuse components of earlier recipes beside those of `probes`: all in the run folder would be averaged."""
    others = [name for name in read_probes(inputs.run.path) if name not in probes]
    if others:
        raise InputError(
            f"{inputs.run.path} holds components that `probes` lacks and that would be part of the pool: "
            f"{', '.join(others)}. Remove their folders, or use another run_dir"
        )
