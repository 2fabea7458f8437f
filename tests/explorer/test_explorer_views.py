"""The explorer's views of the ranked mixtures, in a real Chromium."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from explorer_pages import Explorer, study_of

from hf_ablate.explorer.arrays import packed
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.predictor import two_sided
from hf_ablate.ranking.tables import score_text
from hf_ablate.ranking.ties import tied_with_best


FIELDS = {"a1": "x", "a2": "x", "b1": "y", "b2": "y", "c": "z"}
PAGE = 20  # mixtures that a table shows at a time


def made_up_study(units: list[str], weights: np.ndarray, references: int = 3) -> SimpleNamespace:
    """Proxies of all mixtures, [mixtures, units], were scored on a domain of each unit and on two others."""
    random = np.random.default_rng(1)
    domains = (*(f"in/{unit}" for unit in units), "out/v", "out/w")
    components = random.uniform(1.5, 2.5, (len(units), len(domains)))
    runs = Observations(tuple(map(str, range(len(weights)))), weights, np.sqrt(weights) @ (components - 3) + 3)
    trained = runs.only([*range(0, 7 * references, 7), *[0] * bool(references)])  # one twice: the noise is known
    evidence = Evidence(
        units=tuple(units),
        domains=domains,
        own_units=(*range(len(units)), None, None),
        references=replace(trained, losses=trained.losses + random.normal(0, 0.003, trained.losses.shape)),
        components=np.full(components.shape, np.nan) if references else components,
        proxies={"merged": runs, "ensemble": replace(runs, losses=0.8 * runs.losses + 0.2 * weights @ components)},
    )  # of too little to fit laws or to choose a predictor by: what is tested is what the page does with it
    groups = {f"field={name}": [unit for unit in units if FIELDS.get(unit) == name] for name in "xyz"}
    corpus = CorpusUnits(units, {name: members for name, members in groups.items() if members})
    fitted, payload = study_of(evidence, corpus)
    return SimpleNamespace(fitted=fitted, payload=payload, weights=evidence.known_mixtures)


@pytest.fixture(scope="module")
def study():
    return made_up_study(list(FIELDS), np.random.default_rng(0).dirichlet(np.full(5, 0.6), 45))


@pytest.fixture(scope="module")
def opened(browser, study, tmp_path_factory):
    """A page that the tests share; none leaves an error in its console."""
    explorer = Explorer(browser, tmp_path_factory.mktemp("views") / "explorer.html", study.payload)
    explorer.page.evaluate("explorer.first = explorer.state.get()")
    yield explorer
    assert explorer.errors == []
    explorer.page.close()


@pytest.fixture
def page(opened):
    """The page as it was when it was opened."""
    opened.page.evaluate("explorer.state.update({...explorer.first, target: [...explorer.first.target]})")
    drawn(opened.page)
    return opened.page


def drawn(page):
    """Wait until what was changed is drawn."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def update(page, **changes):
    page.evaluate("(changes) => explorer.state.update(changes)", changes)
    drawn(page)


def shown(page) -> int:
    """The position of the mixture that is shown: pictures mark it, and the table where it is on its page."""
    drawn(page)
    row = page.evaluate("explorer.study.find(explorer.state.get().weights)")
    name = page.evaluate("(row) => explorer.study.mixtures[row].name", row)
    assert page.locator("#ranking [aria-current=true] span:first-child").all_inner_texts() in ([], [name])
    for picture in ("#pictures", "#front"):
        assert page.locator(f"{picture} .marks .current").count() == 1
    return row


def order_of(study) -> np.ndarray:
    """Positions of the mixtures, the best on the mean of domains first."""
    return np.argsort(study.fitted.predictor.expected(study.weights).mean(axis=1))


def name_of(study, row: int) -> str:
    return study.payload["mixtures"]["names"][row]


def cells(page, section: str, column: str) -> list[str]:
    """What a column of a table shows, of a cell of several lines the first."""
    return [text.split("\n")[0] for text in page.locator(f"{section} td.{column}").all_inner_texts()]


TARGETS = [np.eye(7)[0], np.arange(7) / 21]


@pytest.mark.parametrize("target", TARGETS)
def test_the_ranking_follows_the_target(page, study, target):
    update(page, target=(4 * target).tolist())  # as sliders, which need not sum to 1
    scores = study.fitted.predictor.expected(study.weights) @ target
    order = np.argsort(scores)[:PAGE]
    assert cells(page, "#ranking", "name span:first-child") == [name_of(study, row) for row in order]
    assert cells(page, "#ranking", "score") == [score_text(scores[row]) for row in order]


@pytest.mark.parametrize("target", TARGETS)
def test_intervals_and_differences_are_those_of_the_predictor(page, study, target):
    update(page, target=target.tolist())
    order = np.argsort(study.fitted.predictor.expected(study.weights) @ target)[:PAGE]
    joint, reach = study.fitted.predictor.joint(study.weights[order], target), two_sided(0.9)
    ends = [
        (score_text(m - reach * sd), score_text(m + reach * sd)) for m, sd in zip(joint.mean, joint.sd, strict=True)
    ]
    assert cells(page, "#ranking", "score small:not(.narrow)") == [f"{low} to {high}" for low, high in ends]
    differences = [joint.difference(row, 0) for row in range(1, PAGE)]
    assert cells(page, "#ranking", "difference") == ["–", *(f"+{score_text(mean)}" for mean, _ in differences)]
    assert cells(page, "#ranking", "difference small") == [
        "",
        *(f"± {score_text(reach * sd)}" for _, sd in differences),
    ]


@pytest.mark.parametrize("target", TARGETS)
def test_ties_are_those_of_the_ranking(page, study, target):
    update(page, target=target.tolist())
    predictor, confidence = study.fitted.predictor, study.payload["ties"]["confidence"]
    means, floor = predictor.expected(study.weights) @ target, study.fitted.noise_floor(target, confidence)
    (tied,) = tied_with_best(predictor, study.weights, means[None], target[None], confidence, np.array([floor]))[1]
    order = np.argsort(means)[:PAGE]
    assert tied.sum() > 1 and not tied[order].all()
    shown = ["tied" in line for line in page.locator("#ranking tbody tr").all_inner_texts()]
    assert shown == [False, *tied[order[1:]]]


def test_reference_models_are_beside_predictions(page, study):
    references = study.fitted.references_by_mixture()
    page.locator("#ranking th.reference button").click()
    drawn(page)
    scores = sorted(losses.mean() for losses in references.values())
    assert cells(page, "#ranking", "reference")[:4] == [*map(score_text, scores), "–"]
    assert page.locator("#ranking th.reference").get_attribute("aria-sort") == "ascending"
    page.locator("#ranking th.reference button").click()
    assert cells(page, "#ranking", "reference")[:4] == [*map(score_text, scores[::-1]), "–"]  # none still comes last
    page.locator("#ranking th.rank button").click()


def test_a_row_shows_its_mixture_everywhere(page, study):
    order = order_of(study)
    page.locator("#ranking td.score").nth(4).click()  # not only the name
    assert shown(page) == order[4]
    page.locator("#ranking td.name button").nth(4).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    assert shown(page) == order[5]
    page.keyboard.press("PageDown")
    page.keyboard.press("Enter")
    assert shown(page) == order[5 + PAGE]


def test_the_current_mixture_is_found(page, study):
    order = order_of(study)
    update(page, weights=study.weights[order[30]].tolist(), filter="nothing that fits")
    assert "rank 31 of 45" in page.locator("#ranking").inner_text()
    assert page.locator("#ranking tbody tr").count() == 0
    page.get_by_role("button", name="Show it in the table").click()
    drawn(page)
    assert page.locator(":focus").inner_text().startswith(name_of(study, order[30]))
    own = [0.5, 0.2, 0.2, 0.05, 0.05]
    update(page, weights=own)
    mean = study.fitted.predictor.expected(np.vstack([study.weights, own])).mean(axis=1)
    assert f"would have rank {1 + (mean[:-1] < mean[-1]).sum()} of 45" in page.locator("#ranking").inner_text()
    for picture in ("#pictures", "#front"):
        assert page.locator(f"{picture} .marks .current").count() == 1


def test_the_ranking_is_filtered_by_units(page, study):
    page.locator("#ranking input[type=search]").fill("a1 C")
    drawn(page)
    fitting = [row for row in order_of(study) if study.weights[row, 0] and study.weights[row, 4]]
    assert cells(page, "#ranking", "name span:first-child") == [name_of(study, row) for row in fitting[:PAGE]]
    assert f"{len(fitting)} mixtures of 45" in page.locator("#ranking [role=status]").inner_text()


def click_at(page, selector: str, place: int) -> None:
    """Click in the middle of an element of a drawing, which lies below others."""
    box = page.locator(selector).nth(place).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_point_of_the_scatter_shows_its_mixture(page, study):
    page.locator("#pictures").scroll_into_view_if_needed()
    order, referenced = order_of(study), study.payload["references"]["rows"]
    click_at(page, "#pictures svg g.dot circle", 1)
    assert shown(page) == referenced[1]
    others = [row for row in order if row not in referenced]
    click_at(page, "#pictures .dots circle", -1)  # the best is on top
    assert shown(page) == others[0]
    assert score_text(study.fitted.predictor.expected(study.weights[others[:1]]).mean()) in numbers(page)


def numbers(page) -> str:
    """What is told of the mixture that is pointed at."""
    return page.locator("#pictures .numbers").inner_text()


def test_a_point_between_three_corners_shows_its_mixture(page, study):
    update(page, view="corners", corners=["a1", "field=y", "c"])
    page.locator("#pictures").scroll_into_view_if_needed()
    held = study.weights @ np.array([[1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
    order = [row for row in order_of(study) if held[row].sum()]
    circles = page.locator("#pictures .dots circle")
    assert circles.count() == len(order)
    for rank in (1, 2):
        click_at(page, "#pictures .dots circle", len(order) - rank)
        assert shown(page) == order[rank - 1]
    places = circles.evaluate_all("(all) => all.map((circle) => [circle.cx.baseVal.value, circle.cy.baseVal.value])")
    inside = [
        row for row in order if np.all(held[row] > 0.02 * held[row].sum())
    ]  # where no others are in the same place
    ends = np.array([places[len(order) - 1 - order.index(row)] for row in inside])
    shares = held[inside] / held[inside].sum(axis=1, keepdims=True)
    fitted, *_ = np.linalg.lstsq(shares, ends, rcond=None)  # the corners
    np.testing.assert_allclose(shares @ fitted, ends, atol=0.1)
    sides = np.linalg.norm(fitted - fitted[[1, 2, 0]], axis=1)
    np.testing.assert_allclose(sides, sides[0], rtol=1e-3)


def test_a_corner_cannot_be_part_of_another(page):
    update(page, view="corners", corners=["a1", "field=y", "c"])
    lists = page.locator("#pictures .settings select")
    disabled = lists.first.locator("option:disabled").all_inner_texts()
    assert set(disabled) == {"b1", "b2", "field=y", "c", "field=z"}
    lists.first.select_option("field=x")
    assert page.evaluate("explorer.state.get().corners") == ["field=x", "field=y", "c"]


def test_a_line_of_weights_shows_its_mixture(page, study):
    update(page, view="parallel", axes="field")
    page.locator("#pictures").scroll_into_view_if_needed()
    held = study.weights @ np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
    heaviest = int(np.argmax(held[:, 1]))
    update(page, weights=study.weights[heaviest].tolist())
    path = page.locator("#pictures .marks .current .stroke").get_attribute("d")
    corner = [float(number) for number in path.split("L")[1].split(",")]
    update(page, weights=study.weights[0].tolist())
    box = page.locator("#pictures .picture svg").bounding_box()
    page.mouse.move(box["x"] + corner[0], box["y"] + corner[1])
    assert name_of(study, heaviest) in numbers(page)
    page.mouse.click(box["x"] + corner[0], box["y"] + corner[1])
    assert shown(page) == heaviest


def test_pictures_are_gone_through_by_keys(page, study):
    order = order_of(study)
    page.get_by_role("tab", selected=True).focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("explorer.state.get().view") == "corners"
    page.keyboard.press("ArrowLeft")
    drawn(page)
    page.locator("#pictures .picture").focus()
    for key in ("Home", "ArrowDown", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert name_of(study, order[1]) in numbers(page) and "rank 2 of 45" in numbers(page)
    page.keyboard.press("Enter")
    assert shown(page) == order[1]


@pytest.mark.parametrize("targets", [("in/c", "out"), ("in/a1", "in/b1")])
def test_the_front_is_what_no_other_beats(page, study, targets):
    for label, name in zip(("First target", "Second target"), targets, strict=True):
        page.get_by_label(label).select_option(name)
    drawn(page)
    weights = np.array([study.fitted.evidence.target(name).weights for name in targets])
    scores = weights @ study.fitted.predictor.expected(study.weights).T
    front = no_other_beats(scores)
    assert 1 < len(front) < PAGE
    units = [int((study.weights[row] > 0).sum()) for row in front]
    assert cells(page, "#front", "units") == [str(count) for count in sorted(units)]
    assert sorted(cells(page, "#front", "name span:first-child")) == sorted(name_of(study, row) for row in front)
    assert sorted(cells(page, "#front", "second")) == sorted(score_text(score) for score in scores[1, front])
    page.locator("#front td.name button").first.click()
    assert shown(page) in front
    page.locator("#front .picture").scroll_into_view_if_needed()
    click_at(page, "#front svg g.dot circle", 0)
    assert shown(page) == front[int(np.argmin(scores[0, front]))]


@pytest.mark.parametrize("levels", [5, 1000])  # of few levels, many mixtures are equal
def test_fronts_of_equal_scores(load_scripts, levels):
    script = load_scripts("../vendor/d3.min.js", "front_view.js")
    scores = np.random.default_rng(levels).integers(levels, size=(2, 60)).astype(float)
    front = script.evaluate("([first, second]) => paretoFront(first, second)", scores.tolist())
    assert sorted(front) == no_other_beats(scores)


def no_other_beats(scores: np.ndarray) -> list[int]:
    """Positions of the mixtures, [targets, mixtures], that none is better than on one target and as good on all."""
    as_good = np.all(scores[:, :, None] <= scores[:, None, :], axis=0)
    better = np.any(scores[:, :, None] < scores[:, None, :], axis=0)
    return np.flatnonzero(~np.any(as_good & better, axis=0)).tolist()


def test_the_address_holds_what_views_show(page):
    shown = {"view": "corners", "corners": ["a1", "field=y", "c"], "axes": "field", "filter": "a1 c", "first": "in/a1"}
    update(page, **shown)
    address = page.evaluate("explorer.state.address()")
    page.evaluate("() => { explorer.state.update(explorer.first); explorer.state.address(); }")
    page.goto(address)
    drawn(page)
    assert page.evaluate("(names) => names.map((name) => explorer.state.get()[name])", list(shown)) == [
        *shown.values()
    ]
    assert page.locator("#ranking input[type=search]").input_value() == "a1 c"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_views_are_accessible(page, scheme):
    page.emulate_media(color_scheme=scheme)
    for view in ("scatter", "corners", "parallel"):
        update(page, view=view)
        found = Axe().run(page, context={"include": [["#ranking"], ["#pictures"], ["#front"]]}).response["violations"]
        assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.emulate_media(color_scheme="light")


def test_views_fit_narrow_screens(page):
    page.set_viewport_size({"width": 390, "height": 800})
    for view in ("scatter", "corners", "parallel"):
        update(page, view=view)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.locator("#pictures .picture svg").bounding_box()["width"] <= 390
    page.set_viewport_size({"width": 1400, "height": 900})
    drawn(page)


@pytest.mark.parametrize(("units", "references"), [(1, 0), (2, 3), (30, 3), (4, 0)])
def test_studies_of_few_and_many_units(browser, tmp_path, units, references):
    weights = np.random.default_rng(2).dirichlet(np.ones(units), 1 if units == 1 else 21)
    study = made_up_study([f"unit{unit}" for unit in range(units)], weights, references)
    explorer = Explorer(browser, tmp_path / "explorer.html", study.payload)
    for view in ("scatter", "corners", "parallel"):
        update(explorer.page, view=view)
        assert explorer.page.locator("#pictures .marks .current").count() == (units > 1)
    assert explorer.page.locator("#ranking tbody tr").count() == min(PAGE, len(weights))
    assert explorer.errors == []
    explorer.page.close()


def test_without_a_predictor_in_the_page_there_are_scores_alone(browser, study, tmp_path):
    known = {
        "predictor": {"reason": "trees are too many"},
        "expected": packed(study.fitted.predictor.expected(study.weights)),
    }
    explorer = Explorer(browser, tmp_path / "explorer.html", study.payload | known)
    page = explorer.page
    assert cells(page, "#ranking", "name span:first-child")[0] == name_of(study, order_of(study)[0])
    assert page.locator("#ranking small:not(.narrow)").all_inner_texts() == [""] * PAGE
    for view in ("scatter", "corners", "parallel"):
        update(page, view=view)
    update(page, view="scatter", weights=[0.5, 0.2, 0.2, 0.05, 0.05])
    assert "not among those that were ranked" in page.locator("#ranking").inner_text()
    assert page.get_by_text("The current mixture cannot be shown in this picture.").count() == 2
    assert explorer.errors == []
    page.close()
