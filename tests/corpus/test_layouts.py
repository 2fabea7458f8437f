"""The recipes of the paper's data sets, on small files in exactly their layouts."""

import json
from pathlib import Path

import pytest
from corpus_files import byte_tokenizer, eval_rows, rows_of, write_rows

from hf_ablate.commands import find_command
from hf_ablate.manifest import read_manifest


RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    return byte_tokenizer(tmp_path_factory.mktemp("bytes") / "tokenizer")


def run_recipe(name: str, run_dir: Path, *more: str) -> dict:
    tokens = ["--config", str(RECIPES / name / "partition.yaml"), f"--run_dir={run_dir}", "--num_proc=1", *more]
    command = find_command("partition")
    command.run(command.parse(tokens))
    return read_manifest(run_dir / "corpus")


def without_fields(rows: list[dict], *names: str) -> list[dict]:
    return [{key: value for key, value in row.items() if key not in names} for row in rows]


def test_modular_s2orc(tmp_path, tokenizer):
    root = tmp_path / "modular-s2orc"
    units = ["ComputerScience,2012-2013", "ComputerScience,2014-2014", "Art,1970-2016"]
    for unit in units:
        rows = rows_of(units, 20)
        own = without_fields([row for row in rows if row["area"] == unit], "area")
        write_rows(root / unit / "train" / "Computer Science-2012.gz-0000.json.gz", own[:16])
        write_rows(root / unit / "valid" / "Computer Science-2012.jsonl.gz", own[16:18])
        write_rows(root / unit / "test" / "Computer Science-2012.jsonl.gz", own[18:])
    (root / "README.md").write_text("card")
    manifest = run_recipe(
        "corpus-s2orc", tmp_path / "run", f"--roots={root}", f"--tokenizer={tokenizer}", "--unit_tokens=1024",
        "--block_size=64",
    )  # fmt: skip
    assert set(manifest["units"]) == {"ComputerScience_2012-2013", "ComputerScience_2014-2014", "Art_1970-2016"}
    assert manifest["groups"]["ComputerScience_2012-2013"] == {
        "fields": {"field": "ComputerScience", "years": "2012-2013"},
        "source": ["modular-s2orc"],
    }
    for split, numbers in (("val", {"16", "17"}), ("test", {"18", "19"})):
        rows = eval_rows(tmp_path / "run", "in_domain", split)
        assert {row["id"].rsplit("-", 1)[1] for row in rows} == numbers and len(rows) == 6


def test_m2d2_wiki(tmp_path, tokenizer, monkeypatch):
    """A data set with a config per category, of both levels."""
    monkeypatch.chdir(tmp_path)
    root = Path("claran") / "m2d2-wiki-decon"
    first, second = (
        ["General_referece", "Human_activites"],
        ["General_referece__Reference_works", "Human_activites__X"],
    )
    lines = ["---", "configs:"]
    for config in first + second:
        rows = without_fields([row for row in rows_of(first + second, 20) if row["area"] == config], "area")
        lines += [f"- config_name: {config}", "  data_files:"]
        for split, part in (("train", rows[:16]), ("validation", rows[16:18]), ("test", rows[18:])):
            write_rows(root / config / f"{split}-0.jsonl", part)
            lines += [f"  - split: {split}", f"    path: {config}/{split}-*"]
    (root / "README.md").write_text("\n".join([*lines, "---"]))
    names = json.dumps({"category": {f"^{name}(__|$)": name for name in first}})

    def make(name: str, *more: str) -> dict:
        common = [f"--roots={root}", f"--tokenizer={tokenizer}", "--block_size=64"]
        return run_recipe("corpus-m2d2-wiki", tmp_path / name, *common, *more)

    made = make("first", "--value_regex", names)
    assert list(made["units"]) == first and {entry["documents"] for entry in made["units"].values()} == {16}
    assert made["groups"]["Human_activites"]["fields"] == {"category": "Human_activites"}
    assert len(eval_rows(tmp_path / "first", "in_domain", "val")) == 4
    loaded = make("second", "--value_regex=null", "--streaming=false", "--exclude_hub_configs", *first)
    assert list(loaded["units"]) == second


def test_seed_pretrain(tmp_path, tokenizer):
    root = tmp_path / "seed-pretrain-decon"
    rows = rows_of(["gutenberg", "wikipedia"], 10)
    for name, collection in (("xppt-seed-0000.json.gz", "wikipedia"), ("xppt-seed-0007.json.gz", "gutenberg")):
        write_rows(root / collection / name, without_fields([r for r in rows if r["area"] == collection], "area"))
    manifest = run_recipe(
        "corpus-seed", tmp_path / "run", f"--roots={root}", f"--tokenizer={tokenizer}", "--block_size=64"
    )
    assert manifest["units"] == {} and manifest["eval"] == {} and manifest["seed"]["documents"] == 20


# What the paper evaluated on, but for `pile`, which is not in the published data set.
PALOMA = [
    "m2d2_s2orc_unsplit", "m2d2_wikipedia_unsplit", "wikitext_103", "ptb", "4chan_meta_sep", "c4_en", "mc4",
    "redpajama", "manosphere_meta_sep", "twitterAAE_HELM_fixed", "dolma-v1_5",
]  # fmt: skip


def test_paloma(tmp_path, tokenizer):
    root = tmp_path / "paloma"
    rows = without_fields(rows_of(["nyt", "bbc"], 6), "area")
    for place, row in enumerate(rows):
        row |= {"subdomain": "www.nytimes.com" if place < 6 else "www.bbc.co.uk", "source": "c4", "added": "2023"}
    for split in ("val", "test"):
        part = [{**row, "id": f"{split}-{row['id']}", "text": f"{split} {row['text']}"} for row in rows]
        write_rows(root / "c4_100_domains" / split / "part-0.jsonl.gz", part)
        write_rows(root / "redpajama" / split / "part-0.jsonl.gz", part)
        for source in set(PALOMA) - {"redpajama"}:
            write_rows(root / source / split / "part-0.jsonl.gz", without_fields(part[:2] + part[:1], "subdomain"))
    manifest = run_recipe("eval-paloma", tmp_path / "run", f"--roots={root}", f"--tokenizer={tokenizer}")
    assert manifest["units"] == {} and manifest["seed"] is None
    assert set(manifest["eval"]) == set(PALOMA)
    domains = manifest["eval"]["redpajama"]["val"]["domains"]
    assert {name: facts["documents"] for name, facts in domains.items()} == {"www.nytimes.com": 6, "www.bbc.co.uk": 6}
    ptb = eval_rows(tmp_path / "run", "ptb", "test")
    assert [row["subdomain"] for row in ptb] == ["all"] * 3, "duplicates of an evaluation set stay"
    assert {row["source"] for row in ptb} == {"ptb"}
