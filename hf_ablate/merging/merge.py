"""`hf-ablate merge`: save the model merged for a mixture together with its mergekit YAML."""

import json
import logging
import shutil
from pathlib import Path

from ..errors import InputError
from ..manifest import fingerprint, has_manifest, is_finished, read_manifest, write_manifest, write_text
from ..mixtures.choose import choose_mixtures, mixture_of_weights
from ..mixtures.mixture import Mixture
from ..mixtures.probes import read_coefficients, read_probes
from ..mixtures.proxies import MERGE
from ..mixtures.representation import check_represented
from ..run_folder import RunFolder, model_id
from ..saved_model import weights_digest
from .arguments import MergeArguments
from .components import check_components
from .config import CONFIG_NAME, MERGEKIT, WITHOUT_MERGEKIT, merge_yaml


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
    if not arguments.extrapolate:
        check_represented(mixtures, read_probes(arguments.run_dir))
    rows = []
    for mixture in mixtures:
        if not arguments.dry_run:
            save_merged(arguments.run_dir, mixture, arguments.out_dtype)
        rows.append({"id": mixture.id, "name": mixture.name, "folder": str(folder.merged(mixture.id))})
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


def is_saved(run_dir: Path, mixture: Mixture, out_dtype: str) -> bool:
    """Whether the merged model of a mixture is saved, checked, and made of the components that are there now.

    Args:
        run_dir (`Path`): the study's run folder.
        mixture (`Mixture`): what is merged.
        out_dtype (`str`): number format of the saved weights.

    Raises:
        `InputError`: if a component is missing.
    """
    run_folder = RunFolder(run_dir)
    coefficients = read_coefficients(run_dir, mixture)
    expected = fingerprint("merge", *_identity(run_folder, mixture, coefficients, out_dtype))
    folder = run_folder.merged(mixture.id)
    return is_finished(folder, expected) and "merged_by" in read_manifest(folder)  # earlier ones were not checked


def _identity(
    run_folder: RunFolder, mixture: Mixture, coefficients: Mixture, out_dtype: str
) -> tuple[dict, dict[str, str]]:
    inputs = {name: read_manifest(run_folder.component(name))["digest"] for name in coefficients.units}
    settings = {"mixture": mixture.weights, "out_dtype": out_dtype}
    return settings | ({} if coefficients == mixture else {"coefficients": coefficients.weights}), inputs


def save_merged(run_dir: Path, mixture: Mixture, out_dtype: str = "float32") -> Path:
    """Save the merged model of a mixture in its study's run folder; does nothing when it is there and up to date.

    It is written under a temporary name, loaded, compared with the average in memory and renamed when it is that, so
    neither a killed run nor a library that leaves weights out leaves anything wrong under the final name.

    Args:
        run_dir (`Path`): the study's run folder.
        mixture (`Mixture`): what is merged; the nearest mixture inside where it is outside the hull of the probes.
        out_dtype (`str`): number format of the saved weights; sums are float32 whatever it is.

    Returns:
        `Path`: the model's folder.

    Raises:
        `InputError`: if a component is missing, or they cannot be averaged.
    """
    run_folder = RunFolder(run_dir)
    coefficients = read_coefficients(run_dir, mixture)
    components = {name: run_folder.component(name) for name in coefficients.units}
    manifests = {name: read_manifest(folder) for name, folder in components.items()}
    settings, inputs = _identity(run_folder, mixture, coefficients, out_dtype)
    folder = run_folder.merged(mixture.id)
    source = merge_yaml(coefficients, run_dir, out_dtype)
    if is_saved(run_dir, mixture, out_dtype):
        logger.info("merge: %s is up to date", folder)
        config, current = folder / CONFIG_NAME, _headed(source, read_manifest(folder)["merged_by"])
        if not config.is_file() or config.read_text(encoding="utf-8") != current:  # the study has been moved
            write_text(config, current)
        return folder
    from .written import write_merge

    check_components(components)
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        merged_by = write_merge(coefficients, components, temporary, source, out_dtype)
    except InputError as error:
        shutil.rmtree(temporary)
        raise InputError(
            f"{mixture.name} cannot be saved: {error}. Nothing was written; `hf-ablate evaluate` scores it in memory"
        ) from error
    write_text(temporary / CONFIG_NAME, _headed(source, merged_by))
    first = next(iter(manifests.values()))
    write_manifest(
        temporary, "merge", settings, inputs,
        model=model_id(MERGE.kind, mixture.id), kind=MERGE.kind, mixture=mixture.weights,
        digest=weights_digest(temporary),
        seed_digest=first.get("seed_digest"), tokenizer_digest=first.get("tokenizer_digest"),
        parameters=first.get("parameters"), block_size=first.get("block_size"), merged_by=merged_by,
    )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return folder


def _headed(source: str, merged_by: str) -> str:
    return source if merged_by == MERGEKIT else WITHOUT_MERGEKIT + source
