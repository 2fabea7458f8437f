"""The models of a study that an evaluation scores: saved ones, and proxies of its mixtures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...corpus.description import CorpusDescription
from ...errors import InputError
from ...manifest import has_manifest, read_manifest
from ...merging.components import check_components, check_seed
from ...mixtures.enumerate import CandidateMixture, read_mixtures
from ...mixtures.grouping import UNITS, MergeBy
from ...mixtures.mixture import Mixture
from ...mixtures.probes import are_single_units, read_probes
from ...mixtures.proxies import ENSEMBLE, find_proxies
from ...mixtures.scored_proxies import scored_proxies, with_regrouped
from ...mixtures.trained import with_trained_references
from ...run_folder import TRAINED_KINDS, RunFolder
from .one_size import check_one_size
from .scored_model import SAVED, Pool, ScoredModel


def study_models(
    run_dir: Path,
    proxy: str,
    chosen: list[Mixture] | None = None,
    merged_share: float = 1.0,
    merge_by: Sequence[str] = (UNITS,),
) -> list[ScoredModel]:
    """The seed, components, finished reference models and the mixtures' proxies of a study, in this order.

    Reference models that `enumerate` has not planned are among them where [`with_trained_references`] counts them.
    Proxies of mixtures outside the hull of the components' probes are among them, see [`check_inside`].

    Args:
        run_dir (`Path`): the study's run folder.
        proxy (`str`): `merge`, `ensemble`, `both` or `none`, for which no components are needed.
        chosen (`list[Mixture]`, *optional*): only the proxies of these, after the components that ensembles need.
        merged_share (`float`): of the study's mixtures, how many are merged, see [`scored_proxies`].
        merge_by (`Sequence[str]`): `units`, and fields of the corpus by which there are macro proxies.

    Raises:
        `InputError`: if a component that a mixture needs has not been trained, or models differ in architecture, seed
            or tokenizer; names them. For fields that do not group the mixtures' units, see [`Grouping.read`].
    """
    candidates = [] if chosen else with_trained_references(run_dir, read_mixtures(run_dir))
    mixtures = chosen or [candidate.mixture for candidate in candidates]
    groupings = MergeBy.read(run_dir, merge_by, mixtures).groups.values()
    if not find_proxies(proxy):
        trained = _trained(run_dir, saved_models(RunFolder(run_dir).saved_models("component")), candidates)
        if not trained:
            raise InputError(f"{run_dir} holds no finished model; run `hf-ablate train` first")
        return trained
    pool = read_pool(run_dir, list(dict.fromkeys(unit for mixture in mixtures for unit in mixture.units)))
    components = list(pool.components.values())
    if chosen:
        asked = find_proxies(proxy)
        mixtures = with_regrouped(mixtures, groupings)
        proxies = [pool.proxy(one, mixture, extrapolate=True) for one in asked for mixture in mixtures]
        return [*(components if ENSEMBLE in asked else ()), *proxies]
    asked = scored_proxies(candidates, proxy, merged_share, groupings)
    proxies = [pool.proxy(one, mixture, extrapolate=True) for one, mixture in asked]
    return [*_trained(run_dir, components, candidates), *proxies]


def _trained(run_dir: Path, components: list[ScoredModel], candidates: list[CandidateMixture]) -> list[ScoredModel]:
    """The seed, the components and the finished reference models, checked to be comparable."""
    folder = RunFolder(run_dir)
    references = [folder.model(model) for candidate in candidates for model in candidate.reference_models]
    seeds = saved_models(folder.saved_models("seed"))
    finished = saved_models([reference for reference in references if has_manifest(reference)])
    _check_tokenizers([*components, *seeds, *finished])
    check_one_size([model.folder for model in (*components, *seeds, *finished)])
    return [*seeds, *components, *finished]


def read_pool(run_dir: Path, units: list[str] | None = None, pool_format: str = SAVED) -> Pool:
    """The components of a study.

    Args:
        run_dir (`Path`): the study's run folder.
        units (`list[str]`, *optional*): those of these units. Default: of all the corpus's units that are trained.
            Where any component was trained on a mixture, all are in the pool, whatever is asked for.
        pool_format (`str`): how they are held for merges, see [`Pool`].

    Raises:
        `InputError`: if a component is missing, they cannot be averaged, or cannot be held in this format.
    """
    folder, probes = RunFolder(run_dir), read_probes(run_dir)
    if not are_single_units(probes):
        units = list(probes)
    elif units is None:
        names = list(CorpusDescription.read(run_dir).units)
        units = [unit for unit in names if has_manifest(folder.component(unit))] or names
    missing = [unit for unit in units if not has_manifest(folder.component(unit))]
    if missing:
        raise InputError(
            f"{run_dir} holds no component model of {', '.join(missing)}; run `hf-ablate train` first, or name other "
            "units"
        )
    components = saved_models([folder.component(unit) for unit in units])
    pool = Pool(dict(zip(units, components, strict=True)))
    check_components(pool.folders)
    return hold_pool(pool, pool_format, run_dir)


def hold_pool(pool: Pool, pool_format: str, run_dir: Path) -> Pool:
    """The pool, its components held in this format.

    Args:
        pool (`Pool`): of components as saved.
        pool_format (`str`): `saved`, `bfloat16` or `delta`.
        run_dir (`Path`): the run folder of the study whose seed `delta` takes differences from.

    Raises:
        `InputError`: if components are to be held as differences from a seed that is not there or has other tensors.
    """
    if pool_format != "delta":
        return replace(pool, pool_format=pool_format)
    folder = RunFolder(run_dir).seed
    if not has_manifest(folder):
        raise InputError(
            f"pool_format delta holds components as differences from the study's seed, and {folder} is not "
            "finished; name the study in `run_dir`, or give `pool_format: bfloat16`"
        )
    check_seed(folder, next(iter(pool.folders.values())))
    return replace(pool, pool_format=pool_format, seed=saved_model(folder))


def hold_components(models: list[ScoredModel], pool_format: str, run_dir: Path) -> list[ScoredModel]:
    """The models, their merges made of components that are held in this format, see [`hold_pool`].

    Args:
        models (`list[ScoredModel]`): all proxies among them of one pool.
        pool_format (`str`): `saved`, `bfloat16` or `delta`.
        run_dir (`Path`): the run folder of the study whose seed `delta` takes differences from.
    """
    merges = [model for model in models if model.is_merge]
    if pool_format == SAVED or not merges:
        return models
    pool = hold_pool(merges[0].pool, pool_format, run_dir)
    held = {
        model.id: replace(model, pool=pool, digest=pool.average(model.kind, model.mixture, model.coefficients).digest)
        for model in merges
    }
    return [held.get(model.id) or (replace(model, pool=pool) if model.pool else model) for model in models]


def trained_models(run_dir: Path) -> list[ScoredModel]:
    """The finished seed, component and reference models of a study."""
    return saved_models(RunFolder(run_dir).saved_models(*TRAINED_KINDS))


def saved_models(folders: list[Path]) -> list[ScoredModel]:
    """The models in folders that are finished, each as its manifest describes it."""
    return [saved_model(folder) for folder in folders]


def saved_model(folder: Path) -> ScoredModel:
    """The model in a finished folder, as its manifest describes it."""
    manifest = read_manifest(folder)
    mixture = manifest["mixture"] and Mixture.of(manifest["mixture"])
    return ScoredModel(
        manifest["model"], manifest["kind"], manifest["digest"], mixture, folder, manifest["tokenizer_digest"]
    )


def _check_tokenizers(models: list[ScoredModel]) -> None:
    for model in models:
        if model.tokenizer_digest != models[0].tokenizer_digest:
            raise InputError(
                f"{models[0].folder} and {model.folder} have different tokenizers, so their scores are on different "
                "tokens; train both with the corpus's tokenizer"
            )
