"""What the experiments of the paper cost, as their READMEs say it: the same as their dry runs, which need the Hub."""

import json
import re
from pathlib import Path

import pytest

import hf_ablate.study.plan.corpus as plan_of_corpus
from hf_ablate.cli import main
from hf_ablate.modeling.sizes import SIZES


PAPER = Path(__file__).parent.parent / "recipes" / "paper"
# experiment → the recipes that train what its README counts, and of which kinds; the pool's components count once
TRAINS = {
    "pool": ({"pool": "130m"}, ("component",)),
    "within-field": ({"within-field": "130m"}, ("reference",)),
    "everything": ({"everything": "130m"}, ("reference",)),
    "pairs": ({"pairs": "130m"}, ("reference",)),
    "triples": ({"triples": "130m"}, ("reference",)),
    "unequal-fields": ({"unequal-fields": "130m"}, ("reference",)),
    "two-sources": ({"two-sources": "130m"}, ("reference",)),
    "swap-field": ({"swap-field": "130m"}, ("reference",)),
    "scale": ({"scale/1.1b": "1.1b"}, ("component", "reference")),
    "noseed": ({"noseed": "130m"}, ("component", "reference")),
    "slices": (dict.fromkeys(("slices", "slices/k4", "slices/k8"), "130m"), ("component", "reference")),
}  # fmt: skip


@pytest.fixture(autouse=True)
def without_the_hub(tmp_path, monkeypatch):
    """Documents, tokenizer and seed are on the Hub; recipes and architecture decide what models cost."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plan_of_corpus, "describe_input", lambda _: (["documents"], {}))
    monkeypatch.setattr(plan_of_corpus, "with_vocabulary", lambda corpus, _: corpus)


def models_of(study: str, size: str, capsys) -> list[dict]:
    """The models that a run would train, with their costs."""
    shape = ",".join(f"{name}={value}" for name, value in SIZES[size].items())
    seed = ("seed_model=null", "model_type=hf_olmo", f"config_overrides={shape}", "seed_tokens=0", "gpu=h200")
    changes = ["partition.tokenizer=null", "partition.vocab_size=50280", *(f"train.{change}" for change in seed)]
    words = ["run", str(PAPER / study), "--run_dir", "run", "--dry_run", "--output_format", "json", "--set", *changes]
    assert main(words) == 0
    stages = json.loads(capsys.readouterr().out)["stages"]
    return next(stage for stage in stages if stage["stage"] == "train")["missing"]


@pytest.mark.parametrize("experiment", TRAINS)
def test_a_readme_says_what_its_dry_run_says(experiment, capsys):
    recipes, kinds = TRAINS[experiment]
    models = [
        model
        for study, size in recipes.items()
        for model in models_of(study, size, capsys)
        if model["model"].split(":")[0] in kinds
    ]
    text = " ".join((PAPER / experiment / "README.md").read_text().split())
    said = re.search(r"(\d+) [a-z ]+, ([\d.]+) B tokens, ([\d.]+) GPU hours", text).groups()
    tokens, hours = (sum(model[key] for model in models) for key in ("tokens", "device_hours"))
    assert said == (str(len(models)), f"{tokens / 1e9:.1f}", f"{hours:.1f}")
    row = next(line for line in (PAPER / "README.md").read_text().splitlines() if line.startswith(f"| [{experiment}]"))
    times = 2 if experiment == "noseed" else 1
    assert row.split(" | ")[-3:-1] == [f"{times * tokens / 1e9:.1f}", f"{times * hours:.1f}"]
