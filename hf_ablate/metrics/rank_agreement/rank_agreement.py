"""How well predicted scores order candidates as their true scores do."""

import warnings

import datasets
import evaluate
import numpy as np
from scipy import stats


_DESCRIPTION = """
How well cheap predictions of scores order candidates (models, data mixtures, settings) as their true scores do. Scores
are losses: lower is better. Besides correlations, it says how often the better of two candidates is recognised
(decision accuracy), and what choosing the candidate with the best prediction costs (regret).
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions (`list[float]`): the predicted score of each candidate, at least 3.
    references (`list[float]`): the true score of each candidate.

Returns:
    `dict[str, float]`:
    `pearson`, `spearman`, `kendall` (tau-b): correlations, NaN where one side is constant;
    `decision_accuracy`: the share of pairs of candidates ordered alike, a tie on one side or both counting half;
    `regret`: true score of the candidate with the lowest prediction minus the lowest true score (averaged over ties
    for the lowest prediction), in the scores' unit;
    `relative_regret`: the same as a share of the lowest true score.

Raises:
    `ValueError`: for fewer than 3 candidates, and scores that are not finite.

Examples:

    >>> metric = RankAgreement()
    >>> result = metric.compute(predictions=[1.0, 2.0, 3.0, 4.0], references=[1.5, 1.0, 3.0, 4.0])
    >>> {name: round(value, 4) for name, value in result.items()}
    {'pearson': 0.8907, 'spearman': 0.8, 'kendall': 0.6667, 'decision_accuracy': 0.8333, 'regret': 0.5,
     'relative_regret': 0.5}

"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class RankAgreement(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("float64")}
            ),
            reference_urls=["https://huggingface.co/papers/2410.15661"],
        )

    def _compute(self, predictions, references):
        predictions, references = np.asarray(predictions), np.asarray(references)
        if len(predictions) < 3:
            raise ValueError(f"{len(predictions)} candidates were given; an order needs at least 3 to be judged")
        if not (np.isfinite(predictions).all() and np.isfinite(references).all()):
            raise ValueError("a score is NaN or infinite; leave the candidate out")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of constant inputs, which give NaN
            pearson, spearman, kendall = (
                float(function(predictions, references).statistic)
                for function in (stats.pearsonr, stats.spearmanr, stats.kendalltau)
            )
        lowest = references.min()
        regret = references[predictions == predictions.min()].mean() - lowest
        return {
            "pearson": pearson,
            "spearman": spearman,
            "kendall": kendall,
            "decision_accuracy": _decision_accuracy(predictions, references),
            "regret": float(regret),
            "relative_regret": float(regret / lowest) if lowest else float("nan"),
        }


def _decision_accuracy(predictions, references):
    first, second = np.triu_indices(len(predictions), 1)
    ours = np.sign(predictions[first] - predictions[second])
    theirs = np.sign(references[first] - references[second])
    return float(((1 + ours * theirs) / 2).mean())
