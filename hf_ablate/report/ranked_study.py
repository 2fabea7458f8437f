"""What the report says about a study, read from the manifests of its run folder."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..manifest import find_manifest, read_manifest
from ..mixtures.ranked import MEAN, Ranking, read_ranking
from ..ranking.measured import CHOSEN, Agreement, read_agreement
from ..run_folder import TRAINED_KINDS, RunFolder


# (tokens seen, value) during training
Points = list[tuple[int, float]]
_SCORE = "eval_bits_per_byte"


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
    """

    ranking: Ranking
    agreement: Agreement
    models: dict[str, dict[str, Any]]
    curves: dict[str, Points]
    evaluations: dict[str, dict[str, Points]]
    corpus: dict[str, Any]
    scores: dict[str, Any]
    made: dict[str, Any]

    @property
    def judged(self) -> str:
        """The predictor whose agreement counts: the choice, made without each reference model, or what answers."""
        return CHOSEN if CHOSEN in self.agreement.predictors else self.ranking.answered_by

    def is_proxy(self, predictor: str) -> bool:
        """Whether a predictor is a proxy as it was scored."""
        return self.agreement.predictors.get(predictor, {}).get("proxy", False)

    @cached_property
    def names(self) -> dict[str, str]:
        """Id of each mixture → what the page calls it."""
        return self.ranking.names(200)

    @property
    def units(self) -> list[str]:
        return self.ranking.units

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        """The trained models of a kind."""
        return {model: manifest for model, manifest in self.models.items() if manifest["kind"] == kind}

    def target_names(self, level: str) -> list[str]:
        """The targets of a level: `domain`, `source_mean` or `mean`."""
        return [name for name, target in self.ranking.targets.items() if target["level"] == level]

    def columns(self, most: int = 12) -> list[str]:
        """The targets to show as columns of a table: all domains, or the sources where there are too many domains."""
        domains = self.target_names("domain")
        return domains if len(domains) <= most else (self.target_names("source_mean") or domains)[:most]


def read_ranked_study(run_dir: Path) -> RankedStudy:
    """Read a run folder. Only the ranking is required; what else is missing is left out of the report.

    Raises:
        `InputError`: if the study is not ranked.
    """
    ranking, agreement = read_ranking(run_dir), read_agreement(run_dir)
    models, curves, evaluations = {}, {}, {}
    for folder in model_folders(run_dir):
        manifest = read_manifest(folder)
        rows = _metrics(folder, manifest)
        models[manifest["model"]] = manifest
        curves[manifest["model"]] = _points(rows, "loss")
        evaluations[manifest["model"]] = _evaluations(rows)
    folder = RunFolder(run_dir)
    manifests = (find_manifest(part) or {} for part in (folder.corpus, folder.scores, folder.ranking))
    return RankedStudy(ranking, agreement, models, curves, evaluations, *manifests)


def model_folders(run_dir: Path) -> list[Path]:
    """The folders of the trained models that are scored: the seed, the components, the reference models."""
    folder = RunFolder(run_dir)
    scored = (find_manifest(folder.scores) or {"models": {}})["models"]
    return [saved for saved in folder.saved_models(*TRAINED_KINDS) if read_manifest(saved)["model"] in scored]


def _metrics(folder: Path, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What training logged, each row with the `tokens` seen; the last step is all tokens of the model."""
    path = folder / "metrics.jsonl"
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last = max((row.get("step") or 0 for row in rows), default=0)
    return [row | {"tokens": round(row["step"] / last * manifest["tokens"])} for row in rows if last and "step" in row]


def _evaluations(rows: list[dict[str, Any]]) -> dict[str, Points]:
    keys = dict.fromkeys(key for row in rows for key in row if key == _SCORE or key.startswith(f"{_SCORE}/"))
    curves = {key.removeprefix(_SCORE).removeprefix("/") or MEAN: _points(rows, key) for key in keys}
    return {name: points for name, points in curves.items() if points}


def _points(rows: list[dict[str, Any]], key: str) -> Points:
    return [(row["tokens"], row[key]) for row in rows if row.get(key) is not None]
