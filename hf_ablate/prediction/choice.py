"""Which predictor answers: all are judged on reference models that they have not seen, and so is the choice itself."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .candidates import Candidate
from .features import FeatureTable
from .predictor import Prediction, two_sided
from .stack import Stack
from .stack_fit import fit_stack


COVERAGE = 0.9
_Z = two_sided(COVERAGE)
_LEAVE_ONE_OUT = 14  # references up to which every one is a fold of its own
_FOLDS = 10
# The first, mostly the stack, answers unless another predictor has half its error: what looks better on few references
# is mostly luck, or better on most domains and far worse on the one that needs the other feature.
_EQUAL = 2.0
_FEWEST_HELD_OUT = 6  # references, below which their held-out errors say nothing about intervals


@dataclass(frozen=True)
class Judged:
    """A candidate, and what it says of every reference model when fitted without it.

    Args:
        candidate ([`Candidate`]): the predictor.
        error (`float`): leave-one-out mean squared error as a share of the variance of the references, half of it on
            the mean of domains and half the mean over domains and tasks: what the choice goes by.
        held_out ([`Prediction`]): of the references.
    """

    candidate: Candidate
    error: float
    held_out: Prediction


@dataclass(frozen=True)
class Choice:
    """The predictor that answers, and how it was found.

    Args:
        chosen ([`Candidate`]): the first, mostly the stack, unless another has half its error.
        stack ([`Stack`]): the chosen predictor, calibrated on all references.
        judged (`list[Judged]`): all candidates, the best first.
        nested ([`Prediction`]): of the references, each by the predictor that would have been chosen, fitted and
            calibrated without it: what may be expected of the choice.
    """

    chosen: Candidate
    stack: Stack
    judged: list[Judged]
    nested: Prediction

    def nested_reach(self, target: np.ndarray) -> np.ndarray:
        """How far each reference's 90 % interval on a target reaches from `nested.mean`, either way.

        Errors on different domains are taken to correlate as those of the chosen predictor do.

        Args:
            target (`np.ndarray`): [domains], the weight of each domain.

        Returns:
            `np.ndarray`: [references].
        """
        spread = self.nested.sd * target
        return _Z * np.sqrt((spread @ self.stack.correlation * spread).sum(axis=1))


def choose(table: FeatureTable, candidates: Sequence[Candidate], wanted: str | None = None) -> Choice:
    """Choose among predictors by leave-one-out error on the references, and judge the choice by cross-validation.

    Args:
        table ([`FeatureTable`]): of a study with enough references.
        candidates (`Sequence[Candidate]`): of which the first, mostly the stack, wins unless another has half its
            error.
        wanted (`str`, *optional*): the name of the one to take whatever the errors are.
    """
    losses = table.references.losses
    texts = table.evidence.number_of_texts
    features = {candidate.name: table.at_references(candidate.features) for candidate in candidates}
    expected = {each.name: table.expected_slopes(each.features, each.expected) for each in candidates}

    def fit(candidate: Candidate, rows: np.ndarray) -> Stack:
        # A surface is part of the stack; with it, a baseline would be a Gaussian process by another name.
        surface = len(candidate.features) > 1
        chosen = features[candidate.name].only(rows)
        return fit_stack(chosen, losses[rows], expected[candidate.name], surface, candidate.is_bounded)

    def best(rows: np.ndarray) -> tuple[dict[str, Stack], Candidate]:
        fitted = {candidate.name: fit(candidate, rows) for candidate in candidates}
        errors = {name: _error(stack, losses[rows], texts) for name, stack in fitted.items()}
        choosable = [each for each in candidates if each.name == wanted or not (wanted or each.only_asked_for)]
        best = min(choosable, key=lambda candidate: errors[candidate.name])
        return fitted, choosable[0] if errors[choosable[0].name] <= _EQUAL * errors[best.name] else best

    def inflation(candidate: Candidate, rows: np.ndarray) -> float:
        """What makes 90 % intervals hold 90 % of the references that are held out, in all domains together."""
        if len(rows) < _FEWEST_HELD_OUT:
            return _few(len(rows))
        scores = []
        for held_out in folds(len(rows)):
            kept = np.delete(rows, held_out)
            there = fit(candidate, kept).predict(features[candidate.name].only(rows[held_out]))
            scores.append(np.abs(losses[rows[held_out]] - there.mean) / there.sd)
        return max(float(np.quantile(np.concatenate(scores), COVERAGE)) / _Z, _few(len(rows)))

    everything = np.arange(len(losses))
    fitted, chosen = best(everything)
    held_out = {candidate.name: _empty(losses) for candidate in candidates}
    nested = _empty(losses)
    for fold in folds(len(losses)):
        kept = np.delete(everything, fold)
        without, winner = best(kept)
        for name, stack in without.items():
            _put(held_out[name], fold, stack.predict(features[name].only(fold)))
        calibrated = without[winner.name].inflated(inflation(winner, kept))
        _put(nested, fold, calibrated.predict(features[winner.name].only(fold)))
    judged = [
        Judged(candidate, _error(fitted[candidate.name], losses, texts), held_out[candidate.name])
        for candidate in candidates
    ]  # fmt: skip
    return Choice(
        chosen,
        fitted[chosen.name].inflated(inflation(chosen, everything)),
        sorted(judged, key=lambda one: one.error),
        nested,
    )


def folds(count: int) -> list[np.ndarray]:
    """Which references are held out together: one at a time where there are few, otherwise ten times a tenth.

    Args:
        count (`int`): of references.

    Returns:
        `list[np.ndarray]`: for each fold, their positions.
    """
    parts = count if count <= _LEAVE_ONE_OUT else _FOLDS
    return [np.arange(part, count, parts) for part in range(parts)]


def _error(stack: Stack, losses: np.ndarray, texts: int) -> float:
    errors = stack.leave_one_out
    on_mean = (errors[:, :texts].mean(axis=1) ** 2).mean() / max(losses[:, :texts].mean(axis=1).var(), 1e-12)
    on_domains = ((errors**2).mean(axis=0) / np.maximum(losses.var(axis=0), 1e-12)).mean()
    return float((on_mean + on_domains) / 2)


def _few(references: int) -> float:
    """Student's t in place of the normal distribution: all that can be done for so few references."""
    from scipy.stats import t

    return float(t.ppf((1 + COVERAGE) / 2, references - 2)) / _Z


def _empty(losses: np.ndarray) -> Prediction:
    return Prediction(np.full_like(losses, np.nan), np.full_like(losses, np.nan))


def _put(into: Prediction, rows: np.ndarray, what: Prediction) -> None:
    into.mean[rows], into.sd[rows] = what.mean, what.sd
