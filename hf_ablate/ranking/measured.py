"""The agreement of a study's predictors with its reference models, as `hf-ablate rank` wrote it."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import unknown_name
from ..manifest import read_manifest
from ..run_folder import RunFolder


ALL = "all"  # the group of all mixtures with a reference model
CHOSEN = "chosen"  # the predictor that is chosen without the reference model that it predicts
INTERVALS = "coverage"  # the statistic of its 90 % intervals


@dataclass(frozen=True)
class Agreement:
    """`agreement.json`: tables of flat records, whose keys docs/json.md explains, and look-ups in them.

    Args:
        content (`dict`): what the file holds.
    """

    content: dict[str, Any]

    @property
    def references(self) -> int:
        """How many reference models of two units or more are scored."""
        return self.content["references"]

    @property
    def confidence(self) -> float:
        """The share of resamples in an interval."""
        return self.content["confidence"]

    @property
    def scales(self) -> str:
        """Whose reference models judge whose proxies; empty where they are of one run folder."""
        proxies, references = self.content["proxy_scale"], self.content["reference_scale"]
        if self.content["references_from"] is None:
            return ""
        return f"{proxies} proxies against {references} references" if proxies else f"references: {references}"

    @property
    def bootstrap_samples(self) -> int:
        """Resamples of the mixtures behind each interval."""
        return self.content["bootstrap_samples"]

    @cached_property
    def predictors(self) -> dict[str, dict[str, Any]]:
        """Name → `label`, `description`, `proxy` and `baseline` (whether it is one), `error` (cross-validated)."""
        return {row["predictor"]: row for row in self.content["predictors"]}

    @cached_property
    def targets(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Target → group (`all`, or a number of units) → what [`Agreement.group`] returns."""
        targets: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self.content["agreement"]:
            group = targets.setdefault(row["target"], {}).setdefault(row["group"], {"n": row["n"], "predictors": {}})
            group["predictors"].setdefault(row["predictor"], {})[row["statistic"]] = row
        return targets

    @cached_property
    def held_out(self) -> dict[str, list[dict[str, Any]]]:
        """Target → what was predicted of each reference model without it: `mixture_id`, `score`, `low`, `high`."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.content["held_out"]:
            found.setdefault(row["target"], []).append(row)
        return found

    @property
    def study_target(self) -> str:
        """The target that the study is about."""
        return self.content["target"]

    def group(self, target: str | None = None, group: str = ALL) -> dict[str, Any]:
        """The agreement on one target (default: the study's), of all mixtures or those of one size.

        Returns:
            `dict`: `n` (mixtures), `predictors` → name → statistic → its record: `value`, `low`, `high`, `reason`.

        Raises:
            `InputError`: for an unknown target or group.
        """
        target = self.study_target if target is None else target
        if target not in self.targets:
            raise unknown_name("target", target, list(self.targets))
        groups = self.targets[target]
        if group not in groups:
            raise unknown_name("group of mixtures", group, list(groups))
        return groups[group]


def best_predictors(group: dict[str, Any]) -> list[str]:
    """The predictors with the highest decision accuracy; several when they are equal, none when it is undefined.

    Args:
        group (`dict`): from [`Agreement.group`].
    """
    accuracy = {
        name: entry["decision_accuracy"]["value"]
        for name, entry in group["predictors"].items()
        if entry["decision_accuracy"]["value"] is not None
    }
    return [name for name, value in accuracy.items() if value >= max(accuracy.values()) - 1e-12]


def read_agreement(run_dir: Path) -> Agreement:
    """The agreement of a study.

    Raises:
        `InputError`: if `hf-ablate rank` has not been run.
    """
    folder = RunFolder(run_dir)
    read_manifest(folder.ranking)
    return Agreement(json.loads(folder.agreement_file.read_text(encoding="utf-8")))
