"""What tables are made of, for studies of any number of units with long names; all numbers are different."""

import itertools

import numpy as np
from synthetic_study import score_rows

from hf_ablate.evaluation.row_blocks import RowBlock, block_of_line
from hf_ablate.mixtures.enumerate import CandidateMixture
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import MEAN, Ranking
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.prediction.mixtures_of_file import ListedMixtures
from hf_ablate.prediction.predictor import Prediction
from hf_ablate.ranking.measured import Agreement


FIELDS = (
    "Agricultural_and_Food_Sciences", "Computer_Science", "Political_Science_and_International_Relations",
    "Environmental_Science",
)  # fmt: skip
HELD_OUT = ("c4_100_domains_wikipedia", "mc4_en", "falcon_refinedweb_of_a_long_name")
STATISTICS = ("pearson", "spearman", "kendall", "decision_accuracy", "regret", "coverage")


class WideResults:
    """The results of a study of so many units."""

    def __init__(self, units: int) -> None:
        self.units = [f"{FIELDS[n % 4]}_{1970 + n // 4}-{1974 + n // 4}" for n in range(units)]
        self.domains = [("s2orc_validation_domains", unit) for unit in self.units]
        self.domains += [("out_of_domain", name) for name in HELD_OUT]
        self.targets = ["/".join(domain) for domain in self.domains]
        self.mixtures = [Mixture.uniform([unit]) for unit in self.units]
        self.mixtures += [Mixture.of({one: 1.7, other: 1}) for one, other in itertools.pairwise(self.units)]
        self.mixtures.append(Mixture.uniform(self.units))
        self.mixture_of_all = Mixture.of({unit: 1 + n for n, unit in enumerate(self.units)}).weights
        self._numbers = itertools.count(10_001)

    def _number(self) -> float:
        return next(self._numbers) / 10_000

    def _estimate(self) -> dict:
        return {"value": self._number(), "low": self._number(), "high": self._number()}

    def _effect(self) -> dict:
        return {"effect": self._number(), "low": 0.9, "high": 1 + self._number(), "told_apart": True}

    def ranking(self) -> Ranking:
        return Ranking(
            {
                "unit_of_measure": "bits per byte", "split": "val", "answered_by": "stack", "models": [],
                "reason": "it was asked for", "noise_source": None,
                "ranked_by": [{"predictor": "stack", "label": "stack", "description": "of all", "scored": None}],
                "mixtures": [{"mixture_id": one.id, "mixture": one.weights} for one in self.mixtures],
                "targets": [
                    {"target": name, "level": "mean" if name == MEAN else "domain", "noise_floor": None,
                     "unit_of_measure": "bits per byte", "mixed_units": ""}
                    for name in (MEAN, *self.targets)
                ],
                "members": [{"target": MEAN, "member": name} for name in self.targets],
                "ranking": [
                    {"target": name, "predictor": "stack", "rank": rank, "mixture_id": one.id, "tied": False,
                     "score": self._number(), "sd": self._number(), "reference": self._number()}
                    for name in (MEAN, *self.targets[:8]) for rank, one in enumerate(self.mixtures, 1)
                ],
            },
            CorpusUnits(self.units),
        )  # fmt: skip

    def agreement(self) -> Agreement:
        predictors = ("chosen", "proxy: averaged weights of all", "own-domain weight", "mean of the components")
        rows = [
            {"target": name, "level": "mean" if name == MEAN else "domain", "group": group, "n": 40,
             "predictor": predictor, "statistic": statistic, "reason": None} | self._estimate()
            for name in (MEAN, *self.targets) for group in ("all", "2") for predictor in predictors
            for statistic in STATISTICS
        ]  # fmt: skip
        return Agreement(
            {
                "target": MEAN, "references": 40, "reference_budget": "fixed",
                "proxy_scale": None, "reference_scale": None,
                "references_from": None,
                "confidence": 0.95,
                "unit_of_measure": "bits per byte", "agreement": rows,
                "predictors": [
                    {"predictor": name, "label": name, "description": "", "baseline": True, "error": 0.5}
                    for name in predictors
                ],
            }
        )  # fmt: skip

    def scores(self) -> list[RowBlock]:
        models = {f"component:{unit}": Mixture.uniform([unit]) for unit in self.units[:9]}
        models |= {f"merged:{one.id}": one for one in self.mixtures[len(self.units) :][:9]}
        return [
            block_of_line(row)
            for model, mixture in models.items()
            for row in score_rows(model, mixture, {domain: self._number() for domain in self.domains})
        ]

    def effects(self) -> dict:
        """As in `effects.json`."""
        changes = [("drop", unit, None) for unit in self.units] + [("upweight", unit, None) for unit in self.units]
        changes += [("swap", one, other) for one in self.units[:8] for other in self.units[:8] if one != other]
        keys = [dict(zip(("change", "part", "other"), change, strict=True)) for change in changes]
        return {
            "mixtures": [{"mixture": self.mixture_of_all}], "predictor": "stack", "unit_of_measure": "bits per byte",
            "confidence": 0.9, "target": MEAN, "noise_floor": 0.01,
            "changes": [key | {"sentence": f"changing {key['part']} does something"} for key in keys],
            "effects": [key | {"target": MEAN} | self._effect() for key in keys],
            "parts": [{"part": unit, "weight": 0.5, "largest_weight": 1.0} for unit in self.units],
            "shapley": [{"part": unit, "told_apart": True} | self._estimate() for unit in self.units],
            "interactions": [
                {"part": one, "other": other, "told_apart": False} | self._estimate()
                for one, other in itertools.pairwise(self.units)
            ],
        }  # fmt: skip

    def best(self) -> dict:
        """As `propose` gives."""
        return {
            "unit_of_measure": "bits per byte", "confidence": 0.9, "confidence_bound": None, "target": MEAN,
            "scale": "", "label": "stack", "comparisons": [], "constraints": [], "noise_floor": 0.01, "gap": None,
            "starts": 2, "agreed": 1, "tolerance": 1e-4, "all_sets": True,
            "proposed": [{"mixture": self.mixture_of_all, "distance_to_scored": 0.1, "distance_to_reference": 0.2}],
            "expected": [
                {"target": name, "score": self._number(), "sd": self._number(), "difference": self._number(),
                 "difference_sd": self._number()}
                for name in (MEAN, *self.targets)
            ],
        }  # fmt: skip

    def references(self) -> dict:
        """As `propose --for reference` gives."""
        return {
            "unit_of_measure": "bits per byte", "target": MEAN, "regret_now": 0.2, "noise_sd": 0.01,
            "power": [{"references": n, "difference": 0.4 / n} for n in range(4, 9)],
            "proposed": [
                {"mixture": one.weights, "explores": False, "flops": 1e18, "hours": 2.5, "regret_saved_per_hour": 0.1}
                | {key: self._number() for key in ("score", "sd", "regret_saved", "regret_after")}
                for one in self.mixtures[-4:]
            ],
        }  # fmt: skip

    def comparison(self) -> dict:
        """As `compare` gives."""
        runs = [f"runs/a_study_of_everything/pools/{name}_b" for name in HELD_OUT]
        keys = ("best_score", "uniform_score", "mean_score", "mean_reference", *STATISTICS[:2], *STATISTICS[3:5])
        scales = {"component_tokens": 10**9, "proxy_scale": "1b", "reference_scale": "7b"}
        return {
            "by": "component_tokens", "target": self.targets[0], "unit_of_measure": "bits per byte",
            "runs": [{"run": run} | scales for run in runs],
            "comparison": [
                {"run": run, "label": label, "n": 40} | {key: self._number() for key in keys}
                for run in runs for label in ("chosen, nested", "proxy: averaged weights of all")
            ],
        }  # fmt: skip

    def predictions(self) -> tuple[ListedMixtures, list[str], Prediction]:
        mixtures = {f"a_mixture_in_a_table_{n}": one for n, one in enumerate(self.mixtures[:6])}
        shape = len(mixtures), 1 + len(self.targets)
        mean, sd = (np.array([self._number() for _ in range(np.prod(shape))]).reshape(shape) for _ in range(2))
        return ListedMixtures("mixture", mixtures), [MEAN, *self.targets], Prediction(mean, sd)

    def candidates(self) -> list[CandidateMixture]:
        return [CandidateMixture(one, reference=len(one.units) == 2) for one in self.mixtures]

    def costs(self) -> list[dict]:
        """As `train --dry_run` gives."""
        return [
            {"model": f"component:{unit}", "name": unit, "tokens": 10**9, "flops": 6e18, "device_hours": 1.5}
            for unit in self.units
        ]
