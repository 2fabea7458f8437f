"""`updates/updates.json`: the updates of a pool's components, found once, and kept for where the weights are not."""

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..manifest import (
    digest_files,
    fingerprint,
    has_manifest,
    is_finished,
    read_manifest,
    remove_manifest,
    write_manifest,
    write_text,
)
from ..records import records_text
from ..run_folder import RunFolder, split_model_id
from ..saved_model import weight_files
from .updates import Updates, find_updates


logger = logging.getLogger(__name__)
MOST_BYTES = 16_000_000_000  # of weights that are read without being asked to: some minutes


def pool_updates(run_dir: Path, most_bytes: float = MOST_BYTES) -> Updates | None:
    """The updates of the components of a run folder: written before, or found now where the weights are there.

    Args:
        run_dir (`Path`): of a study; the file is in the run folder that has the models.
        most_bytes (`float`): of weights that are read; where there are more, only what was written before counts.

    Returns:
        `Updates | None`: `None` where nothing was written, and the weights are missing, too many, or no pool of two.
    """
    folder = RunFolder(run_dir)
    components = {
        split_model_id(read_manifest(path)["model"])[1]: path for path in folder.saved_models("component")
    }  # fmt: skip
    if len(components) < 2 or not has_manifest(folder.seed):
        return read_updates(run_dir)
    models = {"seed": folder.seed, **components}
    inputs = {name: read_manifest(path)["digest"] for name, path in models.items()}
    if is_finished(folder.updates, fingerprint("updates", {}, inputs)):
        return read_updates(run_dir)
    try:
        size = sum(path.stat().st_size for model in models.values() for path in weight_files(model))
        if size > most_bytes:
            if most_bytes:
                logger.info(
                    "updates of components are left out: %.3g GB of weights would be read; `hf-ablate report --slow "
                    "all` reads them, once", size / 1e9,
                )  # fmt: skip
            return None
        found = find_updates(folder.seed, components)
    except InputError as error:
        logger.warning("updates of components are left out: %s", error)
        return None
    remove_manifest(folder.updates)
    write_text(folder.updates_file, records_text(_content(found)) + "\n")
    write_manifest(folder.updates, "updates", {}, inputs, digest=digest_files([folder.updates_file]))
    return found


def read_updates(run_dir: Path) -> Updates | None:
    """The updates as they were written; `None` where they were not.

    Args:
        run_dir (`Path`): of a study.
    """
    folder = RunFolder(run_dir)
    if not has_manifest(folder.updates):
        return None
    content = json.loads(folder.updates_file.read_text(encoding="utf-8"))
    names = tuple(row["component"] for row in content["updates"])
    products = np.diag([row["length"] ** 2 for row in content["updates"]])
    places = {name: place for place, name in enumerate(names)}
    for row in content["cosines"]:
        first, second = places[row["component"]], places[row["other"]]
        lengths = content["updates"][first]["length"] * content["updates"][second]["length"]
        products[first, second] = products[second, first] = (row["cosine"] or 0.0) * lengths
    return Updates(names, products, content["seed_length"], content["parameters"])


def update_records(updates: Updates) -> list[dict[str, Any]]:
    """A record per component: the length of its update, and the same over the length of the seed's weights.

    Args:
        updates ([`Updates`]): of a pool.
    """
    return [
        {"component": name, "length": float(length), "relative_length": float(length / updates.seed_length)}
        for name, length in zip(updates.components, updates.lengths, strict=True)
    ]


def cosine_records(updates: Updates) -> list[dict[str, Any]]:
    """A record per pair of components; null for a component that is the seed itself.

    Args:
        updates ([`Updates`]): of a pool.
    """
    return [
        {
            "component": updates.components[first], "other": updates.components[second],
            "cosine": float(cosine) if np.isfinite(cosine := updates.cosines[first, second]) else None,
        }
        for first, second in zip(*np.triu_indices(len(updates.components), 1), strict=True)
    ]  # fmt: skip


def _content(updates: Updates) -> dict[str, Any]:
    return {
        "seed_length": updates.seed_length,
        "parameters": updates.parameters,
        "updates": update_records(updates),
        "cosines": cosine_records(updates),
    }
