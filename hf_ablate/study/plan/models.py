"""What a run will do to the models of the pool."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...corpus.arguments import PartitionArguments
from ...manifest import find_manifest
from ...mixtures.mixture import Mixture
from ...mixtures.probes import are_single_units, read_coefficients
from ...mixtures.representation import represent
from ...training.arguments import TrainArguments
from ...training.cost import cost_rows
from ...training.forecast import costs_of_each, is_pool_known
from ...training.identity import PoolInputs, identity, is_imported, lacks_optimizer_state
from ...training.pool import PlannedModel, plan_pool, plan_reference, probes_of, select
from ...training.tables import costs_table, costs_with_total, each_table
from ...training.train import model_sizes, pool_inputs
from .change import Change, StagePlan
from .corpus import CorpusPlan, MixturesPlan, with_vocabulary


@dataclass(frozen=True)
class ModelChange:
    """What will happen to a model.

    Args:
        trained ([`Change`]): whether it will be trained.
        weights ([`Change`]): whether its weights will be others than those that are there. A model that is not there
            may have been scored before, and come out the same.
        record ([`Change`]): whether its manifest will say that it was made from something else.
    """

    trained: Change
    weights: Change
    record: Change


@dataclass(frozen=True)
class ModelsPlan:
    """The models that later stages will find.

    Args:
        changes (`Mapping[str, ModelChange] | None`): id of a model → what will happen to it; models that are not named
            stay as they are. `None` where only the corpus will decide which models there are.
        stage (`StagePlan | None`): of `train`; `None` if the study has no recipe for it.
        probes (`Mapping[str, Mixture] | None`): what components will be trained on, by their names; `None` for what
            those that are there were.
    """

    changes: Mapping[str, ModelChange] | None
    stage: StagePlan | None
    probes: Mapping[str, Mixture] | None = None

    def weights(self, model: str) -> Change:
        """Whether a model's weights will be others than those that are there."""
        if self.changes is None:
            return Change.MAYBE
        return self.changes[model].weights if model in self.changes else Change.NO

    def coefficients(self, mixture: Mixture, run_dir: Path) -> Mixture:
        """Those of the components, as they will be, in the average that stands for a mixture."""
        if self.probes is None:
            return read_coefficients(run_dir, mixture)
        return mixture if are_single_units(self.probes) else represent(mixture, self.probes).coefficients

    def record(self) -> Change:
        """Whether the manifest of any model will say that it was made from something else."""
        if self.changes is None:
            return Change.MAYBE
        return max((change.record for change in self.changes.values()), default=Change.NO)


def plan_models(
    arguments: TrainArguments | None,
    corpus: CorpusPlan,
    mixtures: MixturesPlan,
    partition: PartitionArguments | None,
) -> ModelsPlan:
    """The models of a study.

    Args:
        arguments (`TrainArguments`, *optional*): of the recipe; `None` if there is none.
        corpus ([`CorpusPlan`]): what `partition` leaves.
        mixtures ([`MixturesPlan`]): what `enumerate` leaves.
        partition (`PartitionArguments`, *optional*): of the corpus's recipe.

    Raises:
        `InputError`: for what does not fit the corpus.
    """
    if arguments is None:
        return ModelsPlan({}, None)
    if corpus.corpus is None:
        what = "the study has neither a corpus nor a recipe for one"
        return ModelsPlan(None, StagePlan("train", Change.MAYBE, what, "partition"))
    candidates, budgets, description = mixtures.candidates, arguments.budgets, corpus.corpus
    is_made = corpus.change is Change.NO
    if not (is_made and candidates is not None or is_pool_known(description, budgets, candidates)):
        return ModelsPlan(None, _plan_of_each(arguments, corpus, partition))
    pool = plan_pool(description, candidates, budgets)
    wanted = select(arguments.model, pool, candidates, description, budgets)
    changes = expected_changes(wanted, pool[0], pool_inputs(arguments, description), is_made)
    stage = _stage_plan(arguments, corpus, mixtures, partition, wanted, changes)
    return ModelsPlan(changes, stage, probes_of(pool))


def expected_changes(
    wanted: list[PlannedModel], seed: PlannedModel, inputs: PoolInputs, is_corpus_made: bool
) -> dict[str, ModelChange]:
    """What will happen to each of the models that are asked for.

    Args:
        wanted (`list[PlannedModel]`): the models, the seed first where it is among them.
        seed ([`PlannedModel`]): the seed of the pool.
        inputs ([`PoolInputs`]): what they are made from.
        is_corpus_made (`bool`): whether the corpus is the one that the models will be trained on; otherwise the
            digests of its text are not known yet.
    """
    changes: dict[str, ModelChange] = {}
    for model in wanted:
        made = find_manifest(inputs.run.model(model.id))
        if made is None:
            changes[model.id] = ModelChange(Change.YES, Change.MAYBE, Change.MAYBE)
            continue
        if is_imported(made, inputs.corpus):
            changes[model.id] = ModelChange(Change.NO, Change.NO, Change.NO)
            continue
        values, digests = identity(model, inputs)
        seed_change = changes[seed.id].weights if seed.id in changes else Change.NO
        of_inputs = [
            _seed_change(made, name, value, seed_change)
            if name in ("seed", "seed_optimizer")
            else _text_change(made, name, value, is_corpus_made)
            for name, value in digests.items()
        ]
        has_other_arguments = _plain(values) != made["arguments"] or digests.keys() != made["inputs"].keys()
        is_repeated = lacks_optimizer_state(model, made, inputs)
        trained = Change.YES if has_other_arguments or is_repeated else max(of_inputs, default=Change.NO)
        # weights that no training decides may be the same under other arguments, as those of the same training are
        is_certain = model.blocks and not is_repeated
        weights = min(trained, Change.YES if is_certain else Change.MAYBE)
        changes[model.id] = ModelChange(trained, weights, trained)
    return changes


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(values))


def _seed_change(made: dict[str, Any], name: str, digest: str, seed: Change) -> Change:
    """Whether a model will start from another seed, or optimizer's state, than the one that it was made from."""
    if digest == made["inputs"].get(name):
        return seed
    return Change.YES if digest and seed is Change.NO else Change.MAYBE  # a seed that is made anew may be the old one


def _text_change(made: dict[str, Any], name: str, digest: str, is_corpus_made: bool) -> Change:
    """Whether an input of a model that the corpus, or the recipe, gives will be another."""
    if name != "seed_model" and not is_corpus_made:
        return Change.MAYBE
    return Change.NO if made["inputs"].get(name) == digest else Change.YES


def _stage_plan(
    arguments: TrainArguments,
    corpus: CorpusPlan,
    mixtures: MixturesPlan,
    partition: PartitionArguments | None,
    wanted: list[PlannedModel],
    changes: Mapping[str, ModelChange],
) -> StagePlan:
    certain = [model for model in wanted if changes[model.id].trained is Change.YES]
    possible = [model for model in wanted if changes[model.id].trained is Change.MAYBE]
    if not (certain or possible):
        return StagePlan("train", Change.NO, facts={"missing": [], "possible": []})
    description = with_vocabulary(corpus.corpus, partition)
    sizes, size = model_sizes(arguments, description), description.block_size
    every = [plan_reference(description, each.mixture, arguments.budgets) for each in mixtures.candidates]
    missing, maybe, instead = (
        cost_rows(models, size, sizes, arguments.throughput) for models in (certain, possible, every)
    )
    facts = costs_with_total(missing, instead)
    facts["possible"] = maybe
    after = "partition" if corpus.change is not Change.NO else "the seed's training"
    if not certain:
        what = f"at most {_number(possible)}, those whose text or seed changes"
        return StagePlan("train", Change.MAYBE, what, after, costs_table(maybe, instead), facts)
    more = (
        f"; {_number(possible)} more if their text or seed changes, unknown until {after} has run" if possible else ""
    )
    what = f"{len(certain)} of {_number(wanted)}{more}"
    return StagePlan("train", Change.YES, what, details=costs_table(missing, instead), facts=facts)


def _number(models: list[PlannedModel]) -> str:
    return f"{len(models)} model{'' if len(models) == 1 else 's'}"


def _plan_of_each(arguments: TrainArguments, corpus: CorpusPlan, partition: PartitionArguments | None) -> StagePlan:
    """The cost of one model of each kind, where the corpus will decide how many there are."""
    description = with_vocabulary(corpus.corpus, partition)
    sizes = model_sizes(arguments, description)
    each = costs_of_each(description, arguments.budgets, sizes, arguments.throughput)
    what = "the corpus decides how many models there are"
    return StagePlan("train", Change.MAYBE, what, "partition", each_table(each), {"each": each})
