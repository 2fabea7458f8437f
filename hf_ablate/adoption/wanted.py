"""Which models are adopted, and as what: the options, with their placeholders filled in."""

import json
from dataclasses import dataclass

from ..corpus.description import CorpusDescription
from ..errors import InputError, unknown_name
from ..mixtures.methods import given
from ..mixtures.mixture import Mixture
from ..mixtures.units import CorpusUnits
from ..run_folder import model_id, split_model_id
from .arguments import AdoptArguments
from .patterns import expanded, has_placeholder, split_assignment


@dataclass(frozen=True)
class WantedModel:
    """A model to adopt.

    Args:
        id (`str`): that it will have in the study.
        place (`str`): its folder or Hub id.
        mixture (`Mixture`, *optional*): what it was trained on; none for the seed.
    """

    id: str
    place: str
    mixture: Mixture | None

    @property
    def name(self) -> str:
        """What people read."""
        kind, name = split_model_id(self.id)
        return f"{kind} {self.mixture.shortened()}" if kind == "reference" else f"{kind} {name}".strip()


def wanted_models(arguments: AdoptArguments, corpus: CorpusDescription) -> list[WantedModel]:
    """The models that the options name: the seed, the components in the order of the units, the references.

    Args:
        arguments ([`AdoptArguments`]): the options.
        corpus (`CorpusDescription`): has the units.

    Raises:
        `InputError`: for units and mixtures that the corpus does not have, and two models of one unit or mixture.
    """
    wanted = [WantedModel(model_id("seed"), arguments.seed, None)] if arguments.seed else []
    components = _components(arguments, corpus)
    for unit in corpus.units:
        if unit in components:
            wanted.append(WantedModel(model_id("component", unit), components[unit], Mixture.uniform([unit])))
    return wanted + _references(arguments, CorpusUnits.of(corpus))


def _components(arguments: AdoptArguments, corpus: CorpusDescription) -> dict[str, str]:
    """Unit → the place of its component."""
    fields = {name: unit.fields for name, unit in corpus.units.items()}
    found: dict[str, str] = {}
    for text in arguments.component:
        pattern, place = split_assignment(text, "component")
        if not has_placeholder(pattern) and pattern not in fields:
            raise unknown_name("unit", pattern, list(fields))
        more = expanded(pattern, place, fields, "unit")
        if twice := found.keys() & more.keys():
            raise InputError(f"two components are named for unit {min(twice)!r}; keep one")
        found |= more
    return found


def _references(arguments: AdoptArguments, units: CorpusUnits) -> list[WantedModel]:
    found: dict[str, WantedModel] = {}
    groups = {group: {group.partition("=")[0]: group.partition("=")[2]} for group in units.groups}
    for text in arguments.reference:
        pattern, place = split_assignment(text, "reference")
        named = expanded(pattern, place, groups, "group") if has_placeholder(pattern) else {pattern: place}
        for name, its_place in named.items():
            mixture = _mixture(name, units)
            if len(mixture.units) == 1:
                raise InputError(
                    f"{name!r} is one unit, {mixture.units[0]}, so {its_place} is its component; give it as "
                    "--component, or name a mixture of two units or more"
                )
            if mixture.id in found:
                raise InputError(f"two reference models are named for the mixture {mixture.shortened()}; keep one")
            found[mixture.id] = WantedModel(model_id("reference", mixture.id), its_place, mixture)
    return list(found.values())


def _mixture(name: str, units: CorpusUnits) -> Mixture:
    """A mixture from JSON with weights, or of all units that several names mean, with equal weights."""
    if name.startswith("{"):
        try:
            weights = json.loads(name)
        except json.JSONDecodeError as error:
            raise InputError(f"{name!r} is not a mixture in JSON ({error}); expected unit → weight") from error
        return given(units, weights)
    return Mixture.uniform(units.all_named([name] if name in units.names else name.split(" + ")))
