"""Scores, rankings, agreement and effects as pandas data frames: the numbers that the commands print."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..errors import unknown_name
from ..evaluation.row_blocks import RowBlock
from ..evaluation.rows import METRICS, target_name
from ..mixtures.mixture import Mixture
from ..mixtures.ranked import Ranking
from ..ranking.agreement import STATISTICS
from ..ranking.measured import INTERVALS, Agreement


if TYPE_CHECKING:
    import pandas

    from ..merging.distance import Distance
    from ..merging.updates import Updates
    from ..prediction.barriers import Barrier


def scores_frame(blocks: Iterable[RowBlock], metric: str) -> "pandas.DataFrame":
    """One row per model, one column per domain; NaN where there is no score.

    Args:
        blocks (`Iterable[RowBlock]`): of one split, each model and domain once.
        metric (`str`): `bits_per_byte`, `ppl_token`, `ppl_byte`, `ppl_char` or `ppl_word`; lower is better.

    Returns:
        `pandas.DataFrame`: float64 [models, domains]. The index has the levels `kind`, `model` (id) and `name` (of the
        mixture); models are in the order of the rows, domains (`<source>/<domain>`) in alphabetical order.

    Raises:
        `InputError`: for an unknown metric.
    """
    import pandas

    if metric not in METRICS:
        raise unknown_name("metric", metric, list(METRICS))
    values: dict[tuple[str, str, str], dict[str, float]] = {}
    for block in blocks:
        name = Mixture.of(block.mixture).name if block.mixture else block.model
        columns = values.setdefault((block.kind, block.model, name), {})
        scores = zip(block.domains, block.values(metric).tolist(), strict=True)
        columns |= {target_name(block.source, domain): score for domain, score in scores}
    index = pandas.MultiIndex.from_tuples(list(values), names=["kind", "model", "name"])
    return pandas.DataFrame(list(values.values()), index=index, dtype=float).sort_index(axis="columns")


def distances_frame(distances: "Mapping[str, Distance]") -> "pandas.DataFrame":
    """One row per model.

    Args:
        distances (`Mapping[str, Distance]`): id of a model → its distance from the seed.

    Returns:
        `pandas.DataFrame`: float64 [models] with the columns `rms` (root mean square of the changes of single weights)
        and `relative` (the length of the difference over that of the seed's weights); the index is `model`.
    """
    import pandas

    frame = pandas.DataFrame.from_dict(
        {model: asdict(distance) for model, distance in distances.items()}, orient="index", columns=["rms", "relative"]
    )
    return frame.rename_axis("model")


def cosines_frame(updates: "Updates") -> "pandas.DataFrame":
    """The cosines of the angles between the updates of components.

    Args:
        updates ([`Updates`]): of a pool.

    Returns:
        `pandas.DataFrame`: float64 [components, components].
    """
    import pandas

    return pandas.DataFrame(updates.cosines, index=updates.components, columns=updates.components)


def barrier_frame(barrier: "Barrier") -> "pandas.DataFrame":
    """Merges of two components beside the straight line between the two.

    Args:
        barrier ([`Barrier`]): of the two.

    Returns:
        `pandas.DataFrame`: float64 [merges] with the columns `score`, `sd` (0 where the merge was scored),
        `straight_line` and `excess`, whose largest value is the barrier; the index is the weight of the second.
    """
    import pandas

    columns = {"score": barrier.losses, "sd": barrier.sd, "straight_line": barrier.line, "excess": barrier.excess}
    return pandas.DataFrame(columns, index=pandas.Index(barrier.shares, name=barrier.units[1]))


def ranking_frame(ranking: Ranking, target: str, predictor: str) -> "pandas.DataFrame":
    """The mixtures on one target, best first.

    Args:
        ranking ([`Ranking`]): as in `ranking/ranking.json`.
        target (`str`): as the file names it.
        predictor (`str`): that the mixtures are ranked by.

    Returns:
        `pandas.DataFrame`: [mixtures] with the columns `rank`, `name`, `score`, `sd` (of what a model trained on
        the mixture would score; NaN for a proxy), `tied` (with the best), `reference` (the reference model's score,
        NaN where there is none) and the weight of every unit; the index is `mixture_id`.
    """
    import pandas

    entries = ranking.entries(target, predictor)
    rows = [
        {
            **{name: entry[name] for name in ("rank", "name", "score", "sd", "tied", "reference")},
            **{unit: ranking.mixtures[entry["mixture_id"]]["mixture"].get(unit, 0.0) for unit in ranking.units},
        }
        for entry in entries
    ]
    index = pandas.Index([entry["mixture_id"] for entry in entries], name="mixture_id")
    return pandas.DataFrame(rows, index=index).astype({"sd": float, "reference": float})


def agreement_frame(agreement: Agreement, target: str, group: str) -> "pandas.DataFrame":
    """How well each predictor agrees with the reference models on one target.

    Args:
        agreement ([`Agreement`]): as in `ranking/agreement.json`.
        target (`str`): as the file names it.
        group (`str`): `all`, or a number of units, for the mixtures of that many units only.

    Returns:
        `pandas.DataFrame`: float64, a row per predictor; the index has the levels `predictor` (such as `merged`) and
        `label`. The columns have two levels: the statistic (`pearson`, `spearman`, `kendall`, `decision_accuracy`,
        `regret`, `relative_regret`, `coverage`), and `value`, `low`, `high` (the ends of its interval); NaN where a
        statistic is not defined.

    Raises:
        `InputError`: for an unknown group.
    """
    import pandas

    columns = pandas.MultiIndex.from_product(
        [(*STATISTICS, INTERVALS), ("value", "low", "high")], names=["statistic", None]
    )
    values = {
        (name, agreement.predictors[name]["label"]): [entry[statistic][part] for statistic, part in columns]
        for name, entry in agreement.group(target, group)["predictors"].items()
    }
    index = pandas.MultiIndex.from_tuples(list(values), names=["predictor", "label"])
    return pandas.DataFrame(list(values.values()), index=index, columns=columns, dtype=float)


def effects_frame(content: dict[str, Any]) -> "pandas.DataFrame":
    """What every change of a mixture does to every target.

    Args:
        content (`dict`): as in `effects/effects.json`.

    Returns:
        `pandas.DataFrame`: [changes × targets] with the columns `effect` (positive is worse), `sd`, `low`, `high`,
        `told_apart` and `noise_floor`; the index has the levels `change`, `part`, `other` (empty but for swaps) and
        `target`.
    """
    import pandas

    rows = [row | {"other": row["other"] or ""} for row in content["effects"]]
    return pandas.DataFrame(rows).set_index(["change", "part", "other", "target"])


def shapley_frame(content: dict[str, Any]) -> "pandas.DataFrame":
    """What each part of a mixture is worth, the greatest value first.

    Args:
        content (`dict`): as in `effects/effects.json`.

    Returns:
        `pandas.DataFrame`: [parts] with the columns `value`, `sd`, `low`, `high`, `told_apart` and `sampling_error`;
        the index is `part`.
    """
    import pandas

    return pandas.DataFrame(content["shapley"]).set_index("part")


def comparison_frame(content: dict[str, Any]) -> "pandas.DataFrame":
    """Which of two mixtures is better, by each kind of evidence.

    Args:
        content (`dict`): of [`compare_mixtures`].

    Returns:
        `pandas.DataFrame`: [kinds] with the columns `target`, `effect` (loss of the first less loss of the second),
        `sd`, `low`, `high`, `told_apart`, `noise_floor`, `probability` (that the first is better), `documents`,
        `more_references` and `sentence`; the index is `basis`.
    """
    import pandas

    return pandas.DataFrame(content["comparison"]).set_index("basis")


def proposal_frame(content: dict[str, Any], units: list[str]) -> "pandas.DataFrame":
    """What was proposed.

    Args:
        content (`dict`): as `hf-ablate propose` prints it as JSON.
        units (`list[str]`): of the study, in the order of the columns.

    Returns:
        `pandas.DataFrame`: of the best mixture, [1] with the columns `name`, `score`, `sd`, `low`, `high`, `gap` and
        the weight of every unit; the index is `mixture_id`. Of reference models, [models] with `name`, `score`, `sd`,
        `regret_saved`, `regret_after` and the weights, with the same index. Of units, [units], indexed by `unit`.
    """
    import pandas

    if "limits" in content:
        return pandas.DataFrame(content["limits"]).set_index("unit")
    if "regret_now" in content:
        columns = ("name", "score", "sd", "regret_saved", "regret_after")
        rows = [
            {name: row[name] for name in columns} | {unit: row["mixture"].get(unit, 0.0) for unit in units}
            for row in content["proposed"]
        ]
        index = pandas.Index([row["mixture_id"] for row in content["proposed"]], name="mixture_id")
        return pandas.DataFrame(rows, index=index, columns=[*columns, *units])
    (mixture,), expected = content["proposed"], content["expected"][0]
    row = {"name": mixture["name"]} | {name: expected[name] for name in ("score", "sd", "low", "high")}
    row |= {"gap": content["gap"]} | {unit: mixture["mixture"].get(unit, 0.0) for unit in units}
    index = pandas.Index([mixture["mixture_id"]], name="mixture_id")
    return pandas.DataFrame([row], index=index).astype({"gap": float})
