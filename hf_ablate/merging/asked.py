"""What a merge averages: components by a mixture's weights or regrouped, or models that were trained on its groups."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..manifest import read_manifest
from ..mixtures.grouping import UNITS, MergeBy
from ..mixtures.mixture import Mixture
from ..mixtures.probes import are_single_units, read_coefficients, read_probes
from ..mixtures.proxies import MERGE, of_trained_groups
from ..mixtures.references import trained_on
from ..run_folder import RunFolder, model_id


@dataclass(frozen=True)
class AskedMerge:
    """A merge that can be saved.

    Args:
        model (`str`): its id.
        mixture ([`Mixture`]): of units, what it stands for.
        coefficients ([`Mixture`]): of the averaged models, by a component's name or the id of a model.
        folders (`dict[str, Path]`): the same name → saved model.
        groups (`dict[str, Mixture]`): of a macro-merge of components, group → the coefficients of its own average.
    """

    model: str
    mixture: Mixture
    coefficients: Mixture
    folders: dict[str, Path]
    groups: dict[str, Mixture] = field(default_factory=dict)


def merge_of_components(run_dir: Path, mixture: Mixture) -> AskedMerge:
    """The merge of a study's components for a mixture; the nearest inside where it is outside the hull of the probes.

    Raises:
        `InputError`: for a unit that no component was trained on.
    """
    run, coefficients = RunFolder(run_dir), read_coefficients(run_dir, mixture)
    folders = {name: run.component(name) for name in coefficients.units}
    return AskedMerge(model_id(MERGE.kind, mixture.id), mixture, coefficients, folders)


def asked_merges(run_dir: Path, mixtures: Sequence[Mixture], merge_by: str) -> list[AskedMerge]:
    """The merges of mixtures by units, by a field, or of models that were trained on groups by a field.

    Args:
        run_dir (`Path`): the study's run folder.
        mixtures (`Sequence[Mixture]`): of the study's units.
        merge_by (`str`): `units`, a field, or `trained_` and a field.

    Raises:
        `InputError`: for a field that does not group the mixtures' units, and groups that no model was trained on.
    """
    asked = MergeBy.read(run_dir, [merge_by], mixtures)
    if asked.trained:
        ((name, grouping),) = asked.trained.items()
        return [_of_trained(run_dir, mixture, name, grouping.named_parts(mixture)) for mixture in mixtures]
    if merge_by == UNITS:
        return [merge_of_components(run_dir, mixture) for mixture in mixtures]
    grouping = asked.groups[merge_by]
    found = {}
    for mixture in mixtures:
        merge = merge_of_components(run_dir, grouping.regrouped(mixture))
        groups = grouping.named_parts(mixture) if are_single_units(read_probes(run_dir)) else {}
        found[merge.model] = AskedMerge(merge.model, merge.mixture, merge.coefficients, merge.folders, groups)
    return list(found.values())


def _of_trained(run_dir: Path, mixture: Mixture, name: str, parts: dict[str, Mixture]) -> AskedMerge:
    run = RunFolder(run_dir)
    manifests = map(read_manifest, run.saved_models("component", "reference"))
    trained = trained_on((manifest["model"], Mixture.of(manifest["mixture"])) for manifest in manifests)
    if len(parts) == 1:
        raise InputError(f"{mixture.shortened()} has units of one group by {name!r}, so there is nothing to average")
    for group, part in parts.items():
        if part.id not in trained:
            raise InputError(
                f"{run_dir} holds no model that was trained on the group {group} of {mixture.shortened()}; enumerate "
                f"{part.shortened()} ({part.id}) and train a reference model on it, or merge by {name!r}"
            )
    coefficients = Mixture.uniform([trained[part.id] for part in parts.values()])
    folders = {model: run.model(model) for model in coefficients.units}
    return AskedMerge(model_id(of_trained_groups(name).kind, mixture.id), mixture, coefficients, folders)
