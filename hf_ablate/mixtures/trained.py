"""Candidates whose reference models are there, planned or not."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..corpus.description import CorpusDescription
from ..manifest import find_manifest, read_manifest
from ..run_folder import RunFolder, reference_id
from .enumerate import CandidateMixture


logger = logging.getLogger(__name__)

_OF_ONE_MODEL = ("model", "shares", "stages")  # arguments of a training that differ between the models of a pool


def with_trained_references(run_dir: Path, candidates: Sequence[CandidateMixture]) -> list[CandidateMixture]:
    """The candidates; those with a finished reference model that was not planned have one too.

    Nothing makes such a model again when the study changes, as `train` does with planned ones. So it counts only if it
    was trained on the text and from the seed that are there now, with the arguments of the study's other references;
    others are named, and left out.

    Args:
        run_dir (`Path`): the study's run folder.
        candidates (`Sequence[CandidateMixture]`): its mixtures.
    """
    folder = RunFolder(run_dir)
    manifests = map(read_manifest, folder.saved_models("reference"))
    made = {manifest["model"]: manifest for manifest in manifests}
    planned = [made[model] for each in candidates for model in each.reference_models if model in made]
    inputs = _inputs_now(folder)
    with_references: list[CandidateMixture] = []
    for each in candidates:
        model = reference_id(each.mixture.id)
        if model in made and not each.reference:
            reason = _difference(made[model], planned, inputs)
            each = replace(each, reference=not reason)
            if reason:
                logger.warning(
                    "the reference model of %s is left out: it was trained %s. Train it again: "
                    "hf-ablate train --model %s", each.mixture.shortened(), reason, model,
                )  # fmt: skip
        with_references.append(each)
    return with_references


def _inputs_now(folder: RunFolder) -> dict[str, str]:
    """What a reference model would be trained on now, as its manifest would record it."""
    corpus, seed = CorpusDescription.find(folder.corpus), find_manifest(folder.seed)
    inputs = {"seed": seed["digest"]} if seed else {}
    if corpus is not None:
        inputs |= {f"unit {unit}": text.digest for unit, text in corpus.units.items()}
    return inputs


def _difference(made: Mapping[str, Any], planned: Sequence[Mapping[str, Any]], inputs: Mapping[str, str]) -> str:
    """How a reference model was trained otherwise than the study's others; empty if it was not."""
    for name, digest in made["inputs"].items():
        if inputs.get(name, digest) != digest:
            return "from another seed" if name == "seed" else f"on other text of {name}"
    settings = _settings(made)
    others = [_settings(other) for other in planned if other["command"] == made["command"]]
    if others and settings not in others:
        names = sorted(name for name in others[0].keys() | settings if others[0].get(name) != settings.get(name))
        return f"with other arguments ({', '.join(names)})"
    return ""


def _settings(made: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made["arguments"].items() if name not in _OF_ONE_MODEL}
