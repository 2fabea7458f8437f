"""Macro-merges of models that were each trained on a group of units, in place of averages of components."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ...errors import InputError
from ...merging.components import check_components
from ...mixtures.enumerate import read_mixtures
from ...mixtures.grouping import TRAINED, MergeBy
from ...mixtures.mixture import Mixture
from ...mixtures.proxies import ENSEMBLE, of_trained_groups
from ...mixtures.references import trained_on
from ...run_folder import RunFolder
from .scored_model import Pool, ScoredModel
from .study import saved_models


def study_trained_merges(
    run_dir: Path, proxy: str, chosen: list[Mixture], merge_by: Sequence[str]
) -> list[ScoredModel]:
    """The macro-merges of trained models that a study's finished models allow.

    Args:
        run_dir (`Path`): the study's run folder.
        proxy (`str`): `merge`, `ensemble` or `both`; merges have to be among them.
        chosen (`list[Mixture]`): that are merged; none: the study's.
        merge_by (`Sequence[str]`): as of [`MergeBy.read`].

    Raises:
        `InputError`: if there is none by a field, or models cannot be averaged.
    """
    if not any(word.startswith(TRAINED) for word in merge_by):
        return []
    mixtures = chosen or [candidate.mixture for candidate in read_mixtures(run_dir)]
    asked = MergeBy.read(run_dir, merge_by, mixtures)
    if not asked.trained:
        return []
    models = saved_models(RunFolder(run_dir).saved_models("component", "reference"))
    merges = trained_merges(models, asked, mixtures, proxy)
    check_components(merges[0].pool.folders)
    return merges


def trained_merges(
    models: Iterable[ScoredModel], merge_by: MergeBy, mixtures: list[Mixture], proxy: str
) -> list[ScoredModel]:
    """The macro-merges of some trained models; of mixtures of two groups or more that have a model for each.

    One of the groups has several units: otherwise the models are components, and their merge is a plain one.

    Args:
        models (`Iterable[ScoredModel]`): components and reference models; repeats are left out.
        merge_by ([`MergeBy`]): by which groups.
        mixtures (`list[Mixture]`): that are merged.
        proxy (`str`): `merge`, `ensemble` or `both`; merges have to be among them.

    Raises:
        `InputError`: if there is none by a field; names the models that are missing.
    """
    by_id = {model.id: model for model in models if model.mixture}
    trained = trained_on((name, model.mixture) for name, model in by_id.items())
    found: dict[str, dict[Mixture, list[str]]] = {}
    for field, grouping in merge_by.trained.items():
        if proxy == ENSEMBLE.option:
            raise InputError(f"models trained on groups by {field!r} are merged, and `proxy` asks for no merges")
        parts = {mixture: grouping.parts(mixture) for mixture in mixtures}
        parts = {mixture: some for mixture, some in parts.items() if 1 < len(some) < len(mixture.units)}
        found[field] = {
            mixture: [trained[part.id] for part in some]
            for mixture, some in parts.items()
            if all(part.id in trained for part in some)
        }
        if not found[field]:
            raise _none_trained(field, [part for some in parts.values() for part in some if part.id not in trained])
    used = {name for of_field in found.values() for names in of_field.values() for name in names}
    pool = Pool({name: by_id[name] for name in sorted(used)})
    return [
        pool.average(of_trained_groups(field).kind, mixture, Mixture.uniform(names))
        for field, of_field in found.items()
        for mixture, names in of_field.items()
    ]


def _none_trained(field: str, missing: list[Mixture]) -> InputError:
    if not missing:
        return InputError(
            f"no mixture has a group of several units by {field!r} beside another, so there is nothing to merge"
        )
    names = list(dict.fromkeys(f"{part.shortened()} ({part.id})" for part in missing))
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return InputError(
        f"no mixture has a model trained on each of its groups by {field!r}; missing are models of "
        f"{', '.join(names[:2])}{more}: enumerate these mixtures and train reference models on them"
    )
