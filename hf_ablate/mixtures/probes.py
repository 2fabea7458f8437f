"""Probes: what components are trained on, one unit each or mixtures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..corpus.names import check_names
from ..errors import InputError
from ..manifest import read_manifest
from ..run_folder import RunFolder, split_model_id
from .methods import given
from .mixture import Mixture
from .representation import represent
from .units import CorpusUnits


_SHARED = {"own", "rest"}  # the keys of the form with a probe per unit
_RESTS = ("uniform", "available_tokens")
_FORMS = "{own: 0.5, rest: uniform}, or name → mixture such as {math: {math: 0.9, web: 0.1}, web: {web: 1}}"


def check_probes(option: Mapping[str, Any]) -> None:
    """Refuse values of `probes` that have neither of its two forms, before the units are known.

    Args:
        option (`Mapping[str, Any]`): the option.

    Raises:
        `InputError`: says what was expected.
    """
    if not _is_shared(option):
        if not option or not all(isinstance(mixture, dict) and mixture for mixture in option.values()):
            raise InputError(f"`probes` is {dict(option)}; expected {_FORMS}")
        check_names(list(option), also_reserved=True, kind="probe")
        return
    own, rest = option["own"], option["rest"]
    if isinstance(own, bool) or not isinstance(own, (int, float)) or not 0 < own <= 1:
        raise InputError(f"`own` in `probes` is {own!r}; expected the share of its own unit, above 0 and at most 1")
    if not (isinstance(rest, dict) and rest) and rest not in _RESTS:
        raise InputError(
            f"`rest` in `probes` is {rest!r}; expected uniform, available_tokens, or a mixture such as {{web: 1}}"
        )


def _is_shared(option: Mapping[str, Any]) -> bool:
    return option.keys() == _SHARED and not isinstance(option["own"], dict)


def needs_corpus(option: Mapping[str, Any] | None) -> bool:
    """Whether probes depend on more of the corpus than its units' names: on groups, or numbers of tokens."""
    if not option:
        return False
    mixtures = [option["rest"]] if _is_shared(option) else list(option.values())
    return any(mixture == "available_tokens" or any("=" in name for name in mixture) for mixture in mixtures)


def make_probes(option: Mapping[str, Any] | None, units: CorpusUnits) -> dict[str, Mixture]:
    """The mixture that each component is trained on, by the component's name.

    Args:
        option (`Mapping[str, Any]`, *optional*): `probes` of the recipe; default: each unit by itself.
        units ([`CorpusUnits`]): of the corpus.

    Raises:
        `InputError`: for units that the corpus does not have, a probe that is called after a unit which it lacks, and
            two probes on one mixture.

    Example:

    ```python
    >>> units = CorpusUnits(["code", "web"])
    >>> {name: probe.name for name, probe in make_probes({"own": 0.5, "rest": "uniform"}, units).items()}
    {'code': '0.75 code + 0.25 web', 'web': '0.25 code + 0.75 web'}
    >>> {name: probe.name for name, probe in make_probes({"all": {"*": 1}, "web": {"web": 1}}, units).items()}
    {'all': 'code + web', 'web': 'web'}

    ```
    """
    if option is None:
        return {unit: Mixture.uniform([unit]) for unit in units.names}
    if _is_shared(option):
        return _with_shared_rest(option["own"], option["rest"], units)
    probes = {name: given(units, weights) for name, weights in option.items()}
    for name, probe in probes.items():
        if name in units.names and name not in probe.units:
            raise InputError(
                f"probe {name!r} is called after a unit that it lacks: it is {probe.name}; give it another name"
            )
    names: dict[Mixture, str] = {}
    for name, probe in probes.items():
        if probe in names:
            raise InputError(f"probes {names[probe]!r} and {name!r} are the same mixture, {probe.name}; keep one")
        names[probe] = name
    return probes


def _with_shared_rest(own: float, rest: Any, units: CorpusUnits) -> dict[str, Mixture]:
    """A probe per unit: its own share, and the rest of the same mixture for all, which may have the unit too."""
    if rest == "available_tokens":
        shared = Mixture.of(units.tokens_of_all())
    else:
        shared = given(units, {"*": 1} if rest == "uniform" else rest)
    probes = {}
    for unit in units.names:
        weights = {other: (1 - own) * weight for other, weight in shared.items}
        probes[unit] = Mixture.of(weights | {unit: own + weights.get(unit, 0.0)})
    return probes


def are_single_units(probes: Mapping[str, Mixture]) -> bool:
    """Whether every component was trained on one unit and is called after it, so that weights are coefficients."""
    return all(probe.units == [name] for name, probe in probes.items())


def read_probes(run_dir: Path) -> dict[str, Mixture]:
    """What the finished components of a study were trained on, by their names.

    Args:
        run_dir (`Path`): the run folder.
    """
    manifests = map(read_manifest, RunFolder(run_dir).saved_models("component"))
    return {split_model_id(manifest["model"])[1]: Mixture.of(manifest["mixture"]) for manifest in manifests}


def read_coefficients(run_dir: Path, mixture: Mixture) -> Mixture:
    """The coefficients of a study's components in the average that stands for a mixture, see [`represent`].

    Args:
        run_dir (`Path`): the run folder.
        mixture ([`Mixture`]): of units; for one outside the hull of the probes, those of the nearest inside.

    Returns:
        `Mixture`: of components; the mixture itself where components were trained on single units.

    Raises:
        `InputError`: for a unit that no probe has.
    """
    probes = read_probes(run_dir)
    return mixture if are_single_units(probes) else represent(mixture, probes).coefficients
