"""Figures of windows, proxies with components, and micro- beside macro-merges: the numbers that they show."""

import pytest

from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import MEAN, Ranking
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.ranking.measured import ALL, Agreement
from hf_ablate.report.components_figure import components
from hf_ablate.report.micro_macro_figure import micro_macro
from hf_ablate.report.proxies_figure import COMPONENT, proxies
from hf_ablate.report.ranked_study import RankedStudy
from hf_ablate.report.style import style
from hf_ablate.report.window_map import window_map, window_maps


FIELDS = {
    "bio_2001": {"field": "bio", "years": "2001"},
    "bio_2002-2003": {"field": "bio", "years": "2002-2003"},
    "bio_2004": {"field": "bio", "years": "2004"},
    "cs_2001": {"field": "cs", "years": "2001"},
}
BIO = [unit for unit in FIELDS if unit.startswith("bio")]
LABELS = {"merged": "merged weights", "merged_by_field": "merged weights, by field"}


def make_study(
    scores: dict[Mixture, dict[str, float]],
    references: dict[Mixture, float],
    macro: dict[Mixture, float] | None = None,
) -> RankedStudy:
    """A ranked study.

    Args:
        scores: mixture → target → score of its merge; `component` scores are those of mixtures of one unit.
        references: mixture → score of its reference model, on all targets.
        macro: mixture → score of its macro-merge, on all targets.
    """
    targets = list(next(iter(scores.values())))
    by_kind = {"merged": scores, **({"merged_by_field": {}} if macro else {})}
    for mixture, score in (macro or {}).items():
        by_kind["merged_by_field"][mixture] = dict.fromkeys(targets, score)
    content = {
        "unit_of_measure": "bits per byte",
        "answered_by": "merged",
        "target": MEAN,
        "members": [],
        "mixtures": [
            {
                "mixture_id": mixture.id, "name": mixture.name, "mixture": mixture.weights,
                "number_of_units": len(mixture.units),
            }
            for mixture in scores
        ],
        "targets": [
            {
                "target": name, "level": "domain" if "/" in name else MEAN, "domain": name.partition("/")[2] or None,
                "unit_of_measure": "bits per byte",
            }
            for name in targets
        ],
        "ranked_by": [{"predictor": kind, "label": LABELS[kind]} for kind in by_kind],
        "ranking": [
            {
                "target": target, "predictor": kind, "mixture_id": mixture.id, "name": mixture.name,
                "score": values[target], "as_scored": values[target], "reference": references.get(mixture),
            }
            for kind, of_kind in by_kind.items()
            for mixture, values in of_kind.items()
            for target in targets
        ],
        "models": [
            {"target": target, "kind": "component", "name": mixture.units[0], "score": values[target]}
            for mixture, values in scores.items()
            if len(mixture.units) == 1
            for target in targets
        ],
    }  # fmt: skip
    agreement = {
        "predictors": [{"predictor": kind, "label": LABELS[kind], "proxy": True} for kind in by_kind],
        "agreement": [
            {"target": target, "group": ALL, "n": len(references), "predictor": kind, "statistic": name, "value": None}
            for target in targets
            for kind in by_kind
            for name in ("pearson", "spearman")
        ],
    }
    corpus = {
        "block_size": 8, "units": {unit: {"tokens": 80, "digest": ""} for unit in FIELDS}, "seed": None,
        "groups": {unit: {"fields": fields, "source": []} for unit, fields in FIELDS.items()},
        "tokenizer": {"vocab_size": 10, "digest": ""},
    }  # fmt: skip
    units = CorpusUnits.of(CorpusDescription.of_manifest(corpus))
    groups = {"groups": {"field": {unit: fields["field"] for unit, fields in FIELDS.items()}}}
    return RankedStudy(Ranking(content, units), Agreement(agreement), {}, {}, {}, corpus, groups, {})


def mixture(*units: str) -> Mixture:
    return Mixture.uniform(list(units))


def scored(value: float) -> dict[str, float]:
    """A score on the mean, and on the text of every unit of the field bio."""
    return {MEAN: value, **{f"in_domain/{unit}": value + place for place, unit in enumerate(BIO)}}


def test_windows_are_neighbours_in_equal_parts_within_one_value_of_the_other_field():
    every = [mixture(*BIO[:1]), mixture(*BIO[:2]), mixture(*BIO[1:]), mixture(*BIO)]
    others = [
        mixture(BIO[0], BIO[2]),
        mixture(BIO[0], "cs_2001"),
        mixture("cs_2001"),
        Mixture.of({BIO[0]: 0.3, BIO[1]: 0.7}),
    ]
    study = make_study({one: scored(1 + place) for place, one in enumerate([*others, *reversed(every)])}, {})
    (found,) = window_maps(study)
    assert found.name == "field=bio" and found.units == BIO
    assert found.windows == [one.units for one in every]
    best_first = [8.0, 7.0, 6.0, 5.0]  # on the text of the first unit, in the order of `windows`
    assert found.scores[:, 0].tolist() == best_first
    assert found.excess[:, 0] == pytest.approx([60, 40, 20, 0])
    with style():
        drawing = window_map(study)
    assert len(drawing.rows) == 4 * 3
    assert drawing.rows[0].pop("excess_percent") == pytest.approx(60)
    assert drawing.rows[0] == {
        "row": "field=bio", "window": "bio_2001", "size": 1, "unit": "bio_2001", "score": 8.0,
    }  # fmt: skip
    panel, _ = drawing.figure.axes
    assert [label.get_text() for label in panel.get_xticklabels()] == ["2001", "2002-2003", "2004"]
    assert [label.get_text() for label in panel.get_yticklabels()] == [
        "2001", "2001 to 2003 (2)", "2002 to 2004 (2)", "2001 to 2004 (3)",
    ]  # fmt: skip


def test_units_without_an_order_have_no_windows(monkeypatch):
    monkeypatch.setattr(__name__ + ".FIELDS", {"a": {"field": "x"}, "b": {"field": "y"}, "c": {"field": "z"}})
    study = make_study({mixture("a"): {MEAN: 1.0}, mixture("a", "b"): {MEAN: 1.0}}, {})
    assert window_maps(study) == [] and window_map(study) is None


def test_behind_a_proxy_are_the_components_of_its_mixture():
    pair, alone = mixture(BIO[0], "cs_2001"), {unit: mixture(unit) for unit in FIELDS}
    scores = {one: scored(2 + place) for place, one in enumerate(alone.values())} | {pair: scored(1.5)}
    study = make_study(scores, {pair: 1.2, alone[BIO[0]]: 1.0}, macro={one: 1.4 for one in scores})
    with style():
        drawing = proxies(study)
    rows = [row for row in drawing.rows if row["target"] == MEAN]
    assert {row["mixture_id"] for row in rows} == {pair.id} and {row["reference"] for row in rows} == {1.2}
    shown = [(row["predictor"], row["unit"], row["score"]) for row in rows]
    assert shown == [
        ("merged", None, 1.5),
        (COMPONENT, "bio_2001", 2.0),
        (COMPONENT, "cs_2001", 5.0),
        ("merged_by_field", None, 1.4),
    ]
    figure = drawing.figure
    drawn = [collection.get_offsets().tolist() for collection in figure.axes[0].collections]
    assert drawn == [[[2.0, 1.2], [5.0, 1.2]], [[1.5, 1.2]], [[1.4, 1.2]]]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:3] == ["merged weights", "merged weights, by field", "components of the mixture"]


def test_only_mixtures_whose_merges_differ_tell_micro_from_macro():
    balanced, unequal = mixture(BIO[0], "cs_2001"), mixture(*BIO, "cs_2001")
    study = make_study(
        {balanced: scored(1.5), unequal: scored(1.6)}, {balanced: 1.2, unequal: 1.3}, {balanced: 1.5, unequal: 1.4}
    )
    with style():
        drawing = micro_macro(study)
    (row,) = (row for row in drawing.rows if row["target"] == MEAN)
    assert row["mixture_id"] == unequal.id and (row["predictor"], row["field"], row["groups"]) == (
        "merged",
        "field",
        2,
    )
    assert row["imbalance"] == pytest.approx(0.75 * 2)  # three of four units are of the same field
    assert row["macro_nearer_by"] == pytest.approx(0.3 - 0.1)
    assert drawing.figure.axes[2].get_title(loc="left") == "the macro-merge is nearer for 1 of 1"
    assert micro_macro(make_study({unequal: scored(1.6)}, {unequal: 1.3})) is None


def test_components_are_compared_with_the_best_on_each_domain():
    alone = {mixture(unit): scored(2 + place) for place, unit in enumerate(FIELDS)}
    study = make_study(alone, {})
    with style():
        drawing = components(study)
    rows = {(row["component"], row["target"]): row["excess_percent"] for row in drawing.rows}
    assert rows["bio_2001", "in_domain/bio_2001"] == 0
    assert rows["cs_2001", "in_domain/bio_2001"] == pytest.approx(100 * (5 / 2 - 1))
    assert len(rows) == 4 * 3  # the mean is no domain
    assert drawing.figure.axes[0].images[0].get_array().shape == (4, 3)
