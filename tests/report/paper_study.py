"""A study as wide as the paper's: 139 units with their real names, as many domains, hundreds of mixtures.

Run as a script to look at its report: `PYTHONPATH=tests python tests/report/paper_study.py FOLDER`.
"""

import random
import sys
from pathlib import Path

from synthetic_study import World, make_study

from hf_ablate.mixtures.group_methods import group_subsets
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.ranked import MEAN, Ranking
from hf_ablate.mixtures.units import CorpusUnits


NAMES = Path(__file__).parents[1] / "fixtures" / "paper" / "s2orc_units.txt"
CATEGORIES = [
    "Culture_and_the_arts", "General_referece", "Health_and_fitness", "History_and_events", "Human_activites",
    "Mathematics_and_logic", "Natural_and_physical_sciences", "Philosophy_and_thinking",
    "Religion_and_belief_systems", "Society_and_social_sciences", "Technology_and_applied_sciences",
]  # fmt: skip
FIELDS = {
    name.replace(",", "_"): dict(zip(("field", "years"), name.split(","), strict=True))
    for name in NAMES.read_text(encoding="utf-8").split()
} | {name: {"category": name} for name in CATEGORIES}
UNITS = list(FIELDS)
DOMAINS = [("m2d2_wikipedia" if unit in CATEGORIES else "s2orc", unit) for unit in UNITS]


def paper_world() -> World:
    """Its units and domains, with the fields and years that they are grouped by."""
    return World(units=UNITS, domains=DOMAINS, fields=FIELDS)


def paper_mixtures(pairs: int = 150, triples: int = 100, fields: int = 40) -> list[Mixture]:
    """Every unit, random pairs and triples of units, every field, random pairs of fields, and all units."""
    generator = random.Random(0)
    by_field: dict[str, list[str]] = {}
    for unit, values in FIELDS.items():
        by_field.setdefault(f"field={values.get('field', 'wiki')}", []).append(unit)
    sets = [
        generator.sample(UNITS, size) for size, count in ((2, pairs), (3, triples)) for _ in range(count)
    ]  # fmt: skip
    mixtures = [*map(Mixture.uniform, ([unit] for unit in UNITS)), *map(Mixture.uniform, sets)]
    mixtures += [*map(Mixture.uniform, by_field.values()), Mixture.uniform(UNITS)]
    for shares in ({group: len(units) for group, units in by_field.items()}, dict.fromkeys(by_field, 1)):
        mixtures += group_subsets(by_field, 2, dict.fromkeys(UNITS, 1), shares, fields, 0)
    return list({mixture.id: mixture for mixture in mixtures}.values())


def paper_ranking(mixtures: list[Mixture]) -> Ranking:
    """A ranking of mixtures by one predictor, on every domain, source, field and the mean, without models."""
    groups: dict[str, list[str]] = {}
    for unit, values in FIELDS.items():
        for field, value in values.items():
            groups.setdefault(f"{field}={value}", []).append(unit)
    targets = {MEAN: ("mean", DOMAINS)} | {
        source: ("source_mean", [domain for domain in DOMAINS if domain[0] == source])
        for source in ("m2d2_wikipedia", "s2orc")
    }  # fmt: skip
    targets |= {name: ("group", units) for name, units in groups.items() if len(units) > 1}
    targets |= {"/".join(domain): ("domain", [domain]) for domain in DOMAINS}
    facts = {"sd": 0.01, "tied": False, "reference": 2.0, "predictor": "merged"}
    content = {
        "unit_of_measure": "bits per byte", "split": "val", "reference_budget": "unknown", "answered_by": "merged",
        "target": MEAN,
        "reason": "it was asked for", "noise_source": None, "models": [],
        "ranked_by": [{"predictor": "merged", "label": "merged weights", "description": "", "scored": None}],
        "mixtures": [
            {"mixture_id": one.id, "name": one.name, "mixture": one.weights, "number_of_units": len(one.units)}
            for one in mixtures
        ],
        "targets": [
            {
                "target": name, "level": level, "domain": name.partition("/")[2] or None, "noise_floor": None,
                "unit_of_measure": "bits per byte", "mixed_units": None,
            }
            for name, (level, _) in targets.items()
        ],
        "members": [{"target": name, "member": member} for name, (_, own) in targets.items() for member in own],
        "ranking": [
            {**facts, "target": name, "rank": rank, "mixture_id": one.id, "name": one.name, "score": 2 + rank / 100}
            for name in targets
            for rank, one in enumerate(sorted(mixtures, key=lambda one: -len(one.units)), 1)
        ],
    }  # fmt: skip
    return Ranking(content, CorpusUnits(UNITS, groups))


if __name__ == "__main__":
    from hf_ablate.ranking import rank
    from hf_ablate.ranking.arguments import RankArguments
    from hf_ablate.report.write import write_report

    folder = make_study(
        Path(sys.argv[1]), mixtures=paper_mixtures(), references=40, world=paper_world(), evaluated=DOMAINS[::12],
    )  # fmt: skip
    rank.run(RankArguments(run_dir=folder, top=5))
    print(write_report(folder))
