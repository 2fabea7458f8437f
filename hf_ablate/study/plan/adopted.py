"""What a run will do to take models that were trained elsewhere into the study."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...adoption.arguments import AdoptArguments
from ...adoption.corpus import corpus_of, text_of
from ...adoption.wanted import wanted_models
from ...manifest import find_manifest
from ...mixtures.mixture import Mixture
from ...run_folder import RunFolder, split_model_id
from .change import Change, StagePlan
from .corpus import CorpusPlan
from .models import ModelChange, ModelsPlan


@dataclass(frozen=True)
class AdoptionPlan:
    """The models that will have been adopted.

    Args:
        stage (`StagePlan | None`): of `adopt`; `None` if the study has no recipe for it.
        changes (`Mapping[str, ModelChange]`): id of a model → what will happen to it.
        references (`tuple[Mixture, ...]`): the mixtures of the reference models among them.
    """

    stage: StagePlan | None = None
    changes: Mapping[str, ModelChange] = field(default_factory=dict)
    references: tuple[Mixture, ...] = ()

    def join(self, models: ModelsPlan) -> ModelsPlan:
        """The models of a study, those that are trained and those that are adopted."""
        return models if models.changes is None else replace(models, changes={**models.changes, **self.changes})


def plan_adoption(arguments: AdoptArguments | None, corpus: CorpusPlan) -> tuple[CorpusPlan, AdoptionPlan]:
    """The corpus with the units that are named, and the models that are adopted; nothing is fetched.

    A model counts as adopted where one with its origin is in its place.

    Args:
        arguments (`AdoptArguments`, *optional*): of the recipe; `None` if there is none.
        corpus ([`CorpusPlan`]): what `partition` leaves.

    Raises:
        `InputError`: for names that the corpus does not have, and text that is not there.
    """
    if arguments is None:
        return corpus, AdoptionPlan()
    if corpus.change is not Change.NO:
        return corpus, AdoptionPlan(StagePlan("adopt", Change.MAYBE, "the corpus decides the units", "partition"))
    text_of(arguments)
    described, run = corpus_of(arguments), RunFolder(arguments.run_dir)
    wanted = wanted_models(arguments, described)
    missing = [model for model in wanted if not _is_there(run.model(model.id), model.place)]
    changes = {model.id: ModelChange(Change.YES, Change.YES, Change.YES) for model in missing}
    references = tuple(model.mixture for model in wanted if split_model_id(model.id)[0] == "reference")
    what = f"{len(missing)} of {len(wanted)} model{'' if len(wanted) == 1 else 's'}"
    facts = {"models": [{"model": model.id, "from": model.place} for model in missing]}
    stage = StagePlan("adopt", Change.YES if missing else Change.NO, what, facts=facts)
    if corpus.corpus is None:
        corpus = CorpusPlan(Change.YES, described, corpus.stage)
    return corpus, AdoptionPlan(stage, changes, references)


def _is_there(folder: Path, place: str) -> bool:
    made = find_manifest(folder)
    source = (made or {}).get("arguments", {}).get("source")
    return source is not None and source in (place.partition("@")[0], Path(place).resolve().name)
