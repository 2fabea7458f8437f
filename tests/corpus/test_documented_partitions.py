"""The recipes in docs/partition.md are valid, and make the partitions that the page speaks of."""

import re
from pathlib import Path

import pytest

from hf_ablate.commands import find_command
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.corpus.inputs.input_file import InputFile
from hf_ablate.corpus.known_partitions import possible_partitions
from hf_ablate.mixtures.units import CorpusUnits


TEXT = (Path(__file__).parents[2] / "docs" / "partition.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"```yaml\n(.*?)```", TEXT, flags=re.DOTALL)


def arguments_of(recipe: str, folder: Path):
    (folder / "partition.yaml").write_text(recipe)
    return find_command("partition").parse(["--config", str(folder / "partition.yaml")])


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.splitlines()[-2])
def test_documented_recipes_are_valid(tmp_path, recipe):
    arguments_of(recipe, tmp_path)


def test_their_partitions(tmp_path):
    of_text, _, collections, slices = (arguments_of(recipe, tmp_path) for recipe in RECIPES)
    files = [InputFile("", "", 1, "", {"kind": kind}) for kind in ("configuration", "modeling")]
    assert possible_partitions(files, of_text.rules[""]) == [
        f"{kind}_{years}"
        for kind in ("configuration", "modeling")
        for years in ("2022-2024", "from-2025", "until-2021")
    ]
    units = CorpusUnits.of(CorpusDescription.planned(collections))
    assert units.named("field=Biology") == ["Biology_1970-2014", "Biology_2015-2022"]
    assert units.named("source=wiki") == units.named("category=*") == ["History_and_events", "Mathematics_and_logic"]
    paths = [InputFile("", "", 1, "", {"field": "Biology", "years": years}) for years in ("1990", "1991")]
    assert len(possible_partitions(paths, slices.rules[""])) == 2 * 4
