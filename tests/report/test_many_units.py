"""The report of a study as wide as the paper's: 139 units, as many domains."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from paper_study import DOMAINS, FIELDS, UNITS, paper_mixtures, paper_ranking

from hf_ablate.errors import InputError
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import MEAN
from hf_ablate.ranking.measured import Agreement
from hf_ablate.report.arguments import DEFAULTS
from hf_ablate.report.colours import colours_of
from hf_ablate.report.effects_figure import unit_map, whole_unit_map
from hf_ablate.report.merge_health import MergeHealth
from hf_ablate.report.next_steps import NextSteps
from hf_ablate.report.page import render
from hf_ablate.report.ranked_study import RankedStudy, shown_targets
from hf_ablate.report.ranking_figure import ranking_heat_map
from hf_ablate.report.style import style
from hf_ablate.search.references import ReferenceProposal


MIXTURES = paper_mixtures(pairs=60, triples=40, fields=10)


NOTHING = {
    "target": MEAN,
    "group": "all",
    "n": 0,
    "predictor": "merged",
    "statistic": "decision_accuracy",
    "value": None,
}
AGREEMENT = Agreement({"target": MEAN, "references": 0, "predictors": [], "agreement": [NOTHING]})


@pytest.fixture(scope="module")
def study():
    made = {"created": "2026-01-01T00:00:00", "packages": {"hf_ablate": "0"}}
    units = {unit: {"tokens": 1_000_000} for unit in UNITS}
    return RankedStudy(paper_ranking(MIXTURES), AGREEMENT, {}, {}, {}, {"units": units}, {}, made)


def test_sources_and_the_largest_groups_stand_for_many_domains_and_groups_for_many_units(study):
    assert study.columns[:3] == ["m2d2_wikipedia", "s2orc", "field=AgriculturalAndFoodSciences"]
    assert len(study.columns) == 16 and "field=Physics" in study.columns and "field=NA" not in study.columns
    assert len(study.parts) == 22 + 11
    assert study.parts["Physics (20)"] == [unit for unit in UNITS if unit.startswith("Physics")]
    assert "Geology_1970-2022" in study.parts and "Culture_and_the_arts" in study.parts
    assert sorted(unit for units in study.parts.values() for unit in units) == sorted(UNITS)


def test_targets_are_chosen_by_name_and_pattern(study):
    asked = shown_targets(study.ranking, ["s2orc", "Physics_2009-2009", "m2d2_wikipedia/H*"])
    assert replace(study, asked=asked).columns == [
        "s2orc", "s2orc/Physics_2009-2009", "m2d2_wikipedia/Health_and_fitness", "m2d2_wikipedia/History_and_events",
        "m2d2_wikipedia/Human_activites",
    ]  # fmt: skip
    with pytest.raises(InputError, match="unknown target 'field=Physic'; did you mean 'field=Physics'"):
        shown_targets(study.ranking, ["field=Physic"])


def overlapping(labels) -> list[tuple[str, str]]:
    """The neighbouring texts that cover each other, rotated as they are."""
    found = []
    for one, other in zip(labels, labels[1:], strict=False):
        distance = abs(
            other.get_transform().transform(other.get_position()) - one.get_transform().transform(one.get_position())
        )[0]
        upright = one.get_rotation() == 90
        height = one.get_fontsize() / 72 * one.figure.dpi
        if distance < height * (1.0 if upright else 1.7):
            found.append((one.get_text(), other.get_text()))
    return found


def test_labels_of_the_heat_map_do_not_overlap(study):
    with style():
        figure = ranking_heat_map(study).figure
        figure.draw_without_rendering()
        for panel in figure.axes:
            labels = [label for label in panel.get_xticklabels() if label.get_text()]
            assert len(labels) in (17, 33) and not overlapping(labels)


def test_the_page_is_bounded_and_long_tables_open_on_a_click(study):
    steps = NextSteps(ReferenceProposal(MEAN, study.ranking.unit_of_measure, 0.01, 0.0, ()), None, None)
    health = MergeHealth(None, (), study.ranking.unit_of_measure)
    page = render(
        study,
        SimpleNamespace(run_dir=Path("runs/wide"), steps=steps, health=health, settings=DEFAULTS),
        {},
        "title",
        10,
    )
    assert len(page) < 200_000
    assert "The other 119 units" in page
    folded = page[page.index("<details>") :].replace("<wbr>", "")
    assert '<td class="l">Biology_1970-1993</td>' not in folded and '<td class="l">Sociology_1970-2022</td>' in folded
    assert "<strong>all 139 units in equal shares</strong>" in page and "field=Physics (20)" in page


def test_colours_stand_for_numbers_of_units_methods_and_fields(study):
    pair = next(one.id for one in MIXTURES if len(one.units) == 2)
    biology = Mixture.uniform([unit for unit in UNITS if FIELDS[unit].get("field") == "Biology"]).id
    by_size = colours_of(study)
    assert by_size.labels[pair] == "2 units" and len(by_size.colours) == 6
    assert len({by_size.of(one.id) for one in MIXTURES}) == 6
    by_field = colours_of(replace(study, colour_by="field"))
    assert by_field.labels[biology] == "Biology" and by_field.labels[MIXTURES[-1].id] == "several"
    by_method = colours_of(replace(study, colour_by="method", methods={pair: ("pairs",)}))
    assert by_method.labels[pair] == "pairs" and by_method.labels[biology] == "others"
    assert [handle.get_label() for handle in by_method.handles({pair, biology})] == ["pairs", "others"]


def test_of_many_units_and_domains_one_map_shows_where_there_is_most_and_another_all():
    targets = [MEAN, *("/".join(domain) for domain in DOMAINS)]
    rows = [
        {
            "change": "drop" if unit.startswith("Art") else "add", "part": unit, "target": target, "sd": 0.001,
            "effect": 0.01 * (row + column), "low": 0.01 * (row + column), "high": 0.02 + row + column,
            "told_apart": True,
        }
        for row, unit in enumerate(UNITS)
        for column, target in enumerate(targets)
    ]  # fmt: skip
    effects = {"effects": rows, "unit_of_measure": "bits per byte"}
    drawing = unit_map(effects)
    assert list(dict.fromkeys(row["target"] for row in drawing.rows)) == [MEAN, *targets[-15:]]
    assert {row["part"] for row in drawing.rows} == set(UNITS[-32:])
    with style():
        everything = whole_unit_map(effects)
        everything.figure.draw_without_rendering()
        (panel, _) = everything.figure.axes
        assert panel.images[0].get_array().shape == (139, 140) and len(everything.rows) == 139 * 140
        assert not overlapping([label for label in panel.get_xticklabels() if label.get_text()])
