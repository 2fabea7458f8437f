"""The report's page as a reader has it: in a browser, in light and dark, on a desk and on a phone, printed."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe


DESK, PHONE = {"width": 1400, "height": 1000}, {"width": 390, "height": 844}
FIRST = "table.sortable >> nth=0"  # the ranking


@pytest.fixture(scope="module")
def page_file(reported_study, tmp_path_factory):
    """The page with figures of the same sizes in which nothing is drawn, which takes most of the time."""
    page = (reported_study / "report" / "index.html").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(re.sub("(<svg[^>]*>).*?</svg>", r"\1</svg>", page, flags=re.DOTALL), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser, page_file):
    """Opens the page; what its console says fails the test."""
    said, contexts = [], []

    def opened(viewport=DESK, **options):
        contexts.append(browser.new_context(viewport=viewport, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(page_file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize(("scheme", "viewport"), [("light", DESK), ("dark", PHONE)])
def test_nobody_is_kept_out_and_the_page_is_no_wider_than_the_screen(opened, scheme, viewport):
    page = opened(viewport, color_scheme=scheme)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    serious = [
        (one["id"], node["html"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def column(page, title: str) -> list[str]:
    """The cells of a column of the ranking, from above."""
    return page.locator(FIRST).evaluate(
        """(table, title) => {
          const heading = [...table.tHead.rows[0].cells].find((cell) => cell.textContent === title);
          return [...table.tBodies[0].rows].map((row) => row.cells[heading.cellIndex].textContent);
        }""",
        title,
    )


def test_a_table_is_sorted_by_a_click_on_a_heading_and_back(opened):
    page = opened()
    ranks, pandas = column(page, "rank"), column(page, "pandas")
    foot = page.locator(f"{FIRST} >> tfoot").inner_text()
    button = page.locator(FIRST).get_by_role("button", name="pandas", exact=True)
    heading = page.locator(FIRST).get_by_role("columnheader", name="pandas", exact=True)
    button.click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(page, "pandas") == sorted(pandas, key=float) != pandas
    button.click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(page, "pandas") == sorted(pandas, key=float, reverse=True)
    assert page.locator(f"{FIRST} >> tfoot").inner_text() == foot
    page.locator(FIRST).get_by_role("button", name="rank", exact=True).click()
    assert column(page, "rank") == ranks
    assert page.locator(f"{FIRST} >> [aria-sort]").count() == 1


def test_a_table_is_sorted_by_keyboard_and_what_has_no_value_comes_last(opened):
    page = opened()
    page.locator(FIRST).get_by_role("button", name="reference", exact=True).focus()
    for direction in ("ascending", "descending"):
        page.keyboard.press("Enter")
        scores = column(page, "reference")
        known = [score for score in scores if score != "–"]
        assert known == sorted(known, key=float, reverse=direction == "descending")
        assert 1 < len(known) < len(scores) and scores[len(known) :] == ["–"] * (len(scores) - len(known))
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator(f"{FIRST} >> [aria-sort]").inner_text().strip() == "networkx"


def test_numbers_in_words_are_sorted_as_numbers(opened):
    page = opened()
    costs = page.locator("#cost table")
    costs.get_by_role("button", name="time").click()
    values = costs.locator("tbody td:last-child").evaluate_all("cells => cells.map((cell) => cell.dataset.value)")
    assert [*map(float, values)] == sorted(map(float, values)) and len(set(values)) > 1


def test_contents_lead_to_every_section_and_stay_in_view(opened):
    for viewport in (DESK, PHONE):
        page = opened(viewport)
        titles = page.locator("section > h2").evaluate_all("all => all.map((one) => one.firstChild.textContent)")
        links = page.get_by_role("navigation", name="Contents").get_by_role("link")
        assert links.all_inner_texts() == titles
        page.locator("nav a", has_text="Method").click()
        assert page.url.endswith("#method")
        assert page.locator("nav").evaluate("nav => nav.getBoundingClientRect().top") == 0
        top = page.locator("#making h3 >> nth=0").evaluate("h => (h.scrollIntoView(), h.getBoundingClientRect().top)")
        bar = page.locator("nav").bounding_box()["height"] if viewport is PHONE else 0
        assert top >= bar


def test_figures_say_in_words_what_they_show(opened):
    figures = opened().locator("figure")
    assert figures.count() > 5
    for figure in figures.all():
        image = figure.locator("[role=img]")
        caption = figure.locator("figcaption").inner_text()
        label = image.get_attribute("aria-label")
        assert label.partition(".")[0] in caption and "lowest" in label and "highest" in label
        assert image.get_attribute("aria-describedby") == figure.locator("figcaption").get_attribute("id")


def test_without_scripts_the_page_is_complete(opened):
    page = opened(java_script_enabled=False)
    assert page.get_by_role("button").count() == 0 and page.locator("svg").count() > 5
    assert page.get_by_role("link", name="Explore the mixtures").get_attribute("href") == "explorer.html"


def test_on_paper_there_are_no_controls_and_no_dark_grounds_and_nothing_is_folded_or_cut(opened):
    page = opened(color_scheme="dark")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 within its margins, in CSS pixels
    assert not page.locator("nav").is_visible()
    assert page.locator("header").evaluate("one => getComputedStyle(one).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert page.locator("body").evaluate("one => getComputedStyle(one).backgroundColor") == "rgb(255, 255, 255)"
    arrow = page.locator(f"{FIRST} >> button >> nth=0").evaluate("one => getComputedStyle(one, '::after').display")
    assert arrow == "none"
    wider = page.locator("table, svg").evaluate_all(
        "all => all.filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML)"
    )
    assert wider == []
    assert page.locator("details table >> nth=0").bounding_box()["height"] > 100
