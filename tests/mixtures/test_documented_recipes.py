"""Every recipe in docs/enumerate.md gives as many mixtures as it says, for the corpus that it describes."""

import re
from pathlib import Path

import pytest

from hf_ablate.cli import main
from hf_ablate.manifest import write_manifest
from hf_ablate.mixtures.arguments import Method
from hf_ablate.mixtures.enumerate import read_mixtures


TEXT = (Path(__file__).parents[2] / "docs" / "enumerate.md").read_text(encoding="utf-8")
RECIPES = re.findall(
    r"```yaml\n(# (\d+) mixtures?(?:, (\d+) of them with a reference)?\n.*?)```", TEXT, flags=re.DOTALL
)


def fields_of(field: str, years: str) -> dict[str, str]:
    return {"field": field, "years": years} if field else {}


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A run folder with the corpus of the page's first table."""
    names, _, *units = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in TEXT.splitlines() if line[:1] == "|"
    ]
    assert names == ["unit", "source", "field", "years", "tokens"]
    folder = tmp_path_factory.mktemp("documented")
    write_manifest(
        folder / "corpus", "partition", {}, {}, seed=None, block_size=16,
        tokenizer={"vocab_size": 300, "digest": "tokenizer"},
        units={unit: {"tokens": 16, "digest": unit, "available_tokens": int(tokens)} for unit, *_, tokens in units},
        groups={unit: {"fields": fields_of(*fields), "source": [source]} for unit, source, *fields, _ in units},
    )  # fmt: skip
    return folder


@pytest.mark.parametrize(("recipe", "count", "references"), RECIPES)
def test_a_recipe_gives_as_many_mixtures_as_it_says(run_dir, tmp_path, recipe, count, references):
    (tmp_path / "enumerate.yaml").write_text(f"{recipe}run_dir: {run_dir}\n")
    assert main(["enumerate", "--config", str(tmp_path / "enumerate.yaml"), "--output_format", "json"]) == 0
    candidates = read_mixtures(run_dir)
    assert len(candidates) == int(count)
    assert sum(candidate.reference for candidate in candidates) == int(references or 0)


def test_every_recipe_is_checked_and_every_method_shown():
    assert TEXT.count("```yaml") == len(RECIPES)
    assert all(f"`{method}`" in TEXT for method in Method.__args__)
