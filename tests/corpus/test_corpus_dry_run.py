"""What is known before any document is read."""

import pytest
from corpus_files import rows_of, write_rows

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.study.run import RunArguments, parse_stages


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(tmp_path, capsys):
    for row in rows_of(["art", "law", "old", "odd", "web"], 10):
        path = tmp_path / "data" / row["area"] / f"{row['id']}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * 1000)
    command = [
        "partition", f"--run_dir={tmp_path / 'run'}", f"--roots={tmp_path / 'data'}", "--partition_by=area",
        "--path_regex=data/(?P<area>[a-z]+)/", "--units", "art", "law", "--seed_partitions=old", "--dry_run",
        "--eval_partitions=w*", "--block_size=16", "--unit_tokens=160",
    ]  # fmt: skip
    assert main(command) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0][:6] == ["partition:", "50", "files", "of", "0.1", "MB"]
    assert "160" in lines[1]
    rest = ["10", "documents", "0.01", "MB"]
    assert lines[2:6] == [
        ["unit", "art", *rest], ["unit", "law", *rest], ["seed", "old", *rest], ["evaluation", "only", "web", *rest]
    ]  # fmt: skip
    assert lines[6] == ["not", "used:", "odd"]
    assert not (tmp_path / "run").exists()


def test_a_dry_run_starts_no_cluster(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hf_ablate.ray_cluster._import_ray", None)
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art"], 3))
    command = ["partition", f"--run_dir={tmp_path / 'run'}", f"--roots={tmp_path / 'data'}", "--partition_by=area"]
    assert main([*command, "--source=jsonl", "--executor=ray", "--dry_run"]) == 0
    assert capsys.readouterr().out.startswith("partition: 1 files")


def test_a_dry_run_finds_mistakes(tmp_path, capsys):
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art"], 3))
    command = ["partition", f"--run_dir={tmp_path / 'run'}", f"--roots={tmp_path / 'data'}", "--partition_by=area"]
    assert main([*command, "--source=jsonl", "--dry_run"]) == 0
    assert "partition: 1 files" in capsys.readouterr().out
    assert main([*command, "--source=jsonl", "--decontaminate_against", "nowhere", "--dry_run"]) == 2
    assert "nowhere does not exist" in capsys.readouterr().err
    assert main([*command, "--source=files", "--units=art", "--dry_run"]) == 2
    assert "no document belongs to any partition: 1 has no field 'area'" in capsys.readouterr().err
    assert main([*command, "--source=files", "--text_regex=(?P<area>a)", "--dry_run"]) == 0, "only texts tell"


def test_mixtures_are_checked_with_the_units_only_where_the_recipe_names_them(tmp_path):
    recipe = "roots: [data]\nsource: jsonl\npartition_by: [area]\nunits: [{}]\n"
    (tmp_path / "enumerate.yaml").write_text("methods: [subsets]\nunits: [art, lav]\n")
    (tmp_path / "partition.yaml").write_text(recipe.format("'a*', law"))
    assert parse_stages(RunArguments(study=tmp_path))["enumerate"].units == ["art", "lav"]
    (tmp_path / "partition.yaml").write_text(recipe.format("art, law, sea"))
    with pytest.raises(InputError, match="unknown unit 'lav'; did you mean 'law'"):
        parse_stages(RunArguments(study=tmp_path))
    (tmp_path / "enumerate.yaml").write_text("methods: [subsets]\n")
    assert parse_stages(RunArguments(study=tmp_path))["enumerate"].units == [], "they are checked, never assigned"
