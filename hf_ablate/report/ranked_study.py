"""What the report says about a study, read from the manifests of its run folder."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..corpus.names import is_pattern, matching
from ..errors import unknown_name
from ..manifest import find_manifest, has_manifest, read_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.ranked import MEAN, Ranking, read_ranking
from ..ranking.measured import CHOSEN, Agreement, read_agreement
from ..run_folder import TRAINED_KINDS, RunFolder
from .arguments import METHOD, NUMBER_OF_UNITS
from .training_log import Points, read_log


_MOST_DOMAINS, _MOST_MEANS, _MOST_UNITS = 12, 16, 16  # that have columns


@dataclass(frozen=True)
class RankedStudy:
    """A ranked study.

    Args:
        ranking ([`Ranking`]), agreement ([`Agreement`]): as in `ranking/`.
        models (`dict[str, dict]`): id of each trained model → its manifest, in the order seed, components, references.
        curves (`dict[str, list[tuple[int, float]]]`): model id → (tokens seen, training loss).
        evaluations (`dict[str, dict[str, list[tuple[int, float]]]]`): model id → `mean`, source or source/domain →
            (tokens seen, bits per byte), where training evaluated.
        corpus (`dict`), scores (`dict`), made (`dict`): the manifests of the corpus, the scores and the ranking.
        methods (`dict[str, tuple[str, ...]]`): id of a mixture → the ways of `enumerate` that gave it.
        asked (`tuple[str, ...]`): targets to show; default: a choice of all.
        colour_by (`str`): what the colour of a mixture means in scatter plots.
    """

    ranking: Ranking
    agreement: Agreement
    models: dict[str, dict[str, Any]]
    curves: dict[str, Points]
    evaluations: dict[str, dict[str, Points]]
    corpus: dict[str, Any]
    scores: dict[str, Any]
    made: dict[str, Any]
    methods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    colour_by: str = NUMBER_OF_UNITS

    @property
    def judged(self) -> str:
        """The predictor whose agreement counts: the choice, made without each reference model, or what answers."""
        return CHOSEN if CHOSEN in self.agreement.predictors else self.ranking.answered_by

    def is_proxy(self, predictor: str) -> bool:
        """Whether a predictor is a proxy as it was scored."""
        return self.agreement.predictors.get(predictor, {}).get("proxy", False)

    @property
    def held_out(self) -> dict[str, Points]:
        """Model id → (tokens seen, bits per byte on the mean of domains), where training evaluated."""
        return {model: curves[MEAN] for model, curves in self.evaluations.items() if MEAN in curves}

    @cached_property
    def names(self) -> dict[str, str]:
        """Id of each mixture → what the page calls it."""
        return self.ranking.names(200)

    @property
    def units(self) -> list[str]:
        return self.ranking.units

    @property
    def target(self) -> str:
        """What the study is about."""
        return self.ranking.study_target

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        """The trained models of a kind."""
        return {model: manifest for model, manifest in self.models.items() if manifest["kind"] == kind}

    def target_names(self, *levels: str) -> list[str]:
        """The targets of some levels, such as `domain`, `task` or `source_mean`."""
        return [name for name, target in self.ranking.targets.items() if target["level"] in levels]

    @cached_property
    def columns(self) -> list[str]:
        """The targets beside the study's that tables and figures show.

        Those that were asked for; else the mean of domains, and all domains and tasks or, where these are too many,
        the means of sources, tasks and groups of units, the largest groups first.
        """
        return list(self.asked) or [name for name in [MEAN, *self._parts_of_mean] if name != self.target]

    @property
    def _parts_of_mean(self) -> list[str]:
        domains, sources = self.target_names("domain", "task"), self.target_names("source_mean", "task_mean")
        if len(domains) <= _MOST_DOMAINS:
            return domains
        members = self.ranking.members
        groups = [name for name in self.target_names("group") if name in self.ranking.corpus.first_groups]
        largest = sorted(groups, key=lambda name: -len(members[name]))[: max(_MOST_MEANS - len(sources), 0)]
        return [*sources, *filter(largest.__contains__, groups)][:_MOST_MEANS] or domains[:_MOST_DOMAINS]

    @cached_property
    def parts(self) -> dict[str, list[str]]:
        """What figures show of a mixture → its units: every unit or, where these are too many, their groups."""
        if len(self.units) <= _MOST_UNITS:
            return {unit: [unit] for unit in self.units}
        groups = {
            name: own for name, units in self.ranking.corpus.first_groups.items()
            if (own := [unit for unit in units if unit in self.units])
        }  # fmt: skip
        grouped = {unit for units in groups.values() for unit in units}
        named = {
            units[0] if len(units) == 1 else f"{name.partition('=')[2]} ({len(units)})": units
            for name, units in groups.items()
        }
        return named | {unit: [unit] for unit in self.units if unit not in grouped}


def read_ranked_study(
    run_dir: Path, targets: Sequence[str] | None = None, colour_by: str = NUMBER_OF_UNITS
) -> RankedStudy:
    """Read a run folder. Only the ranking is required; what else is missing is left out of the report.

    Args:
        run_dir (`Path`): of a ranked study.
        targets (`Sequence[str]`, *optional*): to show: names or patterns.
        colour_by (`str`): what the colour of a mixture means in scatter plots: `number_of_units`, `method`, or a
            field of the corpus.

    Raises:
        `InputError`: if the study is not ranked, and for an unknown target or field.
    """
    ranking, agreement = read_ranking(run_dir), read_agreement(run_dir)
    asked = shown_targets(ranking, targets or [])
    known = [NUMBER_OF_UNITS, METHOD, *ranking.corpus.fields]
    if colour_by not in known:
        raise unknown_name("colour_by", colour_by, known)
    models, curves, evaluations = {}, {}, {}
    for folder in model_folders(run_dir):
        manifest = read_manifest(folder)
        models[manifest["model"]] = manifest
        curves[manifest["model"]], evaluations[manifest["model"]] = read_log(folder)
    folder = RunFolder(run_dir)
    manifests = (find_manifest(part) or {} for part in (folder.corpus, folder.scores, folder.ranking))
    methods = {}
    if has_manifest(folder.mixtures):
        methods = {candidate.mixture.id: candidate.methods for candidate in read_mixtures(run_dir)}
    return RankedStudy(ranking, agreement, models, curves, evaluations, *manifests, methods, asked, colour_by)


def shown_targets(ranking: Ranking, targets: Sequence[str]) -> tuple[str, ...]:
    """The targets that names and patterns mean, each once, without the study's, which is always shown.

    Raises:
        `InputError`: for an unknown target, with the nearest.
    """
    known = list(ranking.targets)
    found = [
        matching([name], known, kind="target") if is_pattern(name) else [ranking.target(name)] for name in targets
    ]
    return tuple(dict.fromkeys(name for names in found for name in names if name != ranking.study_target))


def model_folders(run_dir: Path) -> list[Path]:
    """The folders of the trained models that are scored: the seed, the components, the reference models."""
    folder = RunFolder(run_dir)
    scored = (find_manifest(folder.scores) or {"models": {}})["models"]
    return [saved for saved in folder.saved_models(*TRAINED_KINDS) if read_manifest(saved)["model"] in scored]
