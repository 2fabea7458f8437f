"""The plan of a whole study."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...remote_code import trusting
from ..checks import check_named_mixtures
from .adopted import plan_adoption
from .change import StagePlan
from .corpus import plan_corpus, plan_mixtures
from .models import plan_models
from .results import plan_merges, plan_ranking, plan_report
from .scores import plan_scores
from .scoring_cost import with_scoring_cost


def plan_study(stages: Mapping[str, Any], run_dir: Path) -> list[StagePlan]:
    """What a run will do, stage by stage, each planned from what the stages before it will have changed.

    Args:
        stages (`Mapping[str, Any]`): the arguments of every stage that the study has a recipe for.
        run_dir (`Path`): the run folder.

    Raises:
        `InputError`: for input that is not there, and for what does not fit together.
    """
    corpus, adopted = plan_adoption(stages.get("adopt"), plan_corpus(stages.get("partition"), run_dir))
    mixtures = plan_mixtures(stages.get("enumerate"), corpus, run_dir, adopted.references)
    units = mixtures.candidates and corpus.corpus and corpus.corpus.units_are_final and list(corpus.corpus.units)
    if units:
        check_named_mixtures(stages, mixtures.candidates, units)
    models = adopted.join(plan_models(stages.get("train"), corpus, mixtures, stages.get("partition")))
    with trusting("evaluate" in stages and stages["evaluate"].trust_remote_code):
        scores = plan_scores(stages.get("evaluate"), corpus, mixtures, models, run_dir)
        scoring = with_scoring_cost(scores.stage, stages, corpus, mixtures)
    ranking, ranked = plan_ranking(stages.get("rank"), mixtures, scores)
    merges = plan_merges(stages.get("merge"), corpus, mixtures, models, ranked)
    report = plan_report(stages.get("report"), corpus, models, scores, ranked)
    plans = [corpus.stage, adopted.stage, mixtures.stage, models.stage, scoring, ranking, merges, report]
    return [plan for plan in plans if plan is not None]
