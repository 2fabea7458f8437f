"""The ranking of a study's mixtures, as `hf-ablate rank` wrote it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import InputError, unknown_name
from ..manifest import has_manifest, read_manifest
from ..run_folder import RunFolder
from .display import display_names
from .mixture import Mixture
from .proxies import PROXIES
from .ranked_scores import RankedScores, read_ranked_scores
from .units import CorpusUnits


MEAN = "mean"  # what options and files call the target that is the mean of all domains
FORM = "flat records, with confidence and units of targets"  # of the files; others are made again


@dataclass(frozen=True)
class Ranking:
    """`ranking.json`: tables of flat records, whose keys docs/json.md explains, and look-ups in them.

    Args:
        content (`dict`): what the file holds.
        corpus ([`CorpusUnits`]): the units and their groups, by which mixtures are named.
        scores ([`RankedScores`], *optional*): of all mixtures on all targets, where the file does not hold the records
            of all.
    """

    content: dict[str, Any]
    corpus: CorpusUnits = CorpusUnits([])
    scores: RankedScores | None = None

    @property
    def unit_of_measure(self) -> str:
        """Of the scores on the study's target, such as `bits per byte`."""
        return self.content["unit_of_measure"]

    @property
    def study_target(self) -> str:
        """The target that the study is about, on which its best mixture is the best."""
        return self.content["target"]

    def unit_of(self, *targets: str) -> str:
        """The unit of measure of the scores on a target; of several that differ, all of theirs."""
        return " and ".join(dict.fromkeys(self.targets[target]["unit_of_measure"] for target in targets))

    @property
    def split(self) -> str:
        """Of the evaluation text."""
        return self.content["split"]

    @property
    def reference_budget(self) -> str:
        """`fixed`, `union`, or `unknown` where no reference model is scored."""
        return self.content["reference_budget"]

    @cached_property
    def mixtures(self) -> dict[str, dict[str, Any]]:
        """Id of each candidate → `name`, `mixture` (unit → weight), `number_of_units`."""
        return {row["mixture_id"]: row for row in self.content["mixtures"]}

    @cached_property
    def candidates(self) -> list[Mixture]:
        """The mixtures, in the order of `mixtures`."""
        return [Mixture.of(row["mixture"]) for row in self.content["mixtures"]]

    def names(self, width: int = 96) -> dict[str, str]:
        """Id of each candidate → what people read for it, which is long for few; see [`display_names`]."""
        return display_names(self.candidates, self.corpus, width)

    @cached_property
    def targets(self) -> dict[str, dict[str, Any]]:
        """Name of each target → `level`, `source`, `domain`, `noise_floor`; the mean of domains first."""
        return {row["target"]: row for row in self.content["targets"]}

    @cached_property
    def members(self) -> dict[str, list[str]]:
        """Target → the domains that it is a mean of; single domains are left out."""
        members: dict[str, list[str]] = {}
        for row in self.content["members"]:
            members.setdefault(row["target"], []).append(row["member"])
        return members

    @cached_property
    def units(self) -> list[str]:
        """All units of the candidates, in alphabetical order."""
        return sorted({unit for row in self.content["mixtures"] for unit in row["mixture"]})

    @property
    def answered_by(self) -> str:
        """The predictor that answers."""
        return self.content["answered_by"]

    @cached_property
    def ranked_by(self) -> dict[str, dict[str, Any]]:
        """The predictors that the mixtures are ranked by → `label`, `description`; the one that answers first."""
        return {row["predictor"]: row for row in self.content["ranked_by"]}

    def predictor(self, option: str | None = None) -> str:
        """The predictor that a word in an option stands for, which the mixtures were ranked by.

        Args:
            option (`str`, *optional*): `merge`, `ensemble` or a predictor's name; default: the one that answers.

        Raises:
            `InputError`: for a predictor that the mixtures were not ranked by.
        """
        if option is None:
            return self.answered_by
        name = {proxy.option: proxy.kind for proxy in PROXIES}.get(option, option)
        if name not in self.ranked_by:
            raise unknown_name("predictor", option, list(self.ranked_by))
        return name

    def target(self, name: str | None = None) -> str:
        """The target that a name means, see [`find_target`]; without one, the study's."""
        if name is None:
            return self.study_target
        return find_target(name, {target: facts["domain"] for target, facts in self.targets.items()})

    def entries(self, target: str | None = None, predictor: str | None = None) -> list[dict[str, Any]]:
        """The records of a target (default: the study's) and a predictor (the one that answers), best first."""
        key = (self.study_target if target is None else target, predictor or self.answered_by)
        if key not in self._entries:
            self._entries[key] = self._made(*key) if self.scores and self.scores.has(*key) else []
        return self._entries[key]

    @property
    def best_id(self) -> str:
        """The id of the first mixture on the study's target."""
        return self.entries()[0]["mixture_id"]

    @property
    def best(self) -> Mixture:
        """The first mixture on the study's target."""
        return Mixture.of(self.mixtures[self.best_id]["mixture"])

    def seed_score(self, target: str) -> float | None:
        """The seed's score; `None` where it has none."""
        return self._models.get((target, "seed"), {}).get("seed")

    def component_scores(self, target: str) -> dict[str, float | None]:
        """Unit → score of its component."""
        return self._models.get((target, "component"), {})

    @cached_property
    def _entries(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        return _grouped(self.content["ranking"], "predictor")

    def _made(self, target: str, predictor: str) -> list[dict[str, Any]]:
        """Records that the file does not hold."""
        key = {name: self.targets[target][name] for name in ("target", "level", "source", "domain")}
        return self.scores.records(key, predictor, self.content["mixtures"])

    @cached_property
    def _models(self) -> dict[tuple[str, str], dict[str, float | None]]:
        grouped = _grouped(self.content["models"], "kind")
        return {key: {row["name"]: row["score"] for row in rows} for key, rows in grouped.items()}


def find_target(name: str, targets: dict[str, str | None]) -> str:
    """The target that a name means: its own, or that of a domain without the source where only one source has it.

    Args:
        name (`str`): what the user wrote.
        targets (`dict[str, str | None]`): name of each target → its domain, if it is one.

    Raises:
        `InputError`: if there is none, or there are several.

    Example:

    ```python
    >>> find_target("pandas", {"mean": None, "in_domain": None, "in_domain/pandas": "pandas"})
    'in_domain/pandas'

    ```
    """
    if name in targets:
        return name
    meant = [target for target, domain in targets.items() if domain == name]
    if len(meant) > 1:
        raise InputError(f"{name!r} is a domain of several sources; write {' or '.join(meant)}")
    if not meant:
        as_written = targets if "/" in name else [domain or target for target, domain in targets.items()]
        raise unknown_name("target", name, list(dict.fromkeys(as_written)))
    return meant[0]


def _grouped(rows: list[dict[str, Any]], key: str) -> dict[tuple[str, str], list[dict[str, Any]]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["target"], row[key]), []).append(row)
    return groups


def read_ranking(run_dir: Path) -> Ranking:
    """The ranking of a study.

    Raises:
        `InputError`: if `hf-ablate rank` has not been run, or by a version that wrote it in another form.
    """
    folder = RunFolder(run_dir)
    if read_manifest(folder.ranking)["inputs"].get("form") != FORM:
        raise InputError(f"{folder.ranking} was written by another version of hf_ablate; run `hf-ablate rank` again")
    content = json.loads(folder.ranking_file.read_text(encoding="utf-8"))
    has_units = has_manifest(folder.corpus) or has_manifest(folder.observations)
    scores = read_ranked_scores(folder.ranked_scores_file) if folder.ranked_scores_file.is_file() else None
    return Ranking(content, CorpusUnits.read(run_dir) if has_units else CorpusUnits([]), scores)
