"""How often units are repeated in the planned final run, against the study that speaks for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..manifest import find_manifest, read_manifest
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder


_FACTOR = (
    2.0  # up to four epochs are nearly as good as new text (arXiv 2305.16264): twice as many can make a difference
)


@dataclass(frozen=True)
class Repetition:
    """How often a unit's text is seen.

    Args:
        unit (`str`): its name.
        study (`float`): epochs of its component model, over the text that the unit has.
        final (`float`): epochs of the final run, over all text of the partition.
    """

    unit: str
    study: float
    final: float

    @property
    def factor(self) -> float:
        """How much more often text is repeated in the final run; text that is not seen whole is seen once.

        Example:

        ```python
        >>> Repetition("code", study=0.5, final=6.0).factor
        6.0

        ```
        """
        return max(self.final, 1.0) / max(self.study, 1.0)

    @property
    def differs(self) -> bool:
        """Whether the study says little about what this repetition does."""
        return not 1 / _FACTOR <= self.factor <= _FACTOR


def repetitions(run_dir: Path, mixture: Mixture, total_tokens: int) -> list[Repetition]:
    """How often the units of a mixture are seen, in the study and in a final run.

    Args:
        run_dir (`Path`): of a study with its corpus.
        mixture ([`Mixture`]): that the final run is trained on.
        total_tokens (`int`): of the final run.

    Returns:
        `list[Repetition]`: a record per unit whose available tokens the corpus records.

    Raises:
        `InputError`: for a unit that the corpus does not have.
    """
    folder = RunFolder(run_dir)
    units = read_manifest(folder.corpus)["units"]
    mixture.check_units(list(units))
    found = []
    for unit, weight in mixture.items:
        component = find_manifest(folder.component(unit))
        passes = component["blocks"][unit]["epochs"] if component else 1.0
        if available := units[unit].get("available_tokens"):
            found.append(Repetition(unit, units[unit]["epochs"] * passes, weight * total_tokens / available))
    return found


def warnings_of(repetitions: Iterable[Repetition]) -> list[str]:
    """A sentence for every unit that the final run repeats more than twice as often as the study, or half as often.

    Example:

    ```python
    >>> warnings_of([Repetition("code", study=1.0, final=6.0), Repetition("news", study=1.0, final=1.5)])
    ['code is seen 6.0 times in the final run and 1.0 times in the study, which may overrate it.']

    ```
    """
    return [
        f"{each.unit} is seen {each.final:.1f} times in the final run and {each.study:.1f} times in the study, which "
        f"may {'overrate' if each.factor > 1 else 'underrate'} it."
        for each in repetitions
        if each.differs
    ]
