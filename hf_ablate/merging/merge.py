"""`hf-ablate merge`: save the model merged for a mixture, through mergekit, together with its YAML."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..manifest import (
    fingerprint,
    has_manifest,
    is_finished,
    make_readable,
    read_manifest,
    write_manifest,
    write_text,
)
from ..mixtures.choose import choose_mixtures
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE
from ..run_folder import RunFolder, model_id
from ..saved_model import open_tensors, weights_digest
from .arguments import MergeArguments
from .components import check_components, check_finite
from .config import CONFIG_NAME, merge_yaml


logger = logging.getLogger(__name__)


def run(arguments: MergeArguments) -> None:
    """Save the chosen mixtures' merged models; up-to-date ones are left alone.

    Raises:
        `InputError`: for an unknown mixture, and components that are missing or cannot be averaged.
    """
    folder = RunFolder(arguments.run_dir)
    if arguments.dry_run and not has_manifest(folder.ranking) and not arguments.weights:
        print(f"merge: {', '.join(arguments.mixture)}, chosen when the mixtures are ranked")
        return
    if arguments.weights is not None:
        mixtures = [Mixture.of(arguments.weights)]
    else:
        mixtures = choose_mixtures(arguments.run_dir, arguments.mixture)
    rows = []
    for mixture in mixtures:
        if not arguments.dry_run:
            save_merged(arguments.run_dir, mixture, arguments.out_dtype)
        rows.append({"id": mixture.id, "name": mixture.name, "folder": str(folder.merged(mixture.id))})
    if arguments.output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        print(
            f"{row['id']}  {row['name']}  {'would be saved in' if arguments.dry_run else 'saved in'} {row['folder']}"
        )


def save_merged(run_dir: Path, mixture: Mixture, out_dtype: str = "float32") -> Path:
    """Save the merged model of a mixture in its study's run folder; does nothing when it is there and up to date.

    It is written under a temporary name and renamed when complete, so a killed run leaves nothing half-written under
    the final one.

    Args:
        run_dir (`Path`): the study's run folder.
        mixture (`Mixture`): what is merged.
        out_dtype (`str`): number format of the saved weights; sums are float32 whatever it is.

    Returns:
        `Path`: the model's folder.

    Raises:
        `InputError`: if a component is missing, or they cannot be averaged.
    """
    run_folder = RunFolder(run_dir)
    components = {unit: run_folder.component(unit) for unit in mixture.units}
    manifests = {unit: read_manifest(folder) for unit, folder in components.items()}
    inputs = {unit: manifest["digest"] for unit, manifest in manifests.items()}
    settings = {"mixture": mixture.weights, "out_dtype": out_dtype}
    folder = run_folder.merged(mixture.id)
    source = merge_yaml(mixture, run_dir, out_dtype)
    if is_finished(folder, fingerprint("merge", settings, inputs)):
        logger.info("merge: %s is up to date", folder)
        config = folder / CONFIG_NAME
        if not config.is_file() or config.read_text(encoding="utf-8") != source:  # the study has been moved
            write_text(config, source)
        return folder
    check_components(components)
    for component in components.values():
        check_finite(open_tensors(component), component)
    temporary = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    run_mergekit(mixture, components, temporary, source, out_dtype)
    write_text(temporary / CONFIG_NAME, source)
    first = next(iter(manifests.values()))
    write_manifest(
        temporary, "merge", settings, inputs,
        model=model_id(MERGE.kind, mixture.id), kind=MERGE.kind, mixture=mixture.weights,
        digest=weights_digest(temporary),
        seed_digest=first.get("seed_digest"), tokenizer_digest=first.get("tokenizer_digest"),
        parameters=first.get("parameters"),
    )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    temporary.rename(folder)
    return folder


def run_mergekit(mixture: Mixture, folders: dict[str, Path], output: Path, source: str, out_dtype: str) -> None:
    """mergekit's linear merge of saved models.

    Args:
        mixture (`Mixture`): units and weights.
        folders (`dict[str, Path]`): unit → saved model.
        output (`Path`): an existing folder, where the merged model is written.
        source (`str`): the YAML that mergekit keeps with the result.
        out_dtype (`str`): number format of the saved weights.

    The models are passed as objects with absolute paths, not as text: mergekit would read `+` and `@` in a path as
    LoRA and revision, and a short relative path as a name on the Hub.
    """
    from mergekit.common import ModelPath, ModelReference
    from mergekit.config import InputModelDefinition, MergeConfiguration
    from mergekit.merge import run_merge
    from mergekit.options import MergeOptions

    references = {
        unit: ModelReference(model=ModelPath(path=str(folder.resolve()))) for unit, folder in folders.items()
    }
    config = MergeConfiguration(
        merge_method="linear",
        models=[
            InputModelDefinition(model=references[unit], parameters={"weight": weight})
            for unit, weight in mixture.items
        ],
        base_model=references[mixture.units[0]],
        parameters={"normalize": True},
        dtype="float32",
        out_dtype=out_dtype,
    )
    with _errors_only():
        run_merge(config, str(output), MergeOptions(write_model_card=False, quiet=True), config_source=source)
    for code in folders[mixture.units[0]].glob("*.py"):
        shutil.copy(code, output)  # mergekit copies the code of the configuration, not that of the model
    for path in output.iterdir():
        make_readable(path)  # mergekit's weights are readable by their owner alone


@contextmanager
def _errors_only() -> Iterator[None]:
    """Hide mergekit's warnings: of a deprecated name that it uses itself, and of architectures that it infers."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
