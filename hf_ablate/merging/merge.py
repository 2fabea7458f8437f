"""`hf-ablate merge`: save the model merged for a mixture together with its mergekit YAML."""

import json
import logging
import shutil
from pathlib import Path

from ..errors import InputError
from ..manifest import fingerprint, has_manifest, is_finished, read_manifest, write_manifest, write_text
from ..mixtures.choose import choose_mixtures, mixture_of_weights
from ..mixtures.mixture import Mixture
from ..mixtures.probes import read_probes
from ..mixtures.representation import check_represented
from ..run_folder import RunFolder, split_model_id
from ..saved_model import weights_digest
from .arguments import MergeArguments
from .asked import AskedMerge, asked_merges, merge_of_components
from .components import check_components
from .config import CONFIG_NAME, MERGEKIT, MULTI_NAME, WITHOUT_MERGEKIT, merge_yaml, multi_yaml


logger = logging.getLogger(__name__)


def run(arguments: MergeArguments) -> None:
    """Save the chosen mixtures' merged models; up-to-date ones are left alone.

    Raises:
        `InputError`: for an unknown mixture, one outside the hull of the components' probes, and components that are
            missing or cannot be averaged.
    """
    folder = RunFolder(arguments.run_dir)
    if arguments.dry_run and not has_manifest(folder.ranking) and not arguments.weights:
        print(f"merge: {', '.join(arguments.mixture)}, chosen when the mixtures are ranked")
        return
    if arguments.weights is not None:
        mixtures = [mixture_of_weights(arguments.run_dir, arguments.weights)]
        if not arguments.dry_run:  # a whole study is planned before there is a component
            _check_trained(folder, mixtures[0])
    else:
        mixtures = choose_mixtures(arguments.run_dir, arguments.mixture)
    merges = asked_merges(arguments.run_dir, mixtures, arguments.merge_by)
    if not arguments.extrapolate:
        check_represented([merge.mixture for merge in merges], read_probes(arguments.run_dir))
    rows = []
    for merge in merges:
        if not arguments.dry_run:
            save_merge(merge, folder, arguments.out_dtype)
        mixture = merge.mixture
        rows.append({"id": mixture.id, "name": mixture.name, "folder": str(folder.model(merge.model))})
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    saved = "would be saved" if arguments.dry_run else "saved"
    for row in rows:
        print(f"{row['name']}: {saved} in {row['folder']}, which ends in the mixture's id")


def _check_trained(folder: RunFolder, mixture: Mixture) -> None:
    """Refuse a mixture of units without a component model."""
    trained = list(dict.fromkeys(unit for probe in read_probes(folder.path).values() for unit in probe.units))
    for unit in mixture.units:
        if unit not in trained:
            raise InputError(
                f"{folder.path} holds no component model of {unit} (but of {', '.join(trained) or 'none'}); run "
                "`hf-ablate train` first, or name other units"
            )


def is_saved(merge: AskedMerge, folder: Path, out_dtype: str) -> bool:
    """Whether a merge is saved, checked, and made of the models that are there now.

    Args:
        merge ([`AskedMerge`]): what is merged.
        folder (`Path`): where it is saved.
        out_dtype (`str`): number format of the saved weights.

    Raises:
        `InputError`: if a model that it averages is missing.
    """
    expected = fingerprint("merge", *_identity(merge, out_dtype))
    return is_finished(folder, expected) and "merged_by" in read_manifest(folder)  # earlier ones were not checked


def _identity(merge: AskedMerge, out_dtype: str) -> tuple[dict, dict[str, str]]:
    inputs = {name: read_manifest(folder)["digest"] for name, folder in merge.folders.items()}
    settings = {"mixture": merge.mixture.weights, "out_dtype": out_dtype}
    is_plain = merge.coefficients == merge.mixture
    return settings | ({} if is_plain else {"coefficients": merge.coefficients.weights}), inputs


def save_merged(run_dir: Path, mixture: Mixture, out_dtype: str = "float32") -> Path:
    """Save the merged model of a mixture in its study's run folder, see [`save_merge`].

    Args:
        run_dir (`Path`): the study's run folder.
        mixture (`Mixture`): what is merged; the nearest mixture inside where it is outside the hull of the probes.
        out_dtype (`str`): number format of the saved weights; sums are float32 whatever it is.

    Returns:
        `Path`: the model's folder.

    Raises:
        `InputError`: if a component is missing, or they cannot be averaged.
    """
    return save_merge(merge_of_components(run_dir, mixture), RunFolder(run_dir), out_dtype)


def save_merge(merge: AskedMerge, run_folder: RunFolder, out_dtype: str) -> Path:
    """Save a merge in its study's run folder; does nothing when it is there and up to date.

    It is written under a temporary name, loaded, compared with the average in memory and renamed when it is that, so
    neither a killed run nor a library that leaves weights out leaves anything wrong under the final name.

    Args:
        merge ([`AskedMerge`]): what is merged.
        run_folder ([`RunFolder`]): of the study.
        out_dtype (`str`): number format of the saved weights; sums are float32 whatever it is.

    Returns:
        `Path`: the model's folder.

    Raises:
        `InputError`: if a model that it averages is missing, or they cannot be averaged.
    """
    settings, inputs = _identity(merge, out_dtype)
    folder = run_folder.model(merge.model)
    if is_saved(merge, folder, out_dtype):
        logger.info("merge: %s is up to date", folder)
        _write_configs(merge, folder, out_dtype, read_manifest(folder)["merged_by"])
        return folder
    from .written import write_merge

    check_components(merge.folders)
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    source = merge_yaml(merge.coefficients, merge.folders, out_dtype)
    try:
        merged_by = write_merge(merge.coefficients, merge.folders, temporary, source, out_dtype)
    except InputError as error:
        shutil.rmtree(temporary)
        raise InputError(
            f"{merge.mixture.name} cannot be saved: {error}. Nothing was written; `hf-ablate evaluate` scores it in "
            "memory"
        ) from error
    _write_configs(merge, temporary, out_dtype, merged_by)
    first = read_manifest(next(iter(merge.folders.values())))
    write_manifest(
        temporary, "merge", settings, inputs,
        model=merge.model, kind=split_model_id(merge.model)[0], mixture=merge.mixture.weights,
        digest=weights_digest(temporary),
        seed_digest=first.get("seed_digest"), tokenizer_digest=first.get("tokenizer_digest"),
        parameters=first.get("parameters"), block_size=first.get("block_size"), merged_by=merged_by,
    )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return folder


def _write_configs(merge: AskedMerge, folder: Path, out_dtype: str, merged_by: str) -> None:
    """The merge's mergekit files, where they are not there with the paths of now: a study may have been moved."""
    texts = {CONFIG_NAME: merge_yaml(merge.coefficients, merge.folders, out_dtype)}
    if merge.groups:
        texts[MULTI_NAME] = multi_yaml(merge.groups, merge.folders, out_dtype)
    for name, text in texts.items():
        headed = text if merged_by == MERGEKIT else WITHOUT_MERGEKIT + text
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != headed:
            write_text(folder / name, headed)
