"""`hf-ablate predict`: the losses of any mixtures, with their standard deviations."""

import csv
import logging
import sys
from pathlib import Path

import numpy as np

from ..manifest import has_manifest
from ..mixtures.mixture import Mixture
from ..mixtures.ranked import MEAN
from ..observations.runs import read_runs
from ..observations.scales import BASE
from ..records import records_text
from ..run_folder import RunFolder
from ..text_table import paragraph, text_table
from .arguments import PredictArguments
from .candidates import candidates
from .evidence import Evidence
from .fitted import FittedStudy, fit_evidence
from .mixtures_of_file import ListedMixtures, read_listed_mixtures
from .predictor import Prediction
from .read_evidence import read_evidence


logger = logging.getLogger(__name__)
_MOST_COLUMNS = 24  # of a table
_AT_ONCE = 500  # mixtures whose joint covariance is held in memory


def run(arguments: PredictArguments) -> None:
    """Read the mixtures, fit, and print the predictions; nothing is written."""
    evidence = read_evidence(arguments.run_dir, scale=arguments.scale)
    patterns = _patterns(arguments.run_dir)
    listed = read_listed_mixtures(arguments.mixtures, evidence.units, patterns, arguments.id_column)
    _report_scale(evidence)
    study = fit_evidence(evidence, arguments.predictor)
    names, predicted = predict(study, list(listed.mixtures.values()))
    if arguments.output_format == "json":
        print(_json_text(study.evidence, listed, names, predicted))
    elif arguments.output_format == "csv":
        _print_csv(listed, names, predicted)
    else:
        print(predictions_table(listed, names, predicted))
        print(paragraph(_legend(study)))


def predict(study: FittedStudy, mixtures: list[Mixture]) -> tuple[list[str], Prediction]:
    """The losses of mixtures on the study's target, mostly the mean of domains, and on every domain.

    Args:
        study ([`FittedStudy`]): what predicts.
        mixtures (`list[Mixture]`): of its units.

    Returns:
        `tuple[list[str], Prediction]`: [columns], the target first, and the predictions, [mixtures, columns].
    """
    weights, domains = study.evidence.weights_of(mixtures), list(study.evidence.domains)
    prediction = study.predictor.predict(weights)
    target = study.evidence.target()
    parts = range(0, len(weights), _AT_ONCE)
    joint = [study.predictor.joint(weights[start : start + _AT_ONCE], target.weights) for start in parts]
    mean, sd = (np.concatenate([getattr(part, name) for part in joint]) for name in ("mean", "sd"))
    predicted = Prediction(np.column_stack([mean, prediction.mean]), np.column_stack([sd, prediction.sd]))
    return [target.name, *domains], predicted


def _patterns(run_dir: Path) -> tuple[str, ...]:
    """How imported tables call their columns of units."""
    return read_runs(run_dir).mixture_columns if has_manifest(RunFolder(run_dir).observations) else ()


def _report_scale(evidence: Evidence) -> None:
    if not len(evidence.references) and evidence.other_scales:
        others = " and ".join(scale or BASE for scale in evidence.other_scales)
        logger.warning(
            "no run at scale %s is known: the predictions are on the scale of the runs at %s that they come from, and "
            "only their order means something for %s", evidence.scale, others, evidence.scale,
        )  # fmt: skip


def _print_csv(listed: ListedMixtures, names: list[str], predicted: Prediction) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([listed.id_column, *(column for name in names for column in (name, f"{name}_sd"))])
    for name, mean, sd in zip(listed.mixtures, predicted.mean, predicted.sd, strict=True):
        writer.writerow([name, *np.column_stack([mean, sd]).ravel().tolist()])


def _json_text(evidence: Evidence, listed: ListedMixtures, names: list[str], predicted: Prediction) -> str:
    rows = [
        {"id": row, "mixture_id": mixture.id, "target": target, "score": mean, "sd": sd}
        for (row, mixture), means, sds in zip(
            listed.mixtures.items(), predicted.mean.tolist(), predicted.sd.tolist(), strict=True
        )
        for target, mean, sd in zip(names, means, sds, strict=True)
    ]
    return records_text({"unit_of_measure": evidence.unit_of_measure, "scale": evidence.scale, "predictions": rows})


def predictions_table(listed: ListedMixtures, names: list[str], predicted: Prediction) -> str:
    """A line for each mixture, with the study's target alone where there are many domains.

    Args:
        listed ([`ListedMixtures`]): the mixtures.
        names (`list[str]`): [columns], the target first.
        predicted ([`Prediction`]): [mixtures, columns].
    """
    shown = names if len(names) <= _MOST_COLUMNS else names[:1]
    rows = [
        [name, *(f"{mean:.4f} ± {sd:.4f}" for mean, sd in zip(means[: len(shown)], sds, strict=False))]
        for name, means, sds in zip(listed.mixtures, predicted.mean, predicted.sd, strict=True)
    ]
    hidden = len(names) - len(shown)
    rest = f"… and on {hidden} domains (--output_format csv or json shows them)" if hidden else ""
    return text_table([listed.id_column, *shown], rows, below=rest)


def _legend(study: FittedStudy) -> str:
    scale = f" at scale {study.evidence.scale}" if study.evidence.scale else ""
    label = next(each.label for each in candidates(study.table.names) if each.name == study.name)
    target = study.evidence.target()
    means = f"{target.name}: the {target.label}" if target.name == MEAN else f"{target.name}: the study's target"
    return (
        f"{study.evidence.unit_of_measure}{scale}, lower is better, ± the standard deviation of what a model really "
        f"trained on the mixture would show. {means}. Predictor: {label}."
    )
