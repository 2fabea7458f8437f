"""The explorer's sliders, targets and texts, as a person uses them by keyboard."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from explorer_pages import Explorer, study_of
from made_up_evidence import made_up_evidence, with_tasks

import hf_ablate.explorer
from hf_ablate.explorer.arrays import packed
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.observations import Observations
from hf_ablate.prediction.predictor import two_sided
from hf_ablate.ranking.tables import score_text


D3 = Path(hf_ablate.explorer.__file__).parent / "vendor" / "d3.min.js"
CORPUS = CorpusUnits(
    ["a", "b", "c"], {"field=x": ["a", "b"], "field=y": ["c"]}, {"a": 1_000_000, "b": 2_000_000, "c": 5_000_000}
)


@pytest.fixture(scope="module")
def study():
    """The fitted study, and what its page knows of it."""
    return study_of(made_up_evidence(), CORPUS)


@pytest.fixture(scope="module")
def file(study, tmp_path_factory):
    """The page."""
    return tmp_path_factory.mktemp("explorer") / "explorer.html"


@pytest.fixture(scope="module")
def opened(browser, file, study):
    """One page for all tests that need no other."""
    return Explorer(browser, file, study[1], permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def explorer(opened):
    """The page as it is at first; at the end, without any error in the console."""
    opened.page.get_by_role("button", name="Start again").click()
    opened.drawn()
    yield opened
    assert opened.errors == []


def limits(draws: random.Random, units: int) -> dict[str, list]:
    """A mixture with locks, floors and caps, which need not keep each other."""
    weights = [draws.choice([0, draws.expovariate(1)]) for _ in range(units)]
    weights[draws.randrange(units)] += 0.1
    return {
        "weights": [weight / sum(weights) for weight in weights],
        "locks": [draws.random() < 0.2 for _ in range(units)],
        "floors": [draws.choice([0, 0, draws.uniform(0, 0.5 / units)]) for _ in range(units)],
        "caps": [draws.choice([1, 1, draws.uniform(1.5 / units, 1)]) for _ in range(units)],
    }


def test_sliders_keep_the_sum_locks_floors_and_caps(load_scripts):
    page, draws, asked = load_scripts("mixture.js"), random.Random(0), []
    page.add_script_tag(path=D3)
    for _ in range(200):
        units = draws.randint(1, 12)
        members = sorted(draws.sample(range(units), draws.randint(1, units)))
        asked.append((limits(draws, units), members, draws.choice([0, 1, draws.random()])))
    code = "(asked) => asked.map((each) => [movedTo(...each), reachOfSlider(each[0], each[1])])"
    moves = 0
    for (state, members, wanted), (weights, (least, most)) in zip(asked, page.evaluate(code, asked), strict=True):
        if least > most:
            assert weights == state["weights"]
            continue
        moves += 1
        assert abs(sum(weights) - 1) < 1e-12
        total = sum(weights[unit] for unit in members)
        assert abs(total - min(max(wanted, least), most)) < 1e-12
        for before, weight, lock, floor, cap in zip(state["weights"], weights, *list(state.values())[1:], strict=True):
            assert abs(weight - before) < 1e-12 if lock else floor - 1e-12 <= weight <= cap + 1e-12
        others = [unit for unit in range(len(weights)) if unit not in members]
        for side in (members, others):  # those that nothing holds keep their proportions
            free = [
                weights[unit] / state["weights"][unit]
                for unit in side
                if not state["locks"][unit]
                and state["weights"][unit] > 0
                and state["floors"][unit] + 1e-9 < weights[unit] < state["caps"][unit] - 1e-9
            ]
            assert max(free, default=0) - min(free, default=0) < 1e-7 * max(free, default=1)
    assert moves > 100


def test_what_all_had_nothing_of_comes_in_equal_shares(load_scripts):
    page = load_scripts("mixture.js")
    page.add_script_tag(path=D3)
    state = {"weights": [1, 0, 0, 0], "locks": [False] * 4, "floors": [0] * 4, "caps": [1, 1, 1, 0.1]}
    assert page.evaluate("(state) => movedTo(state, [0], 0.4)", state) == pytest.approx([0.4, 0.25, 0.25, 0.1])
    assert page.evaluate("(state) => movedTo(state, [1, 2], 0.5)", state) == pytest.approx([0.5, 0.25, 0.25, 0])


def test_a_slider_shows_what_the_study_predicts(explorer, study):
    fitted, payload = study
    explorer.press("Weight of a", "ArrowRight", 3)
    explorer.press("Weight of b", "PageDown", 2)
    page, weights = explorer.drawn(), explorer.weights
    assert abs(weights.sum() - 1) < 1e-12
    there = page.evaluate("explorer.study.predictor.predict(Float64Array.from(explorer.state.get().weights)).mean")
    uniform = np.full((1, 3), 1 / 3)
    here, baseline = fitted.predictor.predict(weights[None]), fitted.predictor.predict(uniform)
    np.testing.assert_allclose(there, here.mean[0], rtol=0, atol=1e-6)
    shown = [
        [row.locator(f".{column}").inner_text() for column in ("name", "predicted", "interval", "compared")]
        for row in page.locator("table.prediction tr:is(.domain, .single)").all()
        if row.is_visible()
    ]
    reach = two_sided(0.9) * here.sd[0]
    assert shown == [
        [name, score_text(mean), f"{score_text(mean - own)} to {score_text(mean + own)}", score_text(compared)]
        for name, mean, own, compared in zip(
            ["a", "b", "c", "web"], here.mean[0], reach, baseline.mean[0], strict=True
        )
    ]
    joint = fitted.predictor.joint(weights[None], np.full(4, 0.25))
    assert page.locator("#summary b").inner_text() == score_text(joint.mean[0])
    assert page.get_by_label("Weight of a", exact=True).get_attribute("aria-valuetext") == f"{weights[0]:.1%}".replace(
        "%", " %"
    )


def test_the_prediction_is_said_after_a_change(explorer):
    explorer.press("Weight of c", "ArrowRight", 2)
    score = explorer.drawn().locator("#summary b").inner_text()
    said = explorer.page.locator("#summary [role=status]", has_text=score)
    said.wait_for(state="attached")
    assert "90 % interval" in said.text_content() and "Rank" in said.text_content()


def test_locks_floors_and_caps_hold_by_keyboard(explorer):
    before = explorer.weights
    explorer.press("Lock a", "Enter")
    explorer.press("Weight of b", "Home")
    assert explorer.weights == pytest.approx([before[0], 0, 1 - before[0]])
    explorer.press("Weight of b", "End")
    assert explorer.weights == pytest.approx([before[0], 1 - before[0], 0])
    assert "b stays at" in explorer.drawn().locator("#mixture > .warning").inner_text()
    page = explorer.page
    page.get_by_role("button", name="Unlock all").press("Enter")
    page.get_by_text("Floors and caps", exact=True).press("Enter")
    page.get_by_label("At least per cent of c").fill("25")
    page.get_by_label("At most per cent of b").fill("40")
    page.get_by_label("At most per cent of b").press("Enter")
    assert explorer.weights[1] <= 0.4 + 1e-12 and explorer.weights[2] >= 0.25 - 1e-12
    explorer.press("Weight of b", "End")
    assert explorer.weights[1] == pytest.approx(0.4)
    page.get_by_label("At least per cent of a").fill("90")
    page.get_by_label("At least per cent of a").press("Enter")
    assert "The floors come to 115.0 %, more than 100 %." in explorer.drawn().locator(".limits .warning").inner_text()
    assert page.evaluate("explorer.state.get().floors") == [0, 0, 0.25]
    assert page.get_by_label("At least per cent of a").input_value() == "0"


def test_groups_have_sliders_whose_units_keep_their_proportions(explorer):
    page = explorer.page
    page.get_by_role("button", name="By available tokens").press("Enter")
    assert explorer.weights == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    page.get_by_label("Sliders for").select_option("field")
    explorer.drawn()
    page.get_by_label("Weight of x in per cent").fill("60")
    page.get_by_label("Weight of x in per cent").press("Enter")
    assert explorer.weights == pytest.approx([0.2, 0.4, 0.4])


def test_an_address_opens_the_same_numbers(explorer, browser, file):
    page = explorer.page
    explorer.press("Weight of a", "PageDown")
    explorer.press("Lock c", "Enter")
    page.get_by_text("Weight of domain web").press("ArrowLeft")
    page.get_by_label("Baseline").select_option("tokens")
    page.get_by_role("button", name="Copy the address").press("Enter")
    explorer.drawn()
    address = page.evaluate("navigator.clipboard.readText()")
    assert "Copied." in page.locator("#copy").inner_text()
    other = Explorer(browser, file, fragment="#" + address.partition("#")[2])
    np.testing.assert_allclose(other.weights, explorer.weights, rtol=0, atol=1e-9)
    for part in ("#summary .score", "#summary .place", "#prediction table", "#target .answer"):
        assert other.drawn().locator(part).inner_text() == page.locator(part).inner_text()
    values = "[...document.querySelectorAll('#mixture input, #target input')].map((input) => input.value)"
    assert other.page.evaluate(values) == page.evaluate(values)
    assert other.page.get_by_label("Lock c").get_attribute("aria-pressed") == "true"
    other.page.close()
    assert other.errors == []


def test_presets_of_the_target_and_its_best_mixture(explorer, study):
    fitted, payload = study
    page = explorer.page
    page.get_by_label("Any target").select_option("in/b")
    best = page.locator("#target .answer b").last
    expected = fitted.predictor.expected(np.array(page.evaluate("explorer.study.mixtures.map((m) => [...m.weights])")))
    explorer.drawn()
    assert best.inner_text() == payload["mixtures"]["names"][expected[:, 1].argmin()]
    page.get_by_role("button", name="Show the best").press("Enter")
    assert "rank 1 of 30" in explorer.drawn().locator("#target .answer").inner_text()
    page.get_by_role("group", name="Set the target").get_by_role("button", name="in", exact=True).press("Enter")
    assert explorer.drawn().evaluate("explorer.state.get().target") == [1, 1, 1, 0]
    for domain in "abc":
        page.get_by_label(f"Weight of domain {domain}", exact=True).press("Home")
    assert "At least one domain has to count." in explorer.drawn().locator("#target").inner_text()
    assert page.evaluate("explorer.state.get().target.filter((weight) => weight > 0).length") == 1


def test_a_mixture_with_a_reference_model_shows_what_it_measured(explorer, study):
    fitted, payload = study
    row = payload["references"]["rows"][0]
    code = "(row) => explorer.state.update({ weights: Array.from(explorer.study.mixtures[row].weights) })"
    explorer.page.evaluate(code, row)
    measured = fitted.references_by_mixture()[payload["mixtures"]["ids"][row]]
    shown = explorer.drawn().locator("table.prediction tr.single .measured").inner_text()
    assert shown == score_text(measured[3])
    assert "A reference model was trained on this very mixture." in explorer.page.locator(".reach").inner_text()


def test_any_ranked_mixture_is_the_baseline_by_its_name(explorer, study):
    fitted, payload = study
    page, ids, names = explorer.page, payload["mixtures"]["ids"], payload["mixtures"]["names"]
    page.get_by_label("Baseline").select_option("listed")
    explorer.drawn()
    page.get_by_label("Which").fill(names[7][:12])
    assert names[7] in [option.get_attribute("value") for option in page.locator("#baselines option").all()]
    page.get_by_label("Which").fill(names[7])
    assert page.evaluate("explorer.state.get().baseline") == ids[7]
    weights = np.array(page.evaluate("Array.from(explorer.study.mixtures[7].weights)"))
    shown = explorer.drawn().locator("table.prediction tr.total .compared").inner_text()
    assert shown == score_text(fitted.predictor.expected(weights[None]).mean())


def test_going_to_a_place_keeps_the_state(explorer):
    explorer.press("Weight of a", "PageUp")
    weights = explorer.weights
    explorer.page.get_by_role("link", name="Take it along").press("Enter")
    assert explorer.page.evaluate("document.activeElement.id") == "copy"
    assert (explorer.weights == weights).all() and "#copy" not in explorer.page.url


def test_it_says_where_it_extrapolates(explorer):
    assert not explorer.page.locator(".reach.warning").is_visible()
    explorer.page.get_by_label("Weight of b in per cent").fill("100")
    explorer.page.get_by_label("Weight of b in per cent").press("Enter")
    assert "extrapolates" in explorer.drawn().locator(".reach.warning").inner_text()


def test_the_mixture_is_copied_for_enumerate(explorer):
    explorer.press("Weight of a", "PageUp")
    explorer.drawn()
    explorer.page.get_by_role("button", name="Copy", exact=True).press("Enter")
    explorer.page.wait_for_function("document.querySelector('#copy .said').textContent === 'Copied.'")
    copied = yaml.safe_load(explorer.page.evaluate("navigator.clipboard.readText()"))
    assert copied["methods"] == ["given"]
    assert [copied["mixtures"][0][unit] for unit in "abc"] == pytest.approx(explorer.weights.tolist())
    explorer.page.locator("#copy select").select_option("datasets")
    assert "interleave_datasets" in explorer.page.locator("#copy pre").inner_text()


def test_where_copying_is_not_allowed_the_text_is_selected(explorer):
    page = explorer.page
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy", exact=True).press("Enter")
    assert "Ctrl+C" in explorer.drawn().locator("#copy .said").first.inner_text()
    assert page.evaluate("String(getSelection())") == page.locator("#copy pre").inner_text().strip("\n")
    page.evaluate("() => { delete navigator.clipboard.writeText; }")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 390)])
def test_axe_finds_nothing_serious(explorer, scheme, width):
    page = explorer.page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    assert explorer.drawn().evaluate("document.documentElement.scrollWidth") <= width
    violations = Axe().run(page).response["violations"]
    serious = [each for each in violations if each["impact"] in ("serious", "critical")]
    assert [(each["id"], node["html"]) for each in serious for node in each["nodes"]] == []


def test_a_study_of_one_unit_says_why_nothing_moves(browser, tmp_path):
    scored = Observations(("m",), np.ones((1, 1)), np.array([[1.5, 2.0]]))
    none = Observations((), np.zeros((0, 1)), np.zeros((0, 2)))
    evidence = Evidence(("a",), ("in/a", "web"), (0, None), none, np.array([[1.5, 2.0]]), {"merged": scored})
    explorer = Explorer(browser, tmp_path / "one.html", study_of(evidence, CorpusUnits(["a"]))[1])
    page = explorer.drawn()
    assert "one unit" in page.locator("#mixture").inner_text()
    assert page.get_by_label("Weight of a", exact=True).is_disabled()
    assert page.locator("#summary b").inner_text() == "1.7500"
    page.close()
    assert explorer.errors == []


def test_a_unit_that_no_model_had_is_named(browser, tmp_path):
    evidence = made_up_evidence()
    components = evidence.components.copy()
    components[2] = np.nan
    weights = np.array([[1 - share, share, 0] for share in np.linspace(0.1, 0.9, 9)])
    scored = Observations(tuple(map(str, range(9))), weights, weights[:, :2] @ components[:2])
    none = evidence.references.only([])
    evidence = replace(evidence, references=none, components=components, proxies={"merged": scored})
    explorer = Explorer(browser, tmp_path / "unknown.html", study_of(evidence, CORPUS)[1])
    explorer.press("Weight of c", "PageUp")
    assert "Nothing is known of c: no model" in explorer.drawn().locator("#prediction .reach.warning").inner_text()
    explorer.page.close()
    assert explorer.errors == []


def test_a_study_is_opened_on_its_own_target(browser, tmp_path):
    evidence = with_tasks()
    asked = replace(evidence, study_target="tasks", tasks={name: "error rate" for name in evidence.tasks})
    fitted, payload = study_of(asked, CORPUS)
    explorer = Explorer(browser, tmp_path / "tasks.html", payload)
    page = explorer.drawn()
    assert page.locator("#summary .of").inner_text() == "Predicted error rate, tasks"
    best = fitted.predictor.expected(evidence.known_mixtures)[:, 4:].mean(axis=1).min()
    assert page.locator("#summary b").inner_text() == score_text(best)
    assert page.get_by_role("button", name="tasks (the study's target)").get_attribute("aria-pressed") == "true"
    page.get_by_text("Weight of domain web").press("ArrowRight")
    assert "different units: bits per byte and error rate." in explorer.drawn().locator("#target .answer").inner_text()
    page.close()
    assert explorer.errors == []


def test_a_study_of_139_units_has_sliders_of_groups(browser, tmp_path):
    units = tuple(f"unit_{number}" for number in range(139))
    groups = {f"field={field}": list(units[field::10]) for field in range(10)}
    weights = np.random.default_rng(0).dirichlet(np.full(139, 0.1), 60)
    components = np.random.default_rng(1).uniform(1, 2, (139, 30))
    scored = Observations(tuple(map(str, range(60))), weights, weights @ components)
    none = Observations((), np.zeros((0, 139)), np.zeros((0, 30)))
    domains = tuple(f"in/{number}" for number in range(30))
    evidence = Evidence(units, domains, (None,) * 30, none, components, {"merged": scored})
    fitted, payload = study_of(evidence, CorpusUnits(list(units), groups))
    explorer = Explorer(browser, tmp_path / "many.html", payload)
    page = explorer.drawn()
    assert page.locator("#mixture input[type=range]").count() == 10
    explorer.press("Weight of 3 14 units", "PageUp")
    weights = explorer.weights
    page = explorer.drawn()
    assert page.locator("#summary b").inner_text() == score_text(fitted.predictor.expected(weights[None]).mean())
    assert not page.get_by_role("rowheader", name="17", exact=True).is_visible()
    page.get_by_role("button", name="in", exact=True).last.press("Enter")
    page.get_by_label("Sliders for").select_option("unit")
    explorer.drawn()
    assert page.locator("#mixture input[type=range]").count() == 40
    page.get_by_label("Find").fill("unit_138")
    assert page.locator("#mixture input[type=range]").count() == 1
    explorer.press("Weight of unit_138", "ArrowRight")
    assert abs(explorer.weights.sum() - 1) < 1e-12
    page.close()
    assert explorer.errors == []


def test_where_the_page_cannot_predict_ranked_mixtures_have_numbers(browser, tmp_path, study):
    fitted, payload = study
    mixtures = fitted.evidence.known_mixtures
    changed = {"predictor": {"reason": "trees are too many"}, "expected": packed(fitted.predictor.expected(mixtures))}
    explorer = Explorer(browser, tmp_path / "listed.html", payload | changed)
    page = explorer.drawn()
    assert page.locator("#summary b").inner_text() != "–"
    explorer.press("Weight of a", "ArrowRight")
    assert explorer.drawn().locator("#summary b").inner_text() == "–"
    assert "trees are too many" in page.locator("#prediction .warning").first.inner_text()
    page.close()
    assert explorer.errors == []
