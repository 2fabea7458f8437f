"""How often units are repeated in the planned final run, against the study that speaks for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..manifest import find_manifest, read_manifest
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder


GOOD_EPOCHS = 4.0  # up to so many are nearly as good as new text (arXiv 2305.16264)
_FACTOR = 2.0  # so twice as many can make a difference


@dataclass(frozen=True)
class Repetition:
    """How often a unit's text is seen.

    Args:
        unit (`str`): its name.
        study_epochs (`float`): of its component model, over the text that the unit has.
        final_epochs (`float`): of the final run, over all text of the partition.
    """

    unit: str
    study_epochs: float
    final_epochs: float

    @property
    def factor(self) -> float:
        """How much more often text is repeated in the final run; text that is not seen whole is seen once.

        Example:

        ```python
        >>> Repetition("code", study_epochs=0.5, final_epochs=6.0).factor
        6.0

        ```
        """
        return max(self.final_epochs, 1.0) / max(self.study_epochs, 1.0)

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
    epochs = final_epochs(
        {unit: entry.get("available_tokens") for unit, entry in units.items()}, mixture, total_tokens
    )
    found = []
    for unit, times in epochs.items():
        component = find_manifest(folder.component(unit))
        passes = component["blocks"].get(unit, {"epochs": 0.0})["epochs"] if component else 1.0
        found.append(Repetition(unit, units[unit]["epochs"] * passes, times))
    return found


def final_epochs(available: Mapping[str, float | None], mixture: Mixture, total_tokens: int) -> dict[str, float]:
    """How often a final run sees the text of a mixture's units.

    Args:
        available (`Mapping[str, float | None]`): unit → tokens that there are of it, where that is known.
        mixture ([`Mixture`]): that the final run is trained on.
        total_tokens (`int`): of the final run.

    Returns:
        `dict[str, float]`: of the units whose tokens are known.

    Example:

    ```python
    >>> final_epochs({"code": 100, "news": 500, "web": None}, Mixture.uniform(["code", "news", "web"]), 1500)
    {'code': 5.0, 'news': 1.0}

    ```
    """
    return {unit: weight * total_tokens / tokens for unit, weight in mixture.items if (tokens := available.get(unit))}


def repetition_warnings(repetitions: Iterable[Repetition]) -> list[str]:
    """A sentence for every unit that the final run repeats more than twice as often as the study, or half as often.

    Example:

    ```python
    >>> repetition_warnings([Repetition("code", 1.0, 6.0), Repetition("news", 1.0, 1.5)])
    ['code is seen 6.0 times in the final run and 1.0 times in the study, which may overrate it.']

    ```
    """
    return [
        f"{each.unit} is seen {each.final_epochs:.1f} times in the final run and {each.study_epochs:.1f} times in the "
        f"study, which may {'overrate' if each.factor > 1 else 'underrate'} it."
        for each in repetitions
        if each.differs
    ]
