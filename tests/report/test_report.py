import csv
import html.parser
import re
import shutil
from dataclasses import replace

import pytest
from ranked_folders import evaluated, ranked
from synthetic_study import DOMAINS, PARAMETERS, SCORED_TOKENS, UNIT_TOKENS, UNITS, make_study

from hf_ablate.errors import InputError
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import Ranking, read_ranking
from hf_ablate.ranking.refit import fit_ranked
from hf_ablate.report import write
from hf_ablate.report.agreement_figure import agreement_intervals
from hf_ablate.report.arguments import ReportArguments, ReportSettings
from hf_ablate.report.cost import by_kind, cost_rows
from hf_ablate.report.curves import evaluation_curves
from hf_ablate.report.drawing import save
from hf_ablate.report.findings import Findings
from hf_ablate.report.headline import answer, savings, trust
from hf_ablate.report.page import render
from hf_ablate.report.ranked_study import read_ranked_study
from hf_ablate.report.regret_figure import regret
from hf_ablate.report.scatters import scatter
from hf_ablate.report.style import style
from hf_ablate.search.regret_curve import RegretPoint


@pytest.fixture(scope="module")
def run_dir(reported_study):
    return reported_study


@pytest.fixture
def study(run_dir):
    return read_ranked_study(run_dir)


def findings_of(run_dir) -> Findings:
    """Found when they are asked for: the curve of the regret, which takes long, only for its figure."""
    return Findings(run_dir, read_ranking(run_dir), fit_ranked(run_dir))


@pytest.fixture(scope="module")
def findings(run_dir):
    return findings_of(run_dir)


def page_of(run_dir) -> str:
    """The page without figures."""
    return render(read_ranked_study(run_dir), findings_of(run_dir), {}, "title", 10)


@pytest.fixture(scope="module")
def page(run_dir):
    return (run_dir / "report" / "index.html").read_text(encoding="utf-8")


class Checker(html.parser.HTMLParser):
    """Whether every element that is opened is closed, in order, and all ids are different."""

    VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.targets = [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        for name in ("href", "xlink:href"):
            if attributes.get(name, "").startswith("#"):
                self.targets.append(attributes[name][1:])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_every_reference_inside_it_resolves(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert {"ranking", "effects", "method", "by-target", "figure-cost"} <= set(checker.targets)
    assert len(set(checker.ids)) == len(checker.ids)
    assert set(checker.targets) <= set(checker.ids)


def test_words_are_explained_before_the_first_table(page):
    opening = page[: page.index("<table")]
    for word in ("Unit", "Mixture", "Proxy", "Reference model", "Domain"):
        assert f"<dt>{word}</dt>" in opening


def test_the_page_needs_no_network(page):
    without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', without_namespaces)
    assert "<script src" not in page and "@import" not in page and "url(http" not in page


def test_what_people_named_is_escaped(page):
    assert "A &lt;study&gt; &amp; its title" in page
    assert "A <study>" not in page


def test_figures_are_saved_with_their_numbers_and_those_of_an_earlier_ranking_are_removed(run_dir):
    names = {path.stem for path in (run_dir / "report" / "figures").glob("*.png")}
    scatters = {"scatter_chosen", "proxies", "components"}
    others = {"effects", "barriers", "cost", "regret", "training", "evaluation"}
    assert names == {"ranking", "agreement"} | others | scatters
    for ending in ("pdf", "csv"):
        assert {path.stem for path in (run_dir / "report" / "figures").glob(f"*.{ending}")} == names


def test_the_numbers_of_a_figure_are_those_that_it_shows(study, run_dir):
    table = csv.DictReader((run_dir / "report" / "figures" / "scatter_chosen.csv").open())
    rows = {(row["target"], float(row["score"]), float(row["reference"])) for row in table}
    targets = ["mean", *study.target_names("domain")]
    panels = dict(zip(targets, scatter(study, "chosen").figure.axes, strict=True))
    assert rows == {(target, x, y) for target in targets for x, y in panels[target].collections[0].get_offsets()}
    assert len(rows) == len(targets) * study.agreement.references


def test_the_regret_stands_beside_what_it_costs(study, findings, run_dir):
    rows = list(csv.DictReader((run_dir / "report" / "figures" / "regret.csv").open()))
    proposed = len(findings.steps.proposal.references)
    assert [int(row["references"]) for row in rows] == [0, 7, 14, *range(14, 15 + proposed)]
    tokens = [UNIT_TOKENS * (1 + len(UNITS) + trained) for trained in (0, 7, 14)]
    assert [float(row["tokens"]) for row in rows[:3]] == pytest.approx(tokens, rel=1e-4)  # models see whole batches
    assert [float(row["regret"]) for row in rows[3:]][::proposed] == pytest.approx(
        [findings.steps.proposal.regret, findings.steps.proposal.regret_after]
    )
    losses = [row["reference"] for row in study.ranking.entries() if row["reference"] is not None]
    assert float(rows[0]["without_predictor"]) == pytest.approx(sum(losses) / len(losses) - min(losses))


def test_models_trained_elsewhere_have_no_cost_beside_the_regret(study, findings):
    unknown = {"tokens": None, "flops": None, "seconds": None}
    elsewhere = replace(study, models={model: manifest | unknown for model, manifest in study.models.items()})
    with style():
        points = [RegretPoint(count, 0.2 / count, 0.1 / count, 0.3 / count, 0.4 / count) for count in (1, 7, 14)]
        known, drawing = (regret(each, points, findings.steps.proposal) for each in (study, elsewhere))
    assert not any(row["tokens"] or row["flops"] for row in drawing.rows)
    assert [axes.child_axes for axes in drawing.figure.axes] == [[], []]  # no axis of tokens
    assert all(axes.child_axes for axes in known.figure.axes)
    assert "tokens" in known.caption and "tokens" not in drawing.caption


def test_the_same_study_gives_the_same_bytes(run_dir, study, findings, page, tmp_path):
    without = render(study, findings, {}, "A <study> & its title", 10)
    assert without.split() == re.sub(r"<figure.*?</figure>", "", page, flags=re.DOTALL).split()
    with style():
        assert save(scatter(study, "chosen"), tmp_path, "scatter_chosen") in page
    for ending in ("png", "pdf", "csv"):
        name = f"scatter_chosen.{ending}"
        assert (tmp_path / name).read_bytes() == (run_dir / "report" / "figures" / name).read_bytes()


def lines(panel) -> list[tuple[float, list[float]]]:
    """The width and the values of each line of a panel."""
    return [(line.get_linewidth(), list(line.get_ydata())) for line in panel.lines]


def test_evaluation_during_training_is_a_panel_per_domain_with_the_own_component_in_front(study):
    panels = {panel.get_title(): panel for panel in evaluation_curves(study).figure.axes if panel.get_visible()}
    assert list(panels) == ["mean of domains", "sympy", "transformers", "cpython"]
    for unit in ("sympy", "transformers"):
        drawn = lines(panels[unit])
        assert [width == max(drawn)[0] for width, _ in drawn] == [other == unit for other in UNITS]
        points = study.evaluations[f"component:{unit}"][f"in_domain/{unit}"]
        assert drawn[UNITS.index(unit)][1] == [bits for _, bits in points]
    assert len({width for width, _ in lines(panels["mean of domains"]) + lines(panels["cpython"])}) == 1
    tokens = panels["mean of domains"].lines[0].get_xdata() * 1e6
    assert tokens == pytest.approx([UNIT_TOKENS * number / 5 for number in range(1, 6)])


def test_with_more_domains_than_panels_sources_stand_for_them(ranked_study, tmp_path):
    study = read_ranked_study(evaluated(tmp_path / "run", ranked_study, DOMAINS))
    figure = evaluation_curves(study).figure
    titles = [panel.get_title() for panel in figure.axes if panel.get_visible()]
    assert titles == ["mean of domains", "own domain", "in_domain", "out_of_domain"]
    own = [values for _, values in lines(figure.axes[1])]
    assert own == [[bits for _, bits in study.evaluations[f"component:{u}"][f"in_domain/{u}"]] for u in UNITS]


def test_without_evaluations_during_training_there_is_no_figure_of_them(ranked_study, tmp_path):
    run_dir = shutil.copytree(ranked_study, tmp_path / "run")
    assert evaluation_curves(read_ranked_study(run_dir)) is None
    for path in (run_dir / "models" / "components").glob("*/metrics.jsonl"):
        with open(path, "a") as file:
            file.write('{"eval_bits_per_byte": 2.0, "eval_bits_per_byte/web": null, "step": 250}\n')
    assert evaluation_curves(read_ranked_study(run_dir)) is None  # one point is no curve


def test_the_answer_is_the_first_of_the_ranking(study):
    first = study.ranking.entries()[0]
    found = answer(study)
    assert found["score"] == f"{first['score']:.4f}"
    assert found["mixture"] == first["name"]


def test_trust_names_the_reference_models_the_budget_the_predictor_and_the_best_baseline(study):
    text = " ".join(trust(study))
    predictors = study.agreement.group()["predictors"]
    assert "14 reference models (reference budget: fixed)" in text
    assert f"{predictors['chosen']['decision_accuracy']['value']:.0%} (95% interval" in text
    assert f"the predictor, {study.ranking.ranked_by[study.ranking.answered_by]['label']} (" in text
    baselines = [
        predictors[name]["decision_accuracy"]["value"] or 0.0
        for name, facts in study.agreement.predictors.items()
        if facts["baseline"]
    ]
    assert f"reaches {max(baselines):.0%}" in text
    assert f"intervals hold {predictors['chosen']['coverage']['value']:.0%} of them" in text


def beat(study, chosen: float, baseline: float) -> str:
    """What trust says of accuracies that are set by hand."""
    predictors = study.agreement.group()["predictors"]
    for name, entry in predictors.items():
        value = chosen if name == "chosen" else baseline
        entry["decision_accuracy"] = {"value": value, "low": None, "high": None}
    return " ".join(trust(study))


def test_a_predictor_that_does_not_beat_the_baselines_is_said_to_prove_nothing(study):
    assert "the predictor beats it" in beat(study, chosen=0.9, baseline=0.8)
    assert "does not prove its worth" in beat(study, chosen=0.8, baseline=0.8)
    assert "does not prove its worth" in beat(study, chosen=0.7, baseline=0.8)


def test_without_reference_models_the_page_says_unchecked(tmp_path):
    run_dir = ranked(tmp_path / "run", references=0)
    assert "Unchecked: no reference model" in page_of(run_dir)
    assert agreement_intervals(read_ranked_study(run_dir)) is None


@pytest.mark.parametrize(("budget", "times"), [("fixed", 31), ("union", 80)])
def test_costs_add_up(study, budget, times):
    study = replace(study, ranking=Ranking(study.ranking.content | {"reference_budget": budget}))
    rows = by_kind(cost_rows(study))
    unit = rows["component"]["tokens"] / 5
    assert rows["component"]["models"] == 5 and rows["reference"]["models"] == 14
    # 31 subsets hold 5 * 2^4 = 80 units in all
    assert rows["every_mixture"]["tokens"] == times * unit
    assert rows["every_mixture"]["flops"] == pytest.approx(rows["component"]["flops"] * times / 5)
    scored, unscored = 2 * SCORED_TOKENS * PARAMETERS, {"cost": []}
    kinds = [model["kind"] for model in study.scores["models"].values()]
    passes = len(kinds) - kinds.count("ensemble")
    proxies = rows["component"]["flops"] + (5 + kinds.count("merged")) * scored
    instead = rows["every_mixture"]["flops"] + 31 * scored
    assert savings(study) == (f"{proxies / instead:.0%}", "training and scoring")
    assert (rows["scoring"]["models"], rows["scoring"]["flops"]) == (passes, passes * scored)
    assert rows["scoring_every_mixture"]["flops"] == pytest.approx(31 * scored)
    assert savings(replace(study, scores=unscored)) == (f"{5 / times:.0%}", "training")


def test_the_page_says_what_scoring_cost_and_what_its_operations_assume(study, findings):
    component = next(iter(study.of_kind("component")))
    models = study.models | {component: study.models[component] | {"flops_note": "6 N D for a reason"}}
    page = render(replace(study, models=models), findings, {}, "title", 10)
    assert "scoring: forward passes of models and proxies" in page
    assert "of the FLOPs that training and scoring a model of every mixture would take" in page
    assert page.count("FLOPs: 6 N D for a reason.") == 1


def test_weighted_mixtures_are_shown_with_their_weights(tmp_path):
    weighted = [Mixture.of({"sympy": 1 + number, "pandas": 30}) for number in range(40)]
    run_dir = ranked(tmp_path / "run", mixtures=weighted, references=0)
    page = page_of(run_dir)
    assert "The first 10 of 40" in page
    assert read_ranking(run_dir).entries()[0]["name"] in page


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"colour_by": "methods"}, "unknown colour_by 'methods'; did you mean 'method'"),
        ({"targets": ["pandaz"]}, "unknown target 'pandaz'; did you mean 'pandas'"),
        ({"targets": ["out_of_domain/torch"]}, "unknown target 'out_of_domain/torch'; did you mean 'out_of_domain/"),
        ({"targets": ["in_domain/z*"]}, r"unknown target 'in_domain/z\*'"),
    ],
)
def test_what_the_study_lacks_is_a_mistake_before_the_report_is_touched(run_dir, settings, message):
    manifest = run_dir / "report" / "manifest.json"
    before = manifest.read_bytes()
    with pytest.raises(InputError, match=message):
        write.write_report(run_dir, ReportSettings(**settings))
    assert manifest.read_bytes() == before


def test_a_study_that_is_not_ranked_is_a_mistake(tmp_path):
    with pytest.raises(InputError, match="not finished"):
        write.run(ReportArguments(run_dir=make_study(tmp_path / "run")))
