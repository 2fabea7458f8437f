"""`effects/effects.json`: written once for each question, and read by the report."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..manifest import (
    digest,
    digest_files,
    fingerprint,
    is_finished,
    read_manifest,
    remove_manifest,
    write_manifest,
    write_text,
)
from ..prediction.evidence import Evidence
from ..prediction.fitted import fit_evidence
from ..prediction.observations import Observations
from ..prediction.read_evidence import read_evidence
from ..records import records_text
from ..run_folder import RunFolder
from .arguments import EffectsSettings
from .content import effects_content
from .question import find_question


logger = logging.getLogger(__name__)


def study_effects(run_dir: Path, settings: EffectsSettings) -> dict[str, Any]:
    """The effects that settings ask for; nothing is written.

    Args:
        run_dir (`Path`): of a scored study, or of imported runs.
        settings ([`EffectsSettings`]): what is asked.

    Returns:
        `dict`: values and tables, whose keys docs/json.md explains.

    Raises:
        `InputError`: as [`find_question`] does.
    """
    evidence = read_evidence(run_dir, scale=settings.scale)
    question = find_question(run_dir, evidence, settings)
    return effects_content(fit_evidence(evidence), question, settings)


def write_effects(run_dir: Path, settings: EffectsSettings) -> dict[str, Any]:
    """The same, written to `effects/effects.json`, or read from there where it is up to date.

    Args:
        run_dir (`Path`): of a scored study, or of imported runs.
        settings ([`EffectsSettings`]): what is asked.

    Raises:
        `InputError`: as [`find_question`] does.
    """
    folder = RunFolder(run_dir).effects
    evidence = read_evidence(run_dir, scale=settings.scale)
    question = find_question(run_dir, evidence, settings)
    inputs = {"evidence": _digest_of(evidence), "question": question.digest}
    if is_finished(folder, fingerprint("effects", asdict(settings), inputs)):
        logger.info("effects: unchanged, nothing to do")
        return read_effects(run_dir)
    content = effects_content(fit_evidence(evidence), question, settings)
    file = RunFolder(run_dir).effects_file
    remove_manifest(folder)
    write_text(file, records_text(content) + "\n")
    write_manifest(folder, "effects", asdict(settings), inputs, digest=digest_files([file]))
    return content


def read_effects(run_dir: Path) -> dict[str, Any]:
    """The effects that `hf-ablate effects` wrote last: values and tables, whose keys docs/json.md explains.

    Raises:
        `InputError`: if it has not been run.
    """
    folder = RunFolder(run_dir)
    read_manifest(folder.effects)
    return json.loads(folder.effects_file.read_text(encoding="utf-8"))


def _digest_of(evidence: Evidence) -> str:
    def content(observations: Observations) -> list:
        return [observations.ids, observations.weights.tolist(), observations.losses.tolist()]

    others = {**evidence.proxies, **evidence.other_scales}
    return digest(
        [
            evidence.units, evidence.domains, evidence.own_units, evidence.scale, evidence.components.tolist(),
            content(evidence.references), {name: content(found) for name, found in others.items()},
        ]
    )  # fmt: skip
