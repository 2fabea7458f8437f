"""What is asked: found, and checked, before any predictor is fitted."""

from dataclasses import dataclass
from pathlib import Path

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..manifest import digest, has_manifest
from ..mixtures.mixture import Mixture
from ..mixtures.units import CorpusUnits
from ..prediction.evidence import Evidence
from ..prediction.targets import DomainWeights
from ..run_folder import RunFolder
from .arguments import EffectsSettings
from .asked import asked_mixture
from .parts import Part, groups_as_parts, groups_of_all_fields, units_as_parts


@dataclass(frozen=True)
class Question:
    """Which mixture is changed, in which parts, and what is judged.

    Args:
        base ([`Mixture`]): that is changed.
        parts (`tuple[Part, ...]`): units, or groups of which no two share a unit, that are dropped, added, upweighted
            and swapped for each other, and whose Shapley values are asked for.
        groups (`tuple[Part, ...]`): that are dropped, added and upweighted besides.
        target ([`DomainWeights`]): that is judged.
        domains (`tuple[DomainWeights, ...]`): each domain but the target.
    """

    base: Mixture
    parts: tuple[Part, ...]
    groups: tuple[Part, ...]
    target: DomainWeights
    domains: tuple[DomainWeights, ...]

    @property
    def players(self) -> list[Part]:
        """The parts that have a weight in the mixture."""
        return [part for part in self.parts if part.weight_in(self.base) > 0]

    @property
    def digest(self) -> str:
        """What identifies the question."""
        parts = [[part.name, part.units] for part in (*self.parts, *self.groups)]
        return digest([self.base.items, parts, self.target.weights.tolist()])


def find_question(run_dir: Path, evidence: Evidence, settings: EffectsSettings) -> Question:
    """What settings ask of a study.

    Args:
        run_dir (`Path`): of the study.
        evidence ([`Evidence`]): in it.
        settings ([`EffectsSettings`]): as the user gave them.

    Raises:
        `InputError`: for an unknown mixture, target or field, and for a study of one unit.
    """
    if len(evidence.units) < 2:
        raise InputError(f"the study has one unit, {evidence.units[0]}; effects need mixtures of two units or more")
    target = evidence.target(settings.target)
    base = asked_mixture(run_dir, settings.mixture, evidence, target)
    corpus = units_of(run_dir, evidence)
    if settings.groups is None:
        parts, groups = units_as_parts(evidence.units), groups_of_all_fields(corpus)
    else:
        parts, groups = groups_as_parts(corpus, settings.groups), []
    domains = [evidence.target(domain) for domain in evidence.domains if domain != target.name]
    return Question(base, tuple(parts), tuple(groups), target, tuple(domains))


def units_of(run_dir: Path, evidence: Evidence) -> CorpusUnits:
    """The units that the evidence is about, with their groups where there is a corpus that records them."""
    units = list(evidence.units)
    if not has_manifest(RunFolder(run_dir).corpus):
        return CorpusUnits(units)
    return CorpusUnits.of(CorpusDescription.read(run_dir)).only(units)
