"""The page exports a mixture to the same text as the command, in every format."""

import random

from hf_ablate.exports.export_input import ExportInput
from hf_ablate.exports.formats import FORMATS
from hf_ablate.exports.unit_text import HubData, UnitText


UNITS = ["C++", "naïve 漢字 🙂", "on", "two\nlines", "web: all", "years_1990-1999"]
TEXTS = [UnitText(unit, f"runs/x/corpus/units/{unit}/train-*.arrow", (), 0.001, "") for unit in UNITS[:-1]]
ON_HUB = [
    UnitText(
        unit,
        None,
        tuple(HubData("ORG/text", config, "train", None, "text") for config in (unit, "more")[: 1 + number % 2]),
        0.01 / (1 + number),
        "documents of ORG/a, ORG/b" if number == 1 else "",
    )
    for number, unit in enumerate(UNITS)
]
MODELS = {unit: f"runs/x@1/models/{unit}" for unit in UNITS}


def mixtures(count: int = 60) -> list[list[float]]:
    """Weights of the units: some all on one, some equal, some tiny, most at random."""
    draws, found = (
        random.Random(0),
        [[1 / 6] * 6, [0, 0, 1, 0, 0, 0], [1e-7, 0, 0, 0, 0, 1 - 1e-7], [1e-13, 0.5, 0, 0.5, 0, 0]],
    )
    while len(found) < count:
        weights = [draws.expovariate(1) ** 4 * (draws.random() < 0.8) for _ in UNITS]
        total = sum(weights)
        found += [[weight / total for weight in weights]] if total else []
    return found


def test_the_page_writes_what_the_command_writes(load_scripts):
    order = [UNITS[number] for number in (3, 1, 0, 5, 4, 2)]  # of the page
    asked = mixtures()
    of_page = [[weights[UNITS.index(unit)] for unit in order] for weights in asked]
    code = """([format, mixtures]) => mixtures.map((weights) => [
        exportText(format, Float64Array.from(weights)), exportNotes(format, Float64Array.from(weights))])"""
    page = load_scripts("exports.js")
    for given in (ExportInput("x", (*TEXTS, UnitText(UNITS[-1])), models=MODELS), ExportInput("x", tuple(ON_HUB))):
        for name, make in FORMATS.items():
            if name == "mergekit" and not given.models:
                continue
            export_format = make(given)
            shown = page.evaluate(code, [export_format.as_json(order), of_page])
            for weights, (text, notes) in zip(asked, shown, strict=True):
                mixture = dict(zip(UNITS, weights, strict=True))
                assert text == export_format.text(mixture), (name, weights)
                assert notes == export_format.notes_of(mixture), (name, weights)
