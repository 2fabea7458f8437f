"""The choice of the mixtures that get a reference model: those that have one, and others drawn beside them."""

import random
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import get_args

from ..errors import InputError
from ..manifest import find_manifest, has_manifest
from ..run_folder import RunFolder, split_model_id, split_reference_id
from .arguments import Method
from .mixture import Mixture
from .names import find_mixtures
from .units import CorpusUnits


def trained_references(run_dir: Path, mixtures: list[Mixture]) -> set[str]:
    """The ids of the mixtures that have a finished reference model, whenever and for whatever draw it was trained."""
    folder = RunFolder(run_dir)
    return {mixture.id for mixture in mixtures if has_manifest(folder.reference(mixture.id))}


def trained_on(models: Iterable[tuple[str, Mixture]]) -> dict[str, str]:
    """Mixture id → the id of the model that was trained on it: of a component before that of a reference model.

    Args:
        models (`Iterable[tuple[str, Mixture]]`): ids and mixtures of components and reference models; repeats of a
            training are left out.

    Example:

    ```python
    >>> both = Mixture.uniform(["code", "web"])
    >>> trained_on([("reference:m-2-repeat1", both), ("reference:m-2", both)])[both.id]
    'reference:m-2'

    ```
    """
    found: dict[str, str] = {}
    for model, mixture in sorted(models, key=lambda pair: pair[0]):
        is_repeat = split_model_id(model)[0] == "reference" and split_reference_id(model)[1] > 0
        if not is_repeat:
            found.setdefault(mixture.id, model)
    return found


def imported_references(run_dir: Path, units: Collection[str]) -> dict[str, Mixture]:
    """The mixtures of these units whose reference models were imported, by their ids."""
    manifests = [find_manifest(folder) for folder in RunFolder(run_dir).saved_models("reference")]
    mixtures = [Mixture.of(manifest["mixture"]) for manifest in manifests if manifest["command"] == "import"]
    return {mixture.id: mixture for mixture in mixtures if set(mixture.units) <= set(units)}


ALL = "all"


def named_references(
    names: Collection[str], methods_of: Mapping[Mixture, Collection[str]], corpus: CorpusUnits
) -> set[str]:
    """The ids of the mixtures that the option `references` names; mixtures of one unit are never among them.

    Args:
        names (`Collection[str]`): `all`, methods, ids, names and patterns of names.
        methods_of (`Mapping[Mixture, Collection[str]]`): candidate mixture → the methods that give it.
        corpus ([`CorpusUnits`]): the units, and the groups that names may say.

    Raises:
        `InputError`: for a name that means no mixture of two or more units.

    Example:

    ```python
    >>> mixtures = {Mixture.uniform(["a"]): ["groups"], Mixture.uniform(["a", "b"]): ["groups", "subsets"]}
    >>> named_references(["groups"], mixtures, CorpusUnits(["a", "b"])) == {Mixture.uniform(["a", "b"]).id}
    True

    ```
    """
    several = {mixture: given_by for mixture, given_by in methods_of.items() if len(mixture.units) > 1}
    named: set[str] = set()
    for name in names:
        if name in (ALL, *get_args(Method)):
            found = [mixture for mixture, given_by in several.items() if name == ALL or name in given_by]
        else:
            found = find_mixtures(name, several.keys(), corpus)
        if not found:
            raise InputError(
                f"`references` has {name!r}, and none of the {len(several)} candidates of two or more units has that "
                f"id, name or method; expected {ALL}, one of the `methods`, ids, names, or patterns such as '*code*' "
                "(a mixture of one unit has its component as reference)"
            )
        named |= {mixture.id for mixture in found}
    return named


def choose_references(
    mixtures: list[Mixture], count: int, random_seed: int, trained: Collection[str] = ()
) -> set[str]:
    """The ids of `count` mixtures; more only where more are trained already.

    Half of them have equal weights and half others, where there are both, each evenly over the numbers of units.

    All that are named or trained are chosen, and the others are drawn. What is trained of a draw does not change it:
    the draw begun is the draw finished.

    Mixtures of one unit are never chosen: with the same tokens their reference model is the component itself, so they
    would only flatter the agreement.

    Args:
        mixtures (`list[Mixture]`): the candidates.
        count (`int`): how many to choose.
        random_seed (`int`): of the choice.
        trained (`Collection[str]`): ids of mixtures that get a reference model in any case, or have one; those of no
            candidate are ignored.

    Raises:
        `InputError`: if there are fewer mixtures of two or more units than `count`.
    """
    groups: dict[tuple[bool, int], list[str]] = {}
    for mixture in mixtures:
        if len(mixture.units) > 1:
            groups.setdefault((not mixture.is_uniform, len(mixture.units)), []).append(mixture.id)
    available = sum(map(len, groups.values()))
    if count > available:
        raise InputError(f"num_references is {count}, but only {available} of the mixtures have two or more units")
    generator = random.Random(random_seed)
    chosen: dict[tuple[bool, int], list[str]] = {}
    left: dict[tuple[bool, int], list[str]] = {}
    for group in sorted(groups):
        in_order = sorted(groups[group])
        generator.shuffle(in_order)
        chosen[group] = [each for each in in_order if each in trained]
        left[group] = [each for each in in_order if each not in trained]

    def share(group: tuple[bool, int]) -> tuple[int, int]:
        """How many are chosen with equal weights, or without, then of this number of units too."""
        return sum(len(some) for other, some in chosen.items() if other[0] == group[0]), len(chosen[group])

    for _ in range(count - sum(map(len, chosen.values()))):
        group = min((group for group in left if left[group]), key=share)  # the first of equals
        chosen[group].append(left[group].pop())
    return {each for some in chosen.values() for each in some}
