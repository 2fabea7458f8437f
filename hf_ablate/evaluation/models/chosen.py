"""The models that an evaluation is asked to score."""

import logging
from typing import Any

from ...errors import InputError
from ...mixtures.choose import choose_mixtures, mixture_of_weights
from ...mixtures.mixture import Mixture
from ...mixtures.proxies import PROXIES
from ...mixtures.representation import hull_facts, hull_text, outside_hull
from ..arguments import EvaluateArguments
from .external import external_models
from .scored_model import ScoredModel
from .study import hold_components, study_models
from .trained_groups import study_trained_merges


_OF_COMPONENTS = [proxy.kind for proxy in PROXIES]
logger = logging.getLogger(__name__)


def chosen_models(arguments: EvaluateArguments) -> list[list[ScoredModel]]:
    """The models that the arguments name, or all of the study's; those in one list are scored on the same tokens.

    Raises:
        `InputError`: if there are none, they cannot be scored, or two have one id.
    """
    families = [[model] for model in external_models(arguments.model)]
    if arguments.of_mixtures or not arguments.model:
        asked = (arguments.run_dir, arguments.proxy, _chosen_mixtures(arguments))
        families.append(study_models(*asked, arguments.merged_share, arguments.merge_by))
        families.append(study_trained_merges(*asked, arguments.merge_by))
    families = [hold_components(models, arguments.pool_format, arguments.run_dir) for models in families if models]
    by_id: dict[str, ScoredModel] = {}
    for model in (model for models in families for model in models):
        if model.id in by_id:
            raise InputError(
                f"two models are called {model.id!r}: {by_id[model.id].home} and {model.home}; rename a folder, or "
                "score them into different output folders"
            )
        by_id[model.id] = model
    return families


def hull_of(families: list[list[ScoredModel]]) -> dict[str, Any] | None:
    """How well a study's components stand for the mixtures whose proxies are scored, see [`hull_facts`].

    Args:
        families (`list[list[ScoredModel]]`): from [`chosen_models`].
    """
    for models in families:
        proxies = [model for model in models if model.pool and model.kind in _OF_COMPONENTS]
        facts = hull_facts((model.mixture for model in proxies), proxies[0].pool.probes) if proxies else None
        if facts:
            return facts
    return None


def check_inside(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> None:
    """Refuse proxies of mixtures outside the hull of the components' probes; with `extrapolate`, only report them.

    Args:
        arguments ([`EvaluateArguments`]): what is scored, and how.
        families (`list[list[ScoredModel]]`): from [`chosen_models`].

    Raises:
        `InputError`: says how many are outside, and which is the farthest.
    """
    facts = hull_of(families)
    if facts and facts["outside"]:
        if not arguments.extrapolate:
            raise outside_hull(facts)
        logger.warning("%s; the nearest inside is scored instead", hull_text(facts))


def race_candidates(arguments: EvaluateArguments, families: list[list[ScoredModel]]) -> list[ScoredModel]:
    """The merges that a race is between.

    Args:
        arguments ([`EvaluateArguments`]): how many of them are looked for (`top`).
        families (`list[list[ScoredModel]]`): from [`chosen_models`].

    Raises:
        `InputError`: if more are looked for than there are.
    """
    merges = [model for models in families for model in models if model.is_merge]
    if arguments.top > len(merges):
        raise InputError(f"top is {arguments.top}, but the study has {len(merges)} mixtures")
    return merges


def _chosen_mixtures(arguments: EvaluateArguments) -> list[Mixture]:
    mixtures = choose_mixtures(arguments.run_dir, arguments.mixture) if arguments.mixture else []
    if arguments.weights is not None:
        mixtures.append(mixture_of_weights(arguments.run_dir, arguments.weights))
    return list({mixture.id: mixture for mixture in mixtures}.values())
